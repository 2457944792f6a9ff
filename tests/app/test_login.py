"""`login`, `logout`, `whoami`: whose tokens are kept, for whom, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event, Thread

import pytest

from skillctl.app import credentials
from skillctl.app.credentials import Credentials, keep_token, logins
from skillctl.app.login import login_to_registry, logout_of_registry, registry_address, whoami
from skillctl.core.diagnostics import problem
from skillctl.core.errors import RegistryError, SkillctlError, UsageError
from skillctl.core.settings import Settings
from skillctl.core.web import Secret
from skillctl.core.wording import worded
from skillctl.edges.disk.locks import locked
from skillctl_registry.endpoints.problems import problems_to_json
from tests.support.keyrings import Drawer, no_keyring
from tests.support.machine import Machine
from tests.support.server import Asked, Server, serving

ADA = {"user": "ada", "scopes": ["publish"], "expires": "2027-01-01T00:00:00Z"}


@pytest.fixture(autouse=True)
def drawer(monkeypatch: pytest.MonkeyPatch) -> Drawer:
    made = Drawer()
    monkeypatch.setattr("keyring.core._keyring_backend", made)
    return made


@pytest.fixture
def server() -> Iterator[Server]:
    """A registry that knows one token."""

    def answer(asked: Asked) -> None:
        if asked.path != "/packs/api/v1/whoami":
            asked.say(404)
        elif asked.headers.get("authorization") == "Bearer skl_ada":
            asked.say(200, json.dumps(ADA).encode())
        else:
            asked.say(401)

    with serving(answer) as made:
        yield made


def address(server: Server) -> str:
    return f"{server.url}/packs"


def login(machine: Machine, url: str, token: str, *, dry_run: bool = False) -> str:
    return login_to_registry(machine.settings(), url, token, dry_run=dry_run).user


def test_a_token_is_kept_for_the_origin_once_the_registry_knows_it(
    machine: Machine, server: Server, drawer: Drawer
) -> None:
    with pytest.raises(RegistryError) as caught:
        login(machine, address(server), "skl_wrong")
    assert caught.value.code == "E287"
    assert (logins(machine.settings()), drawer.kept) == ((), {})
    assert login(machine, address(server), "skl_ada") == "ada"
    assert logins(machine.settings()) == (server.url,)
    assert Credentials(machine.settings()).token(server.url) == Secret("skl_ada")
    assert Credentials(machine.settings()).token(f"{server.url}1") is None
    assert "skl_ada" not in "".join(path.read_text() for path in machine.state.rglob("*") if path.is_file())


def test_why_a_token_is_refused_is_told_where_the_server_tells_it(machine: Machine, drawer: Drawer) -> None:
    body = json.dumps(
        problems_to_json([problem("E720", registry="REGISTRY", reason="it has expired on 2026-11-22T00:00:00Z")])
    ).encode()
    with serving(lambda asked: asked.say(401, body)) as server:
        with pytest.raises(RegistryError) as caught:
            login(machine, address(server), "skl_old")
        assert caught.value.code == "E720"
        assert "it has expired on 2026-11-22" in str(caught.value)
        assert f"`skillctl login {address(server)}`" in worded(caught.value.problems[0]).hint
        assert drawer.kept == {}
        machine.environment |= {"SKILLCTL_REGISTRY": address(server), "SKILLCTL_TOKEN": "skl_old"}
        with pytest.raises(RegistryError) as caught:
            whoami(machine.settings(), machine.project, address(server))
        assert caught.value.code == "E720"


def test_a_registry_of_plain_files_takes_any_token(machine: Machine, server: Server) -> None:
    assert login(machine, f"{server.url}/files", "skl_any") == ""
    assert logins(machine.settings()) == (server.url,)


def test_a_registry_that_can_not_be_reached_is_a_warning(machine: Machine, server: Server) -> None:
    url = address(server)
    server.end()
    outcome = login_to_registry(machine.settings(), url, "skl_ada", dry_run=False)
    assert [each.severity for each in outcome.problems] == ["warning"]
    assert logins(machine.settings())


@pytest.mark.parametrize("token", ["", "two words", "skl_\n", "skl_é", "x" * 5000])
def test_what_is_no_token_is_not_sent(machine: Machine, server: Server, token: str) -> None:
    with pytest.raises(UsageError) as caught:
        login(machine, address(server), token)
    assert caught.value.code == "E037"
    assert server.seen == []
    assert token not in str(caught.value) or not token


def test_a_dry_run_keeps_nothing(machine: Machine, server: Server, drawer: Drawer) -> None:
    login(machine, address(server), "skl_ada", dry_run=True)
    assert (drawer.kept, server.seen, logins(machine.settings())) == ({}, [], ())


def test_a_system_without_a_keyring_keeps_none(
    machine: Machine, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyring.core._keyring_backend", no_keyring())
    with pytest.raises(SkillctlError) as caught:
        login(machine, address(server), "skl_ada")
    assert caught.value.code == "E549"
    assert "SKILLCTL_TOKEN" in worded(caught.value.problems[0]).hint
    assert logins(machine.settings()) == ()


@pytest.mark.parametrize(
    "named", ["", "keyring.backends.null.Keyring", "keyring.backends.null.NoSuchThing", "nothing.at.All"]
)
def test_a_keyring_that_keeps_nothing_is_none(
    machine: Machine, server: Server, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setattr("keyring.core._keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", named)
    with pytest.raises(SkillctlError) as caught:
        login(machine, address(server), "skl_ada")
    assert caught.value.code == "E549"
    assert logins(machine.settings()) == ()


def test_logout_forgets(machine: Machine, server: Server, drawer: Drawer) -> None:
    login(machine, address(server), "skl_ada")
    assert logout_of_registry(machine.settings(), address(server), dry_run=True).was_kept
    assert logout_of_registry(machine.settings(), address(server), dry_run=False).was_kept
    assert (drawer.kept, logins(machine.settings())) == ({}, ())
    assert not logout_of_registry(machine.settings(), address(server), dry_run=False).was_kept


def test_logout_forgets_what_the_keyring_has_though_the_list_of_logins_is_lost(
    machine: Machine, server: Server, drawer: Drawer
) -> None:
    login(machine, address(server), "skl_ada")
    (machine.state / "logins.json").unlink()
    assert logout_of_registry(machine.settings(), address(server), dry_run=True).was_kept
    assert drawer.kept
    assert logout_of_registry(machine.settings(), address(server), dry_run=False).was_kept
    assert drawer.kept == {}
    assert not logout_of_registry(machine.settings(), address(server), dry_run=False).was_kept


def test_of_two_logins_at_once_none_is_lost(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second begins when the first has read the list, and the first writes once the second can do no more."""
    settings, real_logins = machine.settings(), credentials.logins
    second_is_stuck, began = Event(), Event()

    def second() -> None:
        keep_token(settings, "https://b.example", Secret("skl_b"))
        second_is_stuck.set()

    thread = Thread(target=second)

    def logins_meanwhile(asked: Settings) -> tuple[str, ...]:
        found = real_logins(asked)
        if not began.is_set():
            began.set()
            thread.start()
            assert second_is_stuck.wait(timeout=30)
        return found

    def locked_and_told(path: Path, *, timeout: float, purpose: str) -> AbstractContextManager[None]:
        if began.is_set():
            second_is_stuck.set()
        return locked(path, timeout=timeout, purpose=purpose)

    monkeypatch.setattr(credentials, "logins", logins_meanwhile)
    monkeypatch.setattr(credentials, "locked", locked_and_told)
    keep_token(settings, "https://a.example", Secret("skl_a"))
    thread.join()
    assert real_logins(settings) == ("https://a.example", "https://b.example")


