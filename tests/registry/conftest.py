"""Real parts that the tests of registries share, each started once: PostgreSQL, and a store that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.object_store import s3
from tests.support.postgresql import Postgres, PostgresMissingError, running_postgresql

__all__ = ["s3"]


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
