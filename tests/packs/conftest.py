"""The texts of a pack are the same under every Python and in every wheel: one run of their tests is enough."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

_ONCE = tuple(Path(__file__).parent / name for name in ("arcgis", "arcgis_scripts"))


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Leave the thousand checks of the ArcGIS pack out of the fast tests."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _ONCE):
            item.add_marker(pytest.mark.slow)
