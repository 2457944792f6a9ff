"""A site that publishes its skills for any agent, in `.well-known/agent-skills/index.json`, as a place for packs.

The format is the discovery draft 0.2.0 (https://schemas.agentskills.io/discovery/0.2.0/schema.json):

    {"$schema": "…/discovery/0.2.0/schema.json",
     "skills": [{"name": "maps", "type": "archive", "description": "…", "url": "maps.tar.gz", "digest": "sha256:…"}]}

1. The index lies below the address that was given, and nowhere else: `https://host/docs` is asked for
   `/docs/.well-known/…`. That its host has an index at its root, for all of it, is told in the refusal, and not used:
   it may be something else than was named.
2. A `type` of `skill-md` is one SKILL.md, `archive` a .tar.gz or .zip; entries of another type are left out and told.
3. The bytes that an entry's `url` gives must have its digest. The `url` counts from the index, and may lead elsewhere,
   by the rules of redirections: encrypted, and never to this machine.
4. An index with another `$schema` is not understood, and nothing of it is used.
5. Without an index of that form, the older one (0.1, `.well-known/skills`) is read: it lists files, and has no digests.

All skills of a site are one pack, as those of a repository without a manifest are. Nothing of them is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar
from urllib.parse import urljoin

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.digests import is_sha256_digest, sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonValue
from skillctl.core.names import is_skill_name
from skillctl.core.paths import path_problem
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.source import Origin
from skillctl.core.value import dataclass
from skillctl.core.web import Request, Response, host_of, joined, masked, origin_of, redirected
from skillctl.core.wording import worded
from skillctl.formats.json_text import load_json
from skillctl_registry.at_once import JOBS, at_once
from skillctl_registry.sources.origin import Around, Snapshot

SCHEMA = "https://schemas.agentskills.io/discovery/0.2.0/schema.json"
INDEX = ".well-known/agent-skills/index.json"
OLDER_INDEX = ".well-known/skills/index.json"

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One skill of an index."""

    name: str
    kind: str
    """`skill-md` or `archive`."""
    url: str
    digest: str


@dataclass(frozen=True, slots=True)
class _Index:
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def read_site(origin: Origin, around: Around) -> Snapshot:
    """The files of all skills of the site, below `skills/<name>/`.

    RegistryError E254 without a network, E291 if the site publishes none, E255 if its host alone does, E296 for an
    index that can't be understood, E299 for a skill that is not what the index says; E280 to E290 for what the
    transport meets.
    """
    if around.offline:
        raise RegistryError.of("E254", origin=origin.location)
    reader = _Reader(around, origin.location)
    response = reader.asked(joined(origin.location, INDEX))
    if response is not None:
        index = parse_index(response.body, url=response.url, around=around)
        return Snapshot(files=reader.skills(index.entries), pin={}, problems=index.problems)
    older = joined(origin.location, OLDER_INDEX)
    response = reader.asked(older)
    if response is not None:
        return _read_older(response, older, reader, around)
    raise _nothing(origin.location, reader)


def _nothing(location: str, reader: _Reader) -> RegistryError:
    """The error that nothing is published there; with what its host publishes."""
    host = origin_of(location)
    if location.rstrip("/") != host and any(reader.has(joined(host, each)) for each in (INDEX, OLDER_INDEX)):
        return RegistryError.of("E255", url=masked(location), site=host)
    return RegistryError.of("E291", url=joined(masked(location), INDEX), status=404)


def parse_index(data: bytes, *, url: str, around: Around) -> _Index:
    """The entries of an index, and what is to be told of those left out. RegistryError E296 if it is no index."""
    fields = _loaded(data, url, around)
    schema = fields.text("$schema", "")
    if schema != SCHEMA:
        reason = f"its $schema is `{schema}`" if schema else "it has no $schema"
        raise RegistryError.of("E296", url=masked(url), reason=f"{reason}, which this skillctl does not know")
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for number, item in enumerate(_items(fields, url, around)):
        try:
            entry = _entry(item, url, entries)
        except SkillctlError as error:
            entry = str(error.problems[0].evidence.get("reason") or worded(error.problems[0]).title)
        if isinstance(entry, Entry):
            entries[entry.name] = entry
        else:
            place = Place(file=masked(url), path=f"$.skills[{number}]")
            problems.append(problem("W244", place=place, host=host_of(url), skill=_called(item, number), reason=entry))
    return _Index(tuple(entries.values()), tuple(problems))


def _entry(fields: Fields, url: str, known: Mapping[str, Entry]) -> Entry | str:
    """The entry, or why it is left out."""
    name, kind, digest, address = (fields.text(key, "") for key in ("name", "type", "digest", "url"))
    if not is_skill_name(name):
        return "its name is none that a skill can have"
    if name in known:
        return "it stands twice in the index"
    if kind not in ("skill-md", "archive"):
        return f"its type is `{kind}`"
    if not is_sha256_digest(digest):
        return "its digest is no `sha256:` digest" if digest else "it has no digest"
    if not address:
        return "it has no url"
    return Entry(name=name, kind=kind, url=_resolved(url, address), digest=digest)


