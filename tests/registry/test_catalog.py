"""The catalog: advisory, one entry a pack, brought up to date after a publish."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.versions import Version, parse_version
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.catalog import (
    CatalogEntry,
    entry_line,
    latest_release,
    parse_shard,
    read_catalog,
    shard_path,
    with_entries,
)
from skillctl_registry.index import index_path
from skillctl_registry.publish import refresh_catalog, yank
from skillctl_registry.sources.registry import RegistrySource
from tests.registry.making import publish_pack
from tests.registry.test_index import arcgis, names, texts, versions

lists = st.lists(texts, max_size=2).map(tuple)
entries = st.builds(
    CatalogEntry,
    name=names,
    latest=versions,
    description=texts,
    keywords=lists,
    capabilities=lists,
    skills=lists,
    deprecated=texts,
)


@pytest.fixture
def backend(tmp_path: Path) -> DirectoryBackend:
    return DirectoryBackend(tmp_path / "registry")


def latest_of(backend: DirectoryBackend) -> dict[str, str]:
    return {entry.name: str(entry.latest) for entry in read_catalog(backend)}


@given(st.lists(entries, max_size=4, unique_by=lambda entry: entry.name))
@settings(max_examples=40)
def test_a_file_is_the_same_whatever_order_its_entries_came_in(found: list[CatalogEntry]) -> None:
    one = other = None
    for entry in found:
        one = with_entries(one, {entry.name: entry})
    for entry in reversed(found):
        other = with_entries(other, {entry.name: entry})
    assert one == other
    assert sorted(parse_shard(one or b""), key=lambda entry: entry.name) == sorted(found, key=lambda entry: entry.name)


@given(entries, entries)
@settings(max_examples=40)
def test_an_entry_takes_the_place_of_the_packs_old_one(one: CatalogEntry, other: CatalogEntry) -> None:
    data = (
        with_entries(with_entries(None, {one.name: one}), {one.name: other})
        if one.name == other.name
        else entry_line(one)
    )
    assert len(parse_shard(data)) == 1
    assert with_entries(data, {one.name: None}) == b""


def test_what_cant_be_read_is_left_out_and_what_is_newer_is_kept_when_writing() -> None:
    good = CatalogEntry(name="arcgis", latest=Version(1, 0, 0))
    newer = b'{"v":9,"name":"qgis"}\n'
    data = b"{nope}\n" + newer + entry_line(good) + b'{"v":1,"name":"x"}\n'
    assert parse_shard(data) == (good,)
    assert with_entries(newer + b"{nope}\n", {"arcgis": good}) == entry_line(good) + newer


LATEST = [
    ("1.0.0 1.1.0 1.2.0-rc.1", "1.1.0"),
    ("1.0.0 2.0.0!", "1.0.0"),
    ("1.0.0-beta.1 1.0.0-beta.2", "1.0.0-beta.2"),
    ("1.0.0!", None),
    ("", None),
]


@pytest.mark.parametrize(("published", "latest"), LATEST)
def test_the_latest_release_is_neither_yanked_nor_a_pre_release(published: str, latest: str | None) -> None:
    releases = [arcgis(each.rstrip("!"), "why" if each.endswith("!") else None) for each in published.split()]
    found = latest_release(releases)
    assert (str(found.version) if found else None) == latest


def test_a_publish_brings_its_pack_into_the_catalog(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    (entry,) = read_catalog(backend)
    assert entry == CatalogEntry(
        name="arcgis",
        latest=parse_version("1.0.0"),
        description="About arcgis.",
        capabilities=("testing",),
        skills=("one",),
    )
    assert backend.get(shard_path("arcgis"), max_bytes=1000) == entry_line(entry)


def test_an_entry_of_another_writer_is_read_with_what_is_known_of_it() -> None:
    line = b'{"v":1,"name":"maps","latest":"1.0.0","since":"2026"}\n'
    assert parse_shard(line) == (CatalogEntry(name="maps", latest=Version(1, 0, 0)),)
    assert parse_shard(line.replace(b'"since"', b'"deprecated"'))[0].deprecated == "2026"


def test_a_lower_version_does_not_change_the_entry_and_a_yank_falls_back(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis", "1.0.0")
    publish_pack(backend, "arcgis", "2.0.0")
    publish_pack(backend, "arcgis", "1.1.0")
    assert latest_of(backend) == {"arcgis": "2.0.0"}
    yank(backend, "arcgis", Version(2, 0, 0), "")
    assert latest_of(backend) == {"arcgis": "1.1.0"}
    yank(backend, "arcgis", Version(1, 1, 0), "")
    yank(backend, "arcgis", Version(1, 0, 0), "")
    assert latest_of(backend) == {}
    yank(backend, "arcgis", Version(1, 0, 0), None)
    assert latest_of(backend) == {"arcgis": "1.0.0"}


def test_a_catalog_that_is_lost_hides_no_pack_and_can_be_made_again(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    publish_pack(backend, "qgis")
    before = read_catalog(backend)
    for path in (backend.root / "catalog").iterdir():
        path.unlink()
    source = RegistrySource(backend, label="local")
    assert [(entry.name, str(entry.latest), entry.skills) for entry in source.catalog()] == [
        ("arcgis", "1.0.0", ("one",)),
        ("qgis", "1.0.0", ("one",)),
    ]
    assert refresh_catalog(backend, source.names()) == ()
    assert read_catalog(backend) == before


def test_packs_of_one_file_of_the_catalog_are_written_together_and_a_broken_one_hinders_none(
    backend: DirectoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted((f"pack-{number}" for number in range(2_000)), key=shard_path)[:3]
    assert len({shard_path(name) for name in names}) == 1
    for name in names:
        publish_pack(backend, name)
    (backend.root / shard_path(names[0])).unlink()
    (backend.root / index_path(names[1])).write_bytes(b"nonsense\n")
    written: list[str] = []
    real = backend.compare_and_set

    def counted(key: str, expected: bytes | None, new: bytes) -> bool:
        written.append(key)
        return real(key, expected, new)

    monkeypatch.setattr(backend, "compare_and_set", counted)
    problems = refresh_catalog(backend, names)
    assert [(each.code, each.evidence.get("name")) for each in problems][:1] == [("W222", names[1])]
    assert written == [shard_path(names[0])]
    assert sorted(latest_of(backend)) == sorted({names[0], names[2]})
