"""`registry add`, `list`, `remove` and `use`, on the user's configuration and on a project file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skillctl.app.registry_entries import (
    AddOutcome,
    AddRequest,
    add_registry,
    list_registries,
    remove_registry,
    use_registry,
)
from skillctl.app.registry_init import InitRequest, init_registry
from skillctl.app.search import search
from skillctl.core.errors import SkillctlError
from skillctl.core.value import replace
from tests.support.machine import Machine
from tests.support.packs import folder_with, pack
from tests.support.server import Server, files_of, serving

DIGEST = "sha256:" + "0" * 64


def add(machine: Machine, name: str, location: str, **options: Any) -> AddOutcome:
    request = AddRequest(cwd=machine.project, name=name, location=location, **options)
    return add_registry(machine.environment, machine.settings(), request)


def change(machine: Machine, verb: Any, name: str, *, project: bool = False, dry_run: bool = False) -> tuple[str, ...]:
    outcome = verb(machine.environment, machine.settings(), machine.project, name, project=project, dry_run=dry_run)
    assert isinstance(outcome.order, tuple)
    return outcome.order


def configured(machine: Machine) -> list[dict[str, Any]]:
    path = machine.config / "config.json"
    found = json.loads(path.read_text())["registries"] if path.exists() else []
    assert isinstance(found, list)
    return found


def code_of(machine: Machine, name: str, location: str, **options: Any) -> str:
    before = machine.seen()
    with pytest.raises(SkillctlError) as caught:
        add(machine, name, location, **options)
    assert str(caught.value)
    after = machine.seen()
    assert {path for path in after if "cache" not in path} == {path for path in before if "cache" not in path}
    return caught.value.code


@pytest.fixture
def web(machine: Machine) -> Iterator[Server]:
    """A registry without signatures, on a web server."""
    with serving(files_of(machine.publish(pack("maps"), to="company"))) as server:
        yield server


@pytest.fixture
def signed(machine: Machine) -> Path:
    request = InitRequest(location=str(machine.room / "signed"), signed=True)
    outcome = init_registry(machine.settings(), request, now="2026-11-22T10:00:00Z")
    (machine.room / "root").write_text(outcome.root_sha256)
    return machine.room / "signed"


def root_of(machine: Machine) -> str:
    return (machine.room / "root").read_text()


def test_registries_are_added_behind_those_that_are_there(machine: Machine, web: Server) -> None:
    directory = str(machine.publish(pack("maps"), to="mine"))
    add(machine, "mine", directory, scopes=("@mine",))
    add(machine, "company", f"{web.url}/", unsigned=True)
    assert configured(machine) == [
        {"name": "mine", "location": directory, "scopes": ["@mine"]},
        {"name": "company", "location": web.url},
    ]


def test_one_without_signatures_is_told_unless_that_is_known(machine: Machine, web: Server) -> None:
    assert [each.code for each in add(machine, "a1", web.url).problems] == ["W242"]
    assert add(machine, "a2", web.url, unsigned=True).problems == ()
    assert add(machine, "a3", str(machine.room / "company")).problems == ()


def test_a_folder_of_packs_and_a_file_address_are_registries_too(machine: Machine) -> None:
    folder = folder_with(machine.room / "folder", pack("maps"))
    add(machine, "folder", str(folder))
    add(machine, "file", machine.publish(pack("maps"), to="mine").as_uri())
    machine.install("maps", agents=("claude-code",))
    assert machine.skills() == ["maps"]


def test_what_can_not_be_a_registry_is_refused_and_nothing_written(machine: Machine, web: Server) -> None:
    add(machine, "acme", web.url, unsigned=True, scopes=("@acme",))
    assert code_of(machine, "acme", web.url) == "E031"
    assert code_of(machine, "Bad Name", web.url) == "E023"
    assert code_of(machine, "local", web.url) == "E023"
    assert code_of(machine, "other", web.url, scopes=("@acme",)) == "E034"
    assert code_of(machine, "other", web.url, scopes=("acme",)) == "E023"
    assert code_of(machine, "other", "ftp://packs.example") == "E033"
    assert code_of(machine, "other", "http://packs.example") == "E290"
    assert code_of(machine, "other", "https://ada:pw@packs.example") == "E297"
    assert code_of(machine, "other", f"{web.url}?token=x") == "E297"
    assert code_of(machine, "other", f"{web.url}#maps") == "E297"
    assert code_of(machine, "other", str(machine.room / "nowhere")) == "E232"
    assert code_of(machine, "other", str(machine.project / "nowhere")) == "E232"
    for typed in ("packs.example", "localhost:8722/packs", "packs.example:8722"):  # https:// was forgotten
        assert code_of(machine, "other", str(machine.project / typed)) == "E033"
    assert code_of(machine, "other", f"{web.url}/nowhere") == "E232"
    assert code_of(machine, "other", web.url, trust=DIGEST, unsigned=True) == "E028"
    assert code_of(machine, "other", web.url, trust="sha256:abc") == "E038"
    assert code_of(machine, "other", web.url, trust=str(machine.room / "no-root.json")) == "E038"
    assert code_of(machine, "other", "http://packs.example", insecure=True, project=True) == "E002"
    assert len(configured(machine)) == 1


def test_a_signed_registry_is_taken_with_its_root_alone(machine: Machine, signed: Path) -> None:
    with serving(files_of(signed)) as server:
        for location in (str(signed), server.url):
            assert code_of(machine, "acme", location) == "E039"
            assert code_of(machine, "acme", location, trust=DIGEST) == "E708"
        outcome = add(machine, "acme", server.url, trust=root_of(machine))
        assert outcome.problems == ()
    assert configured(machine)[0]["root_sha256"] == root_of(machine)
    listed = {each.entry.name: each.signed for each in list_registries(machine.settings(), machine.project).registries}
    assert listed["acme"]


def test_the_root_may_be_a_file_or_an_address(machine: Machine, signed: Path) -> None:
    root = next(path for path in signed.rglob("*") if path.name == "1.root.json")
    add(machine, "by-file", str(signed), trust=str(root))
    with serving(files_of(signed)) as server:
        add(machine, "by-address", str(signed), trust=f"{server.url}/{root.relative_to(signed)}")
    assert {each["root_sha256"] for each in configured(machine)} == {root_of(machine)}


def test_a_signed_registry_is_not_taken_unsigned(machine: Machine, signed: Path) -> None:
    assert code_of(machine, "acme", str(signed), unsigned=True) == "E039"


def test_a_registry_that_does_not_sign_can_not_be_pinned(machine: Machine, web: Server) -> None:
    assert code_of(machine, "acme", web.url, trust=DIGEST).startswith("E7")


def test_the_order_is_what_use_and_remove_make_it(machine: Machine, web: Server) -> None:
    for name in ("one", "two", "three"):
        add(machine, name, web.url, unsigned=True)
    assert change(machine, use_registry, "three", dry_run=True) == ("three", "one", "two")
    assert [each["name"] for each in configured(machine)] == ["one", "two", "three"]
    assert change(machine, use_registry, "three") == ("three", "one", "two")
    assert change(machine, remove_registry, "one") == ("three", "two")
    assert [each["name"] for each in configured(machine)] == ["three", "two"]
    for verb in (use_registry, remove_registry):
        with pytest.raises(SkillctlError) as caught:
            change(machine, verb, "one")
        assert caught.value.code == "E032"


def test_a_project_has_registries_of_its_own_written_relative_to_it(machine: Machine, web: Server) -> None:
    machine.write_project(format="1.0", packs={"maps": "^1.0"}, agents=["claude-code"])
    inside = machine.publish(pack("maps"), to="home/project/registry")
    add(machine, "inside", str(inside), project=True)
    add(machine, "company", web.url, scopes=("@acme",), unsigned=True, project=True)
    assert machine.wanted["registries"] == [
        {"name": "inside", "location": "registry"},
        {"name": "company", "location": web.url, "scopes": ["@acme"]},
    ]
    assert machine.wanted["packs"] == {"maps": "^1.0"}
    assert change(machine, use_registry, "company", project=True) == ("company", "inside")
    assert change(machine, remove_registry, "company", project=True) == ("inside",)
    assert not (machine.config / "config.json").exists()


def test_a_project_file_is_needed_for_that(machine: Machine, web: Server) -> None:
    assert code_of(machine, "company", web.url, project=True) == "E402"


def test_the_list_has_the_order_of_asking(machine: Machine, web: Server) -> None:
    machine.write_project(format="1.0", packs={}, registries=[{"name": "ours", "location": web.url}])
    add(machine, "mine", web.url, unsigned=True, scopes=("@mine",))
    machine.environment |= {"SKILLCTL_TOKEN": "skl_mine"}
    outcome = list_registries(machine.settings(), machine.project)
    assert [(each.entry.name, each.whose, each.signed, each.has_token) for each in outcome.registries] == [
        ("ours", "project", False, True),
        ("mine", "user", False, True),
        ("local", "own", False, False),
        ("builtin", "shipped", False, False),
    ]


def test_a_dry_run_looks_and_writes_nothing(machine: Machine, web: Server) -> None:
    assert add(machine, "acme", web.url, unsigned=True, dry_run=True).dry_run
    assert web.paths() == ["/config.json"]
    assert configured(machine) == []


def test_without_network_a_registry_is_written_unseen(machine: Machine) -> None:
    machine.environment["SKILLCTL_OFFLINE"] = "1"
    add(machine, "acme", "https://packs.acme.example", trust=DIGEST)
    assert configured(machine)[0]["root_sha256"] == DIGEST


def test_of_a_registry_that_was_not_looked_at_nothing_is_claimed(machine: Machine) -> None:
    request = AddRequest(cwd=machine.project, name="off", location="https://packs.example")
    offline = replace(machine.settings(), offline=True)
    outcome = add_registry(machine.environment, offline, request)
    assert [each.code for each in outcome.problems] == ["W246"]
    known = replace(request, name="known", location="https://other.example", unsigned=True)
    assert add_registry(machine.environment, offline, known).problems == ()


def test_a_signed_registry_without_its_root_is_left_out_of_a_search_with_a_word(machine: Machine, signed: Path) -> None:
    machine.publish(pack("maps"))
    file = machine.config / "config.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"format": "1.0", "registries": [{"name": "acme", "location": str(signed)}]}))
    found = search(machine.settings(), machine.project, ["maps"])
    assert [each.registry for each in found.packs] == ["local"]
    assert [each.code for each in found.problems] == ["E709"]
