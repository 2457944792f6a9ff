"""The catalog: what search needs to know of every pack, in 256 files by the sha256 of the name.

It is advisory. It is made from the index and the archives, can be made again at any time, and is never on the way of a
publish: that it could not be written is a warning, and that a line can't be read leaves that line out. A line:

    {"v":1,"name":"arcgis","latest":"1.2.0","description":"...","keywords":[],"capabilities":[],"skills":["arcgis"]}

`latest` is the highest version that is neither yanked nor a pre-release; a pre-release where there is nothing else. A
pack of which everything is yanked is not in the catalog. `deprecated` is there where the skill.json of `latest` has it,
why the pack should not be used any more; a reader that does not know the member passes it over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from skillctl.core.errors import SkillctlError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonValue
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import LINE_FORMAT, Release
from skillctl.core.value import dataclass, replace
from skillctl.core.versions import Version, parse_version
from skillctl.formats.json_text import load_json
from skillctl_registry.backends import Backend
from skillctl_registry.index import INDEX, index_path

CATALOG = "catalog/"

_ATTEMPTS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogEntry:
    """What search sees of one pack."""

    name: str
    latest: Version
    description: str = ""
    keywords: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    deprecated: str = ""
    """Why it should not be used any more; empty: nobody says so."""


def shard_path(name: str) -> str:
    """The key of the catalog file that a pack is in, `catalog/3f.jsonl`."""
    return f"{CATALOG}{hashlib.sha256(name.encode()).hexdigest()[:2]}.jsonl"


def latest_release(releases: Iterable[Release]) -> Release | None:
    """The release that stands for the pack: see the module."""
    offered = [each for each in releases if each.yanked is None]
    return max(offered, key=lambda each: (each.version.pre is None, each.version), default=None)


def bare_entry(release: Release) -> CatalogEntry:
    """What the index alone tells of a pack."""
    return CatalogEntry(
        name=release.name, latest=release.version, description=release.description, skills=release.skills
    )


def entry_line(entry: CatalogEntry) -> bytes:
    """The entry as a line of the catalog."""
    members: dict[str, JsonValue] = {
        "v": LINE_FORMAT,
        "name": entry.name,
        "latest": str(entry.latest),
        "description": entry.description,
        "keywords": list(entry.keywords),
        "capabilities": list(entry.capabilities),
        "skills": list(entry.skills),
    }
    if entry.deprecated:
        members["deprecated"] = entry.deprecated
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def parse_shard(data: bytes, *, limits: Limits = LIMITS) -> tuple[CatalogEntry, ...]:
    """The entries of one catalog file; what can't be read is left out."""
    entries = (_entry(_fields(line, limits)) for line in data.split(b"\n") if line)
    return tuple(entry for entry in entries if entry is not None)


def with_entries(data: bytes | None, entries: Mapping[str, CatalogEntry | None], *, limits: Limits = LIMITS) -> bytes:
    """The catalog file with these as their packs' only entries, or without the packs of None; lines sorted by name.

    What can't be read is dropped, what a newer writer wrote of other packs stays.
    """
    lines: dict[str, bytes] = {}
    for line in (data or b"").split(b"\n"):
        fields = _fields(line, limits) if line else None
        if fields is not None and isinstance(known := fields["name"], str):
            lines[known] = line + b"\n"
    for name, entry in entries.items():
        lines.pop(name, None)
        if entry is not None:
            lines[name] = entry_line(entry)
    return b"".join(lines[each] for each in sorted(lines))


def read_catalog(backend: Backend, *, limits: Limits = LIMITS) -> list[CatalogEntry]:
    """Every entry that the registry's catalog has, by name."""
    entries: list[CatalogEntry] = []
    for key in backend.list(CATALOG):
        entries += parse_shard(backend.get(key, max_bytes=limits.index_bytes) or b"", limits=limits)
    return sorted(entries, key=lambda entry: entry.name)


