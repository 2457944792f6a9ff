"""The files of a view in a directory that may hold other things as well: a site, a repository.

1. A note, `.skillctl-export.json`, says which files are the view's own, each with its digest. Only these are replaced
   and removed; a file that is not in the note, or was edited since, is in the way (E772), and then nothing is written.
2. Every file is replaced as a whole. The one that a reader begins with comes last, and what it no longer names goes
   only after it.
3. While files change, the note has the digests before and after. So whatever a kill leaves is known as the view's own,
   and the next export completes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonValue
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.paths import path_problem
from skillctl.core.tree import is_executable
from skillctl.core.value import dataclass, field, replace
from skillctl.edges.disk.below import read_below, remove_below, write_below
from skillctl.edges.disk.files import make_directory, remove_empty_directory
from skillctl.edges.disk.locks import locked_directory
from skillctl.edges.disk.sync import sync_filesystem
from skillctl.formats.json_text import dump_json, load_json
from skillctl_registry.views import View

NOTE = ".skillctl-export.json"
FORMAT = 1

_LOCK = ".skillctl-export.lock"
_DEEPER = replace(LIMITS, path_depth=LIMITS.path_depth + 8, path_bytes=LIMITS.path_bytes + 256)
"""A view puts a pack's files below directories of its own."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is other than before, sorted."""

    written: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Note:
    view: str
    files: Mapping[str, str]
    """Path -> digest."""
    before: Mapping[str, str] = field(default_factory=dict)
    """What was there when a change began that did not come to its end."""

    def owns(self, path: str, digest: str) -> bool:
        return digest in (self.files.get(path), self.before.get(path))

    def to_bytes(self) -> bytes:
        members: dict[str, JsonValue] = {"format": FORMAT, "view": self.view, "files": dict(sorted(self.files.items()))}
        if self.before:
            members["before"] = dict(sorted(self.before.items()))
        return dump_json(members)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    note: _Note
    there: Mapping[str, str]
    """Path -> digest of what the directory has of the view's own files."""
    changes: Changes


def write_view(directory: Path, view: View, *, limits: Limits, lock_timeout: float, dry_run: bool = False) -> Changes:
    """Have the directory hold the view; makes it if it is not there. A dry run only says what would change.

    RegistryError E772 for files in the way, E773 for a note that can't be used; InstallError for what the disk refuses.
    """
    if dry_run:
        return _planned(directory, view, limits).changes
    make_directory(directory)
    with locked_directory(directory, note=directory / _LOCK, timeout=lock_timeout, purpose="registry export"):
        plan = _planned(directory, view, limits)
        _carry_out(directory, view, plan)
    return plan.changes


def _planned(directory: Path, view: View, limits: Limits) -> _Plan:
    """What has to change."""
    note = _read_note(directory, view.kind, limits)
    known = {*view.files, *note.files, *note.before}
    there: dict[str, str] = {}
    for path in known:
        found = read_below(directory, path, max_bytes=limits.tree_bytes) if directory.exists() else None
        if found is not None:
            there[path] = sha256_digest(found.data)
    wanted = {path: sha256_digest(data) for path, data in view.files.items()}
    foreign = [path for path, digest in there.items() if digest != wanted.get(path) and not note.owns(path, digest)]
    if foreign:
        raise RegistryError.of("E772", directory=str(directory), paths=sorted(foreign))
    written = sorted(path for path, digest in wanted.items() if there.get(path) != digest)
    removed = sorted(path for path in there if path not in wanted)
    return _Plan(note=note, there=there, changes=Changes(tuple(written), tuple(removed)))


def _carry_out(directory: Path, view: View, plan: _Plan) -> None:
    after = _Note(view=view.kind, files={path: sha256_digest(data) for path, data in view.files.items()})
    written, removed = plan.changes.written, plan.changes.removed
    if written or removed:
        _write_note(directory, _Note(view=view.kind, files=after.files, before=plan.there))
        for path in written:
            if path != view.entry:
                _write(directory, path, view.files[path])
        sync_filesystem(directory)
        if view.entry in written:
            _write(directory, view.entry, view.files[view.entry])
        for path in removed:
            remove_below(directory, path)
            _remove_empty_parents(directory, path)
    if after != plan.note:
        sync_filesystem(directory)  # a note that is ahead of the files would know them no more after a crash
        _write_note(directory, after)


def _write(directory: Path, path: str, data: bytes) -> None:
    write_below(directory, path, data, executable=is_executable(data))


def _write_note(directory: Path, note: _Note) -> None:
    _write(directory, NOTE, note.to_bytes())


def _remove_empty_parents(directory: Path, path: str) -> None:
    while "/" in path:
        path = path.rpartition("/")[0]
        if not remove_empty_directory(directory / path):
            return


def _read_note(directory: Path, kind: str, limits: Limits) -> _Note:
    """The directory's note; one without files where there is none. RegistryError E773."""
    found = read_below(directory, NOTE, max_bytes=limits.index_bytes) if directory.exists() else None
    if found is None:
        return _Note(view=kind, files={})
    file = str(directory / NOTE)
    try:
        value = load_json(found.data, file=file, max_bytes=limits.index_bytes, max_depth=limits.json_depth)
        fields = Fields(value if isinstance(value, dict) else {}, file=file)
        made_by, view = fields.number("format"), fields.text("view")
        note = _Note(view=view, files=fields.text_map("files"), before=fields.text_map("before"))
    except SkillctlError as error:
        raise RegistryError.of("E773", path=file, reason="it is no note of an export") from error
    if made_by != FORMAT:
        raise RegistryError.of("E773", path=file, reason=f"it has the format {made_by}, of a newer skillctl")
    if view != kind:
        raise RegistryError.of("E773", path=file, reason=f"the directory holds another kind of view, `{view}`")
    if any(path_problem(path, _DEEPER) for path in (*note.files, *note.before)):
        raise RegistryError.of("E773", path=file, reason="it names paths that lead elsewhere")
    return note
