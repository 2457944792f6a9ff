"""The index file of a pack: what is written can be read, what can't be read is refused with its line."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.errors import RegistryError
from skillctl.core.json_value import JsonValue
from skillctl.core.names import is_pack_name
from skillctl.core.release import STATUSES, Release, release_to_json
from skillctl.core.versions import Version, parse_version
from skillctl_registry.index import (
    Index,
    PackStatus,
    SkippedLine,
    blob_path,
    index_path,
    name_in_path,
    parse_index,
    release_line,
    status_line,
    with_release,
    with_yank,
)

FILE = "registry/index/ar/arcgis"

words = st.from_regex(r"[a-z][a-z0-9]{1,7}(-[a-z0-9]{1,4})?", fullmatch=True)
names = st.one_of(words, st.builds("@{}/{}".format, words, words)).filter(is_pack_name)
numbers = st.integers(0, 30)
pre_releases = st.one_of(st.none(), st.tuples(st.sampled_from(["alpha", "beta", "rc"]), numbers))
versions = st.builds(Version, numbers, numbers, numbers, pre_releases)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
hexes = st.integers(0, 2**256 - 1).map("{:064x}".format)
requirements = st.sampled_from(["*", "^1.2", "~1.2.3", ">=1,<2", "1.2.x", "==1.0.0"])
members: st.SearchStrategy[Mapping[str, JsonValue]] = st.dictionaries(texts, st.lists(texts, max_size=2), max_size=2)


def releases_of(name: str) -> st.SearchStrategy[Release]:
    return st.builds(
        Release,
        name=st.just(name),
        version=versions,
        tree=hexes.map("tree1:{}".format),
        archive=hexes.map("sha256:{}".format),
        dependencies=st.dictionaries(names, requirements, max_size=3),
        requires=members,
        permissions=members,
        skills=st.lists(words, max_size=3, unique=True).map(lambda found: tuple(sorted(found))),
        license=st.sampled_from(["", "MIT"]),
        size=st.integers(0, 10**9),
        published=st.sampled_from(["", "2026-11-22T10:00:00Z"]),
        yanked=st.one_of(st.none(), texts),
    )


def index_of(name: str) -> st.SearchStrategy[Index]:
    return st.builds(
        Index,
        name=st.just(name),
        releases=st.lists(releases_of(name), max_size=4, unique_by=lambda release: release.version).map(
            lambda found: tuple(sorted(found, key=lambda release: release.version))
        ),
        status=st.one_of(st.none(), st.builds(PackStatus, status=st.sampled_from(STATUSES), reason=texts)),
    )


indexes = names.flatmap(index_of)


def arcgis(version: str = "1.0.0", yanked: str | None = None) -> Release:
    return Release(
        name="arcgis",
        version=parse_version(version),
        tree="tree1:" + "a" * 64,
        archive="sha256:" + "b" * 64,
        size=7,
        yanked=yanked,
    )


def line(**changes: object) -> bytes:
    """The line of a release with some members changed; None takes one out."""
    members: dict[str, object] = {**release_to_json(arcgis()), **changes}
    return json.dumps({key: value for key, value in members.items() if value is not None}).encode() + b"\n"


def parse(data: bytes) -> Index:
    return parse_index(data, name="arcgis", file=FILE)


@given(indexes)
@settings(max_examples=40)
def test_what_is_printed_reads_back_as_the_same(index: Index) -> None:
    printed = b"".join(map(release_line, index.releases))
    if index.status is not None:
        printed += status_line(index.name, index.status)
    assert parse_index(printed, name=index.name, file=FILE) == index


@given(indexes)
@settings(max_examples=40)
def test_a_line_is_one_compact_object_with_its_keys_in_a_fixed_order(index: Index) -> None:
    for each in index.releases:
        printed = release_line(each)
        assert printed.count(b"\n") == 1
        keys = list(json.loads(printed))
        assert keys[:3] == ["v", "name", "version"]
        order = ["v", "name", "version", "dependencies", "requires", "skills", "license", "permissions"]
        order += ["tree", "archive", "size", "published", "yanked"]
        assert keys == [key for key in order if key in keys]


@given(indexes, st.data())
@settings(max_examples=40)
def test_a_yank_touches_its_line_alone_and_can_be_taken_back(index: Index, data: st.DataObject) -> None:
    fresh = [each.yanked_for(None) for each in index.releases]
    before = b"".join(map(release_line, fresh))
    if not fresh:
        return
    place = data.draw(st.integers(0, len(fresh) - 1))
    reason = data.draw(texts)
    after = with_yank(before, fresh[place].version, reason, file=FILE)
    changed = [
        number for number, (one, other) in enumerate(zip(_lines(before), _lines(after), strict=True)) if one != other
    ]
    assert changed == [place]
    assert parse_index(after, name=index.name, file=FILE).releases[place] == fresh[place].yanked_for(reason)
    assert with_yank(after, fresh[place].version, None, file=FILE) == before


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def test_a_yank_keeps_what_a_newer_writer_put_into_the_line() -> None:
    data = line(signature="abc") + line(v=2, version="2.0.0")
    yanked = with_yank(data, Version(1, 0, 0), "broken", file=FILE)
    assert json.loads(_lines(yanked)[0]) == {**release_to_json(arcgis(yanked="broken")), "signature": "abc"}
    assert _lines(yanked)[1:] == _lines(data)[1:]


def test_releases_come_in_the_order_of_their_versions_whatever_order_they_were_published_in() -> None:
    data = b"".join(release_line(arcgis(version)) for version in ("1.10.0", "1.9.0", "1.10.0-rc.1", "0.1.0"))
    assert [str(each.version) for each in parse(data).releases] == ["0.1.0", "1.9.0", "1.10.0-rc.1", "1.10.0"]


def test_a_new_release_goes_to_the_end_and_changes_nothing_before_it() -> None:
    first = with_release(None, arcgis("2.0.0"))
    both = with_release(first, arcgis("1.0.1"))
    assert both == first + release_line(arcgis("1.0.1"))


def test_a_line_of_an_unknown_format_is_skipped_and_reported() -> None:
    data = line() + b'{"v":7,"anything":["may","stand","here"]}\n' + line(version="1.1.0")
    index = parse(data)
    assert [str(each.version) for each in index.releases] == ["1.0.0", "1.1.0"]
    assert index.skipped == (SkippedLine(line=2, v=7, version=""),)


def test_the_version_in_a_line_of_an_unknown_format_is_known() -> None:
    index = parse(line() + line(v=2, version="2.0.0", tree=None))
    assert index.skipped_release(Version(2, 0, 0)) == SkippedLine(line=2, v=2, version="2.0.0")
    assert index.skipped_release(Version(1, 0, 0)) is None
    assert index.release(Version(2, 0, 0)) is None


def test_a_version_that_is_no_text_is_damage_in_every_format() -> None:
    with pytest.raises(RegistryError) as caught:
        parse(line(v=2, version=2))
    assert caught.value.code == "E220"


def test_a_line_without_a_version_is_the_packs_status() -> None:
    index = parse(line() + status_line("arcgis", PackStatus(status="deprecated", reason="use qgis")))
    assert index.status == PackStatus(status="deprecated", reason="use qgis")


def test_members_that_this_version_does_not_know_are_ignored() -> None:
    assert parse(line(signature="abc")).releases == (arcgis(),)


def test_an_empty_file_is_a_pack_without_releases() -> None:
    assert parse(b"") == Index(name="arcgis")


BROKEN: Mapping[str, tuple[bytes, str]] = {
    "no JSON": (b"{nope}\n", "E153"),
    "not an object": (b"[1]\n", "E146"),
    "empty": (b"\n", "E153"),
    "without a format": (line(v=None), "E146"),
    "a format that is no number": (line(v="1"), "E146"),
    "another pack's": (line(name="qgis"), "E221"),
    "no version": (line(version="1.0"), "E102"),
    "a version that is no text": (line(version=1), "E146"),
    "without a tree": (line(tree=None), "E146"),
    "a tree that is no digest": (line(tree="tree1:" + "A" * 64), "E146"),
    "without an archive": (line(archive=None), "E146"),
    "an archive that leads elsewhere": (line(archive="sha256:../../../etc/passwd"), "E146"),
    "a dependency that is no name": (line(dependencies={"Base Pack": "^1"}), "E101"),
    "a dependency that is no requirement": (line(dependencies={"base": "~=1"}), "E103"),
    "a negative size": (line(size=-1), "E146"),
    "yanked without a reason": (line(yanked=True), "E146"),
    "a key twice": (b'{"v":1,"v":1}\n', "E155"),
    "an unknown status": (b'{"v":1,"name":"arcgis","status":"gone"}\n', "E146"),
    "another pack's status": (b'{"v":1,"name":"qgis","status":"active"}\n', "E221"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_line_is_refused_with_file_and_line_and_what_is_wrong(case: str) -> None:
    data, code = BROKEN[case]
    with pytest.raises(RegistryError) as caught:
        parse(line(version="0.1.0") + data + line(version="0.2.0"))
    assert [each.code for each in caught.value.problems] == ["E220", code]
    for each in caught.value.problems:
        assert each.place is not None
        assert (each.place.file, each.place.line) == (FILE, 2)


def test_a_file_that_was_cut_off_is_refused() -> None:
    with pytest.raises(RegistryError) as caught:
        parse(line() + line(version="1.1.0").rstrip(b"\n"))
    assert caught.value.code == "E224"


def test_a_version_or_status_that_stands_twice_is_refused() -> None:
    with pytest.raises(RegistryError) as caught:
        parse(line() + line(tree="tree1:" + "c" * 64))
    assert caught.value.code == "E223"
    with pytest.raises(RegistryError) as caught:
        parse(status_line("arcgis", PackStatus(status="active")) * 2)
    assert [each.code for each in caught.value.problems] == ["E220", "E222"]


def test_paths_of_index_files() -> None:
    assert index_path("arcgis") == "index/ar/arcgis"
    assert index_path("qg") == "index/qg/qg"
    assert index_path("@acme/tools") == "index/@acme/tools"


@given(names, names)
@settings(max_examples=40)
def test_each_pack_has_a_path_of_its_own_that_leads_back_to_its_name(one: str, other: str) -> None:
    assert name_in_path(index_path(one)) == one
    assert (index_path(one) == index_path(other)) == (one == other)


@pytest.mark.parametrize(
    "key", ["index/ar/qgis", "index/ar/arcgis/x", "index/arcgis", "index/@acme", "index/ar/.x.tmp"]
)
def test_a_key_that_is_no_packs_file_has_no_name(key: str) -> None:
    assert name_in_path(key) is None


def test_a_blob_lies_under_its_digest_and_nothing_else_makes_a_path() -> None:
    digest = "0123456789abcdef" * 4
    assert blob_path(f"sha256:{digest}") == f"blobs/sha256/01/{digest}"
    with pytest.raises(RegistryError) as caught:
        blob_path("sha256:../../x")
    assert caught.value.code == "E210"
