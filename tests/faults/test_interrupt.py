"""Ctrl-C at any change of the disk, just before it or just after it, leaves the old state to the byte, or the new one.

What was put aside, the notes of an agent and what a person edited among it, is back where it was, or is where the
command would have brought it in the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.faults.runner import INTERRUPT_AFTER, INTERRUPT_BEFORE, Fault
from tests.faults.test_crash import AGENTS, CASES, Prepare, check_no_leftovers, first, keep_store, nothing, open_range
from tests.faults.test_errors import everything
from tests.faults.world import World, differing

pytestmark = pytest.mark.slow

EDITED = "what a person wrote\n"
_NOTE = re.compile(r"project/\.skillctl/holder")


def edited(world: World) -> None:
    """As `first`, and a person rewrote a skill that an agent keeps notes in."""
    first(world)
    world.project.joinpath(".agents/skills/map-draw/SKILL.md").write_text(EDITED)


def edited_copy(world: World) -> None:
    """A person rewrote a skill, and an agent keeps notes in it; there is no link to it."""
    CASES["copies-to-links"][0](world)
    skill = world.project / ".claude/skills/map-draw"
    skill.joinpath("SKILL.md").write_text(EDITED)
    skill.joinpath("notes.md").write_text("what an agent learnt\n")


INTERRUPTED: dict[str, tuple[Prepare, tuple[str, ...]]] = {
    "install": (nothing, ("install", "maps@==1.0.0", *AGENTS)),
    "update": (open_range, ("update",)),
    "sync --force": (edited, ("sync", "--force")),
    "sync --force of a copy": (edited_copy, ("sync", "--force")),
    "remove": (first, ("remove", "maps")),
    "remove --force": (edited, ("remove", "maps", "--force")),
    "copies-to-links": CASES["copies-to-links"],
}


def every_interrupt(world: World, words: tuple[str, ...], kind: str, again: int = 0) -> Iterator[str]:
    """Interrupt the command at its first change of the disk, its second, and so on; and once more some calls later."""
    number = 0
    while True:
        number += 1
        world.restore("old")
        ended = world(*words, fault=Fault(at=number, kind=kind, again=again))
        if not ended.fired:
            assert number > 10, f"only {number - 1} calls were counted"
            return
        told = f"{kind} at call {number}: {ended}"
        assert ended.status == 130, told
        assert "Traceback" not in ended.err, told
        yield told


@pytest.mark.parametrize("kind", [INTERRUPT_BEFORE, INTERRUPT_AFTER])
@pytest.mark.parametrize("case", INTERRUPTED)
def test_an_interrupt_at_any_call_leaves_the_old_state_or_the_new(case: str, kind: str, world: World) -> None:
    prepare, words = INTERRUPTED[case]
    prepare(world)
    world.save("old")
    before = everything(world)
    world.does(*words)
    new, writings = world.seen(), edits(world)
    if prepare is not nothing:
        keep_store(world)
    outcomes = set()
    for told in every_interrupt(world, words, kind):
        after = {path: what for path, what in everything(world).items() if not _NOTE.fullmatch(path)}
        is_old = after == before
        outcomes.add(is_old)
        assert is_old or world.seen() == new, f"{told}\n{differing(after, before)}\n{differing(world.seen(), new)}"
        assert is_old or edits(world) == writings, told
        again = world(*words)
        assert again.status == 0 or "E407" in again.err, f"{told}\nthen {again}"
        assert world.seen() == new, f"{told}\nthen {again}\n{differing(world.seen(), new)}"
        assert edits(world) == writings, f"{told}\nthen {again}"
        check_no_leftovers(world, told, only_looked="nothing to do" in again.out + again.err or again.status != 0)
    assert outcomes == {True, False}


def edits(world: World) -> set[str]:
    """What the files of the backups and the skills hold that a person wrote."""
    roots = (world.project / ".skillctl" / "backups", world.project / ".agents", world.project / ".claude")
    texts = {path.read_text() for root in roots for path in root.rglob("*") if path.is_file()}
    return {text for text in texts if text == EDITED or "learnt" in text}


@pytest.mark.parametrize("again", [1, 3])
def test_a_second_interrupt_loses_nothing_either(again: int, world: World) -> None:
    """It comes while the first one is answered; then the next command goes the way back or forward."""
    edited(world)
    world.save("old")
    words = ("sync", "--force")
    world.does(*words)
    new, writings = world.seen(), edits(world)
    keep_store(world)
    for told in every_interrupt(world, words, INTERRUPT_AFTER, again):
        assert EDITED in all_texts(world), told
        ended = world(*words)
        assert ended.status == 0, f"{told}\nthen {ended}"
        assert world.seen() == new, f"{told}\nthen {ended}\n{differing(world.seen(), new)}"
        assert edits(world) == writings, f"{told}\nthen {ended}"


def all_texts(world: World) -> set[str]:
    """What any file of the project holds."""
    return {path.read_text() for path in world.project.rglob("*") if path.is_file()}
