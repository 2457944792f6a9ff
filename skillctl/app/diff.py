"""`diff`: how two releases of a pack, or two directories or archives, differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from skillctl.app.one_pack import Lookout, OnePack
from skillctl.app.outcome import Outcome
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.manifest import Manifest, manifest_to_json
from skillctl.core.pack_difference import PackDifference, pack_difference
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass

_MOST_LINES = 4_000
"""Longer files are not compared line by line: the time for that grows with the square."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ManifestChange:
    """A member of skill.json that says something else."""

    key: str
    before: JsonValue
    """None: it says nothing."""
    after: JsonValue

    def to_json(self) -> JsonObject:
        """The change in an envelope."""
        return {"key": self.key, "before": self.before, "after": self.after}


@dataclass(frozen=True, kw_only=True, slots=True)
class FileDifference:
    """One file that is new, gone or another."""

    path: str
    lines: tuple[str, ...]
    """As `diff -u` writes them; none where the file is no text, or too long."""
    remark: str = ""
    """Why there are no lines."""

    def to_json(self) -> JsonObject:
        """The difference in an envelope."""
        return {"path": self.path, "diff": "\n".join(self.lines) or None, "remark": self.remark or None}


@dataclass(frozen=True, kw_only=True, slots=True)
class DiffOutcome(Outcome):
    """How two releases differ."""

    before: str
    """What the one is called: its name and version."""
    after: str
    difference: PackDifference
    manifest: tuple[ManifestChange, ...]
    files: tuple[FileDifference, ...]
    told_by_status: bool = False
    """Whether the status of the command is to tell that they differ."""

    @property
    def is_empty(self) -> bool:
        """Whether they are the same to the last byte."""
        return not self.files

    @property
    def status(self) -> int:
        return 1 if self.told_by_status and not self.is_empty else 0

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            **self.difference.to_json(),
            "before": self.before,
            "after": self.after,
            "same": self.is_empty,
            "manifest": [each.to_json() for each in self.manifest],
            "diffs": [each.to_json() for each in self.files],
        }


def diff(
    settings: Settings, cwd: Path, one: str, other: str, *, user: bool = False, told_by_status: bool = False
) -> DiffOutcome:
    """From the one to the other. Errors are those of `one_pack`."""
    lookout = Lookout(settings, cwd, user=user)
    before, after = lookout.look(one), lookout.look(other)
    return DiffOutcome(
        before=before.called,
        after=after.called,
        difference=pack_difference(after.stored.name, before.stored, after.stored),
        manifest=tuple(_manifest_changes(before.manifest, after.manifest)),
        files=tuple(_file_differences(before, after)),
        told_by_status=told_by_status,
    )


def _manifest_changes(before: Manifest, after: Manifest) -> Iterator[ManifestChange]:
    old, new = manifest_to_json(before), manifest_to_json(after)
    for key in dict.fromkeys((*new, *old)):
        if old.get(key) != new.get(key):
            yield ManifestChange(key=key, before=old.get(key), after=new.get(key))


def _file_differences(before: OnePack, after: OnePack) -> Iterator[FileDifference]:
    for path in sorted(before.files.keys() | after.files.keys()):
        if before.files.get(path) != after.files.get(path):
            yield _file_difference(path, before.files, after.files)


def _file_difference(path: str, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> FileDifference:
    from difflib import unified_diff

    texts = [_lines(files.get(path, b"")) for files in (old, new)]
    one, other = texts
    if one is None or other is None:
        return FileDifference(path=path, lines=(), remark="it is no text")
    if max(len(one), len(other)) > _MOST_LINES:
        return FileDifference(path=path, lines=(), remark=f"it has more than {_MOST_LINES:,} lines")
    from_name, to_name = (
        f"{side}/{path}" if path in files else "/dev/null" for side, files in (("a", old), ("b", new))
    )
    lines = tuple(unified_diff(one, other, from_name, to_name, lineterm=""))
    return FileDifference(path=path, lines=lines, remark="" if lines else "it is empty")


def _lines(data: bytes) -> list[str] | None:
    """The lines of a text; None if it is none. A last line without an end is told, as others do."""
    if b"\0" in data:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else [*lines[:-1], lines[-1] + "\\ no line end"]
