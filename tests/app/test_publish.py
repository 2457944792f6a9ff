"""`publish` and `yank`, over a directory registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillctl.app.publish import PublishOutcome, PublishRequest, publish
from skillctl.app.withdrawing import YankOutcome, YankRequest, yank
from skillctl.core.errors import SkillctlError, UsageError
from skillctl.core.project import RegistryEntry
from skillctl.core.settings import Directories, Settings
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.signing.founding import found_unsigned
from tests.app.test_pack import make_pack
from tests.support.server import files_of, serving

NOW = "2026-01-02T03:04:05Z"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    return tmp_path


def settings(room: Path, *registries: RegistryEntry) -> Settings:
    home = room / "home"
    directories = Directories(
        home=str(home),
        config=str(home / "config"),
        data=str(home / "data"),
        cache=str(home / "cache"),
        state=str(home / "state"),
    )
    return Settings(directories=directories, registries=registries)


def published(room: Path, directory: Path, *, registry: str = "", dry_run: bool = False) -> PublishOutcome:
    request = PublishRequest(directory=directory, cwd=room / "work", registry=registry, dry_run=dry_run)
    return publish(settings(room), request, now=NOW)


def yanked(room: Path, *, version: str = "1.0.0", undo: bool = False, dry_run: bool = False) -> YankOutcome:
    request = YankRequest(
        name="tiny", version=version, cwd=room / "work", reason="too early", undo=undo, dry_run=dry_run
    )
    return yank(settings(room), request)


def lines(registry: Path) -> list[dict[str, object]]:
    text = (registry / "index" / "ti" / "tiny").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def everything(root: Path) -> dict[str, bytes]:
    """Every file but the audit log, in which each command leaves its traces."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path): path.read_bytes() for path in files if "audit" not in str(path.relative_to(root))}


def test_the_first_publish_makes_the_users_own_registry(room: Path) -> None:
    outcome = published(room, make_pack(room / "tiny"))
    registry = room / "home" / "data" / "registry"
    (line,) = lines(registry)
    assert (outcome.registry, outcome.location, outcome.already) == ("local", str(registry), False)
    assert (line["tree"], line["archive"], line["size"]) == (outcome.tree, outcome.sha256, outcome.size)
    assert line["published"] == NOW
    assert line["skills"] == ["tiny"]


def test_the_same_files_again_are_no_error_and_change_nothing(room: Path) -> None:
    directory = make_pack(room / "tiny")
    published(room, directory)
    before = everything(room / "home")
    assert published(room, directory).already
    assert everything(room / "home") == before


def test_other_files_under_a_published_version_are_refused_with_what_differs(room: Path) -> None:
    directory = make_pack(room / "tiny")
    published(room, directory)
    (directory / "notes.md").write_text("other notes\n", encoding="utf-8")
    with pytest.raises(SkillctlError) as caught:
        published(room, directory)
    assert caught.value.code == "E226"
    assert caught.value.problems[0].evidence["changes"] == ["changed notes.md"]


@pytest.mark.parametrize("registry", ["../registry", "mine"])
def test_a_registry_is_named_by_its_directory(room: Path, registry: str) -> None:
    (room / "work" / "mine").mkdir()
    outcome = published(room, make_pack(room / "tiny"), registry=registry)
    assert Path(outcome.location).resolve() == (room / "work" / registry).resolve()
    assert lines(Path(outcome.location))


def test_a_registry_is_named_by_the_users_alias(room: Path) -> None:
    entry = RegistryEntry(name="team", location=str(room / "shared"))
    found_unsigned(DirectoryBackend(room / "shared"))
    request = PublishRequest(directory=make_pack(room / "tiny"), cwd=room / "work", registry="team")
    assert publish(settings(room, entry), request, now=NOW).registry == "team"
    assert lines(room / "shared")


def test_a_registry_is_named_by_the_projects_alias(room: Path) -> None:
    _write_project(room, "packs-of-ours")
    found_unsigned(DirectoryBackend(room / "work" / "packs-of-ours"))
    published(room, make_pack(room / "tiny"), registry="team")
    assert lines(room / "work" / "packs-of-ours")


def test_an_alias_of_two_meanings_publishes_nowhere(room: Path) -> None:
    """A repository that calls its own directory as the user calls the company's registry gets nothing of it."""
    _write_project(room, "packs-of-ours")
    entry = RegistryEntry(name="team", location=str(room / "shared"))
    request = PublishRequest(directory=make_pack(room / "tiny"), cwd=room / "work", registry="team")
    before = everything(room)
    with pytest.raises(UsageError) as caught:
        publish(settings(room, entry), request, now=NOW)
    assert caught.value.code == "E005"
    assert everything(room) == before


