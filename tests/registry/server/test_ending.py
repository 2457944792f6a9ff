"""A server that is told to end: it finishes what it has begun, and says that it went well."""

from __future__ import annotations

import json
import signal

import pytest

from skillctl_registry.endpoints.asking import API
from skillctl_registry.index import blob_path
from tests.registry.server.conftest import Place


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_server_that_is_told_to_end_has_succeeded_and_forgets_no_count(place: Place) -> None:
    with place.serving() as running:
        archive = running.publish("bollard").release.archive
        before = running.get(f"{API}downloads?name=bollard")
        assert json.loads(before.body)["total"] == 0
        assert running.get(blob_path(archive)).status == 200
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
    with place.serving() as running:
        after = running.get(f"{API}downloads?name=bollard")
        assert json.loads(after.body)["total"] == 1
