"""A registry of the user and one of a project that have an alias, a scope or a place in common."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skillctl.app.info import info
from skillctl.app.outdated import outdated
from skillctl.app.publish import PublishRequest, publish
from skillctl.app.registry_entries import list_registries
from skillctl.app.registry_init import InitRequest, init_registry
from skillctl.app.search import search
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import UsageError
from skillctl.core.wording import worded
from skillctl.edges import clock
from tests.support.machine import Machine
from tests.support.packs import pack, write_pack

OTHER_ROOT = "sha256:" + "0" * 64
ALIAS = {"name": "acme", "location": "./evil"}
SCOPE = {"name": "other", "location": "./evil", "scopes": ["@acme"]}


@pytest.fixture
def good(machine: Machine) -> Path:
    """The user's registry, with `@acme` bound to it; the project has another one in itself."""
    machine.publish(pack("@acme/tools", text="evil"), pack("@acme/tools", "9.0.0", text="evil"), to="home/project/evil")
    there = machine.publish(pack("@acme/tools", text="good"), to="good")
    machine.configure(registries=[{"name": "acme", "location": str(there), "scopes": ["@acme"]}])
    return there


@pytest.fixture
def signed(machine: Machine) -> tuple[Path, str]:
    """A signed registry with `@acme/tools`, and the digest of its root."""
    there = machine.room / "signed"
    made = init_registry(machine.settings(), InitRequest(location=str(there), signed=True), now=clock.now())
    written = write_pack(machine.room, "written", pack("@acme/tools", text="good", license="MIT"))
    request = PublishRequest(directory=written, cwd=machine.room, registry=str(there))
    publish(machine.settings(), request, now=clock.now())
    return there, made.root_sha256


def refused(attempt: Callable[[], object]) -> list[str]:
    with pytest.raises(UsageError) as caught:
        attempt()
    return [each.code for each in caught.value.problems]


@pytest.mark.parametrize(("entry", "code"), [(ALIAS, "E005"), (SCOPE, "E040")], ids=["alias", "scope"])
def test_a_project_takes_neither_alias_nor_scope_of_the_users_registry(
    machine: Machine, good: Path, entry: dict[str, object], code: str
) -> None:
    machine.write_project(packs={"@acme/tools": "*"}, registries=[entry])
    settings, here = machine.settings(), machine.project
    before = machine.seen(machine.project)
    assert refused(lambda: machine.install("@acme/tools")) == [code]
    assert refused(machine.install) == [code]
    assert refused(machine.update) == [code]
    assert refused(lambda: info(settings, here, "@acme/tools")) == [code]
    assert machine.seen(machine.project) == before


@pytest.mark.parametrize(("entry", "code"), [(ALIAS, "E005"), (SCOPE, "E040")], ids=["alias", "scope"])
@pytest.mark.parametrize("is_in_the_store", [True, False])
def test_a_lock_made_with_the_projects_registry_is_not_installed_either(
    machine: Machine, good: Path, entry: dict[str, object], code: str, is_in_the_store: bool
) -> None:
    users = (machine.config / "config.json").read_text()
    machine.configure()
    machine.write_project(packs={"@acme/tools": "*"}, registries=[entry])
    machine.install()
    assert machine.versions == {"@acme/tools": "9.0.0"}
    machine.fresh_clone("evil")
    if not is_in_the_store:
        machine.clean()
    (machine.config / "config.json").write_text(users)
    assert refused(lambda: machine.install(frozen=True)) == [code]
    assert refused(machine.sync) == [code]
    assert refused(lambda: outdated(machine.settings(), machine.project)) == [code]
    assert machine.skills() == []


@pytest.mark.parametrize(("entry", "code"), [(ALIAS, "E005"), (SCOPE, "E040")], ids=["alias", "scope"])
def test_what_chooses_nothing_shows_the_users_own_and_warns(
    machine: Machine, good: Path, entry: dict[str, object], code: str
) -> None:
    machine.write_project(packs={}, registries=[entry])
    for outcome in (machine.available(), search(machine.settings(), machine.project, ["tools"])):
        found = [(each.entry.name, str(each.entry.latest), each.registry) for each in outcome.packs]
        assert ("@acme/tools", "1.0.0", "acme") in found
        assert [(each.code, each.severity) for each in outcome.problems] == [(code, "warning")]
        assert "9.0.0" not in [version for _, version, _ in found]
    listed = list_registries(machine.settings(), machine.project)
    assert [each.code for each in listed.problems] == [code]
    assert listed.ok
    assert [each.whose for each in listed.registries] == ["project", "user", "own", "shipped"]


