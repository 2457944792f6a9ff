"""A command that is killed at any change of the disk leaves every skill old, new or absent, and the next command, which
ever it is, makes the set the old or the new one, without help.

Every call of install, sync and remove is tried (see `runner`), and after each of them the next commands. Where there is
something to finish, that is the same again, `sync`, and `list`; before the commit, the same again or `sync` in turn.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from skillctl_plugins.audit.log import AuditLog
from skillctl_plugins.audit.verify import verify_log
from tests.faults.runner import Fault
from tests.faults.world import Snapshot, World, differing, mixtures, snapshot, write_maps

pytestmark = pytest.mark.slow

AGENTS = ("--agent", "codex", "--agent", "claude-code")
"""Codex reads `.agents/skills`, where the copy lies then; Claude Code gets links. Both ways of placing are broken."""

_OWN_NAMES = re.compile(
    r"(?:project/\.skillctl|home/\.local(?:/state(?:/skillctl(?:/user)?)?)?"
    r"|.*/lock|.*/holder|.*/current|.*/generations(?:/\d+\.json)?|.*/backups(?:/.*)?"
    r"|.*/scopes(?:/[0-9a-f]{32})?|.*/locks(?:/[0-9a-f]+\.lock)?"
    # what a kill leaves half made beside the audit log, the next record clears away
    r"|home/\.local/share(?:/skillctl(?:/audit-tip)?)?|.*/audit(?:/log\.jsonl|/tip\.json|/\.[^/]*\.tmp)?)"
)


def nothing(world: World) -> None:
    """Nothing is installed."""


def first(world: World) -> None:
    """`maps` 1.0.0 is installed, and an agent left a note in one of its skills."""
    world.does("install", "maps@==1.0.0", *AGENTS)
    world.project.joinpath(".agents/skills/map-draw/notes.md").write_text("what an agent learnt\n")
    world.project.joinpath(".agents/skills/map-read/notes.md").write_text("what else it learnt\n")


def open_range(world: World) -> None:
    """As `first`, and the project would take 1.1.0 as well."""
    first(world)
    file = world.project / "skillctl.json"
    file.write_text(file.read_text().replace("==1.0.0", "^1.0.0"))
    world.does("install", "--offline")


def pulled(world: World) -> None:
    """The project's files are those of 1.1.0, as a pull from a colleague leaves them; the skills are those of 1.0.0."""
    open_range(world)
    world.save("before-the-pull")
    world.does("update")
    texts = {name: world.project.joinpath(name).read_text() for name in ("skillctl.json", "skillctl.lock")}
    world.restore("before-the-pull")
    for name, text in texts.items():
        world.project.joinpath(name).write_text(text)


def copy_alone(world: World) -> None:
    """`maps` 1.0.0 lies in Claude Code's own directory, with a note of an agent."""
    world.does("install", "maps@==1.0.0", "--agent", "claude-code")
    world.project.joinpath(".claude/skills/map-read/notes.md").write_text("what an agent learnt\n")


def updated(world: World) -> None:
    """`maps` was updated to 1.1.0, which a project that began with 1.0.0 can go back from."""
    open_range(world)
    world.does("update")


Prepare = Callable[[World], None]

CASES: dict[str, tuple[Prepare, tuple[str, ...]]] = {
    "install": (nothing, ("install", "maps@==1.0.0", *AGENTS)),
    "install-newer": (first, ("install", "maps@1.1.0")),
    "sync": (pulled, ("sync",)),
    "remove": (first, ("remove", "maps")),
    "undo": (updated, ("undo", "--to", "2")),
    "copies-to-links": (copy_alone, ("install", "maps", *AGENTS)),
}


def keep_store(world: World) -> None:
    """Let what the command fetched be in the store already: filling it is tried with the first install."""
    cache = world.home / ".cache"
    full = world.room / "full-cache"
    cache.rename(full)
    world.restore("old")
    shutil.rmtree(cache)
    full.rename(cache)
    world.save("old")


