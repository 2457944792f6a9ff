"""A database in memory is none for a server: it ends with the process, and each connection would have its own."""

from __future__ import annotations

import pytest

from skillctl.core.errors import RegistryError
from skillctl_registry.server.database import Database


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&cache=shared&uri=true"]
)
def test_a_database_in_memory_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(RegistryError) as caught:
        Database(url)
    assert caught.value.code == "E732"
    assert "memory" in str(caught.value)
