"""The lists for other tools while they are made: nobody waits for what another makes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import insert

from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS
from skillctl_registry.server import views as module
from skillctl_registry.server.database import Database
from skillctl_registry.server.service import Service
from skillctl_registry.server.tables import AUDIT
from skillctl_registry.server.views import Views
from skillctl_registry.views.well_known import INDEX


def test_who_asks_meanwhile_gets_the_last_list_or_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    database = Database(f"sqlite:///{tmp_path / 'registry.db'}")
    database.migrate()
    views = Views(cast("Service", SimpleNamespace(database=database, limits=LIMITS)))
    try:
        with views._lock, pytest.raises(RegistryError, match="E776"):
            views.file(INDEX, url="", name="x")
        first, _, _ = views.file(INDEX, url="", name="x")
        assert json.loads(first)["skills"] == []
        with database.writing() as connection:
            said = {"at": "", "who": "", "token": "", "action": "", "subject": "", "detail": ""}
            connection.execute(insert(AUDIT).values(**said))
        with views._lock:
            assert views.file(INDEX, url="", name="x")[0] == first
    finally:
        database.close()