def test_an_alias_that_means_one_place_to_both_is_no_question(room: Path) -> None:
    _write_project(room, "../shared")
    entry = RegistryEntry(name="team", location=str(room / "shared"))
    found_unsigned(DirectoryBackend(room / "shared"))
    request = PublishRequest(directory=make_pack(room / "tiny"), cwd=room / "work", registry="team")
    publish(settings(room, entry), request, now=NOW)
    assert lines(room / "shared")


def _write_project(room: Path, location: str) -> None:
    project = {"format": "1.0", "registries": [{"name": "team", "location": location}]}
    (room / "work" / "skillctl.json").write_text(json.dumps(project), encoding="utf-8")


def test_nothing_is_published_to_the_shipped_packs_nor_to_a_directory_of_that_name(room: Path) -> None:
    (room / "work" / "builtin").mkdir()
    with pytest.raises(SkillctlError) as caught:
        published(room, make_pack(room / "tiny"), registry="builtin")
    assert caught.value.code == "E237"
    assert not list((room / "work" / "builtin").iterdir())


def test_an_alias_that_nobody_gave_is_refused(room: Path) -> None:
    with pytest.raises(SkillctlError) as caught:
        published(room, make_pack(room / "tiny"), registry="team")
    assert (caught.value.code, caught.value.exit_status) == ("E004", 2)


PLACES = [("../folder", "E237"), ("../tiny", "E236"), ("../other", "E234")]


@pytest.mark.parametrize(("registry", "code"), PLACES)
def test_nothing_is_published_where_no_registry_can_be(room: Path, registry: str, code: str) -> None:
    make_pack(room / "folder" / "tiny")
    (room / "other").mkdir()
    (room / "other" / "letter.txt").write_text("Dear Ada", encoding="utf-8")
    directory = make_pack(room / "tiny")
    before = everything(room)
    with pytest.raises(SkillctlError) as caught:
        published(room, directory, registry=registry)
    assert caught.value.code == code
    assert everything(room) == before


def test_a_dry_run_tells_what_publishing_would_and_writes_nothing(room: Path) -> None:
    directory = make_pack(room / "tiny")
    before = everything(room)
    told = published(room, directory, dry_run=True)
    assert everything(room) == before
    assert {**told.to_json(), "dry_run": False} == published(room, directory).to_json()


def test_a_dry_run_finds_what_publishing_would_find(room: Path) -> None:
    directory = make_pack(room / "tiny")
    published(room, directory)
    assert published(room, directory, dry_run=True).already
    (directory / "notes.md").unlink()
    with pytest.raises(SkillctlError) as caught:
        published(room, directory, dry_run=True)
    assert caught.value.code == "E226"


def test_a_pack_with_an_error_is_not_published(room: Path) -> None:
    directory = make_pack(room / "tiny", context_files=["missing.md"])
    with pytest.raises(SkillctlError):
        published(room, directory)
    assert not (room / "home" / "data").exists()


def test_hidden_text_is_not_published(room: Path) -> None:
    directory = make_pack(room / "tiny")
    (directory / "notes.md").write_text("notes\u202e with more\n", encoding="utf-8")
    with pytest.raises(SkillctlError):
        published(room, directory)
    assert not (room / "home" / "data").exists()


def test_yanking_marks_a_release_and_undo_takes_the_mark_back(room: Path) -> None:
    published(room, make_pack(room / "tiny"))
    registry = room / "home" / "data" / "registry"
    fresh = lines(registry)
    assert yanked(room).yanked == "too early"
    assert lines(registry)[0]["yanked"] == "too early"
    assert yanked(room).already
    assert yanked(room, undo=True).yanked is None
    assert lines(registry) == fresh
    assert yanked(room, undo=True).already


def test_a_dry_run_of_a_yank_writes_nothing(room: Path) -> None:
    published(room, make_pack(room / "tiny"))
    before = everything(room)
    outcome = yanked(room, dry_run=True)
    assert (outcome.yanked, outcome.already) == ("too early", False)
    assert everything(room) == before


def test_what_is_not_published_can_not_be_yanked(room: Path) -> None:
    published(room, make_pack(room / "tiny"))
    with pytest.raises(SkillctlError) as caught:
        yanked(room, version="2.0.0")
    assert caught.value.code == "E227"


def test_a_web_server_that_only_gives_files_takes_none(room: Path) -> None:
    published(room, make_pack(room / "tiny"))
    with serving(files_of(room / "home" / "data" / "registry")) as server, pytest.raises(SkillctlError) as caught:
        published(room, room / "tiny", registry=server.url)
    assert caught.value.code == "E298"