def lost_packs(backend: Backend, *, limits: Limits = LIMITS) -> list[str]:
    """Packs of an unsigned registry whose index files are lost: a publish writes these before it tells the catalog.

    The catalog is advisory: what it does not tell, or can't, is not found lost here.
    """
    there = {*backend.list(INDEX)}
    try:
        told = [each.name for each in read_catalog(backend, limits=limits)]
    except SkillctlError:
        return []
    missing = [name for name in told if index_path(name) not in there]  # or has come since then
    return [name for name in missing if backend.get(index_path(name), max_bytes=limits.index_bytes) is None]


Describe = Callable[[Release], CatalogEntry]


def refresh_entries(
    backend: Backend,
    names: Collection[str],
    releases: Callable[[str], Sequence[Release]],
    *,
    describe: Describe,
    limits: Limits = LIMITS,
) -> dict[str, SkillctlError]:
    """Bring these packs' entries up to their releases, each file of the catalog once; which could not be, and why.

    `releases` is asked at each attempt, after the catalog was read: whoever was quicker may have published meanwhile,
    and an older entry must not take the place of his. `describe` is asked for a new latest one.
    """
    failed: dict[str, SkillctlError] = {}
    together: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        together.setdefault(shard_path(name), []).append(name)
    for key, known in together.items():
        try:
            failed |= _refresh_file(backend, key, known, releases, describe, limits)
        except SkillctlError as error:
            failed |= dict.fromkeys(known, error)
    return failed


def _refresh_file(
    backend: Backend,
    key: str,
    names: Sequence[str],
    releases: Callable[[str], Sequence[Release]],
    describe: Describe,
    limits: Limits,
) -> dict[str, SkillctlError]:
    failed: dict[str, SkillctlError] = {}
    made: dict[tuple[str, Version], CatalogEntry] = {}
    for _ in range(_ATTEMPTS):
        data = backend.get(key, max_bytes=limits.index_bytes)
        known = {each.name: each.latest for each in parse_shard(data or b"", limits=limits)}
        failed = {}
        changed: dict[str, CatalogEntry | None] = {}
        for name in names:
            try:
                latest = latest_release(releases(name))
                if latest is None:
                    changed |= {name: None} if name in known else {}
                elif known.get(name) != latest.version:
                    place = name, latest.version
                    made[place] = changed[name] = made[place] if place in made else describe(latest)
            except SkillctlError as error:
                failed[name] = error
        if not changed or backend.compare_and_set(key, data, with_entries(data, changed, limits=limits)):
            break
    return failed  # where others keep writing the file, the next publish or rebuild brings the entries


def described(release: Release, manifest: bytes, *, limits: Limits = LIMITS) -> CatalogEntry:
    """The entry of a release whose skill.json is at hand."""
    fields = _fields(manifest, limits)
    entry = bare_entry(release)
    if fields is None:
        return entry
    return replace(
        entry,
        description=fields.text("description", ""),
        keywords=fields.texts("keywords"),
        capabilities=fields.texts("capabilities"),
        deprecated=fields.text("deprecated", ""),
    )


def _fields(line: bytes, limits: Limits) -> Fields | None:
    try:
        value = load_json(line, file=CATALOG, max_bytes=limits.index_bytes, max_depth=limits.json_depth)
        return Fields(value, file=CATALOG)
    except SkillctlError:
        return None


def _entry(fields: Fields | None) -> CatalogEntry | None:
    if fields is None or fields["v"] != LINE_FORMAT:
        return None
    try:
        return CatalogEntry(
            name=fields.text("name"),
            latest=parse_version(fields.text("latest")),
            description=fields.text("description", ""),
            keywords=fields.texts("keywords"),
            capabilities=fields.texts("capabilities"),
            skills=fields.texts("skills"),
            deprecated=fields.text("deprecated", ""),
        )
    except SkillctlError:
        return None
