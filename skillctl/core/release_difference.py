"""How two releases of a pack differ in what they say: the manifest member by member, the texts line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.manifest import Manifest, manifest_to_json
from skillctl.core.value import dataclass

MOST_LINES = 4_000
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


def manifest_changes(before: Manifest, after: Manifest) -> Iterator[ManifestChange]:
    """What the manifest says and did not, or no longer, or otherwise; in the order of its fields."""
    old, new = manifest_to_json(before), manifest_to_json(after)
    for key in dict.fromkeys((*new, *old)):
        if old.get(key) != new.get(key):
            yield ManifestChange(key=key, before=old.get(key), after=new.get(key))


def file_differences(
    before: Mapping[str, bytes], after: Mapping[str, bytes], *, most_lines: int = MOST_LINES
) -> Iterator[FileDifference]:
    """Every file (path -> bytes) that is new, gone or another, by path; the lines of those that have no more."""
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield _file_difference(path, before, after, most_lines)


def _file_difference(path: str, old: Mapping[str, bytes], new: Mapping[str, bytes], most_lines: int) -> FileDifference:
    from difflib import unified_diff

    texts = [_lines(files.get(path, b"")) for files in (old, new)]
    one, other = texts
    if one is None or other is None:
        return FileDifference(path=path, lines=(), remark="it is no text")
    if max(len(one), len(other)) > most_lines:
        return FileDifference(path=path, lines=(), remark=f"it has more than {most_lines:,} lines")
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
    return lines[:-1] if lines[-1] == "" else [*lines[:-1], lines[-1] + " \\ no line end"]
