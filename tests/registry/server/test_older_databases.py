"""A database that was brought back from a copy: a server goes on with it only if nothing was published since."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skillctl.core.errors import RegistryError
from skillctl_registry.server.agreement import known_registry
from skillctl_registry.server.remembering import recalled
from skillctl_registry.server.serving import begin
from skillctl_registry.server.strangers import strangers
from skillctl_registry.signing.remaking import newer_roles
from skillctl_registry.signing.upkeep import refresh, rotate
from tests.registry.server.test_lost_trees import parts, publish, writer


def restarted(room: Path, *names: str) -> str:
    """Start, publish, and end; the registry's id."""
    begun = begin(parts(room))
    publish(begun, *names)
    begun.service.database.close()
    return begun.id


def refusal(room: Path) -> dict[str, object]:
    with pytest.raises(RegistryError, match="E788") as caught:
        begin(parts(room))
    return dict(caught.value.problems[0].evidence)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A registry with a copy of its database from before its last two releases."""
    room = tmp_path / "room"
    room.mkdir()
    restarted(room, "harbour")
    shutil.copy(room / "registry.db", room / "copy.db")
    restarted(room, "lantern")
    restarted(room, "quay-wall")
    return room


def test_a_database_that_does_not_know_what_was_published_is_not_served(room: Path) -> None:
    shutil.copy(room / "copy.db", room / "registry.db")
    told = refusal(room)
    assert (told["count"], told["releases"]) == (2, ["lantern 1.0.0", "quay-wall 1.0.0"])


@pytest.mark.parametrize("change", [refresh, lambda writer: rotate(writer, "bins")])
def test_a_database_that_knows_all_is_served_whoever_has_signed_since(
    room: Path, change: Callable[[object], object]
) -> None:
    change(writer(room, restarted(room)))
    restarted(room, "sextant")


def test_a_copy_is_served_after_the_files_were_made_what_it_says(room: Path) -> None:
    shutil.copy(room / "copy.db", room / "registry.db")
    with known_registry(parts(room)) as known:
        known.rebuild()
    restarted(room, "lantern")


def test_what_the_database_remembers_is_not_looked_at_again(room: Path) -> None:
    begun = begin(parts(room))
    signer = begun.service.signer
    standing = signer.backend.writer.standing()
    with begun.service.database.reading() as connection:
        known = recalled(connection)
    assert newer_roles(standing.reader.trusted, known) == set()
    assert list(strangers(begun.service.database, standing, known)) == []
    begun.service.database.close()
