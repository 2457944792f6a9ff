"""Serving a registry: its parts put together as the settings and the command line say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.blobs import checked_place, reading_elsewhere
from skillctl.app.outcome import Outcome
from skillctl.app.signing import check_apart
from skillctl.core.errors import RegistryError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field, replace
from skillctl.edges import clock
from skillctl.edges.disk.files import make_directory
from skillctl_registry.opening import open_backend

if TYPE_CHECKING:
    from skillctl_registry.server.serving import Begun, Parts

HOST, PORT = "127.0.0.1", 8722
_LAST_PORT = 65535
DATABASE_FILE, KEYS = "registry.db", "keys"
"""What lies beside the files of a server that was told of no other places."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where a server's things are."""

    database: str = ""
    """SQLAlchemy's URL; empty: a file among the user's data."""
    storage: str = ""
    """An absolute directory, or an object store; empty: a directory beside it."""
    blobs: str = ""
    """Where archives are to lie, of a registry that is founded now: `oci://host/repository`; empty: in the storage."""
    keys: Path | None = None
    """The directory that has a directory of keys for each registry."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """SKILLCTL_KEY_PASSPHRASE and SKILLCTL_ADMIN_TOKEN are looked for in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeRequest:
    """What is to be served."""

    places: Places
    host: str = HOST
    port: int = PORT
    rate: float = 20.0
    """Requests a second that each caller may make."""
    url: str = ""
    """The address that readers know; empty: the one by which each of them comes."""
    check: bool = False
    """Make or open everything, and don't serve."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """A server that is about to answer."""

    url: str
    """Empty if it does not."""
    id: str
    root_sha256: str
    admin_token: str
    """Made just now; empty otherwise."""
    keys: str
    """Where new keys are; empty if they were there before."""
    database: str
    """Without its password."""
    storage: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeOutcome(Outcome):
    """A server that has ended in good order."""

    id: str
    root_sha256: str

    def to_json(self) -> JsonObject:
        return {"id": self.id, "root_sha256": self.root_sha256}


def serve_registry(settings: Settings, request: ServeRequest, *, ready: Callable[[Started], None]) -> ServeOutcome:
    """Serve until told to end. RegistryError E732, E733, E734, E746, E767 and E775 if that can't be; UsageError E023
    for a number that is no port or no rate, and for a place where archives can't lie.
    """
    if not 0 <= request.port <= _LAST_PORT:
        raise UsageError.of("E023", option="--port", reason=f"`{request.port}` is not a number from 0 to {_LAST_PORT}")
    if request.rate < 1:
        raise UsageError.of(
            "E023", option="--rate", reason=f"`{request.rate:g}` would let nobody ask; it is 1 at least"
        )
    parts = replace(server_parts(settings, request.places, rate=request.rate), url=request.url)
    from skillctl_registry.server.serving import begin, listen, serve

    def told(begun: Begun, url: str) -> None:
        made = str(parts.keys / begun.id) if begun.is_new else ""
        ready(
            Started(
                url=url,
                id=begun.id,
                root_sha256=begun.root_sha256,
                admin_token=begun.admin_token,
                keys=made,
                database=begun.service.database.label,
                storage=parts.backend.label,
            )
        )

    with nullcontext() if request.check else listen(request.host, request.port) as listening:
        if not request.places.database:
            make_directory(_base(settings))
        begun = begin(parts, settled=request.check)
        if listening is None:
            begun.service.database.close()
            told(begun, "")
        else:
            host = f"[{request.host}]" if ":" in request.host else request.host
            serve(begun, listening, ready=lambda port: told(begun, f"http://{host}:{port}"))
    return ServeOutcome(id=begun.id, root_sha256=begun.root_sha256)


def server_parts(settings: Settings, places: Places, *, rate: float = 20.0) -> Parts:
    """What a server over these places is made of. RegistryError E734 if the packages for it are not installed;
    UsageError E023 for keys among the files that are served.
    """
    try:
        from skillctl_registry.server.serving import Parts
    except ImportError as error:
        raise RegistryError.of("E734", package=error.name or "a package") from error

    base = _base(settings)
    backend = open_backend(places.storage or default_storage(settings), lock_timeout=settings.lock_timeout)
    check_apart(places.keys or base / KEYS, backend)
    return Parts(
        database=places.database or f"sqlite:///{base / DATABASE_FILE}",
        backend=backend,
        blobs=checked_place(places.blobs),
        elsewhere=reading_elsewhere(settings),
        keys=places.keys or base / KEYS,
        passphrase=places.environ.get("SKILLCTL_KEY_PASSPHRASE", ""),
        admin_token=places.environ.get("SKILLCTL_ADMIN_TOKEN", ""),
        now=clock.now,
        seconds=clock.seconds,
        rate=rate,
        burst=max(200, int(rate * 10)),
        limits=settings.limits,
    )


def default_storage(settings: Settings) -> str:
    """Where a server's files are if nothing else is said."""
    return str(_base(settings) / "registry")


def _base(settings: Settings) -> Path:
    return Path(settings.directories.data) / "server"
