"""`import FILE`: what another tool installed becomes this project's, and is compared by content on the way.

1. Each entry is looked for where the file says it comes from. One that is not to be had is told (E494), and the others
   are taken; one that is no skill is told (W493).
2. Where the file knows a digest or a commit, what is there now is compared with it; a difference is told (W496).
3. What is installed on disk and equals what would be put there is adopted. A copy that differs is told (W495), left as
   it is, and its skill is left out: it is never overwritten.
4. The rest is an ordinary installation. A project that begins with it gets the agents in whose directories the other
   tool had put its skills.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from skillctl.agents.table import UNIVERSAL, agents
from skillctl.agents.where import shared_directory, skills_directory
from skillctl.app.audience import around_scope
from skillctl.app.import_files import ForeignEntry, read_foreign_file
from skillctl.app.install import InstallOutcome, InstallRequest, install
from skillctl.app.installing import registries_later
from skillctl.app.outcome import Outcome
from skillctl.app.places import named_requests, skills_of
from skillctl.app.scopes import ScopeFiles, scope_for_writing
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import InstallError, SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.source import Request, parse_request
from skillctl.core.value import dataclass, replace
from skillctl.core.wording import worded
from skillctl.edges.disk.look import kind_at
from skillctl.install.scope import Scope
from skillctl_registry.sources.origin import Offer, offer_named

if TYPE_CHECKING:
    from skillctl.app.sources import Sources

Status = Literal["imported", "left out", "not found", "no skill"]
Content = Literal["equal", "differs", "not known"]
Disk = Literal["adopted", "absent", "differs"]

_SKIPPED = frozenset({".git", "node_modules"})
_ORDER = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"
"""The order of characters in the collation that npx skills sorts paths by, as far as ASCII goes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportRequest:
    """What `import` is asked for."""

    cwd: Path
    file: Path
    agents: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedEntry:
    """What became of an entry."""

    name: str
    request: str
    """What `install` was asked for; empty where nothing was."""
    status: Status
    content: Content = "not known"
    """What lies at its source now, compared with what the file says was installed."""
    disk: Disk = "absent"
    """What lies in agents' directories, compared with what lies at its source."""
    packs: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        """The entry in an envelope."""
        return {
            "name": self.name,
            "request": self.request or None,
            "status": self.status,
            "content": self.content,
            "disk": self.disk,
            "packs": list(self.packs),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportOutcome(Outcome):
    """What was imported."""

    file: str
    kind: str
    entries: tuple[ImportedEntry, ...]
    change: InstallOutcome | None
    """What the installation did; None where nothing could be imported."""

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            "file": self.file,
            "kind": self.kind,
            "entries": [each.to_json() for each in self.entries],
            "change": self.change.to_json() if self.change else None,
        }


def import_file(settings: Settings, request: ImportRequest) -> ImportOutcome:
    """Import the file. InstallError E492 if it is none that is known; errors of installing what was found."""
    foreign = read_foreign_file(request.file, settings.limits)
    scope = scope_for_writing(settings, request.cwd, user=foreign.user)
    looking = _Looking(settings, scope)
    told = [looking.at(entry) for entry in foreign.entries]
    asked = _agents(request, settings, scope, [each.name for each in told])
    command = f"import {request.file.name}"
    installing = InstallRequest(cwd=request.cwd, agents=asked, user=foreign.user, dry_run=True, command=command)
    in_the_way = _in_the_way(settings, installing, told)
    problems = [*looking.problems]
    for directory, skill, pack in in_the_way:
        problems.append(problem("W495", directory=directory, skill=skill, pack=pack))
    left = {skill for _, skill, _ in in_the_way}
    told = [_left_out(each) if looking.skills_of(each) & left else each for each in told]
    texts = _texts(told)
    change = None
    if texts:
        change = install(settings, replace(installing, requests=texts, dry_run=request.dry_run))
    return ImportOutcome(
        problems=(*problems, *(change.problems if change else ())),
        file=str(request.file),
        kind=foreign.kind,
        entries=tuple(told),
        change=change,
    )


