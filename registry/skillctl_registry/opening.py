"""From what people call a registry to a source that is read, or a backend that is published to.

What a directory is shows in what it holds. A folder of packs has directories with a skill.json, and a registry never
has one there, so the two can't be taken for each other. A directory that holds something else is neither, and nothing
is made in it.

Behind an address is a registry and nothing else; what it holds is seen when it is asked. `file://` is a directory, and
one that is read like any other. Where a root of trust is pinned, everything that is read of the index goes through its
verification, whatever it is read from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

from skillctl.core.errors import RegistryError
from skillctl.core.file_names import MANIFEST_FILE
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass, field
from skillctl.core.web import check_address, is_web
from skillctl.edges.disk.faults import disk_faults
from skillctl.edges.disk.files import list_names
from skillctl.edges.disk.look import real_path
from skillctl_registry.backends import Backend
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.backends.object_store import ObjectStoreBackend, is_object_store, open_object_store
from skillctl_registry.blobs import OpenBlobs, nowhere
from skillctl_registry.config import CONFIG, whole_config
from skillctl_registry.index import INDEX
from skillctl_registry.sources import Source
from skillctl_registry.sources.folder import FolderSource
from skillctl_registry.sources.registry import RegistrySource

if TYPE_CHECKING:
    from skillctl.edges.http import Transport
    from skillctl_registry.verified import VerifiedBackend

Kind = Literal["registry", "folder", "pack", "empty", "missing", "file", "other"]

_REST = frozenset(("blobs", "catalog", "metadata"))
"""What a registry that has lost the rest still has, and nothing beside it."""
_FILES = (INDEX, "blobs/", "metadata/")
"""Where the files are that a registry can be made again from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What reading a registry that lies elsewhere, or is signed, needs of this machine."""

    http: Transport
    cache: str
    """The user's cache directory."""
    state: str
    """The user's state directory: what was verified before."""
    now: Callable[[], str]
    """The time, RFC 3339 in UTC."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Its variables, of which some say whose an object store is."""
    offline: bool = False


def open_source(
    location: str,
    *,
    label: str,
    may_be_missing: bool = False,
    root_sha256: str = "",
    insecure: bool = False,
    signed: bool = True,
    world: World | None = None,
    elsewhere: OpenBlobs = nowhere,
    limits: Limits = LIMITS,
) -> Source:
    """The source at an absolute path or an address: a registry or a folder of packs. RegistryError E232 to E236 if it
    is neither, E290 and E297 for an address that can't be used.

    `may_be_missing` is for the registry that the first publish makes: until then it is there and has nothing.
    `root_sha256` is the pinned root of a signed registry; `world` is needed for that, and for what lies elsewhere.
    `signed`: an object store is shown the keys of the environment. `elsewhere` opens the place of archives that do not
    lie beside their index.
    """
    if is_web(location) or is_object_store(location):
        there = open_for_reading(location, label=label, insecure=insecure, signed=signed, world=world, limits=limits)
        guarded = _guarded(there, location, root_sha256, world, limits)
        return RegistrySource(guarded, label=label, elsewhere=elsewhere, limits=limits)
    path = _directory(location)
    kind = kind_of(path)
    if kind == "folder" and not root_sha256:
        return FolderSource(path, label=label, limits=limits)
    if kind == "registry" or (may_be_missing and kind in ("missing", "empty")):
        backend = _guarded(DirectoryBackend(path), location, root_sha256, world, limits)
        return RegistrySource(backend, label=label, elsewhere=elsewhere, limits=limits)
    raise _refusal(location, kind)


def open_for_reading(
    location: str,
    *,
    label: str,
    insecure: bool = False,
    signed: bool = True,
    world: World | None = None,
    limits: Limits = LIMITS,
) -> Backend:
    """The files of the registry at an absolute path or an address, unverified: for a look at what it is."""
    if is_web(location):
        return _web_backend(check_address(location, insecure=insecure), label, world, limits)
    if is_object_store(location):
        store = open_object_store(location, signed=signed)
        return store if world is None else _kept_store(store, label, world, limits)
    path = _directory(location)
    kind = kind_of(path)
    if kind != "registry":
        raise _refusal(location, kind)
    return DirectoryBackend(path)


def _web_backend(url: str, name: str, world: World | None, limits: Limits) -> Backend:
    if world is None:
        raise ValueError("an address can't be read without a world")
    return _kept(url, name, world.http, world, limits)


