"""What a location is: a registry, a folder of packs, or an error that says what is there instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillctl.core.errors import RegistryError
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.opening import open_backend, open_source
from skillctl_registry.sources.folder import FolderSource
from skillctl_registry.sources.registry import RegistrySource
from tests.registry.making import pack_files, publish_pack, write_pack


def at(root: Path, kind: str) -> str:
    """A directory of that kind."""
    path = root / kind
    if kind == "file":
        path.write_text("x")
    elif kind != "missing":
        path.mkdir()
    if kind == "registry":
        publish_pack(DirectoryBackend(path), "arcgis")
    elif kind == "folder":
        write_pack(path, "index", pack_files("index"))
        (path / "config.json").write_text("{}")
    elif kind == "pack":
        write_pack(root, kind, pack_files("arcgis"))
    elif kind == "other":
        (path / "README.md").write_text("x")
    return str(path)


def test_a_registry_and_a_folder_of_packs_are_told_apart(tmp_path: Path) -> None:
    registry = open_source(at(tmp_path, "registry"), label="local")
    assert isinstance(registry, RegistrySource)
    assert (registry.label, registry.names()) == ("local", ["arcgis"])
    packs = open_source(at(tmp_path, "folder"), label="packs")
    assert isinstance(packs, FolderSource)
    assert (packs.label, packs.names()) == ("packs", ["index"])


NO_SOURCE = [
    ("missing", "E232"),
    ("file", "E232"),
    ("empty", "E232"),
    ("pack", "E236"),
    ("other", "E234"),
]


@pytest.mark.parametrize(("kind", "code"), NO_SOURCE)
def test_what_is_neither_is_an_error_that_says_what_it_is(tmp_path: Path, kind: str, code: str) -> None:
    with pytest.raises(RegistryError) as caught:
        open_source(at(tmp_path, kind), label="local")
    assert caught.value.code == code


@pytest.mark.parametrize("address", ["oci://host/repo", "file://host/x", "ftp://host/x"])
def test_an_address_is_an_honest_error(address: str) -> None:
    for attempt in (lambda: open_source(address, label="remote"), lambda: open_backend(address)):
        with pytest.raises(RegistryError) as caught:
            attempt()
        assert caught.value.code == "E233"


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_a_registry_that_is_made_on_demand_has_nothing_until_then(tmp_path: Path, kind: str) -> None:
    location = at(tmp_path, kind)
    source = open_source(location, label="local", may_be_missing=True)
    assert (source.id, source.names(), source.releases("arcgis"), source.catalog()) == ("", [], None, [])
    assert source.problems() == []
    assert Path(location).exists() is (kind == "empty")


@pytest.mark.parametrize("kind", ["registry", "missing", "empty"])
def test_a_registry_can_be_published_to_and_a_new_directory_becomes_one(tmp_path: Path, kind: str) -> None:
    location = at(tmp_path, kind)
    publish_pack(open_backend(location), "qgis")
    assert "qgis" in open_source(location, label="local").names()


@pytest.mark.parametrize(("kind", "code"), [("folder", "E237"), ("pack", "E236"), ("other", "E234"), ("file", "E232")])
def test_nothing_is_published_into_what_is_no_registry(tmp_path: Path, kind: str, code: str) -> None:
    with pytest.raises(RegistryError) as caught:
        open_backend(at(tmp_path, kind))
    assert caught.value.code == code


def test_a_registry_whose_config_is_lost_says_so(tmp_path: Path) -> None:
    location = at(tmp_path, "registry")
    (Path(location) / "config.json").unlink()
    source = open_source(location, label="local")
    assert source.names() == ["arcgis"]
    with pytest.raises(RegistryError) as caught:
        assert source.id
    assert caught.value.code == "E225"