def test_the_refusal_says_what_both_mean_and_how_to_decide(machine: Machine, good: Path) -> None:
    machine.write_project(packs={}, registries=[ALIAS | {"scopes": ["@acme"]}])
    with pytest.raises(UsageError) as caught:
        machine.install("@acme/tools")
    alias, scope = (worded(each) for each in caught.value.problems)
    for told in (alias, scope):
        assert str(machine.project / "evil") in told.title
        assert str(good) in told.title
        assert "skillctl registry remove acme" in told.hint


def test_one_registry_alone_is_meant_and_nothing_else_matters(machine: Machine, good: Path) -> None:
    machine.write_project(packs={}, registries=[ALIAS])
    machine.environment["SKILLCTL_REGISTRY"] = "acme"
    assert refused(lambda: machine.install("@acme/tools")) == ["E005"]
    machine.environment["SKILLCTL_REGISTRY"] = str(good)
    machine.install("@acme/tools")
    assert machine.versions == {"@acme/tools": "1.0.0"}


@pytest.mark.parametrize("alias", ["acme", "company"])
def test_a_place_that_both_name_is_one_registry_by_either_alias(machine: Machine, good: Path, alias: str) -> None:
    (machine.room / "link").symlink_to(good)
    entry = {"name": alias, "location": "../../link", "scopes": ["@acme"]}
    wanted = {"@acme/tools": {"registry": "acme", "version": "*"}}
    machine.write_project(packs=wanted, registries=[entry])
    machine.install()
    machine.write_project(packs={"@acme/tools": {"registry": alias, "version": "*"}}, registries=[entry])
    machine.install()
    assert machine.versions == {"@acme/tools": "1.0.0"}


def test_a_scope_that_the_user_binds_is_asked_for_there_whatever_else_a_project_names(
    machine: Machine, good: Path
) -> None:
    machine.write_project(packs={}, registries=[{"name": "other", "location": "./evil"}])
    machine.install("@acme/tools")
    assert machine.versions == {"@acme/tools": "1.0.0"}


# --- signed ones --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pins", ["project", "user", "both"])
@pytest.mark.parametrize("alias", ["acme", "company"])
def test_a_registry_that_either_pins_is_verified(
    machine: Machine, signed: tuple[Path, str], pins: str, alias: str
) -> None:
    there, root = signed
    _name_twice(machine, there, there, alias, of_project=root * (pins != "user"), of_user=root * (pins != "project"))
    assert {each.signed for each in list_registries(machine.settings(), machine.project).registries[:2]} == {True}
    machine.publish(pack("@acme/tools", "9.0.0", text="evil"), to=there.name)  # beside what is signed, by nobody's key
    machine.install("@acme/tools")
    assert machine.versions == {"@acme/tools": "1.0.0"}
    assert info(machine.settings(), machine.project, "@acme/tools").signed


@pytest.mark.parametrize("alias", ["acme", "company"])
def test_one_root_that_both_pin_is_one_registry_read_where_the_user_has_it(
    machine: Machine, signed: tuple[Path, str], alias: str
) -> None:
    there, root = signed
    copy = shutil.copytree(there, machine.project / "copy")
    _name_twice(machine, copy, there, alias, of_project=root, of_user=root)
    shutil.rmtree(copy / "blobs")
    machine.install("@acme/tools")
    assert machine.versions == {"@acme/tools": "1.0.0"}


def test_two_roots_for_one_place_are_two_registries(machine: Machine, signed: tuple[Path, str]) -> None:
    there, root = signed
    _name_twice(machine, there, there, "acme", of_project=OTHER_ROOT, of_user=root)
    assert refused(lambda: machine.install("@acme/tools")) == ["E005", "E040"]
    problems = list_registries(machine.settings(), machine.project).problems
    assert all(_tells(each, OTHER_ROOT) and _tells(each, root) for each in problems)


@pytest.mark.parametrize("pins", ["project", "user", "neither", "both differently"])
def test_another_place_is_another_registry_though_one_of_them_is_pinned(
    machine: Machine, signed: tuple[Path, str], pins: str
) -> None:
    there, root = signed
    copy = shutil.copytree(there, machine.project / "copy")
    of_project = {"project": root, "both differently": OTHER_ROOT}.get(pins, "")
    of_user = root if pins in ("user", "both differently") else ""
    _name_twice(machine, copy, there, "acme", of_project=of_project, of_user=of_user)
    assert refused(lambda: machine.install("@acme/tools")) == ["E005", "E040"]


def _name_twice(machine: Machine, project: Path, user: Path, alias: str, *, of_project: str, of_user: str) -> None:
    def entry(name: str, place: Path, root: str) -> dict[str, object]:
        plain: dict[str, object] = {"name": name, "location": str(place), "scopes": ["@acme"]}
        return plain | ({"root_sha256": root} if root else {})

    machine.configure(registries=[entry("acme", user, of_user)])
    machine.write_project(packs={}, registries=[entry(alias, project, of_project)])


def _tells(problem: Problem, text: str) -> bool:
    return text in worded(problem).title
