"""The index: one small file a pack, one JSON line a release, all that resolving needs.

The rules (docs/reference/registry-format.md):

1. The file of `arcgis` is `index/ar/arcgis`, that of `@acme/tools` is `index/@acme/tools`. A name has two characters
   at least, so the first two always exist, and no pair of characters looks like a scope.
2. A line is one JSON object of `v` 1 in compact form and ends with a line feed, the last one too. A line with a
   `version` is a release; one without carries the pack's status.
3. A line of another `v` was written for a newer reader: it is skipped, reported, and kept as it is when the file is
   written again. `name` and `version` mean the same in every `v`, so that its version is taken for this reader too: it
   is neither published nor yanked by one that does not know the line.
4. A version stands in one line only, a status too, and every line names the pack whose file it is in.
5. A line never changes but for `yanked`; new ones go to the end.

Bytes go in, an `Index` or a RegistryError with file and line comes out; nothing is read or written here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import NoReturn

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.digests import digest_hex, is_sha256_digest, is_tree_digest, parse_sha256_digest
from skillctl.core.errors import ManifestError, RegistryError, SkillctlError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonValue
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.names import is_pack_name, parse_pack_name
from skillctl.core.release import LINE_FORMAT, STATUSES, Release, release_from_fields, release_to_json
from skillctl.core.requirements import parse_constraint
from skillctl.core.value import dataclass, replace
from skillctl.core.versions import Version
from skillctl.formats.json_text import load_json

INDEX = "index/"

_by_version = attrgetter("version")


@dataclass(frozen=True, kw_only=True, slots=True)
class PackStatus:
    """What a registry says of a pack as a whole."""

    status: str
    """One of `core.release.STATUSES`."""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SkippedLine:
    """A line that a newer reader is meant to understand."""

    line: int
    """From 1."""
    v: int
    version: str
    """Empty for a line that is no release."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """What the index file of one pack says."""

    name: str
    releases: tuple[Release, ...] = ()
    """Ascending by version."""
    status: PackStatus | None = None
    skipped: tuple[SkippedLine, ...] = ()

    def release(self, version: Version) -> Release | None:
        """The release of that version."""
        return next((each for each in self.releases if each.version == version), None)

    def skipped_release(self, version: Version) -> SkippedLine | None:
        """The line of that version that only a newer reader understands."""
        return next((each for each in self.skipped if each.version == str(version)), None)


def index_path(name: str) -> str:
    """The key of a pack's index file."""
    return f"{INDEX}{name}" if name.startswith("@") else f"{INDEX}{name[:2]}/{name}"


def name_in_path(key: str) -> str | None:
    """The pack whose index file the key is, None if it is no such key."""
    first, _, second = key.removeprefix(INDEX).partition("/")
    name = f"{first}/{second}" if first.startswith("@") else second
    try:
        return name if index_path(parse_pack_name(name)) == key else None
    except ManifestError:
        return None


def blob_path(sha256: str) -> str:
    """The key of the archive with the digest `sha256:<hex>`. RegistryError E210 if that is no digest."""
    digits = digest_hex(parse_sha256_digest(sha256))
    return f"blobs/sha256/{digits[:2]}/{digits}"


# Reading


def parse_index(data: bytes, *, name: str, file: str, limits: Limits = LIMITS) -> Index:
    """The index file of the pack `name`. RegistryError E220 with the place of what breaks the rules.

    `file` is what a message calls the file.
    """
    releases: list[Release] = []
    skipped: list[SkippedLine] = []
    status: PackStatus | None = None
    for number, line in _lines(data, file):
        try:
            fields = Fields(_loaded(line, file, limits), file=file)
            if (written_as := fields.number("v")) != LINE_FORMAT:
                skipped.append(SkippedLine(line=number, v=written_as, version=fields.text("version", "")))
            elif "version" in fields:
                releases.append(_release(fields, name))
            elif status is None:
                status = _status(fields, name)
            else:
                raise RegistryError.of("E222", name=name)
        except SkillctlError as error:
            _refuse(error, file, number)
    _check_versions(releases, file)
    return Index(name=name, releases=tuple(sorted(releases, key=_by_version)), status=status, skipped=tuple(skipped))


