"""A server over each kind of database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from skillctl.edges import clock
from skillctl_registry.backends import Backend
from skillctl_registry.opening import open_backend
from skillctl_registry.server.agreement import KnownRegistry, known_registry
from skillctl_registry.server.serving import Parts
from tests.support.object_store import S3
from tests.support.postgresql import Postgres
from tests.support.serving import Served, serving


@dataclass(frozen=True)
class Place:
    """Where a server's things are."""

    kind: str
    room: Path
    database: str
    storage: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> Backend:
        """Its files, past the server."""
        return open_backend(self.storage or str(self.room / "files"))

    def serving(self) -> AbstractContextManager[Served]:
        """A server over them."""
        return serving(self.room, database=self.database, storage=self.storage, environment=self.environment)

    def known(self) -> AbstractContextManager[KnownRegistry]:
        """The database beside the files, without a server."""
        return known_registry(
            Parts(
                database=self.database or f"sqlite:///{self.room / 'registry.db'}",
                backend=self.files,
                keys=self.room / "keys",
                now=clock.now,
                seconds=clock.seconds,
            )
        )


def _place(kind: str, room: Path, request: pytest.FixtureRequest) -> Place:
    if kind == "sqlite":
        return Place(kind, room, "")
    started: Postgres = request.getfixturevalue("postgres")
    database = started.database(f"tests_{secrets.token_hex(6)}")
    if kind == "postgresql":
        return Place(kind, room, database)
    store: S3 = request.getfixturevalue("s3")
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    return Place(kind, room, database, store.address(f"served-{secrets.token_hex(6)}"), store.environment)


@pytest.fixture(params=["sqlite", "postgresql", "postgresql and s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A new place over each kind of database and storage."""
    return _place(request.param, tmp_path / "room", request)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running server that the tests of a module share: each takes names of its own."""
    with _place(request.param, tmp_path_factory.mktemp("served") / "room", request).serving() as running:
        yield running
