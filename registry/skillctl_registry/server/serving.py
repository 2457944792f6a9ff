"""Starting a registry's server: database and files opened or begun, the signer set to work, the web let in.

The first start founds the registry: its keys and files are made, and then its id and the digest of its root go into the
database. A start that was killed in between is followed by one that founds it again, or takes what is whole and empty:
nobody has seen it yet. After that the database and the files have to be of one registry.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType

from sqlalchemy import Connection, insert, select
from starlette.applications import Starlette

from skillctl.core.diagnostics import problem
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass, replace
from skillctl_registry.backends import Backend
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.blobs import Blobs, OpenBlobs, nowhere
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.config import RegistryConfig, random_id, read_config, whole_config
from skillctl_registry.index import INDEX
from skillctl_registry.server import accounts
from skillctl_registry.server.address import checked_url
from skillctl_registry.server.background import Background
from skillctl_registry.server.database import Database, label_of
from skillctl_registry.server.remembering import recalled
from skillctl_registry.server.service import Service
from skillctl_registry.server.signer import PATIENCE, Signer
from skillctl_registry.server.standing import ROOT
from skillctl_registry.server.strangers import strangers
from skillctl_registry.server.tables import FACTS
from skillctl_registry.server.web import Web
from skillctl_registry.signing.founding import Wishes, found_signed
from skillctl_registry.signing.keys import KeyStore, keys_of
from skillctl_registry.signing.remaking import Lasting, older
from skillctl_registry.signing.writer import SignedWriter
from skillctl_registry.trust.files import TIMESTAMP, max_bytes, metadata_key

_ID, _BLOBS = "registry", "blobs"
_BACKLOG = 2048  # who ask in the same moment and are not refused
_SHOWN = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What a server is made of."""

    database: str
    """SQLAlchemy's URL."""
    backend: Backend
    blobs: str = ""
    """Where archives are to lie, of a registry that is founded now: `oci://host/repository`; empty: in the backend."""
    elsewhere: OpenBlobs = nowhere
    """Opens that place."""
    keys: Path
    """The directory that has a directory of keys for each registry."""
    passphrase: str = ""
    admin_token: str = ""
    """What the administrator shows; made if it is empty and there is none yet."""
    now: Callable[[], str]
    seconds: Callable[[], float]
    burst: int = 200
    rate: float = 20.0
    url: str = ""
    """The address that readers know; empty: the one by which each of them comes."""
    patience: float = PATIENCE
    limits: Limits = LIMITS


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What belongs to a registry as a whole."""

    id: str
    root_sha256: str
    blobs: str = ""
    """Where its archives lie; empty: with its files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """A server that is ready to be asked."""

    service: Service
    app: Starlette
    id: str
    root_sha256: str
    is_new: bool
    """Nobody was told of it yet."""
    admin_token: str
    """One that was made just now; empty otherwise."""


def begin(parts: Parts, *, settled: bool = False) -> Begun:
    """Open or found the registry; `settled`: and sign what waits.

    RegistryError E732, E733 and E778 if database or files are not there, not of it or not whole, E788 if the database
    is of before what was published, E775 for an address that is none.
    """
    url = checked_url(parts.url) if parts.url else ""
    database = Database(parts.database)
    try:
        return _begun(database, replace(parts, url=url), settled=settled)
    except BaseException:
        database.close()
        raise


def _begun(database: Database, parts: Parts, *, settled: bool) -> Begun:
    database.migrate()
    with database.writing() as connection:
        database.one_at_a_time(connection)
        registry_id, root, is_new = _founded(connection, parts)
        if parts.admin_token:
            accounts.keep_admin_token(connection, parts.admin_token, now=parts.now())
    with database.reading() as connection:
        known = recalled(connection)
    writer = registry_writer(parts, registry_id)
    _check_whole(writer, known)
    if not is_new:
        _check_known(database, writer, known, parts)
    writer.check_keys()
    signer = Signer(database, writer, seconds=parts.seconds, limits=parts.limits, patience=parts.patience)
    signer.remember()
    blobs = server_blobs(parts, signer)
    service = Service(database, signer, blobs, now=parts.now, limits=parts.limits)
    app = Web(service, burst=parts.burst, rate=parts.rate, url=parts.url).app()
    if settled:
        signer.sign_waiting()
    # last of all: a token that is made before something fails is shown to nobody, and no later start makes another
    with database.writing() as connection:
        database.one_at_a_time(connection)
        token = _first_token(connection, now=parts.now())
    return Begun(
        service=service, app=app, id=registry_id, root_sha256=root, is_new=is_new or bool(token), admin_token=token
    )


