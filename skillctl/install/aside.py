"""What was moved out of its place: where it lies in a stage, and how it gets home after a kill.

    stage/new/<key>/<skill>     made ready, to be moved in
    stage/old/<key>/<skill>     moved out, until everything is in place
    stage/kept/<name>/<skill>   a copy of what will be replaced though there is a person's work in it

After a kill every skill in `old` is gone over, by the rules:

1. Nothing stands in its place: it goes home as a whole.
2. Something stands there, as a rule the new version, or what an agent wrote where its skill had been: the files that
   skillctl did not bring go home where their path is free. Those that it did are put in place anew by the command.
   Where the very same file is there already, there is nothing to do.
3. What is not ours and can't go home goes to the backups, unless it is there, and is told (W411). Of a file of ours
   that was edited, which the killed command had put into the backups as it was asked to, nothing is said.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from skillctl.core.diagnostics import Problem, problem
from skillctl.edges.disk.files import link_text, list_names
from skillctl.edges.disk.look import kind_at, real_path
from skillctl.edges.disk.sync import sync_filesystem
from skillctl.edges.disk.trees import copy_file, hash_tree, is_same, move
from skillctl.install.generation import Copied, Linked, Placed, Targets, installed_sha256
from skillctl.install.plan import is_rubbish
from skillctl.install.scope import Scope

NEW, OLD, KEPT = "new", "old", "kept"


def key_of(scope: Scope, directory: str) -> str:
    """A directory of skills as one name in a stage: the same in every process, however the directory is written.

    The texts of one real place may change from command to command, as links come and go; and the project may be moved.
    """
    real, root = real_path(scope.directory(directory)), real_path(scope.root)
    text = real.relative_to(root).as_posix() if real.is_relative_to(root) else str(real)
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]


def put_aside(stage: Path) -> Iterator[tuple[str, str]]:
    """Key and name of every skill that was moved out of its place and is still in the stage."""
    for directory in (stage, stage / OLD):
        if kind_at(str(directory)) != "directory":  # nothing, or a link that a repository brought
            return
    for key in list_names(stage / OLD):
        if kind_at(str(stage / OLD / key)) == "directory":
            yield from ((key, skill) for skill in list_names(stage / OLD / key))


def free_backup(scope: Scope, number: int) -> Path:
    """Where the backups of that generation's command go: never into those of another command."""
    place, count = scope.backups / str(number), 1
    while kind_at(str(place)) != "nothing":
        count += 1
        place = scope.backups / f"{number}-{count}"
    return place


def backup_name(directory: str) -> str:
    """A directory of skills as one name in the backups, for people to read."""
    return directory.strip("/").replace("/", "-").replace("\\", "-").replace(":", "") or "skills"


def bring_back(scope: Scope, stages: Iterable[Path], recorded: Sequence[Targets], number: int) -> list[Problem]:
    """Bring home what a killed command had moved out of its place; what had to go to the backups instead.

    Only for a state that has a generation to be finished: what a finished one had moved out is to go.
    """
    keys = {directory: key_of(scope, directory) for targets in recorded for directory in targets}
    homes = {key: directory for directory, key in keys.items()}
    backup = free_backup(scope, number)
    told: list[Problem] = []
    for stage in stages:
        for key, skill in put_aside(stage):
            where = homes.get(key, "")
            home = scope.directory(where) / skill if where else None
            records = [
                skills[skill]
                for targets in recorded
                for directory, skills in targets.items()
                if keys[directory] == key and skill in skills
            ]
            name = Path(backup_name(where or key), skill)
            kept = _Aside(stage / OLD / key / skill, home, records).bring_home(scope.backups, backup.name, name)
            for place in sorted(set(kept.values())):
                files = [path for path, at in kept.items() if at == place]
                at = scope.text_of(scope.backups / place / name)
                told.append(problem("W411", directory=where or key, skill=skill, files=files, backup=at))
    if told:
        sync_filesystem(scope.state)  # before the stage, which has it too, is removed
    return told


class _Aside:
    """One skill that was moved out, and the place it came from; None if nobody knows that any more."""

    def __init__(self, path: Path, home: Path | None, records: Sequence[Placed]) -> None:
        self._path = path
        self._home = home
        self._records = records
        self._paths = {path for each in records if isinstance(each, Copied) for path in each.files}

    def bring_home(self, backups: Path, fresh: str, name: Path) -> dict[str, str]:
        """File -> the backup that has it, for those that could not go home; the file of a whole that is none is empty.

        What no backup has goes into the fresh one.
        """
        if self._home is not None and kind_at(str(self._home)) == "nothing":
            move(self._path, self._home)
            return {}
        if kind_at(str(self._path)) == "directory":
            found = hash_tree(self._path)
            others = [path for path in found if not is_rubbish(path) and not self._is_ours(path, found[path])]
            left = [path for path in others if not self._went_home(path)]
        else:
            left = [""] if self._is_strange() else []
        kept: dict[str, str] = {}
        for path in left:
            same = (each for each in list_names(backups) if is_same(self._path / path, backups / each / name / path))
            place = next(same, None)
            if place is None:  # a stage may lie on another file system
                copy_file(self._path / path, backups / fresh / name / path)
            if place is None or path not in self._paths:
                kept[path] = place or fresh
        return kept

    def _is_strange(self) -> bool:
        """Whether what is no directory is not the link that was put there."""
        text = link_text(self._path)
        return not any(isinstance(each, Linked) and each.text == text for each in self._records)

    def _is_ours(self, path: str, sha256: str) -> bool:
        """Whether skillctl put it there and nobody changed it."""
        return any(
            isinstance(each, Copied) and path in each.files and installed_sha256(each.files[path]) == sha256
            for each in self._records
        )

    def _went_home(self, path: str) -> bool:
        """Whether the file, or one equal to it, is in its place now."""
        if self._home is None:
            return False
        target = self._home / path
        if _may_hold(self._home, path) and kind_at(str(target)) == "nothing":
            move(self._path / path, target)
            return True
        return is_same(self._path / path, target)  # also in the copy that a link leads to


def _may_hold(home: Path, path: str) -> bool:
    """Whether nothing but directories stands on the way to the file: no link may lead it elsewhere."""
    on_the_way = [home, *(home / above for above in Path(path).parents)]
    return {kind_at(str(each)) for each in on_the_way} <= {"directory", "nothing"}
