"""A folder of packs as a source."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from skillctl.core.errors import InstallError, ManifestError, RegistryError
from skillctl.core.limits import Limits
from skillctl.core.manifest import Manifest
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.packs import read_pack_files
from skillctl_registry.publish import publish
from skillctl_registry.sources import FOLDER_ID
from skillctl_registry.sources.folder import FolderSource
from tests.registry.making import NOW, pack_files, release_of_files, with_members, write_pack


def source(root: Path) -> FolderSource:
    return FolderSource(root, label="packs")


def versions(source: FolderSource, name: str) -> list[str]:
    return [str(each.version) for each in source.releases(name) or ()]


def test_the_manifest_says_which_pack_a_directory_is_and_its_own_name_says_nothing(tmp_path: Path) -> None:
    write_pack(tmp_path, "gis-old", pack_files("arcgis", "1.0.0"))
    write_pack(tmp_path, "arcgis", pack_files("arcgis", "1.2.0"))
    write_pack(tmp_path, "acme-tools", pack_files("@acme/tools"))
    packs = source(tmp_path)
    assert packs.names() == ["@acme/tools", "arcgis"]
    assert versions(packs, "arcgis") == ["1.0.0", "1.2.0"]
    assert packs.releases("gis-old") is None
    assert (packs.id, packs.label) == (FOLDER_ID, "packs")


def test_a_release_has_the_same_tree_as_when_it_is_published(tmp_path: Path) -> None:
    files = with_members(pack_files("arcgis", notes__md="x"), files=["!notes.md"], requires={"bins": ["git"]})
    write_pack(tmp_path / "packs", "arcgis", files)
    del files["notes.md"]
    written = publish(DirectoryBackend(tmp_path / "registry"), files, release_of_files(files), now=NOW)
    (release,) = source(tmp_path / "packs").releases("arcgis") or ()
    assert release.tree == written.release.tree
    assert (release.skills, release.requires) == (written.release.skills, {"bins": ["git"]})
    assert (release.archive, release.published, release.yanked) == ("", "", None)


def test_a_release_can_be_fetched_without_what_does_not_belong_to_its_tree(tmp_path: Path) -> None:
    files = with_members(pack_files("arcgis"), files=["!*.log"])
    root = write_pack(tmp_path, "arcgis", files)
    (root / "run.log").write_text("x")
    (root / "__pycache__").mkdir()
    (root / "__pycache__/a.pyc").write_bytes(b"x")
    packs = source(tmp_path)
    (release,) = packs.releases("arcgis") or ()
    tree = packs.fetch(release)
    assert {member.path: member.data for member in tree.members} == files
    assert [entry.path for entry in tree.entries] == sorted(files)
    assert tree.digest == release.tree
    assert tree.size == sum(map(len, files.values()))


def test_a_folder_without_packs_has_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "skill.json.txt").write_text("{}")
    assert source(tmp_path).names() == []
    assert source(tmp_path / "missing").releases("arcgis") is None


def test_directories_that_machines_leave_behind_and_links_are_no_packs(tmp_path: Path) -> None:
    write_pack(tmp_path / "elsewhere", "qgis", pack_files("qgis"))
    write_pack(tmp_path / "packs", "node_modules", pack_files("arcgis"))
    (tmp_path / "packs/linked").symlink_to(tmp_path / "elsewhere/qgis")
    assert source(tmp_path / "packs").names() == []


def test_only_packs_that_are_asked_for_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("arcgis", "qgis"):
        write_pack(tmp_path, name, pack_files(name))
    read: list[str] = []

    def reading(root: Path, manifest: Manifest, *, limits: Limits) -> dict[str, bytes]:
        read.append(root.name)
        return read_pack_files(root, manifest, limits=limits)

    monkeypatch.setattr("skillctl_registry.packs.read_pack_files", reading)
    packs = source(tmp_path)
    assert packs.releases("arcgis") == packs.releases("arcgis")
    assert read == ["arcgis"]


def test_many_threads_may_ask_at_once(tmp_path: Path) -> None:
    names = [f"pack-{number}" for number in range(12)]
    for name in names:
        write_pack(tmp_path, name, pack_files(name))
    packs = source(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: versions(packs, name), names * 2))
    assert found == [["1.0.0"]] * 24


BROKEN = {
    "no JSON": b"{nope",
    "a broken version": b'{"name": "arcgis", "version": "1", "description": "x"}',
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_pack_is_reported_and_hides_no_other(tmp_path: Path, case: str) -> None:
    write_pack(tmp_path, "arcgis", {"skill.json": BROKEN[case]})
    write_pack(tmp_path, "qgis", pack_files("qgis"))
    packs = source(tmp_path)
    assert packs.problems() == ()
    assert versions(packs, "qgis") == ["1.0.0"]
    assert packs.names() == ["qgis"]
    assert [entry.name for entry in packs.catalog()] == ["qgis"]
    (problem,) = packs.problems()
    assert (problem.code, problem.severity, problem.evidence["directory"]) == ("W223", "warning", "arcgis")


@pytest.mark.parametrize("asked", ["arcgis", "gis-dev"])
def test_a_broken_pack_that_is_asked_for_is_an_error_and_not_absent(tmp_path: Path, asked: str) -> None:
    write_pack(tmp_path, "gis-dev", {"skill.json": BROKEN["a broken version"]})
    with pytest.raises(ManifestError) as caught:
        source(tmp_path).releases(asked)
    (problem,) = caught.value.problems
    assert problem.code == "E102"
    assert problem.place is not None
    assert (problem.place.file, problem.place.line) == (str(tmp_path / "gis-dev/skill.json"), 1)


def test_a_broken_copy_does_not_spoil_the_good_pack_of_the_name(tmp_path: Path) -> None:
    write_pack(tmp_path, "arcgis", pack_files("arcgis"))
    write_pack(tmp_path, "arcgis-next", {"skill.json": BROKEN["a broken version"]})
    assert versions(source(tmp_path), "arcgis") == ["1.0.0"]


def test_two_directories_of_one_name_and_version_are_an_error_that_names_both(tmp_path: Path) -> None:
    write_pack(tmp_path, "one", pack_files("arcgis"))
    write_pack(tmp_path, "two", pack_files("arcgis", more__md="x"))
    write_pack(tmp_path, "qgis", pack_files("qgis"))
    packs = source(tmp_path)
    with pytest.raises(RegistryError) as caught:
        packs.releases("arcgis")
    assert caught.value.code == "E235"
    evidence = caught.value.problems[0].evidence
    assert (evidence["one"], evidence["other"]) == (str(tmp_path / "one"), str(tmp_path / "two"))
    assert versions(packs, "qgis") == ["1.0.0"]


def test_a_pack_that_was_edited_since_versions_were_chosen_is_refused(tmp_path: Path) -> None:
    root = write_pack(tmp_path, "arcgis", pack_files("arcgis"))
    packs = source(tmp_path)
    (release,) = packs.releases("arcgis") or ()
    (root / "CONTEXT.md").write_text("edited")
    with pytest.raises(RegistryError) as caught:
        packs.fetch(release)
    assert caught.value.code == "E238"


def test_a_locked_release_that_the_folder_no_longer_has_is_missing(tmp_path: Path) -> None:
    write_pack(tmp_path, "arcgis", pack_files("arcgis", "2.0.0"))
    with pytest.raises(RegistryError) as caught:
        source(tmp_path).fetch(release_of_files(pack_files("arcgis")))
    assert caught.value.code == "E239"


def test_a_link_inside_a_pack_is_refused(tmp_path: Path) -> None:
    root = write_pack(tmp_path, "arcgis", pack_files("arcgis"))
    (root / "secret.md").symlink_to("/etc/hostname")
    with pytest.raises(InstallError) as caught:
        source(tmp_path).releases("arcgis")
    assert caught.value.code == "E455"


def test_a_file_name_that_not_every_system_can_have_is_refused(tmp_path: Path) -> None:
    root = write_pack(tmp_path, "arcgis", pack_files("arcgis"))
    (root / "aux.md").write_text("x")
    with pytest.raises(RegistryError) as caught:
        source(tmp_path).releases("arcgis")
    assert caught.value.code == "E200"


def test_the_catalog_tells_of_the_highest_release_of_each_pack(tmp_path: Path) -> None:
    write_pack(tmp_path, "one", pack_files("arcgis", "1.0.0"))
    write_pack(tmp_path, "two", with_members(pack_files("arcgis", "1.1.0"), keywords=["gis"], skills=["skills/one/"]))
    write_pack(tmp_path, "three", pack_files("arcgis", "2.0.0-rc.1"))
    write_pack(tmp_path, "plain", pack_files("qgis"))
    found = {entry.name: entry for entry in source(tmp_path).catalog()}
    assert (str(found["arcgis"].latest), found["arcgis"].keywords) == ("1.1.0", ("gis",))
    assert found["arcgis"].skills == found["qgis"].skills == ("one",)
    assert found["qgis"].capabilities == ("testing",)
