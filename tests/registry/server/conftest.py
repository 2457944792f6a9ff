"""A server over each kind of database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.postgresql import Postgres, PostgresMissingError, running_postgresql
from tests.support.serving import Served, serving


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """PostgreSQL, started once."""
    try:
        running = running_postgresql()
        started = running.__enter__()
    except PostgresMissingError as error:
        pytest.skip(f"PostgreSQL: {error}")
    try:
        yield started
    finally:
        running.__exit__(None, None, None)


@dataclass(frozen=True)
class Place:
    """Where a server's things are."""

    kind: str
    room: Path
    database: str


def _place(kind: str, room: Path, request: pytest.FixtureRequest) -> Place:
    if kind == "sqlite":
        return Place(kind, room, "")
    started: Postgres = request.getfixturevalue("postgres")
    return Place(kind, room, started.database(f"tests_{secrets.token_hex(6)}"))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A new place over each kind of database."""
    return _place(request.param, tmp_path / "room", request)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running server that the tests of a module share: each takes names of its own."""
    found = _place(request.param, tmp_path_factory.mktemp("served") / "room", request)
    with serving(found.room, database=found.database) as running:
        yield running
