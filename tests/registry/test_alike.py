"""Names that look alike, in a registry that is published to without a server: refused unless one author has both."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore

from skillctl.core.errors import RegistryError
from skillctl.core.likeness import alike_pairs
from skillctl_registry import publish as publishing
from skillctl_registry.backends import Backend
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.backends.object_store import ObjectStoreBackend
from skillctl_registry.blobs import Blobs
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.index import index_path, name_in_path
from skillctl_registry.publish import publish
from skillctl_registry.signing.founding import Wishes
from tests.registry.making import NOW, pack_files, release_of_files, with_members
from tests.registry.trust.signed import Signed, open_writer

MAKERS: dict[str, Callable[[Path], Backend]] = {
    "directory": DirectoryBackend,
    "signed": lambda room: Signed(room, wishes=Wishes(bits=2)).backend,
    "object store": lambda _: ObjectStoreBackend(MemoryStore(), label="memory"),
}
ALIKE = {
    "a letter more": "breakwaters",
    "a letter less": "breakwate",
    "a letter changed": "breakwader",
    "two letters in each other's place": "breakwaetr",
    "a separator more": "break-water",
    "letters that look like one": "breakvvater",
    "a number that looks like a letter": "8reakwater",
    "a scope in front of a slip": "@acme/breakwatr",
}
OTHERS = ["breakwall", "wavebreaker", "breakfast", "break", "@acme/breakwater"]
"""The last: one name in two scopes is two names, told apart by the scope."""


@pytest.fixture(params=MAKERS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    made = MAKERS[request.param](tmp_path)
    put(made, "breakwater", "Ada")
    return made


def put(backend: Backend, name: str, author: str, version: str = "1.0.0") -> bool:
    files = with_members(pack_files(name, version), **({"author": author} if author else {}))
    return not publish(backend, files, release_of_files(files), now=NOW, new_id="test-registry").already


@pytest.mark.parametrize("how", ALIKE)
def test_a_name_that_looks_like_anothers_is_refused(backend: Backend, how: str) -> None:
    for author in ("Eve", ""):
        with pytest.raises(RegistryError) as caught:
            put(backend, ALIKE[how], author)
        assert (caught.value.code, caught.value.problems[0].evidence["other"]) == ("E723", "breakwater")


def test_one_author_may_have_names_that_are_alike(backend: Backend) -> None:
    for name in ALIKE.values():
        assert put(backend, name, "Ada")


def test_names_that_nobody_takes_for_it_are_free(backend: Backend) -> None:
    for name in OTHERS:
        assert put(backend, name, "Eve")


def test_a_name_that_is_there_goes_on_whoever_its_author_is(backend: Backend) -> None:
    assert put(backend, "breakwater", "Eve", "1.1.0")
    with pytest.raises(RegistryError):
        put(backend, "breakwaters", "Ada")


def test_in_one_scope_names_may_be_alike(backend: Backend) -> None:
    assert put(backend, "@acme/lantern", "Ada")
    assert put(backend, "@acme/lanterns", "Eve")


@pytest.mark.parametrize("kind", ["directory", "signed"])
@pytest.mark.parametrize("names", [("lantern", "lanterns"), ("lanterns", "lantern")])
def test_of_two_alike_names_that_come_at_the_same_moment_one_gets_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, names: tuple[str, str]
) -> None:
    """One has looked, and the other is quicker than his commit."""
    made = MAKERS[kind](tmp_path)
    quicker, slower = names

    def meanwhile(*given: Any, **options: Any) -> Blobs:
        monkeypatch.undo()
        assert put(made, quicker, "Ada")
        return blobs_of(*given, **options)

    monkeypatch.setattr(publishing, "blobs_of", meanwhile)
    with pytest.raises(RegistryError) as caught:
        put(made, slower, "Eve")
    assert (caught.value.code, caught.value.problems[0].evidence["other"]) == ("E723", quicker)
    assert [key for key in made.list("index/") if "lantern" in key] == [index_path(quicker)]


@pytest.mark.parametrize("kind", ["directory", "signed"])
def test_of_many_alike_names_at_once_one_gets_in(tmp_path: Path, kind: str) -> None:
    made = MAKERS[kind](tmp_path)
    names = ["lantern", "lanterns", "lan-tern", "lanter", "1antern", "lantrn"]
    assert alike_pairs(names)

    def came(number: int) -> str:
        own = made if kind == "directory" else open_writer(tmp_path, lambda: NOW)
        try:
            put(own, names[number], f"Author {number}")
        except RegistryError as error:
            return error.code
        return "published"

    with ThreadPoolExecutor(len(names)) as pool:
        answers = list(pool.map(came, range(len(names))))
    taken = [name_in_path(key) or "" for key in made.list("index/")]
    assert len(taken) == answers.count("published")
    assert not alike_pairs(taken)
    assert {*answers} == {"published", "E723"}
