"""What has to change, decided from what is wanted, recorded and seen: the rules as cases, and the laws behind them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.digests import EntryLine, entry_line, file_entry, line_sha256
from skillctl.core.paths import folded
from skillctl.install.generation import Copied, Linked, Placed, Targets, installed_file, installed_stamp
from skillctl.install.plan import (
    NOTHING,
    Change,
    Plan,
    Seen,
    Wanted,
    WantedCopy,
    WantedLink,
    is_rubbish,
    plan_changes,
)

CASES = json.loads(Path(__file__).with_name("plan_cases.json").read_text(encoding="utf-8"))
DIRECTORY = ".claude/skills"
LATER = 1
"""The time of a file that was touched after we wrote it."""

Content = Mapping[str, str]
"""Path -> text."""
Thing = Content | str
"""What stands somewhere: files, `link <text>`, or `other`."""


def sha256(text: str) -> str:
    return file_entry("x", text.encode()).sha256


def stamp(text: str, time: int) -> str:
    return f"{len(text)} {time}"


def written(text: str) -> int:
    """The time at which we wrote that text somewhere: no two are written at once."""
    return zlib.crc32(text.encode()) + 2


@dataclass
class Disk:
    """One directory of skills, as a plan sees it and as it would be changed."""

    things: dict[str, Thing]
    times: dict[tuple[str, str], int] = field(default_factory=dict)
    backups: dict[str, Thing] = field(default_factory=dict)

    def look(self, directory: str, skill: str) -> Seen:
        thing = self.things.get(skill)
        if thing is None:
            return NOTHING
        if isinstance(thing, str):
            return Seen("other") if thing == "other" else Seen("link", text=thing.removeprefix("link "))
        times = {path: self.times.get((skill, path), written(text)) for path, text in thing.items()}
        return Seen("directory", files={path: stamp(text, times[path]) for path, text in thing.items()})

    def hashes(self, directory: str, skill: str) -> dict[str, str]:
        thing = self.things[skill]
        assert not isinstance(thing, str)
        return {path: sha256(text) for path, text in thing.items()}

    def plan(self, wanted: Mapping[str, Wanted], recorded: list[Targets], *, force: bool = False) -> Plan:
        return plan_changes({DIRECTORY: wanted}, recorded, self.look, self.hashes, force=force)

    def apply(self, plan: Plan, texts: Mapping[str, str]) -> Targets:
        """Do what the plan says; the record of it. `texts` knows the text of every digest."""
        placed: dict[str, Placed] = dict(plan.standing.get(DIRECTORY, {}))
        for change in plan.changes:
            old = self.things.pop(change.skill, {})
            if change.backup:
                self.backups[change.skill] = old
            record = self._put(change, old, texts)
            if record is not None:
                placed[change.skill] = record
        return {DIRECTORY: placed}

    def _put(self, change: Change, old: Thing, texts: Mapping[str, str]) -> Placed | None:
        if isinstance(change.wanted, WantedLink):
            self.things[change.skill] = f"link {change.wanted.text}"
            return Linked(change.wanted.pack, change.wanted.tree, change.wanted.text)
        new = {path: texts[line_sha256(line)] for path, line in change.wanted.files.items()} if change.wanted else {}
        carried = {path: old[path] for path in change.carried if path not in new and not isinstance(old, str)}
        for ours, theirs in ((folded(one), folded(other)) for one in new for other in carried):
            assert ours != theirs, "two files for one name"
            assert not ours.startswith(f"{theirs}/"), "a directory in a file's place"
            assert not theirs.startswith(f"{ours}/"), "a file in a directory's place"
        if change.wanted or carried:
            self.things[change.skill] = {**new, **carried}
            for path in (*new, *carried):
                self.times.pop((change.skill, path), None)
        if change.wanted is None:
            return None
        files = {path: installed_file(sha256(text), stamp(text, written(text))) for path, text in new.items()}
        return Copied(change.wanted.pack, change.wanted.tree, files)


def entries(content: Content) -> dict[str, EntryLine]:
    return {path: entry_line(file_entry(path, text.encode())) for path, text in content.items()}


def tree_of(content: Content) -> str:
    return "tree1:" + sha256(json.dumps(content, sort_keys=True))


def wanted_of(case: Mapping[str, Any]) -> dict[str, Wanted]:
    wanted: dict[str, Wanted] = {}
    for skill, what in case.items():
        if "link" in what:
            wanted[skill] = WantedLink("maps", tree_of(what["files"]), what["link"], entries(what["files"]))
        else:
            wanted[skill] = WantedCopy("maps", tree_of(what), entries(what))
    return wanted


def recorded_of(case: Mapping[str, Any]) -> Targets:
    placed: dict[str, Placed] = {}
    for skill, what in case.items():
        if "link" in what:
            placed[skill] = Linked("maps", "tree1:x", what["link"])
        else:
            files = {path: installed_file(sha256(text), stamp(text, written(text))) for path, text in what.items()}
            placed[skill] = Copied("maps", tree_of(what), files)
    return {DIRECTORY: placed}


def disk_of(
    case: Mapping[str, Any], recorded: Sequence[Mapping[str, Any]], *, touched: list[str], kept: list[str]
) -> Disk:
    things: dict[str, Thing] = {}
    times: dict[tuple[str, str], int] = {}
    for skill, what in case.items():
        if isinstance(what, dict) and "link" in what:
            things[skill] = f"link {what['link']}"
            continue
        things[skill] = what
        for path, text in what.items() if isinstance(what, dict) else ():
            texts = [record[skill][path] for record in recorded if path in record.get(skill, {})]
            if path in kept and texts:
                times[skill, path] = written(texts[0])
            else:
                times[skill, path] = written(text) if text in texts and path not in touched else LATER
    return Disk(things, times)


def told(plan: Plan) -> dict[str, list[str]]:
    """The plan in the words of the cases."""
    said: dict[str, list[str]] = {}
    for change in plan.changes:
        said.setdefault(change.action, []).append(change.skill)
        if change.backup:
            said.setdefault("backup", []).append(change.skill)
        if change.carried:
            said.setdefault("carried", []).extend(change.carried)
    for problem in plan.kept:
        prefix = f"{DIRECTORY}/{problem.evidence['skill']}/"
        files = problem.evidence["files"]
        assert isinstance(files, list)
        said.setdefault(problem.code, []).extend(path.removeprefix(prefix) for path in files)
    said["foreign"] = [str(problem.evidence["skill"]) for problem in plan.foreign]
    said["standing"] = list(plan.standing.get(DIRECTORY, {}))
    return {word: sorted(names) for word, names in said.items() if names}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_rules(case: dict[str, Any]) -> None:
    records = case.get("recorded", [])
    disk = disk_of(case.get("seen", {}), records, touched=case.get("touched", []), kept=case.get("untouched", []))
    wanted = wanted_of(case.get("wanted", {}))
    plan = disk.plan(wanted, [recorded_of(each) for each in records], force=case.get("force", False))
    assert told(plan) == {word: sorted(names) for word, names in case["plan"].items()}


# --- laws ---------------------------------------------------------------------------------------------------------

TEXTS = ("one", "two", "six", "a longer one")
PATHS = ("SKILL.md", "notes.md", "Notes.md", "a", "a/b", "A/c", ".git/HEAD", "__pycache__/x.pyc")
OURS = ("SKILL.md", "notes.md", "a", "a/b", "b")
SKILLS = ("map", "draw")


def contents(paths: tuple[str, ...], *, least: int) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(paths), st.sampled_from(TEXTS), min_size=least, max_size=4).filter(
        lambda content: not any(other.startswith(f"{path}/") for path in content for other in content)
    )


def skills_of(what: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(SKILLS), what, max_size=2)


LINKS = st.sampled_from(["../a/map", "../b/map"])
RECORDS = st.lists(skills_of(contents(OURS, least=1) | st.fixed_dictionaries({"link": LINKS})), min_size=1, max_size=3)
WANTED = skills_of(contents(OURS, least=1) | st.fixed_dictionaries({"link": LINKS, "files": contents(OURS, least=1)}))


@st.composite
def situations(draw: st.DrawFn) -> tuple[dict[str, Wanted], list[Targets], Disk]:
    """What is wanted and recorded, and a disk that has something to do with it, or not."""
    wanted, records = draw(WANTED), draw(RECORDS)
    seen: dict[str, Any] = {}
    for skill in SKILLS:
        known = [each[skill] for each in (*records, wanted) if skill in each and "link" not in each[skill]]
        base = draw(st.sampled_from([*known, {}])) if known else {}
        extra = draw(contents(PATHS, least=0)) if draw(st.booleans()) else {}
        content = {path: text for path, text in {**base, **extra}.items() if draw(st.integers(0, 7))}
        clean = {
            path: text for path, text in content.items() if not any(each.startswith(f"{path}/") for each in content)
        }
        thing = draw(st.sampled_from(["files", "files", "files", "link", "other", "nothing"]))
        if thing == "files":
            seen[skill] = clean
        elif thing == "link":
            seen[skill] = {"link": draw(LINKS)}
        elif thing == "other":
            seen[skill] = "other"
    touched = draw(st.lists(st.sampled_from(PATHS), max_size=2))
    kept = draw(st.lists(st.sampled_from(PATHS), max_size=2))
    return (
        wanted_of(wanted),
        [recorded_of(each) for each in records],
        disk_of(seen, records, touched=touched, kept=kept),
    )


KNOWN_TEXTS = {sha256(text): text for text in TEXTS}


@settings(max_examples=150)
@given(situations(), st.booleans())
def test_after_a_plan_was_applied_there_is_nothing_to_do(situation: Any, force: bool) -> None:
    wanted, recorded, disk = situation
    plan = disk.plan(wanted, recorded, force=force)
    if plan.foreign:
        return
    record = disk.apply(plan, KNOWN_TEXTS)
    again = disk.plan(wanted, [record], force=False)
    assert not again.foreign
    assert not again.changes
    assert {each.code for each in again.kept} <= {each.code for each in plan.kept}
    assert again.standing.get(DIRECTORY, {}).keys() == record[DIRECTORY].keys()
    in_order = all(shows(placed, disk.look(DIRECTORY, skill)) for skill, placed in record[DIRECTORY].items())
    assert in_order is not bool(plan.kept), "a glance finds it in order if and only if it is"
    if not plan.kept:
        assert record[DIRECTORY].keys() == wanted.keys()


def shows(placed: Placed, seen: Seen) -> bool:
    """Whether a glance, which compares sizes and times, finds what was recorded."""
    if isinstance(placed, Linked):
        return seen.text == placed.text
    return all(seen.files.get(path) == installed_stamp(file) for path, file in placed.files.items())


@settings(max_examples=150)
@given(situations(), st.booleans())
def test_no_byte_of_a_person_is_lost(situation: Any, force: bool) -> None:
    wanted, recorded, disk = situation
    before = dict(disk.things)
    plan = disk.plan(wanted, recorded, force=force)
    for change in plan.changes:
        if force:
            break
        assert not change.backup or isinstance(change.wanted, WantedLink), "only force and links put things aside"
    disk.apply(plan, KNOWN_TEXTS)
    for skill, thing in before.items():
        if isinstance(thing, str):
            ours = any(
                isinstance(placed := targets[DIRECTORY].get(skill), Linked) and thing == f"link {placed.text}"
                for targets in recorded
            )
            assert ours or disk.things.get(skill) == thing
            continue
        for path, text in thing.items():
            assert _is_kept(disk, recorded, wanted.get(skill), skill, path, text), (skill, path, text)


def _is_kept(disk: Disk, recorded: list[Targets], wanted: Wanted | None, skill: str, path: str, text: str) -> bool:
    """Whether the file is where it was, put aside, replaced though it was ours, or nobody's."""
    for things in (disk.things, disk.backups):
        thing = things.get(skill, {})
        if not isinstance(thing, str) and thing.get(path) == text:
            return True
    for targets in recorded:
        placed = targets[DIRECTORY].get(skill)
        if isinstance(placed, Copied) and placed.files.get(path, "").startswith(sha256(text)):
            return True
    if isinstance(wanted, WantedLink) and path in wanted.files and line_sha256(wanted.files[path]) == sha256(text):
        return True  # the link leads to the same bytes
    return "__pycache__" in path


