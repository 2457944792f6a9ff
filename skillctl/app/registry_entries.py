"""`registry add`, `list`, `remove`, `use`: which registries a user or a project has, in which order, and whose scopes.

Two files hold them: the user's configuration, and with `--project` the project's skillctl.json. A location is written
so that it means the same from anywhere: an address, or a directory as an absolute path, in a project relative to it
where both lie in one repository. A registry that signs is taken with its root of trust alone, pinned by its digest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from skillctl.app.config import config_get, config_set
from skillctl.app.outcome import Outcome
from skillctl.app.scopes import ScopeFiles, existing_scope, find_project, project_text, the_project_scope
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import RegistryError, SkillctlError, UsageError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.names import is_pack_name
from skillctl.core.project import BUILTIN_LABEL, LOCAL_LABEL, RegistryEntry
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl.core.web import check_address, host_of, is_web, masked, origin_of
from skillctl.edges.config import config_path
from skillctl.edges.disk.files import read_bytes, write_atomic
from skillctl_registry.backends.object_store import is_object_store

if TYPE_CHECKING:
    from skillctl_registry.backends import Backend

Whose = Literal["project", "user", "own", "shipped"]

_ROOT_BYTES = 512 * 1024
_HOST = re.compile(r"(localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)(:[0-9]+)?\Z")
"""How an address goes on behind its scheme."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AddRequest:
    """A registry to be."""

    cwd: Path
    name: str
    location: str
    """An address, or an absolute path."""
    scopes: tuple[str, ...] = ()
    trust: str = ""
    """The root: its digest, its file or its address."""
    unsigned: bool = False
    insecure: bool = False
    project: bool = False
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AddOutcome(Outcome):
    """The registry that a file names now."""

    entry: RegistryEntry
    file: str
    looked_at: bool
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {**_entry_to_json(self.entry), "file": self.file, "dry_run": self.dry_run}


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedRegistry:
    """One registry as it is asked."""

    entry: RegistryEntry
    whose: Whose
    has_token: bool

    @property
    def signed(self) -> bool:
        """Whether what it says is verified with a pinned root."""
        return self.entry.root_sha256 != ""

    def to_json(self) -> JsonObject:
        return {**_entry_to_json(self.entry), "from": self.whose, "token": self.has_token}


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistriesOutcome(Outcome):
    """Every registry, in the order in which names are looked for."""

    registries: tuple[ListedRegistry, ...]

    def to_json(self) -> JsonObject:
        return {"registries": [each.to_json() for each in self.registries]}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeOutcome(Outcome):
    """What a file says now."""

    name: str
    file: str
    order: tuple[str, ...]
    """The aliases that the file has now, in order."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {"name": self.name, "file": self.file, "order": list(self.order), "dry_run": self.dry_run}


def add_registry(environ: Mapping[str, str], settings: Settings, request: AddRequest) -> AddOutcome:
    """Write the registry into the configuration or the project file, behind those that are there.

    It is looked at first, unless no network is to be used. UsageError E023, E031, E033, E034, E038 for what can't be
    meant, E039 for a signed one whose root is not given; RegistryError for whatever keeps it from being read.
    """
    entry = _wished(request)
    file = _file(environ, settings, request.cwd, project=request.project)
    _check_free(entry, file.entries)
    looked_at, problems = _looked_at(settings, entry, request)
    written = replace(looked_at, location=file.written(looked_at.location))
    if not request.dry_run:
        file.write([*file.entries, written])
    return AddOutcome(
        entry=looked_at,
        file=file.path,
        looked_at=not settings.offline,
        dry_run=request.dry_run,
        problems=tuple(problems),
    )


def list_registries(settings: Settings, cwd: Path) -> RegistriesOutcome:
    """The registries that a command in this directory would ask. Nothing is read of them.

    What the project and the user mean differently (E005, E040) is told, and both stand in the list.
    """
    from skillctl.app.credentials import logins
    from skillctl.app.named_twice import named
    from skillctl.app.registries import default_registry, entries_of
    from skillctl.edges.bundled import packs_directory

    of_project: Sequence[RegistryEntry] = ()
    root = find_project(cwd, home=Path(settings.directories.home))
    if root is not None:
        scope = the_project_scope(settings, root)
        of_project = entries_of(ScopeFiles(scope, settings.limits).project, scope)
    both = named(of_project, settings.registries)
    entries: list[tuple[RegistryEntry, Whose]] = [(each, "project") for each in both.project]
    entries += [(each, "user") for each in both.user]
    entries.append((RegistryEntry(name=LOCAL_LABEL, location=default_registry(settings)), "own"))
    entries.append((RegistryEntry(name=BUILTIN_LABEL, location=str(packs_directory())), "shipped"))
    known = {*logins(settings), *(origin for origin, _ in settings.tokens)}
    return RegistriesOutcome(
        registries=tuple(
            ListedRegistry(entry=entry, whose=whose, has_token=_has_token(entry.location, known))
            for entry, whose in entries
        ),
        problems=tuple(each for error in both.disagreements().values() for each in error.as_warnings()),
    )


def remove_registry(
    environ: Mapping[str, str], settings: Settings, cwd: Path, name: str, *, project: bool, dry_run: bool
) -> ChangeOutcome:
    """Take the registry out of the file. UsageError E032 if it is not in it."""
    file = _file(environ, settings, cwd, project=project)
    gone = _named(name, file)
    return _changed(file, [each for each in file.entries if each is not gone], name, dry_run=dry_run)


def use_registry(
    environ: Mapping[str, str], settings: Settings, cwd: Path, name: str, *, project: bool, dry_run: bool
) -> ChangeOutcome:
    """Ask the registry before all others of its file. UsageError E032 if it is not in it."""
    file = _file(environ, settings, cwd, project=project)
    first = _named(name, file)
    return _changed(file, [first, *(each for each in file.entries if each is not first)], name, dry_run=dry_run)


# Files


@dataclass(frozen=True, slots=True)
class _File:
    """One of the two files."""

    path: str
    entries: tuple[RegistryEntry, ...]
    """As they are written."""
    write: Callable[[Sequence[RegistryEntry]], None]
    written: Callable[[str], str]
    """How a location is written in it."""


def _file(environ: Mapping[str, str], settings: Settings, cwd: Path, *, project: bool) -> _File:
    return _project_file(settings, cwd) if project else _user_file(environ, settings)


def _user_file(environ: Mapping[str, str], settings: Settings) -> _File:
    from skillctl.core.fields import Fields
    from skillctl.core.project import registries_from_fields, registry_to_json

    def write(entries: Sequence[RegistryEntry]) -> None:
        config_set(environ, "registries", json.dumps([registry_to_json(each) for each in entries]))

    value = config_get(environ, "registries").setting.value
    path = str(config_path(settings.directories))
    entries = registries_from_fields(Fields({"registries": value}, file=path), own=True)
    return _File(path, entries, write, lambda location: location)


def _project_file(settings: Settings, cwd: Path) -> _File:
    from skillctl.app.registries import written_location

    scope = existing_scope(settings, cwd, user=False)
    project = ScopeFiles(scope, settings.limits).project

    def write(entries: Sequence[RegistryEntry]) -> None:
        text = project_text(replace(project, registries=tuple(entries)))
        write_atomic(scope.project_file, text.encode("utf-8", "surrogateescape"))

    def written(location: str) -> str:
        return location if "://" in location else written_location(Path(location), scope)

    return _File(str(scope.project_file), project.registries, write, written)


def _changed(file: _File, entries: list[RegistryEntry], name: str, *, dry_run: bool) -> ChangeOutcome:
    if not dry_run and entries != list(file.entries):
        file.write(entries)
    return ChangeOutcome(name=name, file=file.path, order=tuple(each.name for each in entries), dry_run=dry_run)


def _named(name: str, file: _File) -> RegistryEntry:
    for each in file.entries:
        if each.name == name:
            return each
    raise UsageError.of("E032", name=name, file=file.path, known=[each.name for each in file.entries] or ["none"])


# A new one


def _wished(request: AddRequest) -> RegistryEntry:
    """The entry as it was asked for, every part of it in its form."""
    name, location = request.name, request.location
    if not is_pack_name(name) or name in (LOCAL_LABEL, BUILTIN_LABEL):
        taken = name in (LOCAL_LABEL, BUILTIN_LABEL)
        reason = "it is taken" if taken else "it takes 2 to 64 lower-case letters, digits and single hyphens"
        raise UsageError.of("E023", option="NAME", reason=f"`{name}`: {reason}")
    for scope in request.scopes:
        if not is_pack_name(f"{scope}/any"):
            raise UsageError.of("E023", option="--scope", reason=f"`{scope}` is no scope such as `@acme`")
    if request.trust and request.unsigned:
        raise UsageError.of("E028", one="--trust", other="--unsigned")
    if request.insecure and request.project:
        raise UsageError.of("E002", option="--insecure", reason="a project can't say it, only your configuration can")
    if is_web(location):
        check_address(location, insecure=request.insecure)
        if "?" in location or "#" in location:
            raise RegistryError.of(
                "E297", url=masked(location), reason="a registry's ends with its path, without ? and #"
            )
    elif "://" in location and not (location.startswith("file:///") or is_object_store(location)):
        reason = "it is neither https:// nor file:///, nor an object store's"
        raise UsageError.of("E033", location=location, reason=reason)
    elif "://" not in location and (host := _host_without_scheme(location, request.cwd)):
        reason = "there is no such directory, and an address begins with https://"
        raise UsageError.of("E033", location=host, reason=reason)
    return RegistryEntry(
        name=name, location=location.rstrip("/") or "/", scopes=request.scopes, insecure=request.insecure
    )


def _host_without_scheme(location: str, cwd: Path) -> str:
    """The location as it was typed, if it is no directory but begins as addresses do; else empty."""
    typed = Path(location)
    if not typed.is_relative_to(cwd) or typed.exists():
        return ""
    text = typed.relative_to(cwd).as_posix()
    return text if _HOST.match(text.partition("/")[0]) else ""


def _check_free(entry: RegistryEntry, others: Sequence[RegistryEntry]) -> None:
    for other in others:
        if other.name == entry.name:
            raise UsageError.of("E031", name=entry.name, location=other.location)
        for scope in entry.scopes:
            if scope in other.scopes:
                raise UsageError.of("E034", scope=scope, registry=other.name)


def _looked_at(
    settings: Settings, entry: RegistryEntry, request: AddRequest
) -> tuple[RegistryEntry, Sequence[Problem]]:
    """The entry with the root that is pinned, once the registry was read with it."""
    if request.insecure and is_web(entry.location):  # the user's word holds for this first look, too
        settings = replace(settings, insecure=(*settings.insecure, origin_of(entry.location)))
    root = root_digest(settings, request.trust) if request.trust else ""
    if not settings.offline:
        found = _first_root_of(settings, entry)
        if found and not root:
            raise UsageError.of("E039", name=entry.name, digest=found)
    pinned = replace(entry, root_sha256=root)
    if root and not settings.offline:
        from skillctl.app.registries import open_entry

        _ = open_entry(settings, pinned).id  # verified, or an error that says why not
    if settings.offline:
        return pinned, () if request.unsigned or root else [problem("W246", name=entry.name)]
    is_told = request.unsigned or root or not is_web(entry.location)
    return pinned, () if is_told else [problem("W242", name=entry.name, host=host_of(entry.location))]


def _first_root_of(settings: Settings, entry: RegistryEntry) -> str:
    """The digest of the root that the registry shows; empty if it is not signed.

    RegistryError if there is no registry; a folder of packs is one that is not signed.
    """
    from skillctl.app.network import open_world
    from skillctl.app.registries import open_entry
    from skillctl_registry.config import read_config
    from skillctl_registry.opening import open_for_reading
    from skillctl_registry.sources.registry import RegistrySource

    source = open_entry(settings, entry)
    if not isinstance(source, RegistrySource):
        return ""
    backend = open_for_reading(
        entry.location, label=entry.name, insecure=entry.insecure, world=open_world(settings), limits=settings.limits
    )
    config = read_config(backend, limits=settings.limits)
    if config is None:
        raise RegistryError.of("E232", location=entry.location, reason="there is no config.json")
    return _shown_root(backend) if config.signed else ""


def _shown_root(backend: Backend) -> str:
    from skillctl.core.digests import sha256_digest
    from skillctl_registry.verified import first_root

    data = first_root(backend)
    return sha256_digest(data) if data is not None else ""


def root_digest(settings: Settings, trust: str) -> str:
    """The digest that `--trust` gives, or that the file or address in it has. UsageError E038 if there is none."""
    from skillctl.core.digests import is_sha256_digest, sha256_digest

    if trust.startswith("sha256:"):
        if not is_sha256_digest(trust):
            raise UsageError.of("E038", trust=trust, reason="behind sha256: stand 64 hexadecimal digits")
        return trust
    if is_sha256_digest(f"sha256:{trust}"):
        return f"sha256:{trust}"
    if is_web(trust):
        from skillctl.app.network import open_http

        return sha256_digest(open_http(settings).read(trust, max_bytes=_ROOT_BYTES, raw=True).body)
    try:
        data = read_bytes(trust, max_bytes=_ROOT_BYTES)
    except SkillctlError as error:
        raise UsageError.of("E038", trust=trust, reason="it can't be read") from error
    if data is None:
        raise UsageError.of("E038", trust=trust, reason="there is no such file")
    return sha256_digest(data)


# As JSON


def _entry_to_json(entry: RegistryEntry) -> dict[str, JsonValue]:
    return {
        "name": entry.name,
        "location": entry.location,
        "scopes": list(entry.scopes),
        "signed": entry.root_sha256 != "",
        "root_sha256": entry.root_sha256 or None,
    }


def _has_token(location: str, origins: set[str]) -> bool:
    return is_web(location) and origin_of(location) in origins