def _resolved(index: str, url: str) -> str:
    """The address, counted from the index. RegistryError E288 if it leads where a redirection must not."""
    target = urljoin(index, url)
    return target if target.startswith(f"{origin_of(index)}/") else redirected(index, url)


class _Reader:
    """Reads what a site has, many files at a time."""

    def __init__(self, around: Around, site: str) -> None:
        self._shown = masked(site)
        self._transport = around.transport()
        self._limits = around.limits

    def asked(self, url: str, *, raw: bool = False) -> Response | None:
        """The answer; None if there is nothing under the address. RegistryError E295 for any other status."""
        response = self._transport.send(Request(url=url, max_bytes=self._limits.archive_bytes, raw=raw))
        if response.is_absent:
            return None
        if response.status != 200:
            raise RegistryError.of("E295", host=host_of(url), status=response.status, url=masked(url))
        return response

    def has(self, url: str) -> bool:
        """Whether the address, which nobody has named, gives something; what keeps it from that is of no interest."""
        request = Request(url=url, max_bytes=self._limits.index_bytes)
        with suppress(SkillctlError):
            return self._transport.send(request).status == 200
        return False

    def skills(self, entries: Sequence[Entry]) -> dict[str, bytes]:
        """The files of these skills, each in its directory."""
        files: dict[str, bytes] = {}
        for entry, unpacked in zip(entries, self.each(self._skill, entries), strict=True):
            files |= {f"skills/{entry.name}/{path}": data for path, data in unpacked.items()}
        return files

    def each(self, work: Callable[[T], Mapping[str, bytes]], items: Sequence[T]) -> list[Mapping[str, bytes]]:
        """The files that each item gives, in order; together not more than a pack may have."""
        count, size = 0, 0
        found: list[Mapping[str, bytes]] = []
        with at_once(work, items, ahead=JOBS) as done:
            for files in done:
                count, size = count + len(files), size + sum(map(len, files.values()))
                if count > self._limits.tree_files or size > self._limits.tree_bytes:
                    raise RegistryError.of("E284", url=self._shown, limit=self._limits.tree_bytes)
                found.append(files)
        return found

    def _skill(self, entry: Entry) -> Mapping[str, bytes]:
        data = self.given(entry.url, skill=entry.name)
        found = sha256_digest(data)
        if found != entry.digest:
            raise RegistryError.of("E299", skill=entry.name, url=masked(entry.url), expected=entry.digest, found=found)
        if entry.kind == "skill-md":
            return {SKILL_FILE: data}
        from skillctl.archive.foreign import read_foreign

        return read_foreign(data, file=masked(entry.url), limits=self._limits)

    def given(self, url: str, *, skill: str) -> bytes:
        """What is under an address that the index names for the skill. RegistryError E250 if there is nothing."""
        response = self.asked(url, raw=True)  # as it is: the digest is that of what is sent
        if response is None:
            raise RegistryError.of("E250", host=host_of(url), skill=skill, url=masked(url))
        return response.body


# The older form


def _read_older(response: Response, url: str, reader: _Reader, around: Around) -> Snapshot:
    base = response.url.removesuffix("/index.json")
    wanted: list[tuple[str, str, str]] = []
    for item in _items(_loaded(response.body, url, around), url, around):
        name, paths = item.text("name"), item.texts("files")
        if not is_skill_name(name) or any(path_problem(path) for path in paths):
            raise RegistryError.of("E296", url=masked(url), reason=f"`{name}` has a name or a path that can't be used")
        wanted += [(name, f"skills/{name}/{path}", f"{base}/{name}/{path}") for path in paths]

    def fetched(each: tuple[str, str, str]) -> Mapping[str, bytes]:
        skill, path, address = each
        return {path: reader.given(_resolved(base, address), skill=skill)}

    files = {path: data for each in reader.each(fetched, wanted) for path, data in each.items()}
    return Snapshot(files=files, pin={}, problems=(problem("W245", host=host_of(url)),))


def _loaded(data: bytes, url: str, around: Around) -> Fields:
    limits = around.limits
    try:
        value = load_json(data, file=masked(url), max_bytes=limits.index_bytes, max_depth=limits.json_depth)
    except SkillctlError as error:
        raise RegistryError.of("E296", url=masked(url), reason="it is no JSON") from error
    return _object(value, url)


def _object(value: JsonValue, url: str) -> Fields:
    if not isinstance(value, dict):
        raise RegistryError.of("E296", url=masked(url), reason="it is no JSON object")
    return Fields(value, file=masked(url))


def _items(fields: Fields, url: str, around: Around) -> Sequence[Fields]:
    try:
        items = tuple(fields.items("skills"))
    except SkillctlError as error:
        raise RegistryError.of("E296", url=masked(url), reason="its `skills` is no list of objects") from error
    if len(items) > around.limits.tree_files:
        raise RegistryError.of("E296", url=masked(url), reason=f"it has {len(items)} skills")
    return items


def _called(fields: Fields, number: int) -> str:
    name = fields["name"]
    return name if isinstance(name, str) else f"number {number + 1}"