def is_committed(state: Path) -> bool:
    """Whether the killed command had come to its commit. Before it `list` has nothing to finish and only looks."""
    mark = state / "current"
    current = int(mark.read_text()) if mark.exists() else 0
    return any(int(each.stem) > current for each in state.glob("generations/[0-9]*.json"))


def project_state(world: World) -> Path:
    return world.project / ".skillctl"


def every_kill(world: World, words: tuple[str, ...]) -> Iterator[str]:
    """Kill the command at its first change of the disk, its second, and so on; the world is as the kill left it."""
    number = 0
    while True:
        number += 1
        world.restore("old")
        ended = world(*words, fault=Fault(at=number))
        if not ended.fired:
            assert ended.status == 0, ended
            assert number > 10, f"only {number - 1} calls were counted"
            return
        assert ended.killed, ended
        yield f"killed at call {number}, {ended.where}"


_MADE_READY = re.compile(r"project/\.skillctl/(?:stage(?:/.*)?)")


def check_no_leftovers(world: World, told: str, *, only_looked: bool) -> None:
    """`list` finishes what was committed, but leaves mere rubbish to the next command that has work to do."""
    strange = [path for path in world.own() if not _OWN_NAMES.fullmatch(path)]
    if only_looked:
        strange = [path for path in strange if not _MADE_READY.fullmatch(path)]
    assert not strange, f"{told}: left behind {strange}"


def check_log(world: World, told: str) -> None:
    """A kill is no forgery: whatever was being written, the audit log is whole."""
    log = AuditLog(
        folder=world.home / ".local/state/skillctl/audit", copy=world.home / ".local/share/skillctl/audit-tip"
    )
    verdict = verify_log(log)
    assert verdict.ok, f"{told}: {verdict.findings}"


@pytest.mark.parametrize("case", CASES)
def test_a_kill_at_any_call_heals_by_itself(case: str, world: World) -> None:
    prepare, words = CASES[case]
    prepare(world)
    world.save("old")
    old = world.seen()
    world.does(*words)
    new = world.seen()
    assert prepare is nothing or differing(old, new)
    world.does("sync", "--check")
    if prepare is not nothing:
        keep_store(world)
    every_command = (words, ("sync",), ("list",))
    for number, told in enumerate(every_kill(world, words)):
        strange = mixtures(world.seen(), old, new)
        assert not strange, f"{told}: {strange} are neither old nor new"
        check_log(world, told)
        world.save("killed")
        for again in every_command if is_committed(project_state(world)) else (every_command[number % 2],):
            world.restore("killed")
            ended = world(*again)
            after = f"{told}; then {again[0]}: {ended}"
            seen = world.seen()
            assert seen in (old, new), f"{after}\n{differing(seen, old)}\n{differing(seen, new)}"
            nothing_there = seen == old and prepare is nothing
            if again == words:
                assert seen == new, after
                assert ended.status == 0 or "E407" in ended.err, after
            else:
                assert ended.status == 0 or (nothing_there and "E402" in ended.err), after
            assert "W41" not in ended.err, f"{after}: nobody came between, so nothing had to be put aside"
            check_no_leftovers(world, after, only_looked=again == ("list",) or "E402" in ended.err)
            check_log(world, after)


def test_an_edited_file_survives_every_kill_of_a_forced_update(world: World) -> None:
    """In its place, in the backups, or on its way there and back again."""
    first(world)
    edited = world.project / ".agents/skills/map-draw/SKILL.md"
    edited.write_text("what a person wrote\n")
    world.save("old")
    words = ("install", "maps@==1.1.0", "--force")
    world.does(*words)
    keep_store(world)
    for told in every_kill(world, words):
        world.save("killed")
        for again in (words, ("list",)) if is_committed(project_state(world)) else (words,):
            world.restore("killed")
            ended = world(*again)
            assert ended.status == 0, f"{told}; then {again[0]}: {ended}"
            texts = [each.read_text() for each in (world.project / ".skillctl").glob("backups/*/*/map-draw/SKILL.md")]
            if edited.read_text() != "what a person wrote\n":
                assert "what a person wrote\n" in texts, f"{told}; then {again[0]}: {ended}"
            else:
                assert again != words, told
            assert edited.with_name("notes.md").read_text() == "what an agent learnt\n", told


