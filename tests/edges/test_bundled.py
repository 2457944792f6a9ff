"""Where shipped packs and scaffolds are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillctl.edges import bundled
from skillctl.edges.clock import now


def test_the_shipped_packs_and_scaffolds_are_there() -> None:
    assert (bundled.packs_directory() / "arcgis").is_dir()
    assert (bundled.scaffolds_directory() / "pack/scaffold.json").is_file()


def test_the_checkout_comes_first_and_the_bundled_copy_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "skillctl"
    monkeypatch.setattr(bundled, "_PACKAGE", package)
    (tmp_path / "packs").mkdir()  # a stranger's folder in site-packages
    assert bundled.packs_directory() == package / "_bundled/packs"
    (tmp_path / "pyproject.toml").touch()
    assert bundled.packs_directory() == tmp_path / "packs"
    assert bundled.scaffolds_directory() == package / "_bundled/scaffolds"


def test_the_time_is_rfc_3339_in_utc() -> None:
    text = now()
    assert len(text) == 20
    assert text[10] == "T"
    assert text.endswith("Z")
