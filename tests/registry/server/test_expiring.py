"""A server whose signatures expire before long: it renews what it can, and tells what it can't."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from skillctl_registry.server.serving import begin
from skillctl_registry.server.signer import LEASE, Signer
from skillctl_registry.server.tables import LEASES
from tests.registry.server.test_remembering import parts

DAY = 86_400


class Later:
    """A server, so many days after it was begun, whose keys of root and targets were taken elsewhere."""

    def __init__(self, room: Path) -> None:
        self.days = 0
        begin(parts(room)).service.database.close()
        for role in ("root", "targets"):
            for file in (room / "keys").rglob(f"{role}*.pem"):
                file.unlink()
        self.begun = begin(replace(parts(room), now=self._now, seconds=lambda: 1.0))
        self.signer: Signer = self.begun.service.signer

    def another_signs(self) -> None:
        with self.begun.service.database.writing() as connection:
            connection.execute(LEASES.delete())
            connection.execute(insert(LEASES).values(name=LEASE, holder="another", until=5.0))

    def _now(self) -> str:
        return (datetime.now(UTC) + timedelta(days=self.days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def later(tmp_path: Path) -> Iterator[Later]:
    made = Later(tmp_path)
    yield made
    made.begun.service.database.close()


def test_what_wants_keys_that_are_away_is_told_while_there_is_time_to_bring_them(later: Later) -> None:
    assert later.signer.keep_fresh() == ()
    later.days = 300
    told = later.signer.keep_fresh()
    assert [(each.code, each.evidence["role"]) for each in told] == [("W703", "root"), ("W703", "targets")]
    later.another_signs()
    assert later.signer.keep_fresh() == told


def test_a_server_knows_until_when_its_signatures_hold_whoever_renews_them(later: Later) -> None:
    assert math.isnan(later.signer.good_for)
    later.another_signs()
    later.signer.keep_fresh()
    assert 13 * DAY < later.signer.good_for <= 14 * DAY
    later.days = 366
    later.signer.keep_fresh()
    assert later.signer.good_for < 0