def forced(world: World) -> None:
    """As `first`, and a person rewrote a skill that an agent keeps notes in."""
    first(world)
    world.project.joinpath(".agents/skills/map-draw/SKILL.md").write_text("what a person wrote\n")


def one_place(world: World) -> None:
    """As `first`, and somebody made Claude Code's directory a link to the other since."""
    first(world)
    shutil.rmtree(world.project / ".claude")
    world.project.joinpath(".claude").symlink_to(".agents")


def moved_place(world: World) -> None:
    """Claude Code's directory was moved to where Codex looks and replaced by a link; the record has its old name."""
    copy_alone(world)
    world.project.joinpath(".claude/skills/map-draw/notes.md").write_text("what else it learnt\n")
    world.project.joinpath(".agents").mkdir()
    world.project.joinpath(".claude/skills").rename(world.project / ".agents/skills")
    world.project.joinpath(".claude/skills").symlink_to("../.agents/skills")


BETWEEN: dict[str, tuple[Prepare, tuple[str, ...]]] = {
    "update": (open_range, ("update",)),
    "remove": (first, ("remove", "maps")),
    "remove from one place with two names": (one_place, ("remove", "maps")),
    "update under another name": (moved_place, ("install", "maps@==1.1.0", *AGENTS)),
    "sync --force": (forced, ("sync", "--force")),
}


@pytest.mark.parametrize("name", ["notes2.md", "notes.md", "SKILL.md", "sub/notes.md"])
@pytest.mark.parametrize("case", BETWEEN)
def test_what_comes_to_a_skills_place_after_a_kill_costs_no_file_that_is_not_ours(
    case: str, name: str, world: World
) -> None:
    """An agent writes where its skill had been, before the next command comes."""
    prepare, words = BETWEEN[case]
    prepare(world)
    world.save("old")
    before = texts_of_others(world)
    world.does(*words)
    keep_store(world)
    skill = world.project / ".agents/skills/map-draw"
    tried = 0
    for told in every_kill(world, words):
        if skill.exists() or not is_committed(project_state(world)):
            continue
        tried += 1
        skill.joinpath(name).parent.mkdir(parents=True)
        skill.joinpath(name).write_text("what came between\n")
        for again in (("sync",), ("list",), ("sync", "--force")):
            world.save("killed")
            ended = world(*again)
            after = f"{told}; then {again}: {ended}"
            assert ended.status == 0 or "E407" in ended.err, after
            there = texts_of_others(world)
            assert there.keys() >= {*before, "what came between\n"}, f"{after}\n{there}"
            moved = {text for text in before if all(".skillctl" in place for place in there[text])}
            forced_away = {"what a person wrote\n"} if "--force" in words else set()
            assert ("W411" in ended.err) is bool(moved - forced_away), f"{after}\n{there}"
            check_no_leftovers(world, after, only_looked=False)
            world.restore("killed")
    assert tried, "no kill left the skill's place empty"


def texts_of_others(world: World) -> dict[str, list[str]]:
    """What skillctl did not bring, in the skills and in the backups -> where it lies."""
    found: dict[str, list[str]] = {}
    for root in (".agents/skills", ".skillctl/backups"):
        for path in world.project.joinpath(root).rglob("*"):
            if path.is_file() and path.read_text().startswith("what "):
                found.setdefault(path.read_text(), []).append(str(path.relative_to(world.project)))
    return found