def test_whoami_tells_of_every_registry_with_an_address(machine: Machine, server: Server) -> None:
    login(machine, address(server), "skl_ada")
    machine.configure(
        format="1.0",
        registries=[
            {"name": "acme", "location": address(server)},
            {"name": "plain", "location": f"{server.url}/files"},
            {"name": "there", "location": "https://packs.example"},
            {"name": "here", "location": str(machine.room)},
        ],
    )
    outcome = whoami(machine.settings(), machine.project, "")
    assert [(each.registry, each.token, each.identity and each.identity.user) for each in outcome.accounts] == [
        ("acme", "keyring", "ada"),
        ("plain", "keyring", None),
        ("there", "", None),
    ]


def test_whoami_tells_of_logins_that_no_registry_here_has(machine: Machine, server: Server) -> None:
    login(machine, address(server), "skl_ada")
    [account] = whoami(machine.settings(), machine.project, "").accounts
    assert (account.origin, account.token) == (server.url, "keyring")


def test_a_token_of_the_environment_goes_before_a_kept_one(machine: Machine, server: Server) -> None:
    login(machine, address(server), "skl_ada")
    machine.environment |= {"SKILLCTL_REGISTRY": address(server), "SKILLCTL_TOKEN": "skl_other"}
    with pytest.raises(RegistryError) as caught:
        whoami(machine.settings(), machine.project, address(server))
    assert caught.value.code == "E287"
    outcome = whoami(machine.settings(), machine.project, "")
    [account] = outcome.accounts
    assert (account.token, account.identity) == ("environment", None)
    assert (outcome.ok, [each.code for each in outcome.problems]) == (False, ["E287"])


def test_which_registry_is_meant(machine: Machine) -> None:
    def at(named: str) -> str:
        return registry_address(machine.settings(), machine.project, named)

    def code(named: str) -> str:
        with pytest.raises(SkillctlError) as caught:
            at(named)
        assert str(caught.value)
        return caught.value.code

    assert code("") == "E036"
    assert code("acme") == "E035"
    assert at("https://packs.example/x") == "https://packs.example/x"
    assert code("http://packs.example/x") == "E290"
    machine.configure(format="1.0", registries=[{"name": "acme", "location": "https://packs.example"}])
    assert at("") == at("acme") == "https://packs.example"
    assert code("local") == "E035"
    machine.write_project(format="1.0", packs={}, registries=[{"name": "acme", "location": "https://other.example"}])
    assert code("acme") == "E005", "a project that comes from elsewhere gives the alias another meaning"
    assert code("") == "E036"


def test_a_broken_file_of_logins_is_as_if_nobody_had_logged_in(machine: Machine) -> None:
    machine.state.mkdir()
    for text in ("not json", "[]", '{"origins": 7}', '{"origins": [7]}'):
        (Path(machine.state) / "logins.json").write_text(text)
        assert logins(machine.settings()) == ()
