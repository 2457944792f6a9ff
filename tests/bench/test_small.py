"""Every part that `make bench` measures of registries, once and small, so that none of them is broken unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.__main__ import SKILLCTL, Bench
from tests.bench.hundred_thousand import many_packs
from tests.bench.oci_blobs import oci_blobs
from tests.bench.publishing import publishing
from tests.bench.serving import under_load
from tests.bench.table import printed

pytestmark = pytest.mark.slow


def test_publishing_is_measured(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 1)
    rows = publishing(bench.settings, tmp_path, SKILLCTL, bench.env, 1)
    assert len(rows) == 9
    assert "`skillctl publish` to a signed directory" in printed("Publishing", rows)


def test_a_server_is_put_under_load(tmp_path: Path) -> None:
    rows = under_load(tmp_path, 1, packs=3, seconds=0.1)
    assert all(row.found.endswith("a second") for row in rows if row.what.startswith(("reads", "searches")))


def test_blobs_of_an_oci_registry_are_measured_or_it_is_said_why_not(tmp_path: Path) -> None:
    rows = oci_blobs(tmp_path, 1)
    assert len(rows) == 4 or "can't be had" in rows[0].found


def test_a_large_index_is_made_and_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 1)
    rows = many_packs(bench.settings, tmp_path, bench.env, 1, packs=300)
    assert [row.what.partition(",")[0] for row in rows[-2:]] == ["cold lookup", "cold lookup"]
