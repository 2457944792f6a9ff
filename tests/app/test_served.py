"""What is asked of a registry's server, before and after it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from skillctl.app.owners import add_owner, remove_owner
from skillctl.app.registry_tokens import create_token, list_all_tokens, revoke_token
from skillctl.app.withdrawing import ReleaseRequest, YankRequest, delete, yank
from skillctl.core.diagnostics import problem
from skillctl.core.errors import RegistryError, UsageError
from skillctl.core.project import RegistryEntry
from skillctl.core.value import replace
from skillctl.core.web import Response
from skillctl.core.wording import worded
from skillctl_registry.endpoints.problems import problems_to_json, refusal
from skillctl_registry.endpoints.releases import Taken, taken_to_json
from skillctl_registry.endpoints.tokens import TokenFacts, TokenWish, token_to_json
from tests.registry.making import pack_files, release_of_files
from tests.support.machine import Machine
from tests.support.server import Asked, serving

CONFIG = json.dumps({"format": "1.0", "id": "0123456789abcdef", "signed": False, "api": True}).encode()


@pytest.mark.parametrize("expires", ["2026-11-22", "2020-01-01", "0d", "1w", "tomorrow"])
def test_a_token_that_would_be_over_at_once_is_not_asked_for(machine: Machine, expires: str) -> None:
    wish = TokenWish(scopes=("publish",), expires=expires)
    with pytest.raises(UsageError) as caught:
        create_token(machine.settings(), machine.project, "http://localhost:1", wish, now="2026-11-22T10:00:00Z")
    assert caught.value.code == "E023"


@pytest.mark.parametrize("expires", ["3651d", "99999999d", f"{'9' * 5000}d"])
def test_a_token_that_would_be_good_for_too_long_is_told_so(machine: Machine, expires: str) -> None:
    wish = TokenWish(scopes=("publish",), expires=expires)
    with pytest.raises(UsageError, match=r"E023 .* is too far: `3650d` at most"):
        create_token(machine.settings(), machine.project, "http://localhost:1", wish, now="2026-11-22T10:00:00Z")


def test_what_the_server_refuses_is_told_with_the_address_it_has_here(machine: Machine) -> None:
    body = json.dumps(problems_to_json([problem("E227", name="maps", version="1.0.0", registry="x", known=["none"])]))

    def answer(asked: Asked) -> None:
        asked.say(200, CONFIG) if asked.path == "/config.json" else asked.say(404, body.encode())

    with serving(answer) as server, pytest.raises(RegistryError) as caught:
        yank(machine.settings(), YankRequest(name="maps", version="1.0.0", registry=server.url, cwd=machine.project))
    assert (caught.value.code, caught.value.problems[0].evidence["registry"]) == ("E227", server.url)


def test_what_stays_of_a_deleted_release_is_told(machine: Machine) -> None:
    release = release_of_files(pack_files("maps"))
    stays = problem("W763", reference="oci://ghcr.io/acme/maps:1.0.0", release="maps 1.0.0")
    body = json.dumps(taken_to_json(Taken(release=release, already=False, problems=(stays,))))

    def answer(asked: Asked) -> None:
        asked.say(200, CONFIG if asked.path == "/config.json" else body.encode())

    with serving(answer) as server:
        request = ReleaseRequest(name="maps", version="1.0.0", registry=server.url, cwd=machine.project)
        assert [each.code for each in delete(machine.settings(), request).problems] == ["W763"]


def test_who_has_no_token_is_told_to_log_in_by_the_alias_that_he_uses(machine: Machine) -> None:
    body = json.dumps(problems_to_json([problem("E720", registry="REGISTRY", reason="none was shown")]))

    def answer(asked: Asked) -> None:
        asked.say(200, CONFIG) if asked.path == "/config.json" else asked.say(401, body.encode())

    wanted = YankRequest(name="maps", version="1.0.0", registry="acme", cwd=machine.project)
    with serving(answer) as server:
        settings = replace(machine.settings(), registries=(RegistryEntry(name="acme", location=server.url),))
        with pytest.raises(RegistryError) as caught:
            yank(settings, wanted)
    assert "`skillctl login acme`" in worded(caught.value.problems[0]).hint


def older(document: bytes | None) -> Callable[[Asked], None]:
    """A server of before, which would do whatever it is asked."""

    def answer(asked: Asked) -> None:
        if asked.path == "/config.json":
            asked.say(200, CONFIG)
        elif document is not None and asked.path == "/api/v1/openapi.json":
            asked.say(200, document)
        else:
            asked.say(404)

    return answer


NO_DRY_RUN = {"paths": {"/api/v1/owners": {"post": {"parameters": [{"name": "name"}]}}, "/api/v1/tokens": {}}}


@pytest.mark.parametrize("document", [None, b'{"paths": {}}', json.dumps(NO_DRY_RUN).encode()])
def test_a_server_that_knows_no_dry_run_is_asked_for_nothing(machine: Machine, document: bytes | None) -> None:
    def rehearsed() -> Iterator[Callable[[], object]]:
        settings, here, url = machine.settings(), machine.project, server.url
        wish = YankRequest(name="maps", version="1.0.0", registry=url, cwd=here, dry_run=True)
        token = TokenWish(scopes=("publish",))
        yield lambda: add_owner(settings, here, "maps", "ada", url, dry_run=True)
        yield lambda: remove_owner(settings, here, "maps", "ada", url, dry_run=True)
        yield lambda: create_token(settings, here, url, token, now="2026-11-22T10:00:00Z", dry_run=True)
        yield lambda: revoke_token(settings, here, url, "0a1b", dry_run=True)
        yield lambda: delete(
            settings, ReleaseRequest(name="maps", version="1.0.0", registry=url, cwd=here, dry_run=True)
        )
        yield lambda: yank(settings, wish)

    with serving(older(document)) as server:
        for each in rehearsed():
            with pytest.raises(RegistryError) as caught:
                each()
            assert (caught.value.code, caught.value.problems[0].evidence["registry"]) == ("E786", server.url)
        assert {*server.paths()} == {"/config.json", "/api/v1/openapi.json"}


def test_the_tokens_of_all_are_read_page_by_page(machine: Machine) -> None:
    tokens = [TokenFacts(id=f"{at:04}", user=f"user{at % 7}", scopes=("publish",), created="") for at in range(2500)]

    def answer(asked: Asked) -> None:
        _, _, after = asked.path.partition("after=")
        page = [token_to_json(each) for each in tokens if each.id > after][:1000]
        asked.say(200, CONFIG if asked.path == "/config.json" else json.dumps({"tokens": page}).encode())

    with serving(answer) as server:
        found = list_all_tokens(machine.settings(), machine.project, server.url).tokens
        assert sorted(each.id for each in found) == [each.id for each in tokens]
        assert [each.user for each in found] == sorted(each.user for each in tokens)
        assert server.paths()[1:] == [f"/api/v1/tokens/all{each}" for each in ("", "?after=0999", "?after=1999")]


def test_a_proxy_that_takes_small_bodies_only_is_told_of() -> None:
    page = Response(status=413, url="https://packs.example/api/v1/releases", headers={}, body=b"<html>too large</html>")
    assert "client_max_body_size" in worded(refusal(page).problems[0]).hint
    page = replace(page, status=418)
    assert "client_max_body_size" not in worded(refusal(page).problems[0]).hint