def _lines(data: bytes, file: str) -> Iterator[tuple[int, bytes]]:
    lines = data.split(b"\n")
    if lines.pop():
        raise RegistryError.of("E224", place=Place(file=file, line=len(lines) + 1), file=file)
    return enumerate(lines, start=1)


def _loaded(line: bytes, file: str, limits: Limits) -> JsonValue:
    return load_json(line, file=file, max_bytes=limits.index_bytes, max_depth=limits.json_depth)


def _release(fields: Fields, name: str) -> Release:
    release = release_from_fields(fields)
    _check_name(release.name, name, fields)
    if not is_tree_digest(release.tree):
        fields.refuse("a digest, `tree1:` and 64 hexadecimal digits", "tree")
    if not is_sha256_digest(release.archive):
        fields.refuse("a digest, `sha256:` and 64 hexadecimal digits", "archive")
    for needed, constraint in release.dependencies.items():
        if not _is_requirement(needed, constraint):
            parse_pack_name(needed, place=fields.place("dependencies"))
            parse_constraint(constraint, place=fields.place(f"dependencies.{needed}"))
    return release


@lru_cache(maxsize=20_000)
def _is_requirement(name: str, constraint: str) -> bool:
    """Whether the two can be read. Remembered, since a pack's releases ask for much the same."""
    try:
        parse_constraint(constraint)
    except ManifestError:
        return False
    return is_pack_name(name)


def _status(fields: Fields, name: str) -> PackStatus:
    _check_name(fields.text("name"), name, fields)
    status = fields.text("status")
    if status not in STATUSES:
        fields.refuse(f"one of {', '.join(STATUSES)}", "status")
    return PackStatus(status=status, reason=fields.text("reason", ""))


def _check_name(found: str, expected: str, fields: Fields) -> None:
    if found != expected:
        raise RegistryError.of("E221", place=fields.place("name"), name=found, expected=expected)


def _check_versions(releases: list[Release], file: str) -> None:
    seen: set[Version] = set()
    for release in releases:
        if release.version in seen:
            raise RegistryError.of("E223", place=Place(file=file), name=release.name, version=str(release.version))
        seen.add(release.version)


def _refuse(error: SkillctlError, file: str, line: int) -> NoReturn:
    """The line's own problems behind E220, each with the line of the index file."""
    damaged = problem("E220", place=Place(file=file, line=line), file=file, line=line)
    raise RegistryError(damaged, *(_placed(each, file, line) for each in error.problems)) from error


def _placed(each: Problem, file: str, line: int) -> Problem:
    place = each.place or Place()
    return replace(each, place=replace(place, file=file, line=line))


# Writing


def release_line(release: Release) -> bytes:
    """The release as a line of the index."""
    return _printed(release_to_json(release))


def status_line(name: str, status: PackStatus) -> bytes:
    """The pack's status as a line of the index."""
    members: dict[str, JsonValue] = {"v": LINE_FORMAT, "name": name, "status": status.status}
    if status.reason:
        members["reason"] = status.reason
    return _printed(members)


def with_release(data: bytes | None, release: Release) -> bytes:
    """The index file with one release more; None is the file of a pack that has none yet."""
    return (data or b"") + release_line(release)


def with_yank(data: bytes, version: Version, reason: str | None, *, file: str, limits: Limits = LIMITS) -> bytes:
    """The index file with that release yanked for the reason, or no longer yanked; every other line as it was.

    The file was parsed before. Members of the line that this version doesn't know stay.
    """
    lines = [line + b"\n" for line in data.split(b"\n")[:-1]]
    for number, line in enumerate(lines):
        members = _loaded(line, file, limits)
        if isinstance(members, dict) and members["v"] == LINE_FORMAT and members.get("version") == str(version):
            members.pop("yanked", None)
            lines[number] = _printed(members if reason is None else {**members, "yanked": reason})
    return b"".join(lines)


def _printed(members: Mapping[str, JsonValue]) -> bytes:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
