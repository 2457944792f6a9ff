"""The server's database: opened, brought up to date, asked and changed.

SQLite writes ahead (WAL), so that readers never wait; a change takes the one right to write when it begins, not in its
middle, where it could only fail. PostgreSQL is opened by its URL. Whatever the driver says is a RegistryError here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from skillctl.core.errors import RegistryError

_KIND = re.compile(r"[\w+]+://")
_WRITES = "skillctl_writes"
_NEWER = "a newer skillctl has brought it up to date, and older ones can't read it any more"
_WAIT = 30  # seconds for the right to write
_NAMES_LOCK = 7_203  # of PostgreSQL's advisory locks
_MIGRATION_LOCK = 7_204
_ORDER_LOCK = 7_205


def in_order(connection: Connection) -> None:
    """Let no other change that says the same go on until this one is done: what it numbers from here on comes later.

    PostgreSQL gives numbers when a row is written, whichever change is done first; in SQLite every change is alone.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ORDER_LOCK})


def label_of(url: str) -> str:
    """The address of a database for a message: without user, password and parameters, where secrets lie."""
    found = _read(url)
    if found is None:
        return f"{url.partition('://')[0]}://…" if _KIND.match(url) else "…"
    host = f"[{found.host}]" if ":" in (found.host or "") else found.host or ""
    port = f":{found.port}" if found.port else ""
    return f"{found.drivername}://{host}{port}/{found.database or ''}"


def _read(url: str) -> URL | None:
    """The address as SQLAlchemy has it; None for what is none, or may tell a part of a password.

    No other reading tells what is secret: a password may have a `/` here, which ends the host of other addresses.
    """
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        return None
    is_file = found.get_backend_name() == "sqlite"
    is_doubtful = url.count("@") > 1 or "@" in f"{found.host}{found.database}"
    return found if is_file or not is_doubtful else None


class Database:
    """The database of one server process."""

    def __init__(self, url: str, *, may_make: bool = True) -> None:
        """`url` is SQLAlchemy's: `sqlite:////srv/registry.db`, `postgresql+psycopg://…`. RegistryError E732.

        `may_make`: a file of SQLite's that is not there is made.
        """
        self.label = label_of(url)
        found = _read(url)
        if found is None:
            reason = "its address can't be read; in a password `@` is written as %40"
            raise RegistryError.of("E732", database=self.label, reason=reason)
        with self._faults():
            if found.drivername in ("postgresql", "postgres"):
                found = found.set(drivername="postgresql+psycopg")
            self.is_sqlite = found.get_backend_name() == "sqlite"
            if self.is_sqlite and (found.database in (None, "", ":memory:") or found.query.get("mode") == "memory"):
                reason = "one in memory ends with its process, and no other process sees it; name a file"
                raise RegistryError.of("E732", database=self.label, reason=reason)
            if self.is_sqlite and not may_make and not Path(found.database or "").is_file():
                raise RegistryError.of("E732", database=self.label, reason="there is no such file")
            self._engine = _sqlite(str(found)) if self.is_sqlite else _postgresql(found.render_as_string(False))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A look at one moment."""
        with self._faults(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, dry_run: bool = False) -> Iterator[Connection]:
        """A change, whole or not at all; one of a dry run is taken back at its end, and so refused as any other.

        IntegrityError passes: it tells who was quicker.
        """
        with self._faults(), self._engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin() as change:
                yield connection
                if dry_run:
                    change.rollback()

    def one_at_a_time(self, connection: Connection) -> None:
        """Let no other change that says the same run beside this one, until this one is done."""
        if not self.is_sqlite:  # where every change is alone anyway
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _NAMES_LOCK})

    def migrate(self) -> None:
        """Bring the tables up to this version's. RegistryError E732 for those of a newer one."""
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:  # its tables are of a version that nobody here has heard of
                raise RegistryError.of("E732", database=self.label, reason=_NEWER) from error

    def is_well(self) -> bool:
        """Whether it answers."""
        try:
            with self.reading() as connection:
                connection.execute(text("SELECT 1"))
        except RegistryError:
            return False
        return True

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (SQLAlchemyError, ArgumentError, ImportError) as error:
            reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
            raise RegistryError.of("E732", database=self.label, reason=reason) from error


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _WAIT}, pool_size=16, max_overflow=32)

    @event.listens_for(engine, "connect")
    def opened(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin below, not where the driver thinks
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_WAIT * 1000}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: str) -> Engine:
    return create_engine(url, pool_size=16, max_overflow=16, pool_pre_ping=True, connect_args={"connect_timeout": 10})
