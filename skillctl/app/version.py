"""The version in a pack's manifest: shown, or changed without touching anything else in the file."""

from __future__ import annotations

import json
from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.core.diagnostics import Place, problem
from skillctl.core.errors import InstallError, SkillctlError, UsageError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import Limits
from skillctl.core.manifest import MANIFEST_FILE
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.core.versions import Version, is_version, parse_version
from skillctl.edges.disk.files import read_bytes, write_atomic
from skillctl.formats.json_places import locate, located, walk
from skillctl.formats.json_text import load_json


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRequest:
    """Which pack, and the change."""

    path: Path
    """The pack's directory or its skill.json."""
    change: str = ""
    """`patch`, `minor`, `major` or a version; empty: show it."""
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionOutcome(Outcome):
    """The version before and after."""

    file: str
    before: str
    version: str
    """What the manifest says now; the same as `before` if nothing changed."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {
            "file": self.file,
            "before": self.before,
            "version": self.version,
            "changed": self.before != self.version,
            "dry_run": self.dry_run,
        }


def version(settings: Settings, request: VersionRequest) -> VersionOutcome:
    """Show or change the version. InstallError E428 without a manifest, ManifestError if it can't be read, UsageError
    for a change that is none.

    An explicit version may also mend one that is not in the right form.
    """
    file = request.path if request.path.name == MANIFEST_FILE else request.path / MANIFEST_FILE
    data = read_bytes(file, max_bytes=settings.limits.manifest_bytes)
    if data is None:
        raise InstallError.of("E428", path=str(request.path))
    before = _written_version(data, file, settings.limits)
    after = _changed(before, request.change, data, file)
    if after != before and not request.dry_run:
        write_atomic(file, with_version(data, after))
    return VersionOutcome(file=str(file), before=before, version=after, dry_run=request.dry_run)


def with_version(data: bytes, version: str) -> bytes:
    """The JSON text (read and found valid before) with another text as its `version`, every other byte as it was."""
    text = data.decode()
    for path, offset, token in walk(text):
        if path == "$.version":
            return (text[:offset] + json.dumps(version) + text[offset + len(token) :]).encode()
    raise ValueError("the manifest has no version")


def _written_version(data: bytes, file: Path, limits: Limits) -> str:
    value = load_json(data, file=str(file), max_bytes=limits.manifest_bytes, max_depth=limits.json_depth)
    try:
        return Fields(value, file=str(file)).text("version")
    except SkillctlError as error:
        raise type(error)(*located(error.problems, data)) from error


def _changed(before: str, change: str, data: bytes, file: Path) -> str:
    if is_version(change):
        return change
    if change not in ("", "patch", "minor", "major"):
        raise UsageError(problem("E429", change=change))
    line, column = locate(data, "$.version")
    current = parse_version(before, place=Place(file=str(file), path="$.version", line=line, column=column))
    return str(_bumped(current, change))


def _bumped(current: Version, change: str) -> Version:
    match change:
        case "patch" | "minor" | "major":
            return current.bumped(change)
        case _:
            return current
