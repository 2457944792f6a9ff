"""A plan's files on disk: written only where they differ, never through a link, and what they replace is kept.

Before anything in a project is overwritten or removed, a snapshot of it goes to `.skillctl/backups/<number>/`: the old
bytes, and the names of what was not there before. `restored_plan` says how it is made so again. The newest ten stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from skillctl.core.errors import ExecutionError, ManifestError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonValue
from skillctl.core.limits import LIMITS
from skillctl.core.value import dataclass
from skillctl.edges.disk.below import Found, read_below, remove_below, write_below
from skillctl.edges.disk.files import list_names, make_directory, read_bytes
from skillctl.edges.disk.look import kind_at
from skillctl.edges.disk.trees import remove_tree
from skillctl.formats.json_text import dump_json, load_json
from skillctl_runtime.confine import FILE_BYTES, path_rule
from skillctl_runtime.plan import Plan, PlanFile
from skillctl_runtime.state import BACKUPS, RECORD, STATE, check_state, held

KEPT = 10

_SNAPSHOT = "backup.json"
_OLD = "files"
_ALWAYS_EXECUTABLE = frozenset({"gradlew", "mvnw", "configure"})
# what is overwritten may be larger than what a plan may write
_ANY_SIZE = 20 * FILE_BYTES


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What writing a plan did."""

    changed: tuple[str, ...] = ()
    """Files that are new or have new bytes."""
    unchanged: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    backup: str = ""
    """The snapshot that was taken; empty where nothing had to be kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """A snapshot of files as they were before an execution."""

    id: str
    made: str
    """When, RFC 3339."""
    kept: tuple[str, ...]
    """Files whose old bytes it has."""
    absent: Mapping[str, str]
    """Files that were not there then -> the sha256 of what was written in their place."""


def check_ours(root: Path, *, force: bool) -> None:
    """Refuse a directory that has something in it and was not made by the runtime (ExecutionError E512).

    One whose `.skillctl` was made to lead elsewhere is refused too (E513).
    """
    kind = kind_at(str(root))
    if kind in ("link", "other") and not root.is_dir():
        raise ExecutionError.of("E513", path=str(root), kind="no directory", wanted="project's directory")
    if not force and any(name != STATE for name in list_names(root)) and not is_project(root):
        raise ExecutionError.of("E512", path=str(root))
    check_state(root)


def is_project(root: Path) -> bool:
    """Did the runtime make this directory?"""
    return kind_at(str(root / STATE)) == "directory" and kind_at(str(root / STATE / RECORD)) == "other"


def write_project(root: Path, plan: Plan, *, now: str) -> Written:
    """Make the project's files what the plan says; `now` is the time for the snapshot, RFC 3339.

    Every path is looked at before the first is written: ExecutionError E513 leaves everything as it was.
    """
    make_directory(root)
    there = {path: read_below(root, path, max_bytes=_ANY_SIZE) for path in _touched(plan)}
    changed = [each for each in plan.files if _differs(each, there[each.path])]
    deleted = [path for path in plan.delete if there[path] is not None]
    backup = _keep(root, changed, deleted, there, now)
    for each in changed:
        write_below(root, each.path, each.data, executable=is_executable(each))
    for path in deleted:
        remove_below(root, path)
    names = {each.path for each in changed}
    return Written(
        changed=tuple(each.path for each in changed),
        unchanged=tuple(each.path for each in plan.files if each.path not in names),
        deleted=tuple(deleted),
        backup=backup,
    )


def is_executable(file: PlanFile) -> bool:
    """Whether the file is one to be run: as the plan says, else by name and first bytes."""
    if file.executable is not None:
        return file.executable
    name = file.path.rpartition("/")[2]
    return name.endswith((".sh", ".bash")) or name in _ALWAYS_EXECUTABLE or file.data.startswith(b"#!")


def _touched(plan: Plan) -> list[str]:
    return [*(each.path for each in plan.files), *plan.delete]


def _differs(file: PlanFile, there: Found | None) -> bool:
    return there is None or there.data != file.data or there.executable != is_executable(file)


def _keep(
    root: Path, changed: Sequence[PlanFile], deleted: Sequence[str], there: Mapping[str, Found | None], now: str
) -> str:
    overwritten = {path: found for path in (*(each.path for each in changed), *deleted) if (found := there[path])}
    if not overwritten:
        return ""
    absent = {each.path: hashlib.sha256(each.data).hexdigest() for each in changed if there[each.path] is None}
    taken = [int(name) for name in _numbers(root)]
    number = f"{max(taken, default=0) + 1:04}"
    folder = f"{STATE}/{BACKUPS}/{number}"
    for path, found in overwritten.items():
        write_below(root, f"{folder}/{_OLD}/{path}", found.data, executable=found.executable)
    made: JsonValue = {"format": "1.0", "made": now, "kept": sorted(overwritten), "absent": absent}
    write_below(root, f"{folder}/{_SNAPSHOT}", dump_json(made), executable=False)
    for name in _numbers(root)[:-KEPT]:
        remove_tree(root / STATE / BACKUPS / name)
    return number


def backups(root: Path) -> list[Backup]:
    """The snapshots of a project, the oldest first; what is not whole, or names what no plan may write, is passed over.

    Where nothing but Landlock stands around a program, it can write here: its paths lead no restore out of the project.
    """
    found = (_backup(root / STATE / BACKUPS / name) for name in _numbers(root))
    return [each for each in found if each is not None]


def _numbers(root: Path) -> list[str]:
    """The names of all snapshots, whole or not, the oldest first."""
    return sorted((name for name in list_names(root / STATE / BACKUPS) if _number(name) >= 0), key=int)


def _backup(folder: Path) -> Backup | None:
    file = folder / _SNAPSHOT
    data = read_bytes(file, max_bytes=LIMITS.project_bytes)
    if data is None:
        return None
    try:
        fields = Fields(load_json(data, file=str(file), max_bytes=len(data), max_depth=4), file=str(file))
        made, kept, absent = fields.text("made"), fields.texts("kept"), fields.text_map("absent")
    except ManifestError:
        return None
    if any(path_rule(path) is not None for path in (*kept, *absent)):
        return None
    return Backup(id=folder.name, made=made, kept=kept, absent=absent)


def bring_back(root: Path, plan: Plan, *, now: str) -> Written:
    """Make the files of a snapshot as `restored_plan` says; what is there now is kept in its turn."""
    with held(root, "restore"):
        return write_project(root, plan, now=now)


def restored_plan(root: Path, number: str = "") -> Plan:
    """What bringing a snapshot back (none given: the newest) writes and removes.

    A file that was not there then goes, if nobody changed it since. ExecutionError E514 if there is no such snapshot,
    E515 if the directory is no project.
    """
    if not is_project(root):
        raise ExecutionError.of("E515", path=str(root))
    every = backups(root)
    wanted = next((each for each in reversed(every) if not number or int(each.id) == _number(number)), None)
    if wanted is None:
        raise ExecutionError.of("E514", backup=number or "at all", path=str(root))
    old = root / STATE / BACKUPS / wanted.id / _OLD
    files = tuple(_old_file(old, path) for path in wanted.kept)
    gone = tuple(path for path, digest in wanted.absent.items() if _is_as_written(root, path, digest))
    return Plan(name="", files=files, delete=gone)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() else -1


def _old_file(old: Path, path: str) -> PlanFile:
    found = read_below(old, path, max_bytes=_ANY_SIZE)
    if found is None:
        raise ExecutionError.of("E514", backup=f"of `{path}`", path=str(old.parent))
    return PlanFile(path=path, data=found.data, executable=found.executable, binary=True)


def _is_as_written(root: Path, path: str, digest: str) -> bool:
    found = read_below(root, path, max_bytes=_ANY_SIZE)
    return found is not None and hashlib.sha256(found.data).hexdigest() == digest