@pytest.mark.parametrize("torn", ["", '{"format": "1.0", "number": 2, "owner"', "\0" * 200])
def test_a_commit_that_the_disk_lost_is_none(torn: str, world: World) -> None:
    """The power went: names of files were on the disk, the bytes of the commit were not."""
    open_range(world)
    world.save("old")
    world.does("update")
    new = world.seen()
    keep_store(world)
    tried = 0
    for told in every_kill(world, ("update",)):
        if not is_committed(project_state(world)):
            continue
        tried += 1
        commit = max(world.project.glob(".skillctl/generations/*.json"), key=lambda each: int(each.stem))
        commit.write_text(torn)
        notes = texts_of_others(world)
        world.save("killed")
        for again in (("update",), ("sync",), ("list",), ("cache", "prune"), ("install", "base")):
            world.restore("killed")
            ended = world(*again)
            after = f"{told}; then {again}: {ended}"
            assert ended.status == 0, after
            if again in (("list",), ("cache", "prune")):  # they only look, and leave what is in the stage there
                world.does("sync")
            assert texts_of_others(world).keys() >= notes.keys() | {"what an agent learnt\n"}, after
            if again == ("update",) and not ended.err:
                assert world.seen() == new, after
    assert tried > 5


def test_a_kill_heals_where_the_skills_lie_on_another_file_system(world: World, tmp_path: Path) -> None:
    target = tmp_path / "claude"
    (target / "skills" / "by-hand").mkdir(parents=True)
    if target.stat().st_dev == world.room.stat().st_dev:
        pytest.skip("needs two file systems")
    elsewhere = replace(world, more={"CLAUDE_CONFIG_DIR": str(target)}, changing=("home", str(target)))
    for version in ("1.0.0", "1.1.0"):  # a first install, and an update
        words = ("install", "-g", f"maps@=={version}", "--agent", "claude-code")
        elsewhere.save("old")
        old = snapshot(target)
        elsewhere.does(*words)
        new = snapshot(target)
        assert differing(old, new)
        elsewhere.save("new")
        keep_store(elsewhere)
        for told in every_kill(elsewhere, words):
            strange = mixtures(_without_stage(snapshot(target)), old, new)
            assert not strange, f"{told}: {strange}"
            elsewhere.save("killed")
            committed = is_committed(elsewhere.home / ".local" / "state" / "skillctl" / "user")
            for again in (words, ("list", "-g")) if committed else (words,):
                elsewhere.restore("killed")
                ended = elsewhere(*again)
                after = f"{told}; then {again}: {ended}"
                assert ended.status == 0, after
                seen = snapshot(target) if again == words else _without_stage(snapshot(target))
                assert seen in (old, new), f"{after}\n{differing(seen, old)}\n{differing(seen, new)}"
        elsewhere.restore("new")


def _without_stage(seen: Snapshot) -> Snapshot:
    return {path: what for path, what in seen.items() if not path.startswith(".skillctl-stage-")}


def test_a_killed_publish_leaves_a_registry_that_is_whole(world: World) -> None:
    registry = replace(world, changing=("registry",))
    words = ("publish", str(write_maps(world, "1.2.0")), "--no-test", "--registry", str(world.registry))
    registry.save("old")
    old = releases(world.registry)
    registry.does(*words)
    new = releases(world.registry)
    assert len(new) == len(old) + 1
    for told in every_kill(registry, words):
        assert releases(world.registry) in (old, new), told
        again = registry(*words)
        assert again.status == 0, f"{told}; then {again}"
        assert releases(world.registry) == new, f"{told}; then {again}"


def releases(registry: Path) -> list[tuple[str, str, str]]:
    """Name, version and tree of every release of the index; each must have its archive, whole."""
    found = []
    for path in sorted(each for each in (registry / "index").rglob("*") if each.is_file()):
        if path.name.startswith("."):
            continue  # staged: no name that a reader asks for
        for line in path.read_text().splitlines():
            release = json.loads(line)
            digest = release["archive"].removeprefix("sha256:")
            archive = registry / "blobs" / "sha256" / digest[:2] / digest
            assert hashlib.sha256(archive.read_bytes()).hexdigest() == digest
            found.append((release["name"], release["version"], release["tree"]))
    return found