class _Looking:
    """Looks at the sources of entries, each source once."""

    def __init__(self, settings: Settings, scope: Scope) -> None:
        self.problems: list[Problem] = []
        self._settings = settings
        self._scope = scope
        self._project = ScopeFiles(scope, settings.limits).project
        self._sources: Sources = registries_later(settings, self._project, scope)
        self._skills: dict[str, frozenset[str]] = {}

    def at(self, entry: ForeignEntry) -> ImportedEntry:
        """What is there of it."""
        if not entry.request:
            self.problems.append(problem("W493", name=entry.name, reason=entry.reason))
            return ImportedEntry(name=entry.name, request="", status="no skill")
        try:
            entry, found = self._found_somehow(entry)
        except SkillctlError as error:
            reason = "; ".join(worded(each).title for each in error.problems)
            self.problems.append(problem("E494", name=entry.name, source=_shown(entry.request), reason=reason))
            return ImportedEntry(name=entry.name, request=entry.request, status="not found")
        skills = frozenset(skill for _, taken in found for skill in taken)
        self._skills[entry.request] = skills
        content = _compared(entry, found)
        if content == "differs":
            self.problems.append(problem("W496", name=entry.name, source=_shown(entry.request)))
        return ImportedEntry(
            name=entry.name,
            request=entry.request,
            status="imported",
            content=content,
            disk="adopted" if any(self._is_on_disk(skill) for skill in skills) else "absent",
            packs=tuple(dict.fromkeys(offer.name for offer, _ in found)),
        )

    def skills_of(self, entry: ImportedEntry) -> frozenset[str]:
        """The skills that it brings."""
        return self._skills.get(entry.request, frozenset())

    def _found_somehow(self, entry: ForeignEntry) -> tuple[ForeignEntry, list[tuple[Offer, dict[str, str]]]]:
        """What is there of it, and the entry with the request that finds it."""
        try:
            return entry, self._found(entry)
        except SkillctlError:
            if not entry.otherwise:
                raise
            with suppress(SkillctlError):
                entry = replace(entry, request=entry.otherwise)
                return entry, self._found(entry)
            raise

    def _found(self, entry: ForeignEntry) -> list[tuple[Offer, dict[str, str]]]:
        """The packs, each with its skills that are meant: name -> path of SKILL.md."""
        asked = [parse_request(entry.request)]
        home = self._settings.directories.home
        request = InstallRequest(cwd=self._scope.root)
        named, _ = named_requests(asked, request, self._project, self._scope, self._sources, home)
        return [self._offer(each) for each in named]

    def _offer(self, named: Request) -> tuple[Offer, dict[str, str]]:
        origin, name = named.wanted.origin, named.name or ""
        offer = offer_named(self._sources.origins().offers(origin, name=name), name, origin)
        chosen = named.wanted.skills
        return offer, {skill: path for skill, path in skills_of(offer).items() if chosen is None or skill in chosen}

    def _is_on_disk(self, skill: str) -> bool:
        return any(kind_at(f"{each}/{skill}") != "nothing" for each in _places(self._settings, self._scope).values())


def _places(settings: Settings, scope: Scope) -> dict[str, str]:
    """Id of each agent -> its own directory; the shared one under `universal`, which the others then need not have."""
    around = around_scope(scope, settings)
    shared = shared_directory(scope.kind, around)
    own = {each.id: skills_directory(each, scope.kind, around) for each in agents()}
    return {UNIVERSAL.id: shared, **{name: place for name, place in own.items() if place != shared}}


def _agents(request: ImportRequest, settings: Settings, scope: Scope, names: Iterable[str]) -> tuple[str, ...]:
    """The agents to install for: those asked for; for a new project those that have the skills already."""
    if request.agents or ScopeFiles(scope, settings.limits).project_text is not None:
        return request.agents
    wanted = list(names)
    return tuple(
        name
        for name, place in _places(settings, scope).items()
        if any(kind_at(f"{place}/{skill}") != "nothing" for skill in wanted)
    )


