"""Publishing and yanking in a directory registry."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from skillctl.core.errors import InstallError, RegistryError
from skillctl.core.limits import LIMITS
from skillctl.core.versions import Version
from skillctl_registry import publish as publishing
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.config import read_config
from skillctl_registry.index import blob_path, index_path
from skillctl_registry.publish import publish, yank
from skillctl_registry.sources.registry import RegistrySource
from tests.registry.making import NOW, pack_files, publish_pack, release_of_files, with_members

ONE = Version(1, 0, 0)


@pytest.fixture
def backend(tmp_path: Path) -> DirectoryBackend:
    return DirectoryBackend(tmp_path / "registry")


def source(backend: DirectoryBackend) -> RegistrySource:
    return RegistrySource(backend, label="local")


def fetched(backend: DirectoryBackend, name: str) -> dict[str, bytes]:
    """The files of the pack's last release."""
    release = (source(backend).releases(name) or ())[-1]
    return {member.path: member.data for member in source(backend).fetch(release).members}


def snapshot(backend: DirectoryBackend) -> dict[str, bytes]:
    return {
        str(path.relative_to(backend.root)): path.read_bytes()
        for path in backend.root.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_what_was_published_can_be_fetched(backend: DirectoryBackend) -> None:
    files = with_members(pack_files("arcgis", a__md="text"), dependencies=["base ^1"], license="MIT")
    written = publish(backend, files, release_of_files(files), now=NOW)
    assert not written.already
    assert written.problems == ()
    (release,) = source(backend).releases("arcgis") or ()
    assert release == written.release
    assert (release.published, dict(release.dependencies)) == (NOW, {"base": "^1"})
    assert (release.skills, release.license) == (("one",), "MIT")
    assert fetched(backend, "arcgis") == files


def test_the_first_publish_makes_the_registry_and_its_id_stays(backend: DirectoryBackend) -> None:
    assert source(backend).id == ""
    publish_pack(backend, "arcgis")
    assert source(backend).id == "test-registry"
    files = pack_files("qgis")
    publish(backend, files, release_of_files(files), now=NOW, new_id="another-id")
    assert source(backend).id == "test-registry"


def test_an_id_that_nobody_gave_is_random(tmp_path: Path) -> None:
    ids = set()
    for place in ("one", "other"):
        backend = DirectoryBackend(tmp_path / place)
        files = pack_files("arcgis")
        publish(backend, files, release_of_files(files), now=NOW)
        config = read_config(backend)
        assert config is not None
        ids.add(config.id)
    assert len(ids) == 2


def test_the_same_tree_again_changes_nothing(backend: DirectoryBackend) -> None:
    first = publish_pack(backend, "arcgis")
    before = snapshot(backend)
    files = pack_files("arcgis")
    again = publish(backend, files, release_of_files(files), now="2027-01-01T00:00:00Z")
    assert again.already
    assert again.release == first.release
    assert snapshot(backend) == before


def test_another_tree_of_a_version_is_refused_with_what_differs(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis", gone__md="x", kept__md="same")
    before = snapshot(backend)
    with pytest.raises(RegistryError) as caught:
        publish_pack(backend, "arcgis", CONTEXT__md="changed", kept__md="same", new__md="y")
    (problem,) = caught.value.problems
    assert problem.code == "E226"
    assert problem.evidence["changes"] == ["changed CONTEXT.md", "new new.md", "gone gone.md"]
    assert snapshot(backend) == before


def test_a_long_list_of_differences_is_cut(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    with pytest.raises(RegistryError) as caught:
        publish_pack(backend, "arcgis", **{f"f{number:02}__md": "x" for number in range(20)})
    changes = caught.value.problems[0].evidence["changes"]
    assert isinstance(changes, list)
    assert len(changes) == 13
    assert changes[-1] == "and 8 more"


def test_a_different_tree_is_refused_even_if_the_published_archive_is_lost(backend: DirectoryBackend) -> None:
    release = publish_pack(backend, "arcgis").release
    (backend.root / blob_path(release.archive)).unlink()
    with pytest.raises(RegistryError) as caught:
        publish_pack(backend, "arcgis", new__md="y")
    assert caught.value.code == "E226"


def test_a_version_stays_taken_after_a_yank(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    yank(backend, "arcgis", ONE, "broken")
    assert publish_pack(backend, "arcgis").release.yanked == "broken"
    with pytest.raises(RegistryError):
        publish_pack(backend, "arcgis", new__md="y")


CHANGES: dict[str, Callable[[DirectoryBackend], object]] = {
    "publish": lambda backend: publish_pack(backend, "arcgis", "1.0.0"),
    "yank": lambda backend: yank(backend, "arcgis", ONE, "broken"),
    "take back": lambda backend: yank(backend, "arcgis", ONE, None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_version_that_stands_in_a_line_for_newer_readers_is_left_alone(
    backend: DirectoryBackend, change: str
) -> None:
    publish_pack(backend, "arcgis", "0.9.0")
    path = backend.root / index_path("arcgis")
    path.write_bytes(path.read_bytes() + b'{"v":2,"name":"arcgis","version":"1.0.0","newer":true}\n')
    before = snapshot(backend)
    with pytest.raises(RegistryError) as caught:
        CHANGES[change](backend)
    assert caught.value.code == "E249"
    assert caught.value.problems[0].evidence["v"] == 2
    assert snapshot(backend) == before


def test_a_version_that_a_newer_publisher_takes_meanwhile_is_left_alone(
    backend: DirectoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_pack(backend, "arcgis", "0.9.0")
    path = backend.root / index_path("arcgis")
    put = DirectoryBackend.put_if_absent

    def overtaken(self: DirectoryBackend, key: str, data: bytes) -> bool:
        path.write_bytes(path.read_bytes() + b'{"v":2,"name":"arcgis","version":"1.0.0"}\n')
        return put(self, key, data)

    monkeypatch.setattr(DirectoryBackend, "put_if_absent", overtaken)
    with pytest.raises(RegistryError) as caught:
        publish_pack(backend, "arcgis", "1.0.0")
    assert caught.value.code == "E249"


def test_a_lower_version_may_follow_a_higher_one(backend: DirectoryBackend) -> None:
    for version in ("2.0.0", "1.0.1", "1.0.0-beta.1"):
        publish_pack(backend, "arcgis", version)
    assert [str(each.version) for each in source(backend).releases("arcgis") or ()] == [
        "1.0.0-beta.1",
        "1.0.1",
        "2.0.0",
    ]


def test_a_publish_that_was_killed_before_its_commit_is_simply_repeated(
    backend: DirectoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(DirectoryBackend, "compare_and_set", _killed)
        with pytest.raises(KeyboardInterrupt):
            publish_pack(backend, "arcgis")
    assert source(backend).releases("arcgis") is None
    assert not publish_pack(backend, "arcgis").already
    assert fetched(backend, "arcgis") == pack_files("arcgis")


def test_a_publish_that_was_killed_before_the_catalog_is_completed_by_repeating_it(
    backend: DirectoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "refresh_catalog", _killed)
        with pytest.raises(KeyboardInterrupt):
            publish_pack(backend, "arcgis")
    assert not list(backend.list("catalog/"))
    assert publish_pack(backend, "arcgis").already
    assert [entry.description for entry in source(backend).catalog()] == ["About arcgis."]


def _killed(*_: object, **__: object) -> bool:
    raise KeyboardInterrupt


def test_a_blob_that_a_power_cut_left_torn_is_mended_by_publishing_again(backend: DirectoryBackend) -> None:
    release = publish_pack(backend, "arcgis").release
    (backend.root / blob_path(release.archive)).write_bytes(b"")
    publish_pack(backend, "arcgis")
    assert fetched(backend, "arcgis") == pack_files("arcgis")


def test_a_catalog_that_cant_be_written_is_a_warning(backend: DirectoryBackend) -> None:
    backend.root.mkdir()
    (backend.root / "catalog").write_text("in the way")
    written = publish_pack(backend, "arcgis")
    assert [(each.code, each.severity) for each in written.problems] == [("W222", "warning"), ("E452", "warning")]
    assert source(backend).releases("arcgis")


def test_a_registry_of_a_newer_format_is_not_written_to(backend: DirectoryBackend) -> None:
    backend.root.mkdir()
    (backend.root / "config.json").write_text('{"format": "3.0", "id": "test-registry"}')
    with pytest.raises(RegistryError) as caught:
        publish_pack(backend, "arcgis")
    assert caught.value.code == "E148"
    assert sorted(snapshot(backend)) == ["config.json"]


def test_a_damaged_index_is_not_written_to(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    path = backend.root / index_path("arcgis")
    path.write_bytes(b"{nope}\n")
    with pytest.raises(RegistryError) as caught:
        publish_pack(backend, "arcgis", "1.1.0")
    assert caught.value.code == "E220"
    assert path.read_bytes() == b"{nope}\n"


def test_a_publisher_that_always_loses_gives_up(backend: DirectoryBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "ATTEMPTS", 3)
    monkeypatch.setattr(DirectoryBackend, "compare_and_set", lambda *_: False)
    with pytest.raises(RegistryError) as caught:
        publish_pack(backend, "arcgis")
    assert caught.value.code == "E228"


def test_an_index_file_does_not_grow_beyond_what_is_read(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    files = pack_files("arcgis", "1.1.0")
    size = (backend.root / index_path("arcgis")).stat().st_size
    with pytest.raises(RegistryError) as caught:
        publish(backend, files, release_of_files(files), now=NOW, limits=replace(LIMITS, index_bytes=size + 10))
    assert caught.value.code == "E229"


def test_a_yank_marks_the_release_and_can_be_taken_back(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    fresh = (backend.root / index_path("arcgis")).read_bytes()
    written = yank(backend, "arcgis", ONE, "loses data")
    assert (written.release.yanked, written.already) == ("loses data", False)
    assert [each.yanked for each in source(backend).releases("arcgis") or ()] == ["loses data"]
    assert yank(backend, "arcgis", ONE, "loses data").already
    assert yank(backend, "arcgis", ONE, "worse").release.yanked == "worse"
    assert not yank(backend, "arcgis", ONE, None).already
    assert yank(backend, "arcgis", ONE, None).already
    assert (backend.root / index_path("arcgis")).read_bytes() == fresh


def test_a_yank_without_a_reason_is_a_yank(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    assert yank(backend, "arcgis", ONE, "").release.yanked == ""
    assert [each.yanked for each in source(backend).releases("arcgis") or ()] == [""]


def test_a_yank_without_a_reason_keeps_the_reason_that_there_is(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    yank(backend, "arcgis", ONE, "loses data")
    written = yank(backend, "arcgis", ONE, "")
    assert (written.release.yanked, written.already) == ("loses data", True)
    assert [each.yanked for each in source(backend).releases("arcgis") or ()] == ["loses data"]


@pytest.mark.parametrize(("name", "known"), [("arcgis", ["1.0.0"]), ("qgis", ["none"])])
def test_what_is_not_published_cant_be_yanked(backend: DirectoryBackend, name: str, known: list[str]) -> None:
    publish_pack(backend, "arcgis")
    with pytest.raises(RegistryError) as caught:
        yank(backend, name, Version(9, 0, 0), "x")
    assert caught.value.code == "E227"
    assert caught.value.problems[0].evidence["known"] == known
    assert (backend.root / index_path("qgis")).exists() is False


def test_a_full_disk_leaves_the_registry_as_it_was(backend: DirectoryBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    from skillctl_registry.backends import directory

    publish_pack(backend, "arcgis")
    before = snapshot(backend)

    def full(path: Path, _: bytes) -> bool:
        raise InstallError.of("E450", path=str(path), reason="No space left on device")

    monkeypatch.setattr(directory, "write_new", full)
    monkeypatch.setattr(directory, "write_atomic", full)
    with pytest.raises(InstallError):
        publish_pack(backend, "arcgis", "1.1.0")
    assert snapshot(backend) == before


class _KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("late", [False, True], ids=["before it", "after it"])
def test_a_publish_killed_at_any_rename_leaves_a_sound_registry_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    steps = 0
    while True:
        backend = DirectoryBackend(tmp_path / f"registry-{steps}")
        publish_pack(backend, "arcgis", "0.9.0")
        done = _publish_killed_at(steps, backend, monkeypatch, late=late)
        seen = source(backend)
        assert seen.id == "test-registry"
        releases = seen.releases("arcgis") or ()
        assert [str(each.version) for each in releases] in (["0.9.0"], ["0.9.0", "1.0.0"])
        for release in releases:
            seen.fetch(release)
        publish_pack(backend, "arcgis")
        assert fetched(backend, "arcgis") == pack_files("arcgis")
        assert [str(entry.latest) for entry in source(backend).catalog()] == ["1.0.0"]
        if done:
            break
        steps += 1
    assert steps == 4, "the blob, the staged index, the index, the catalog"


def _publish_killed_at(step: int, backend: DirectoryBackend, monkeypatch: pytest.MonkeyPatch, *, late: bool) -> bool:
    """Publish, killed at that rename; whether it was done before that."""
    count = 0

    def killing(real: Callable[[object, object], None]) -> Callable[[object, object], None]:
        def act(one: object, other: object) -> None:
            nonlocal count
            here = count == step
            count += 1
            if here and not late:
                raise _KilledError
            real(one, other)
            if here:
                raise _KilledError

        return act

    with monkeypatch.context() as patch:
        for name in ("link", "rename", "replace"):
            patch.setattr(os, name, killing(getattr(os, name)))
        try:
            publish_pack(backend, "arcgis")
        except _KilledError:
            return False
    return True


class Overtaken(DirectoryBackend):
    """A registry in which somebody else publishes at the last moment before the first commit."""

    def __init__(self, root: Path, rival: Callable[[], object]) -> None:
        super().__init__(root)
        self._rivals = [rival]

    def put_after(self, look: Callable[[], object], key: str, data: bytes) -> bool:
        while self._rivals:
            self._rivals.pop()()
        return super().put_after(look, key, data)


def test_who_loses_the_race_for_a_version_with_other_files_is_refused(backend: DirectoryBackend) -> None:
    late = Overtaken(backend.root, lambda: publish_pack(backend, "arcgis", by__md="rival"))
    with pytest.raises(RegistryError) as caught:
        publish_pack(late, "arcgis", by__md="us")
    assert caught.value.code == "E226"
    assert caught.value.problems[0].evidence["changes"] == ["changed by.md"]
    assert fetched(backend, "arcgis")["by.md"] == b"rival"


def test_who_loses_the_race_for_a_version_with_the_same_files_has_nothing_to_do(backend: DirectoryBackend) -> None:
    late = Overtaken(backend.root, lambda: publish_pack(backend, "arcgis"))
    assert publish_pack(late, "arcgis").already
    assert len(source(backend).releases("arcgis") or ()) == 1


def test_who_loses_the_race_for_the_index_file_tries_again(backend: DirectoryBackend) -> None:
    late = Overtaken(backend.root, lambda: publish_pack(backend, "arcgis", "2.0.0"))
    assert not publish_pack(late, "arcgis").already
    assert [str(each.version) for each in source(backend).releases("arcgis") or ()] == ["1.0.0", "2.0.0"]
