"""What install and build made in a project, taken away: the next execution does all of it again.

What a step recorded as its output goes, as far up as nothing lies beside it that is the plan's or a person's: of
`.venv/bin` the whole `.venv`, of `src/generated` only that. The record lies in the project, where a program may have
written: a path in it that leads out, by `..` or by a link, is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from skillctl.core.json_value import JsonValue
from skillctl.core.value import replace
from skillctl.edges.disk.files import remove_file
from skillctl.edges.disk.look import kind_at
from skillctl.edges.disk.trees import remove_tree
from skillctl_runtime.record import ProjectRecord, project_record, write_record
from skillctl_runtime.state import BACKUPS, HOME, RUNS, STATE, TEMPORARY, held

_HISTORY = (f"{STATE}/{BACKUPS}", f"{STATE}/{RUNS}")
_OURS = (f"{STATE}/{HOME}", f"{STATE}/{TEMPORARY}")


def made_in(root: Path, *, history: bool) -> tuple[str, ...]:
    """What there is to remove: outputs, the program's own home, and with `history` backups and journals; by path.

    ExecutionError E515 if the directory is no project of the runtime.
    """
    outputs = _outputs(project_record(root))
    wanted = [*outputs, *_OURS, *(_HISTORY if history else ())]
    return tuple(path for path in dict.fromkeys(wanted) if _is_inside(root, path))


def clean_project(root: Path, paths: Collection[str]) -> None:
    """Remove these of what `made_in` found, and forget the steps that made them."""
    with held(root, "clean"):
        record = project_record(root)
        built = any(path in paths for path in _outputs(record))
        # forgotten first: a record of outputs that are gone would only be found out by looking
        start = None if built else record.start  # a program that was not built can't be started
        write_record(root, replace(record, steps={}, seen={}, digest="", start=start))
        for path in paths:
            _remove(root / path)


def _outputs(record: ProjectRecord) -> Iterator[str]:
    paths = [
        "/".join(part for part in (name.partition(":")[0], place.rpartition("@")[0]) if part)
        for name, step in record.steps.items()
        for place in step.outputs
    ]
    beside = (each for each in record.seen if not any(each == path or each.startswith(f"{path}/") for path in paths))
    kept = {*_planned(record.plan.get("files")), *beside}
    for path in paths:
        if top := _top(path, kept):
            yield top


def _planned(files: JsonValue) -> Iterator[str]:
    for each in files if isinstance(files, list) else ():
        if isinstance(each, Mapping):
            yield str(each.get("filename", ""))


def _top(path: str, kept: Collection[str]) -> str:
    """The highest directory of the path that holds nothing to keep; the path itself at least, or nothing."""
    parts = path.split("/")
    for length in range(1, len(parts) + 1):
        above = "/".join(parts[:length])
        if above in kept:
            return ""
        if not any(each.startswith(f"{above}/") for each in kept):
            return above
    return ""


def _is_inside(root: Path, path: str) -> bool:
    """Is something there, below the project and behind no link?"""
    parts = path.split("/")
    if any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts):
        return False
    above = ("/".join(parts[:length]) for length in range(1, len(parts)))
    return all(kind_at(str(root / each)) == "directory" for each in above) and kind_at(str(root / path)) != "nothing"


def _remove(path: Path) -> None:
    if kind_at(str(path)) == "directory":
        remove_tree(path)
    else:
        remove_file(path)