def listen(host: str, port: int) -> socket.socket:
    """Whom readers will reach there, 0 for a port that is free. RegistryError E746 if that can't be had.

    Wanted before a registry is begun: its first token is shown when the server is ready, and only then.
    """
    try:
        listening = socket.create_server((host, port), family=_family(host, port), backlog=_BACKLOG)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RegistryError.of("E746", host=host, port=port, reason=reason) from error
    # a head and its body are two writes: without this the second waits 40 ms for the first to be acknowledged
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _family(host: str, port: int) -> socket.AddressFamily:
    """IPv4 where a name stands for both. OSError if it stands for nothing."""
    return min(each[0] for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def serve(begun: Begun, listening: socket.socket, *, ready: Callable[[int], None]) -> None:
    """Answer until the process is told to end, by SIGTERM or SIGINT; what was begun is finished, for ten seconds.

    `ready` is told of the port as soon as nobody who asks there is refused.
    """
    import uvicorn

    config = uvicorn.Config(
        begun.app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        limit_concurrency=1000,
    )
    server = uvicorn.Server(config)

    def end() -> None:
        server.should_exit = True

    with _told_to_end(end), Background(begun.service):
        ready(listening.getsockname()[1])
        server.run(sockets=[listening])


@contextmanager
def _told_to_end(end: Callable[[], None]) -> Iterator[None]:
    """For a block, SIGTERM and SIGINT call `end` and nothing else.

    uvicorn ends in good order at either, and then raises it once more for whoever stood there before: by default that
    kills the process before the counts are written down. A signal that comes before uvicorn listens is heard as well.
    """
    if threading.current_thread() is not threading.main_thread():  # where nobody can listen
        yield
        return

    def heard(_signal: int, _frame: FrameType | None) -> None:
        end()

    before = {each: signal.signal(each, heard) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def facts_of(connection: Connection) -> Facts | None:
    """What the database says of its registry; None if it has none yet."""
    known = {row.key: row.value for row in connection.execute(select(FACTS))}
    return Facts(id=known[_ID], root_sha256=known[ROOT], blobs=known.get(_BLOBS, "")) if known else None


def _founded(connection: Connection, parts: Parts) -> tuple[str, str, bool]:
    """Id and root of the registry, and whether it was founded just now."""
    known = facts_of(connection)
    if known is not None:
        config = whole_config(parts.backend, limits=parts.limits)
        if config is None:
            raise RegistryError.of("E778", storage=parts.backend.label)
        if config.id != known.id:
            raise other_registry(parts)
        _check_blobs(parts, config)
        return known.id, known.root_sha256, False
    config = read_config(parts.backend, limits=parts.limits)
    if config is not None and parts.backend.get(metadata_key(TIMESTAMP), max_bytes=max_bytes(TIMESTAMP)) is not None:
        found = config.id, _root_of_empty(parts, config)
    else:
        if _is_used(parts) or (config is not None and not config.api):  # what others publish to is never taken over
            raise other_registry(parts)
        made = random_id()
        keys = KeyStore(parts.keys / made, passphrase=parts.passphrase)
        wishes = Wishes(api=True, blobs=parts.blobs, again=True)
        found = made, found_signed(parts.backend, keys, wishes, now=parts.now(), new_id=made).root_sha256
    values = [{"key": _ID, "value": found[0]}, {"key": ROOT, "value": found[1]}]
    values += [{"key": _BLOBS, "value": parts.blobs}] if parts.blobs else []
    connection.execute(insert(FACTS), values)
    return *found, True


def _check_whole(writer: SignedWriter, known: Lasting) -> None:
    """The tree verifies, and is not of before what is remembered.

    RegistryError with what is wrong, and E778 that tells the way out.
    """
    try:
        wrong = older(writer.standing().reader.trusted, known, registry=writer.backend.label)
        if wrong is not None:
            raise wrong
    except RegistryError as error:
        raise RegistryError(*error.problems, problem("E778", storage=writer.backend.label)) from error


def _check_known(database: Database, writer: SignedWriter, known: Lasting, parts: Parts) -> None:
    """The database knows every release of the tree. RegistryError E788 if it is of before some were published."""
    found = sorted(strangers(database, writer.standing(), known, limits=parts.limits))
    if found:
        raise RegistryError.of(
            "E788",
            database=database.label,
            storage=parts.backend.label,
            count=len(found),
            releases=found[:_SHOWN],
        )


def _root_of_empty(parts: Parts, config: RegistryConfig) -> str:
    """The root of a registry that a killed start has founded. RegistryError E733 for one that was used before."""
    keys = KeyStore(parts.keys / config.id, passphrase=parts.passphrase)
    if _is_used(parts) or not config.api or not keys.exists or keys.signing.registry != config.id:
        raise other_registry(parts)
    _check_blobs(parts, config)
    return keys.signing.root_sha256


def server_blobs(parts: Parts, signer: Signer) -> Blobs:
    """Where the registry has its archives, as it is signed."""
    config = read_config(signer.backend, limits=parts.limits)
    return blobs_of(parts.backend, parts.elsewhere, config=config, limits=parts.limits)


def _check_blobs(parts: Parts, config: RegistryConfig) -> None:
    """The archives lie where they are said to. RegistryError E767 if not: a registry's place for them never changes."""
    if parts.blobs and parts.blobs != config.blobs:
        found = config.blobs or parts.backend.label
        raise RegistryError.of("E767", registry=config.id, found=found, wanted=parts.blobs)


def _is_used(parts: Parts) -> bool:
    """Whether anything was ever published into these files."""
    return next(iter(parts.backend.list(INDEX)), None) is not None


def other_registry(parts: Parts) -> RegistryError:
    """The error of files that the database knows nothing of."""
    return RegistryError.of("E733", storage=parts.backend.label, database=label_of(parts.database))


def _first_token(connection: Connection, *, now: str) -> str:
    """A token of the administrator, made just now; empty if there are tokens."""
    if accounts.has_tokens(connection):
        return ""
    token = accounts.new_token()
    accounts.keep_admin_token(connection, token, now=now)
    return token


def registry_writer(parts: Parts, registry_id: str) -> SignedWriter:
    """Who signs in the registry of that id. RegistryError E711 and E712 if its keys are not here."""
    keys = keys_of(parts.keys, registry_id, passphrase=parts.passphrase)
    exclusive = parts.backend.exclusive if isinstance(parts.backend, DirectoryBackend) else nullcontext
    return SignedWriter(parts.backend, keys, now=parts.now, exclusive=exclusive, limits=parts.limits)
