"""What has to change on disk so that it becomes what the lock says: decided here, done elsewhere.

Three things are compared for every skill of every directory: what is wanted, what was recorded when skillctl last put
something there (more than one record, where an earlier command was killed between its commit and its end), and what is
seen. The rules, in the order in which they are tried:

1. Nothing there and something wanted: add.
2. What is there is what is wanted: keep; if skillctl did not put it there: adopt.
3. What is there is ours, untouched by the digest of every file: update, or remove if it is no longer wanted. A file of
   ours that is missing is put back. Files that are not ours (an agent's notes, a repository's history) are carried
   over, and stay when the skill goes; what machines leave behind (`__pycache__` ...) is not. Where the skill becomes a
   link, they go into the copy that it leads to, or to the backups where that has something else of their names.
4. What is there is ours, but a person edited a file of it, or put one where a new file belongs: kept and reported;
   with `force` it is backed up first and then treated as untouched.
5. A directory without a SKILL.md, which no agent takes for a skill: the skill is added, what is there carried along.
6. Something else is there: it is not ours. If nothing is wanted it is not even looked at, else that is an error.
   `force` does not change this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.digests import line_sha256
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.value import dataclass, field, replace
from skillctl.edges.disk.look import Stamp
from skillctl.install.generation import (
    Copied,
    Linked,
    Placed,
    Targets,
    installed_file,
    installed_sha256,
    installed_stamp,
)

if TYPE_CHECKING:
    from skillctl.core.digests import EntryLine

_RUBBISH = frozenset({"__pycache__", ".ds_store", "thumbs.db"})

Action = Literal["add", "update", "repair", "remove"]


@dataclass(frozen=True, slots=True)
class WantedCopy:
    """A skill that is to be a directory with these files."""

    pack: str
    tree: str
    files: Mapping[str, EntryLine]
    """Path inside the skill's directory -> the file of the pack's tree."""


@dataclass(frozen=True, slots=True)
class WantedLink:
    """A skill that is to be a link to the copy of another directory."""

    pack: str
    tree: str
    text: str
    files: Mapping[str, EntryLine]
    """What the copy holds, so that an equal directory in the link's place is known for what it is."""