def _in_the_way(
    settings: Settings, installing: InstallRequest, told: list[ImportedEntry]
) -> list[tuple[str, str, str]]:
    """Directory, skill and pack of every copy on disk that differs from what would be put there."""
    texts = _texts(told)
    if not texts:
        return []
    try:
        install(settings, replace(installing, requests=texts))
    except InstallError as error:
        if any(each.code != "E401" for each in error.problems):
            raise
        return [
            (str(each.evidence["directory"]), str(each.evidence["skill"]), str(each.evidence["pack"]))
            for each in error.problems
        ]
    return []


def _texts(told: Iterable[ImportedEntry]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.request for each in told if each.status == "imported"))


def _left_out(entry: ImportedEntry) -> ImportedEntry:
    return replace(entry, status="left out", disk="differs")


def _shown(request: str) -> str:
    return request.removeprefix("git+")


# --- by content ---------------------------------------------------------------------------------------------------


def _compared(entry: ForeignEntry, found: list[tuple[Offer, dict[str, str]]]) -> Content:
    if entry.commit:
        commits = {str(offer.source.get("commit", "")) for offer, _ in found}
        return "equal" if commits == {entry.commit} else "differs"
    if not (entry.computed_hash or entry.folder_hash) or len(found) != 1 or len(found[0][1]) != 1:
        return "not known"
    ((offer, skills),) = found
    files = _below(offer.files, next(iter(skills.values())).rpartition("/")[0])
    if entry.computed_hash:
        return "equal" if entry.computed_hash in set(computed_hashes(files)) else "differs"
    return "equal" if entry.folder_hash in set(git_tree_ids(files)) else "differs"


def _below(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    start = f"{folder}/" if folder else ""
    return {path[len(start) :]: data for path, data in files.items() if path.startswith(start)}


def computed_hashes(files: Mapping[str, bytes]) -> Iterator[str]:
    """What `computedHash` of npx skills is over these files: of all, and without the metadata that it doesn't copy."""
    kept = {path: data for path, data in files.items() if _SKIPPED.isdisjoint(path.split("/"))}
    for chosen in (kept, {path: data for path, data in kept.items() if path.rpartition("/")[2] != "metadata.json"}):
        digest = hashlib.sha256()
        for path in sorted(chosen, key=_collated):
            digest.update(path.encode())
            digest.update(chosen[path])
        yield digest.hexdigest()


def _collated(path: str) -> tuple[list[int], list[bool], str]:
    """The order of `localeCompare`: letters whatever their case, then small letters before capitals."""
    plain = unicodedata.normalize("NFD", path)
    primary = [_ORDER.find(letter) + 1 or ord(letter) + 1000 for letter in plain.lower()]
    return primary, [letter != letter.lower() for letter in plain], path


def git_tree_ids(files: Mapping[str, bytes]) -> Iterator[str]:
    """What git calls a directory of these files; which of them are executable is not known, so it is guessed twice."""
    for guess in (False, True):
        yield _tree_id(files, guess=guess).hex()


def _tree_id(files: Mapping[str, bytes], *, guess: bool) -> bytes:
    entries: dict[bytes, bytes] = {}
    inside: dict[str, dict[str, bytes]] = {}
    for path, data in files.items():
        first, slash, rest = path.partition("/")
        if slash:
            inside.setdefault(first, {})[rest] = data
        else:
            mode = b"100755" if guess and data.startswith(b"#!") else b"100644"
            entries[first.encode()] = mode + b" " + first.encode() + b"\0" + _git_id(b"blob", data)
    for name, below in inside.items():  # git sorts a directory as if its name ended with a slash
        entries[name.encode() + b"/"] = b"40000 " + name.encode() + b"\0" + _tree_id(below, guess=guess)
    return _git_id(b"tree", b"".join(entries[key] for key in sorted(entries)))


def _git_id(kind: bytes, data: bytes) -> bytes:
    return hashlib.sha1(kind + b" " + str(len(data)).encode() + b"\0" + data, usedforsecurity=False).digest()