@settings(max_examples=100)
@given(situations(), st.booleans())
def test_what_is_not_on_record_is_only_replaced_where_it_is_equal(situation: Any, force: bool) -> None:
    wanted, recorded, disk = situation
    for change in disk.plan(wanted, recorded, force=force).changes:
        on_record = any(change.skill in targets[DIRECTORY] for targets in recorded)
        thing = disk.things.get(change.skill)
        if thing is not None and not on_record:
            assert not isinstance(thing, str)
            if "SKILL.md" not in thing:  # no skill at all: nothing is replaced, everything is carried along
                assert set(change.carried) | set(change.left) | set(filter(is_rubbish, thing)) == set(thing)
                continue
            assert isinstance(change.wanted, WantedLink)
            assert all(thing.get(path) == KNOWN_TEXTS[line_sha256(each)] for path, each in change.wanted.files.items())


@settings(max_examples=60)
@given(situations(), st.booleans())
def test_every_skill_is_spoken_of_once(situation: Any, force: bool) -> None:
    wanted, recorded, disk = situation
    plan = disk.plan(wanted, recorded, force=force)
    changed = [change.skill for change in plan.changes]
    foreign = [str(each.evidence["skill"]) for each in plan.foreign]
    standing = list(plan.standing.get(DIRECTORY, {}))
    spoken = [*changed, *foreign, *standing]
    assert len(set(spoken)) == len(spoken)
    assert set(wanted) <= set(spoken)
    assert plan == disk.plan(wanted, recorded, force=force)
