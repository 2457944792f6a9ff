"""Where the keys of a signed registry are, and the registry opened with them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from skillctl.core.errors import RegistryError, UsageError
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges import clock
from skillctl.edges.disk.look import real_path
from skillctl_registry.backends import Backend
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.config import CONFIG, read_config
from skillctl_registry.signing.keys import keys_of
from skillctl_registry.signing.writer import SignedBackend, SignedWriter
from skillctl_registry.trust.files import TIMESTAMP, max_bytes, metadata_key


@dataclass(frozen=True, slots=True)
class Keys:
    """Where somebody says that the keys are."""

    directory: Path | None = None
    """None: where `registry init` puts them, by the registry's id."""
    passphrase: str = ""


def keys_directory(settings: Settings, registry_id: str) -> Path:
    """Where keys lie unless told otherwise: among the user's data, since they can't be made again."""
    return Path(settings.directories.data) / "keys" / registry_id


def check_apart(keys: Path, backend: Backend) -> None:
    """The keys don't lie among the registry's files, where they are given to readers, and tidied away. UsageError E023
    if they do, by whatever links.
    """
    if isinstance(backend, DirectoryBackend) and real_path(keys).is_relative_to(real_path(backend.root)):
        reason = f"`{keys}` lies among the files of the registry, which are for everybody; keys belong elsewhere"
        raise UsageError.of("E023", option="--keys", reason=reason)


def opened_to_write(settings: Settings, backend: Backend, keys: Keys) -> Backend:
    """The registry as publishing writes it. RegistryError E711, E714 if it is signed and its online keys are away."""
    writer = signed_writer(settings, backend, keys)
    if writer is None:
        return backend
    writer.check_keys()
    return SignedBackend(writer)


def signed_writer(settings: Settings, backend: Backend, keys: Keys) -> SignedWriter | None:
    """Who signs in the registry; None if it is not signed.

    RegistryError E711 if its keys are not here at all, E705 for a signed registry that has lost its config.json:
    nothing unsigned is begun in its place. UsageError E023 for keys among its files.
    """
    if keys.directory is not None:
        check_apart(keys.directory, backend)
    config = read_config(backend, limits=settings.limits)
    if config is None and backend.get(metadata_key(TIMESTAMP), max_bytes=max_bytes(TIMESTAMP)) is not None:
        raise RegistryError.of("E705", registry=backend.label, file=CONFIG)
    if config is None or not config.signed:
        return None
    directory = keys.directory or keys_directory(settings, config.id)
    store = keys_of(directory, config.id, passphrase=keys.passphrase)
    exclusive = backend.exclusive if isinstance(backend, DirectoryBackend) else nullcontext
    return SignedWriter(backend, store, now=clock.now, exclusive=exclusive, limits=settings.limits)
