"""Registries behind an address, from the user's side: installed from, offline, and whom a token is shown to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from skillctl.app.credentials import keep_token
from skillctl.app.registry_entries import AddRequest, add_registry
from skillctl.app.search import search
from skillctl.core.errors import RegistryError, SkillctlError, UsageError
from skillctl.core.web import Secret
from tests.support.keyrings import Drawer
from tests.support.machine import Machine
from tests.support.packs import pack
from tests.support.server import Answer, Asked, Server, files_of, serving


class Company:
    """A registry on a server, and what it was asked."""

    def __init__(self, machine: Machine, root: Path) -> None:
        self.machine = machine
        self.root = root
        self.token = ""
        """What must be shown; empty: nothing."""
        self.files: Answer = files_of(root)
        self.server: Server

    def answer(self, asked: Asked) -> None:
        if self.token and asked.headers.get("authorization") != f"Bearer {self.token}":
            asked.say(401, b"who are you?")
        else:
            self.files(asked)

    @property
    def url(self) -> str:
        return self.server.url

    def shown(self) -> set[str]:
        """The tokens that were shown since the last time."""
        found = {each.headers.get("authorization", "") for each in self.server.seen}
        self.server.seen.clear()
        return found - {""}


@pytest.fixture(autouse=True)
def drawer(monkeypatch: pytest.MonkeyPatch) -> Drawer:
    made = Drawer()
    monkeypatch.setattr("keyring.core._keyring_backend", made)
    return made


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def company(machine: Machine) -> Iterator[Company]:
    root = machine.publish(
        pack("base", "1.0.0"), pack("base", "1.1.0"), pack("tools", "2.0.0", "base@^1.0"), to="company"
    )
    made = Company(machine, root)
    with serving(lambda asked: made.answer(asked)) as server:
        made.server = server
        yield made


def code_of(caught: pytest.ExceptionInfo[SkillctlError]) -> str:
    return caught.value.code


def test_packs_come_from_a_web_server_with_what_they_need(machine: Machine, company: Company) -> None:
    machine.configure(format="1.0", registries=[{"name": "acme", "location": company.url}])
    machine.install("tools", agents=("claude-code",))
    assert machine.versions == {"base": "1.1.0", "tools": "2.0.0"}
    assert machine.skills() == ["base", "tools"]
    assert machine.lock["packs"]["base"]["registry"] == "id-of-company"
    assert company.url not in (machine.project / "skillctl.lock").read_text()


def test_a_second_machine_restores_from_the_lock(machine: Machine, company: Company) -> None:
    machine.write_project(format="1.0", packs={}, registries=[{"name": "acme", "location": company.url}])
    machine.install("tools", agents=("claude-code",))
    machine.fresh_clone()
    machine.clean()
    machine.install(frozen=True)
    assert machine.skills() == ["base", "tools"]


def test_without_network_an_install_uses_what_was_read_and_says_so(machine: Machine, company: Company) -> None:
    machine.configure(format="1.0", registries=[{"name": "acme", "location": company.url}])
    machine.install("tools", agents=("claude-code",))
    company.files = lambda asked: asked.reset()
    machine.environment["SKILLCTL_OFFLINE"] = "1"
    machine.fresh_clone()
    outcome = machine.install("base@1.1.0", agents=("claude-code",))
    assert [each.code for each in outcome.problems if each.code.startswith("W24")] == ["W240"]
    with pytest.raises(SkillctlError) as caught:
        machine.install("other")
    assert code_of(caught) == "E292"


@pytest.mark.parametrize("read", ["nothing", "an index file"])
def test_a_search_without_network_leaves_out_what_was_never_searched_and_says_so(
    machine: Machine, company: Company, read: str
) -> None:
    machine.publish(pack("base-of-old"))
    machine.configure(format="1.0", registries=[{"name": "acme", "location": company.url}])
    if read != "nothing":
        machine.install("base", agents=("claude-code",))
    machine.environment["SKILLCTL_OFFLINE"] = "1"
    found = search(machine.settings(), machine.project, ["base"])
    assert {each.entry.name: each.registry for each in found.packs} == {"base-of-old": "local", "arcgis": "builtin"}
    assert [(each.code, each.severity) for each in found.problems] == [("E292", "warning")]
    machine.environment["SKILLCTL_REGISTRY"] = "acme"
    with pytest.raises(SkillctlError, match="E292"):
        search(machine.settings(), machine.project, ["base"])


def test_a_search_without_network_finds_what_was_searched_before_and_says_since_when(
    machine: Machine, company: Company
) -> None:
    machine.configure(format="1.0", registries=[{"name": "acme", "location": company.url}])
    before = search(machine.settings(), machine.project, ["base"])
    machine.environment["SKILLCTL_OFFLINE"] = "1"
    found = search(machine.settings(), machine.project, ["base"])
    assert [each.entry.name for each in found.packs] == ["base", "arcgis"]
    assert found.packs == before.packs
    assert [each.code for each in found.problems] == ["W240"]


def test_a_registry_that_cant_be_reached_hides_no_other_from_a_search(machine: Machine, company: Company) -> None:
    machine.publish(pack("base-of-old"))
    machine.configure(format="1.0", registries=[{"name": "acme", "location": company.url}])
    company.files = lambda asked: asked.say(503, b"not now")
    found = search(machine.settings(), machine.project, ["base"])
    assert [each.entry.name for each in found.packs] == ["base-of-old", "arcgis"]
    assert [each.severity for each in found.problems] == ["warning"]


def test_what_was_kept_of_a_registry_goes_with_the_cache(machine: Machine, company: Company) -> None:
    machine.configure(format="1.0", registries=[{"name": "acme", "location": company.url}])
    machine.install("tools", agents=("claude-code",))
    kept = machine.cache / "registries"
    [index] = kept.glob("*/files/index/ba/base")
    index.write_bytes(b"damaged")
    machine.update()
    assert list(kept.glob("*/damaged/*"))
    machine.prune()
    assert not list(kept.glob("*/damaged/*"))
    assert list(kept.glob("*/blobs/*"))
    machine.clean()
    assert not kept.exists()
    machine.install("tools", agents=("claude-code",))


def test_a_registry_that_is_down_is_an_error_and_no_reason_to_ask_the_next(machine: Machine, company: Company) -> None:
    machine.publish(pack("tools", "9.9.9"))
    machine.configure(format="1.0", registries=[{"name": "acme", "location": company.url}])
    company.files = lambda asked: asked.say(404)
    with pytest.raises(RegistryError) as caught:
        machine.install("tools")
    assert code_of(caught) == "E232"
    company.server.end()
    with pytest.raises(RegistryError):
        machine.install("tools")
    assert not (machine.project / "skillctl.lock").exists()


def test_a_token_of_the_environment_goes_to_the_registry_of_the_users_configuration(
    machine: Machine, company: Company
) -> None:
    company.token = "skl_mine"
    machine.configure(format="1.0", registries=[{"name": "my-company", "location": company.url}])
    with pytest.raises(RegistryError) as caught:
        machine.install("tools", agents=("claude-code",))
    assert code_of(caught) == "E287"
    for variable in ("SKILLCTL_TOKEN_MY_COMPANY", "SKILLCTL_TOKEN"):
        machine.environment = {**machine.environment, variable: "skl_mine"}
        machine.install("tools", agents=("claude-code",))
        del machine.environment[variable]
        machine.fresh_clone()


def test_a_project_that_gives_an_alias_another_address_gets_no_token(machine: Machine, company: Company) -> None:
    machine.configure(format="1.0", registries=[{"name": "acme", "location": "https://packs.acme.example"}])
    machine.environment |= {"SKILLCTL_TOKEN_ACME": "skl_mine", "SKILLCTL_TOKEN": "skl_mine"}
    machine.write_project(format="1.0", packs={}, registries=[{"name": "acme", "location": company.url}])
    with pytest.raises(UsageError) as caught:
        machine.install("tools", agents=("claude-code",))
    assert (caught.value.code, company.server.seen) == ("E005", [])
    machine.write_project(format="1.0", packs={}, registries=[{"name": "other", "location": company.url}])
    machine.install("tools", agents=("claude-code",))
    assert company.shown() == set()


def test_the_environment_itself_may_say_which_address_its_token_is_for(machine: Machine, company: Company) -> None:
    company.token = "skl_ci"
    machine.write_project(format="1.0", packs={}, registries=[{"name": "acme", "location": company.url}])
    machine.environment |= {"SKILLCTL_TOKEN_ACME": "skl_ci", "SKILLCTL_REGISTRY_ACME": f"{company.url}/"}
    machine.install("tools", agents=("claude-code",))
    assert company.shown() == {"Bearer skl_ci"}


def test_a_kept_token_is_for_its_origin_under_any_alias(machine: Machine, company: Company) -> None:
    company.token = "skl_kept"
    keep_token(machine.settings(), company.url, Secret("skl_kept"))
    machine.write_project(format="1.0", packs={}, registries=[{"name": "whatever", "location": company.url}])
    machine.install("tools", agents=("claude-code",))
    assert company.shown() == {"Bearer skl_kept"}
    company.token = ""
    with serving(company.answer) as elsewhere:
        machine.write_project(format="1.0", packs={}, registries=[{"name": "whatever", "location": elsewhere.url}])
        machine.install("base", agents=("claude-code",))
        assert {each.headers.get("authorization") for each in elsewhere.seen} == {None}


def test_tokens_are_in_no_settings_that_are_printed(machine: Machine) -> None:
    machine.environment |= {"SKILLCTL_TOKEN": "skl_mine", "SKILLCTL_REGISTRY": "https://packs.acme.example/x"}
    settings = machine.settings()
    assert settings.tokens == (("https://packs.acme.example", Secret("skl_mine")),)
    assert "skl_mine" not in repr(settings)


@pytest.mark.parametrize(
    ("registries", "environment", "tokens"),
    [
        ([], {"SKILLCTL_TOKEN": "t"}, {}),
        ([], {"SKILLCTL_TOKEN": "t", "SKILLCTL_REGISTRY": "https://a.example"}, {"https://a.example": "t"}),
        (["https://a.example"], {"SKILLCTL_TOKEN": "t"}, {"https://a.example": "t"}),
        (["https://a.example", "https://b.example"], {"SKILLCTL_TOKEN": "t"}, {}),
        (
            ["https://a.example", "https://b.example"],
            {"SKILLCTL_TOKEN": "t", "SKILLCTL_REGISTRY": "r1"},
            {"https://b.example": "t"},
        ),
        (["https://a.example"], {"SKILLCTL_TOKEN": "t", "SKILLCTL_REGISTRY": "./directory"}, {}),
        (["https://a.example"], {"SKILLCTL_TOKEN_R0": " t\n"}, {"https://a.example": "t"}),
        (["https://a.example"], {"SKILLCTL_TOKEN_R1": "t"}, {}),
        (["https://a.example"], {"SKILLCTL_TOKEN_R0": ""}, {}),
        ([], {"SKILLCTL_TOKEN_X": "t", "SKILLCTL_REGISTRY_X": "https://x.example:443"}, {"https://x.example": "t"}),
        ([], {"SKILLCTL_TOKEN_X": "t", "SKILLCTL_REGISTRY_Y": "https://x.example"}, {}),
        ([], {"SKILLCTL_TOKEN_X": "t", "SKILLCTL_REGISTRY_X": "https://["}, {}),
    ],
)
def test_which_origin_a_token_of_the_environment_is_for(
    machine: Machine, registries: list[str], environment: dict[str, str], tokens: dict[str, str]
) -> None:
    entries = [{"name": f"r{number}", "location": url} for number, url in enumerate(registries)]
    machine.configure(format="1.0", registries=entries)
    machine.environment |= environment
    assert {origin: token.reveal() for origin, token in machine.settings().tokens} == tokens


def test_http_beyond_this_machine_needs_the_users_word(machine: Machine) -> None:
    machine.configure(format="1.0", registries=[{"name": "acme", "location": "http://packs.acme.example"}])
    with pytest.raises(RegistryError) as caught:
        machine.install("tools")
    assert code_of(caught) == "E290"
    entry = {"name": "acme", "location": "http://packs.acme.example", "insecure": True}
    machine.configure(format="1.0", registries=[entry])
    assert machine.settings().insecure == ("http://packs.acme.example",)
    machine.configure(format="1.0")
    machine.environment["SKILLCTL_INSECURE"] = "1"
    assert machine.settings().insecure == ("*",)


def test_a_project_can_not_say_that_its_registry_needs_no_encryption(machine: Machine) -> None:
    entry = {"name": "acme", "location": "http://packs.acme.example", "insecure": True}
    machine.write_project(format="1.0", packs={}, registries=[entry])
    with pytest.raises(SkillctlError) as caught:
        machine.install("tools")
    assert code_of(caught) != "E280"


def test_with_the_users_word_a_registry_is_read_over_http_and_shown_no_token(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = "http://packs.acme.example"
    files = files_of(machine.publish(pack("tools"), to="company"))

    def answer(asked: Asked) -> None:
        files(replace(asked, path=asked.path.removeprefix(plain)))

    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "https_proxy", "all_proxy", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(answer) as proxy:  # stands for the network beyond this machine
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        machine.environment |= {"SKILLCTL_REGISTRY_ACME": plain, "SKILLCTL_TOKEN_ACME": "skl_mine"}

        def add(*, insecure: bool) -> None:
            request = AddRequest(cwd=machine.project, name="acme", location=plain, insecure=insecure)
            add_registry(machine.environment, machine.settings(), request)

        with pytest.raises(SkillctlError) as caught:
            add(insecure=False)
        assert caught.value.code == "E290"
        assert proxy.seen == []
        add(insecure=True)
        machine.install("tools")
        assert machine.versions == {"tools": "1.0.0"}
        assert not any("authorization" in each.headers for each in proxy.seen)
