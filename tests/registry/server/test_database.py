"""The database of a server: what messages call it, and what it refuses."""

from __future__ import annotations

import pytest

from skillctl.core.errors import RegistryError
from skillctl_registry.server.database import Database, label_of

SECRETS = [
    "postgresql://ada:Zx/9Kq@127.0.0.1:1/skills",
    "postgresql://ada:Zx?9Kq@127.0.0.1:1/skills",
    "postgresql://ada:Zx@9Kq@127.0.0.1:1/skills",
    "postgresql://ada:Zx@9/Kq@127.0.0.1:1/skills",
    "postgresql://ada/Zx:9Kq@127.0.0.1:1/skills",
    "postgresql://ada:Zx:9Kq",
    "postgresql://127.0.0.1:1/skills?user=ada&password=Zx9Kq",
    "host=127.0.0.1 user=ada password=Zx9Kq",
]


@pytest.mark.parametrize("url", SECRETS)
def test_no_message_of_a_database_has_a_part_of_its_password(url: str) -> None:
    with pytest.raises(RegistryError) as caught, Database(url).reading():
        pass
    assert caught.value.code == "E732"
    told = f"{label_of(url)} {caught.value.problems[0].evidence}"
    assert not [part for part in ("Zx", "9Kq", "Kq", "ada") if part in told]


def test_a_database_is_called_by_what_it_is_where_it_is_and_its_name() -> None:
    assert label_of("postgresql+psycopg://ada:secret@db.example:5432/skills?sslmode=require") == (
        "postgresql+psycopg://db.example:5432/skills"
    )
    assert label_of("postgresql://ada@[::1]/skills") == "postgresql://[::1]/skills"
    assert label_of("sqlite:////srv/ada@work/of@all/registry.db") == "sqlite:////srv/ada@work/of@all/registry.db"
    assert [label_of(each) for each in ("postgresql://db:port/skills", "registry.db")] == ["postgresql://…", "…"]