Wanted = WantedCopy | WantedLink
WantedTargets = Mapping[str, Mapping[str, Wanted]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands where a skill belongs: nothing, a link, a directory, or something else."""

    kind: Literal["nothing", "link", "directory", "other"]
    text: str = ""
    """What the link says."""
    files: Mapping[str, Stamp] = field(default_factory=dict)


NOTHING = Seen("nothing")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One skill of one directory that has to change."""

    directory: str
    skill: str
    pack: str
    action: Action
    wanted: Wanted | None
    seen: Seen
    carried: tuple[str, ...] = ()
    """Files in the way that are not ours and go along."""
    brought: tuple[tuple[str, str], ...] = ()
    """Files that are not ours, of the same skill in other directories, which becomes a link there: directory, path."""
    left: tuple[str, ...] = ()
    """Files that are not ours and for which there is no place where the skill becomes a link: only in the backup."""
    backup: bool = False
    """Whether what is there is to be kept in the backups first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """All changes, and what stays as it is."""

    changes: tuple[Change, ...]
    standing: Targets
    """What is in place already and stays, recorded as it is seen."""
    kept: tuple[Problem, ...]
    """What a person edited and was therefore left alone."""
    foreign: tuple[Problem, ...]
    """What stands in the way and is not ours: nothing may be done as long as there is any."""
    remarks: tuple[Problem, ...] = ()
    """What stays of skills that go: files that somebody added."""


Look = Callable[[str, str], Seen]
"""Directory and skill -> what stands there."""
Hashes = Callable[[str, str], Mapping[str, str]]
"""Directory and skill -> sha256 of each file there; asked before anything is moved, and where there is a doubt."""


def plan_changes(
    wanted: WantedTargets, recorded: Sequence[Targets], look: Look, hashes: Hashes, *, force: bool = False
) -> Plan:
    """The plan, by the rules above. `recorded` has the newest state first."""
    planner = _Planner(recorded, look, hashes, force=force)
    for directory, skills in wanted.items():
        for skill, item in skills.items():
            planner.want(directory, skill, item)
    for targets in recorded:
        for directory, placed in targets.items():
            for skill in placed:
                if skill not in wanted.get(directory, {}):
                    planner.forget(directory, skill)
    return planner.plan()


class _Planner:
    def __init__(self, recorded: Sequence[Targets], look: Look, hashes: Hashes, *, force: bool) -> None:
        self._recorded = recorded
        self._look = look
        self._hashes = hashes
        self._force = force
        self._changes: list[Change] = []
        self._standing: dict[str, dict[str, Placed]] = {}
        self._kept: list[Problem] = []
        self._foreign: list[Problem] = []
        self._remarks: list[Problem] = []
        self._forgotten: set[tuple[str, str]] = set()

    def plan(self) -> Plan:
        for link in [each for each in self._changes if each.carried and isinstance(each.wanted, WantedLink)]:
            self._find_places(link)
        return Plan(
            changes=tuple(self._changes),
            standing=self._standing,
            kept=tuple(self._kept),
            foreign=tuple(self._foreign),
            remarks=tuple(self._remarks),
        )

    def want(self, directory: str, skill: str, wanted: Wanted) -> None:
        seen = self._look(directory, skill)
        if seen.kind == "nothing":
            self._change("add", directory, skill, wanted, seen)
            return
        standing = self._already(directory, skill, wanted, seen)
        if isinstance(wanted, WantedLink) and isinstance(standing, Copied):
            # an equal directory where a link belongs: taken over, and at once made what it is to be
            extra = tuple(path for path in seen.files if path not in standing.files and not is_rubbish(path))
            self._change("update", directory, skill, wanted, seen, _Ours(standing, extra=extra))
        elif standing is not None:
            self._standing.setdefault(directory, {})[skill] = standing
        if standing is not None:
            return
        ours = self._ours(directory, skill, seen, wanted) or _left_behind(wanted, seen)
        if ours is None:
            self._foreign.append(problem("E401", directory=directory, skill=skill, pack=wanted.pack))
        elif ours.edited and not self._force:
            self._keep("W401", directory, skill, wanted.pack, ours)
            self._standing.setdefault(directory, {})[skill] = _in_doubt(ours.record)
        else:
            action: Action = "repair" if _is_record_of(ours.record, wanted) else "update"
            self._change(action, directory, skill, wanted, seen, ours)

    def forget(self, directory: str, skill: str) -> None:
        if (directory, skill) in self._forgotten:
            return
        self._forgotten.add((directory, skill))
        seen = self._look(directory, skill)
        if seen.kind == "nothing":
            return
        ours = self._ours(directory, skill, seen)
        if ours is None:
            return
        if ours.edited and not self._force:
            self._keep("W402", directory, skill, ours.record.pack, ours)
            # still ours: `--force` may take it later
            self._standing.setdefault(directory, {})[skill] = _in_doubt(ours.record)
        else:
            self._change("remove", directory, skill, None, seen, ours)
            if ours.extra:
                files = [f"{directory}/{skill}/{path}" for path in ours.extra]
                self._remarks.append(problem("N402", pack=ours.record.pack, files=files))

    def _find_places(self, link: Change) -> None:
        """Let files that are not ours go into the copy that takes their directory's place, where it has none such."""
        found = self._hashes(link.directory, link.skill)
        copy = next((each for each in self._changes if _is_copy_for(each, link)), None)
        there = self._copy_will_hold(copy, link.skill)
        left = _in_the_way(link.carried, there, found)
        going = [path for path in link.carried if path not in there and path not in left]
        if copy is None:
            left, going = (*left, *going), []
        else:
            brought = (*copy.brought, *((link.directory, path) for path in going))
            self._changes[self._changes.index(copy)] = replace(copy, brought=brought)
        place = self._changes.index(link)
        self._changes[place] = replace(link, left=left, backup=link.backup or bool(left))

    def _copy_will_hold(self, copy: Change | None, skill: str) -> dict[str, str]:
        """The sha256 of every file of the copy that links to the skill lead to; empty for one that is not known."""
        if copy is None:
            at = [each for each, skills in self._standing.items() if isinstance(skills.get(skill), Copied)]
            return dict(self._hashes(at[0], skill)) if at else {}
        there = _digests(copy.wanted) if isinstance(copy.wanted, WantedCopy) else {}
        if copy.carried:
            found = self._hashes(copy.directory, skill)
            there = {**{path: found[path] for path in copy.carried}, **there}
        for directory, path in copy.brought:
            there.setdefault(path, self._hashes(directory, skill)[path])
        return there

    def _change(
        self,
        action: Action,
        directory: str,
        skill: str,
        wanted: Wanted | None,
        seen: Seen,
        ours: _Ours | None = None,
    ) -> None:
        pack = wanted.pack if wanted else ours.record.pack if ours else ""
        self._changes.append(
            Change(
                directory=directory,
                skill=skill,
                pack=pack,
                action=action,
                wanted=wanted,
                seen=seen,
                carried=tuple(path for path in ours.extra if path not in ours.edited) if ours else (),
                backup=bool(ours and ours.edited),
            )
        )

    def _keep(self, code: str, directory: str, skill: str, pack: str, ours: _Ours) -> None:
        files = [f"{directory}/{skill}/{path}" for path in ours.edited]
        self._kept.append(problem(code, directory=directory, skill=skill, pack=pack, files=files))

    def _already(self, directory: str, skill: str, wanted: Wanted, seen: Seen) -> Placed | None:
        """The record of what is there, if that is what is wanted."""
        if isinstance(wanted, WantedLink) and seen.kind == "link" and seen.text == wanted.text:
            return Linked(wanted.pack, wanted.tree, wanted.text)
        if seen.kind != "directory":
            return None
        records = self._records(directory, skill)
        if isinstance(wanted, WantedLink) and records:
            return None  # our own copy of the time before there was a link
        for record in records:
            if isinstance(record, Copied) and _is_record_of(record, wanted) and _untouched(record, seen):
                return record
        if not seen.files.keys() >= wanted.files.keys():
            return None
        found = self._hashes(directory, skill)
        if any(found.get(path) != line_sha256(line) for path, line in wanted.files.items()):
            return None
        return Copied(
            wanted.pack,
            wanted.tree,
            {path: installed_file(line_sha256(line), seen.files[path]) for path, line in wanted.files.items()},
        )

    def _ours(self, directory: str, skill: str, seen: Seen, wanted: Wanted | None = None) -> _Ours | None:
        """How what is there relates to what skillctl put there; None if it did not.

        Of several records it is the one that leaves the fewest files unexplained.
        """
        compared = (
            self._compared(directory, skill, record, seen, wanted) for record in self._records(directory, skill)
        )
        return min((each for each in compared if each is not None), key=_Ours.unexplained, default=None)

    def _compared(self, directory: str, skill: str, record: Placed, seen: Seen, wanted: Wanted | None) -> _Ours | None:
        if isinstance(record, Linked):
            return _Ours(record) if seen.kind == "link" and seen.text == record.text else None
        if seen.kind != "directory":
            return None
        # size and time can be those of before though the bytes are not, so nothing is replaced unhashed
        found = self._hashes(directory, skill)
        present = [path for path in record.files if path in seen.files]
        edited = [path for path in present if found.get(path) != installed_sha256(record.files[path])]
        extra = tuple(path for path in seen.files if path not in record.files and not is_rubbish(path))
        if extra and not present:
            return None  # nothing of it is ours any more
        in_the_way = _in_the_way(extra, _digests(wanted), found) if extra and isinstance(wanted, WantedCopy) else ()
        return _Ours(record, (*edited, *in_the_way), extra)

    def _records(self, directory: str, skill: str) -> list[Placed]:
        return [targets[directory][skill] for targets in self._recorded if skill in targets.get(directory, {})]


@dataclass(frozen=True, slots=True)
class _Ours:
    """Something that skillctl put there."""

    record: Placed
    edited: tuple[str, ...] = ()
    """Files of ours that were changed, and others that lie where a new file of ours belongs."""
    extra: tuple[str, ...] = ()
    """Files that are not ours."""

    def unexplained(self) -> tuple[int, int]:
        """How badly the record fits what is there."""
        return len(self.edited), len(self.extra)


def _in_doubt(record: Placed) -> Placed:
    """The record of what is kept though it is not as it should be: a glance must never find that in order.

    An edit may have left size and time as they were, and a file in the way of a new one changes nothing of ours.
    """
    if isinstance(record, Linked):
        return record
    return replace(
        record, files={path: installed_file(installed_sha256(file), "") for path, file in record.files.items()}
    )


def _is_copy_for(change: Change, link: Change) -> bool:
    """Whether the one is the copy that the other leads to: a skill is of one pack, and its links share one copy."""
    return change.skill == link.skill and isinstance(change.wanted, WantedCopy)


def is_rubbish(path: str) -> bool:
    """Whether a file that is not ours is made again by itself. The list is short: whatever else it is may be missed."""
    name = path.lower()
    return name.endswith(".pyc") or not _RUBBISH.isdisjoint(name.split("/"))


def _in_the_way(extra: Sequence[str], wanted: Mapping[str, str], found: Mapping[str, str]) -> tuple[str, ...]:
    """The files that are not ours and lie where another belongs, on a disk that knows no case as well.

    `wanted` and `found` have the sha256 of each file. One with the very bytes that belong there is not in the way.
    """
    if not extra:
        return ()
    from skillctl.core.paths import folded

    files = {folded(path) for path in wanted}
    directories = {above for path in files for above in _above(path)}
    taken: list[str] = []
    for path in extra:
        name = folded(path)
        if path in wanted and found.get(path) == wanted[path]:
            continue
        if name in files or name in directories or any(above in files for above in _above(name)):
            taken.append(path)
    return tuple(taken)


def _digests(wanted: WantedCopy) -> dict[str, str]:
    return {path: line_sha256(line) for path, line in wanted.files.items()}


def _above(path: str) -> list[str]:
    """The directories that a path lies in: `a`, `a/b` for `a/b/c`."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _left_behind(wanted: Wanted, seen: Seen) -> _Ours | None:
    """A directory without a skill, with files that somebody added to one that went: they are carried along again."""
    from skillctl.core.paths import find_collision

    if seen.kind != "directory" or find_collision([*seen.files, *wanted.files, *({SKILL_FILE} - wanted.files.keys())]):
        return None
    return _Ours(Copied(wanted.pack, wanted.tree, {}), extra=tuple(each for each in seen.files if not is_rubbish(each)))


def _is_record_of(record: Placed, wanted: Wanted) -> bool:
    """Whether the record says that what is wanted was put there."""
    if isinstance(record, Linked):
        return isinstance(wanted, WantedLink) and record.text == wanted.text
    same_tree = isinstance(wanted, WantedCopy) and record.tree == wanted.tree
    return same_tree and record.files.keys() == wanted.files.keys()


def _untouched(record: Copied, seen: Seen) -> bool:
    """Whether every file is there with the size and the time that it was written with."""
    files = seen.files
    return all(files.get(path) == installed_stamp(file) for path, file in record.files.items())
