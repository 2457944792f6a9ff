"""Serving a registry: its parts put together as the settings and the command line say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.core.errors import RegistryError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field
from skillctl.edges import clock
from skillctl.edges.disk.files import make_directory
from skillctl_registry.opening import open_backend

HOST, PORT = "127.0.0.1", 8722


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeRequest:
    """What is to be served."""

    database: str = ""
    """SQLAlchemy's URL; empty: a file among the user's data."""
    storage: str = ""
    """An absolute directory, or an object store; empty: a directory beside it."""
    keys: Path | None = None
    host: str = HOST
    port: int = PORT
    rate: float = 20.0
    """Requests a second that each caller may make."""
    check: bool = False
    """Make or open everything, and don't serve."""
    rebuild: bool = False
    """Bring every index file back from the database first."""
    environ: Mapping[str, str] = field(default_factory=dict)


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


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeOutcome(Outcome):
    """A server that has ended in good order."""

    id: str
    root_sha256: str

    def to_json(self) -> JsonObject:
        return {"id": self.id, "root_sha256": self.root_sha256}


def serve_registry(settings: Settings, request: ServeRequest, *, ready: Callable[[Started], None]) -> ServeOutcome:
    """Serve until told to end. RegistryError E732, E733, E734 and E746 if that can't be."""
    try:
        from skillctl_registry.server.serving import Parts, begin, serve
    except ImportError as error:
        raise RegistryError.of("E734", package=error.name or "a package") from error

    base = Path(settings.directories.data) / "server"
    if not request.database:
        make_directory(base)
    keys = request.keys or base / "keys"
    rate = request.rate
    begun = begin(
        Parts(
            database=request.database or f"sqlite:///{base / 'registry.db'}",
            backend=open_backend(request.storage or str(base / "registry"), lock_timeout=settings.lock_timeout),
            keys=keys,
            passphrase=request.environ.get("SKILLCTL_KEY_PASSPHRASE", ""),
            admin_token=request.environ.get("SKILLCTL_ADMIN_TOKEN", ""),
            now=clock.now,
            seconds=clock.seconds,
            rate=rate,
            burst=max(200, int(rate * 10)),
            limits=settings.limits,
        )
    )

    def told(url: str) -> None:
        made = str(keys / begun.id) if begun.is_new else ""
        ready(Started(url=url, id=begun.id, root_sha256=begun.root_sha256, admin_token=begun.admin_token, keys=made))

    if request.rebuild:
        begun.service.signer.rebuild()
    if request.check:
        begun.service.signer.sign_waiting()
        begun.service.database.close()
        told("")
    else:
        serve(begun, host=request.host, port=request.port, ready=told)
    return ServeOutcome(id=begun.id, root_sha256=begun.root_sha256)