def _kept(
    url: str,
    name: str,
    transport: Transport,
    world: World,
    limits: Limits,
    *,
    beyond: str = "",
    listing: Callable[[str], Iterator[str]] | None = None,
) -> Backend:
    from skillctl_registry.backends.web import WebBackend  # most registries are directories
    from skillctl_registry.cache import AnswerCache, cache_directory

    return WebBackend(
        url,
        name=name,
        http=transport,
        cache=AnswerCache(cache_directory(world.cache, url, beyond=beyond)),
        now=world.now,
        offline=world.offline,
        listing=listing,
        limits=limits,
    )


def _kept_store(store: ObjectStoreBackend, name: str, world: World, limits: Limits) -> Backend:
    """The registry in an object store, of which is kept what is kept of those on the web. Stores can list."""
    from skillctl_registry.backends.object_store import endpoint_of
    from skillctl_registry.backends.store_transport import StoreTransport

    whose = endpoint_of(store.label, world.environment)
    return _kept(store.label, name, StoreTransport(store), world, limits, beyond=whose, listing=store.list)


def _guarded(backend: Backend, location: str, root_sha256: str, world: World | None, limits: Limits) -> Backend:
    """The backend, behind its verification where a root is pinned."""
    if not root_sha256:
        return backend
    if world is None:
        raise ValueError("a signed registry can't be read without a world")
    return verified(backend, location, root_sha256, world, limits=limits)


def verified(
    backend: Backend, location: str, root_sha256: str, world: World, *, limits: Limits = LIMITS
) -> VerifiedBackend:
    """The backend behind its verification, with what was verified here before."""
    from skillctl_registry.remembered import DirectoryMemory, memory_directory
    from skillctl_registry.trust.reader import RootPin
    from skillctl_registry.verified import VerifiedBackend

    memory = DirectoryMemory(memory_directory(world.state, location, root_sha256))
    pin = RootPin(root_sha256)
    return VerifiedBackend(backend, pin=pin, now=world.now(), memory=memory, offline=world.offline, limits=limits)


def open_backend(location: str, *, lock_timeout: float = 60.0) -> Backend:
    """The registry at an absolute path, or in an object store, to publish to; a directory that is missing or empty
    becomes one, and a folder of a bucket.

    RegistryError E232 to E237 where there can be none, E753 and E754 of object stores. `lock_timeout` is in seconds.
    """
    if is_object_store(location):
        return open_object_store(location)
    path = _directory(location)
    kind = kind_of(path)
    if kind in ("registry", "missing", "empty"):
        return DirectoryBackend(path, lock_timeout=lock_timeout)
    if kind == "folder":
        raise RegistryError.of("E237", location=location)
    raise _refusal(location, kind)


def check_standing(backend: Backend, location: str) -> None:
    """There is a registry in the place that was opened to publish to, whole or not. RegistryError E232 if not."""
    if isinstance(backend, DirectoryBackend):
        kind = kind_of(backend.root)
        if kind in ("missing", "empty"):
            raise _refusal(location, kind)
    if whole_config(backend) is None and not any(next(iter(backend.list(each)), None) for each in _FILES):
        raise RegistryError.of("E232", location=location, reason="it has no config.json and no pack")


def is_one_place(one: str, other: str) -> bool:
    """Whether two locations mean the same directory or address."""
    return _place(one) == _place(other)


def _place(location: str) -> str:
    try:
        return str(real_path(_directory(location)))
    except RegistryError:  # an address of no directory
        return location.rstrip("/")


def is_address(location: str) -> bool:
    """Whether the location is a URL."""
    return "://" in location


def kind_of(path: Path) -> Kind:
    """What is at the path. InstallError if that can't be seen."""
    with disk_faults(path):
        if not path.is_dir():
            return "file" if path.exists() else "missing"
        names = [name for name in list_names(path) if not name.startswith(".")]
        if MANIFEST_FILE in names:
            return "pack"
        if any((path / name / MANIFEST_FILE).is_file() for name in names):
            return "folder"
    if CONFIG in names or INDEX.removesuffix("/") in names or (names and _REST.issuperset(names)):
        return "registry"
    return "other" if names else "empty"


def _directory(location: str) -> Path:
    if not is_address(location):
        return Path(location)
    if is_web(location):
        raise RegistryError.of("E298", location=location)
    parts = urlsplit(location)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise RegistryError.of("E233", location=location)
    return Path(unquote(parts.path))


def _refusal(location: str, kind: Kind) -> RegistryError:
    if kind == "pack":
        return RegistryError.of("E236", location=location)
    reasons = {"missing": "there is no such directory", "file": "it is a file", "empty": "the directory is empty"}
    if kind in reasons:
        return RegistryError.of("E232", location=location, reason=reasons[kind])
    return RegistryError.of("E234", location=location)
