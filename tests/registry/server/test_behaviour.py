"""What a registry's server does, over SQLite and over PostgreSQL: the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillctl.archive.writer import write_archive
from skillctl.core.errors import SkillctlError
from skillctl.core.web import Request
from skillctl_registry.backends.web import WebBackend
from skillctl_registry.cache import AnswerCache, cache_directory
from skillctl_registry.endpoints.asking import API
from skillctl_registry.endpoints.owners import (
    add_owner_request,
    owners_request,
    owners_response,
    remove_owner_request,
)
from skillctl_registry.endpoints.problems import refusal
from skillctl_registry.endpoints.releases import Taken, delete_request, publish_request, taken_response, yank_request
from skillctl_registry.endpoints.tokens import (
    TokenWish,
    create_token_request,
    revoke_token_request,
    token_response,
    tokens_request,
    tokens_response,
)
from skillctl_registry.endpoints.whoami import whoami_request, whoami_response
from skillctl_registry.index import blob_path
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.reader import RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.support.packs import pack
from tests.support.serving import ADMIN, Served

NOW = "2026-11-22T12:00:00Z"


def verified(served: Served, room: Path) -> RegistrySource:
    """The registry as a client sees it that trusts the printed root."""
    from skillctl.edges import clock

    cache = AnswerCache(cache_directory(str(room), served.url))
    http = served.http("")
    web = WebBackend(served.url, name="served", http=http, cache=cache, now=clock.now, offline=False)
    return RegistrySource(VerifiedBackend(web, pin=RootPin(served.root), now=clock.now()), label="served")


def refused(code: str) -> pytest.RaisesExc[SkillctlError]:
    return pytest.RaisesExc(SkillctlError, check=lambda error: error.code == code)


def test_what_was_published_is_signed_and_readable_when_the_answer_is_there(served: Served, tmp_path: Path) -> None:
    taken = served.publish("harbour", "1.0.0")
    served.publish("harbour", "1.1.0")
    source = verified(served, tmp_path)
    assert [str(each.version) for each in source.releases("harbour") or ()] == ["1.0.0", "1.1.0"]
    assert source.fetch(taken.release).digest == taken.release.tree


def test_the_same_release_again_is_no_error_and_another_one_is_refused(served: Served) -> None:
    assert not served.publish("lantern").already
    assert served.publish("lantern").already
    with refused("E226"):
        served.publish("lantern", text="something else")


def test_a_dry_run_changes_nothing(served: Served) -> None:
    request = publish_request(served.url, write_archive(pack("unseen-thing")), dry_run=True)
    assert not taken_response(served.http().send(request)).already
    assert served.get(f"{API}downloads?name=unseen-thing").status == 404


def test_a_release_is_yanked_and_put_back(served: Served, tmp_path: Path) -> None:
    served.publish("anchor")
    http = served.http()
    assert taken_response(http.send(yank_request(served.url, "anchor", "1.0.0", "rusty"))).release.yanked == "rusty"
    assert taken_response(http.send(yank_request(served.url, "anchor", "1.0.0", "rusty"))).already
    assert [each.yanked for each in verified(served, tmp_path).releases("anchor") or ()] == ["rusty"]
    assert taken_response(http.send(yank_request(served.url, "anchor", "1.0.0", None))).release.yanked is None
    with refused("E227"):
        taken_response(http.send(yank_request(served.url, "anchor", "9.9.9", "")))


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_yank_without_a_reason_keeps_the_reason_that_there_is(served: Served, tmp_path: Path, dry_run: bool) -> None:
    name = f"hawser-{dry_run}".lower()
    served.publish(name)
    taken_response(served.http().send(yank_request(served.url, name, "1.0.0", "frayed")))
    again = taken_response(served.http().send(yank_request(served.url, name, "1.0.0", "", dry_run=dry_run)))
    assert (again.release.yanked, again.already) == ("frayed", True)
    assert [each.yanked for each in verified(served, tmp_path).releases(name) or ()] == ["frayed"]


def test_who_publishes_first_owns_the_name_and_others_are_made_owners(served: Served) -> None:
    ada, bob = served.user("ada"), served.user("bob")
    served.publish("quayside", token=ada)
    with refused("E722"):
        served.publish("quayside", "1.1.0", token=bob)
    with refused("E722"):  # not that the version is taken: another would not help him
        served.publish("quayside", token=bob, text="other")
    assert owners_response(served.http(ada).send(add_owner_request(served.url, "quayside", "bob"))).names == (
        "ada",
        "bob",
    )
    served.publish("quayside", "1.1.0", token=bob)
    assert owners_response(served.http(bob).send(remove_owner_request(served.url, "quayside", "ada"))).names == ("bob",)
    with refused("E738"):
        owners_response(served.http(bob).send(remove_owner_request(served.url, "quayside", "bob")))
    assert owners_response(served.http("").send(owners_request(served.url, "quayside"))).names == ("bob",)


def test_a_scope_is_begun_by_the_administrator_and_belongs_to_its_owners(served: Served) -> None:
    eve = served.user("eve")
    with refused("E724"):
        served.publish("@dock/cranes", token=eve)
    with refused("E736"):
        owners_response(served.http(eve).send(add_owner_request(served.url, "@dock", "eve")))
    assert owners_response(served.http().send(add_owner_request(served.url, "@dock", "eve"))).names == ("eve",)
    assert served.publish("@dock/cranes", token=eve).release.name == "@dock/cranes"


def test_a_name_that_begins_as_somebodys_scope_is_left_to_its_owners(served: Served) -> None:
    """As plugins, `@lock-gate/keeper` and `lock-gate-keeper` have one name, and the first that comes has it."""
    owner, other = served.user("owner-of-gates"), served.user("other-than-she")
    served.http().send(add_owner_request(served.url, "@lock-gate", "owner-of-gates"))
    with refused("E723"):
        served.publish("lock-gate-keeper", token=other)
    assert served.publish("lock-keeper", token=other).release.name == "lock-keeper"
    assert served.publish("@lock-gate/keeper", token=owner).release.name == "@lock-gate/keeper"
    assert served.publish("lock-gate-paint", token=owner).release.name == "lock-gate-paint"


@pytest.mark.parametrize("name", ["breakwaters", "break-water", "breakvvater", "breakwaetr"])
def test_a_name_that_looks_like_anothers_is_refused(served: Served, name: str) -> None:
    owner, other = served.user("owner-of-names"), served.user("other")
    served.publish("breakwater", token=owner)
    with refused("E723"):
        served.publish(name, token=other)


def test_the_owner_of_a_name_may_take_one_that_looks_like_it(served: Served) -> None:
    owner = served.user("gus")
    served.publish("seagull", token=owner)
    assert served.publish("seagulls", token=owner).release.name == "seagulls"


def deleted(served: Served, name: str, version: str, *, token: str = ADMIN, dry_run: bool = False) -> Taken:
    return taken_response(served.http(token).send(delete_request(served.url, name, version, dry_run=dry_run)))


def test_a_deleted_version_is_never_used_again(served: Served, tmp_path: Path) -> None:
    archive = served.publish("driftwood").release.archive
    served.publish("driftwood", "1.1.0")
    assert not deleted(served, "driftwood", "1.0.0").already
    for text in ("", "other files"):
        with refused("E730"):
            served.publish("driftwood", text=text)
    assert [str(each.version) for each in verified(served, tmp_path).releases("driftwood") or ()] == ["1.1.0"]
    assert served.get(blob_path(archive)).status == 404, "what was in it is gone, too"
    assert deleted(served, "driftwood", "1.0.0").already
    with refused("E227"):
        taken_response(served.http().send(yank_request(served.url, "driftwood", "1.0.0", "")))


def test_a_name_stays_its_owners_when_all_of_its_releases_are_deleted(served: Served, tmp_path: Path) -> None:
    owner, other = served.user("owner-of-wrecks"), served.user("other-than-he")
    served.publish("shipwreck", token=owner)
    deleted(served, "shipwreck", "1.0.0")
    assert verified(served, tmp_path).releases("shipwreck") == ()
    with refused("E722"):
        served.publish("shipwreck", "2.0.0", token=other)
    with refused("E723"):
        served.publish("ship-wreck", token=other)
    assert served.publish("shipwreck", "2.0.0", token=owner).release.name == "shipwreck"


def test_only_administrators_delete_and_a_rehearsal_deletes_nothing(served: Served) -> None:
    owner = served.user("owner-of-flotsam")
    archive = served.publish("flotsam", token=owner).release.archive
    with refused("E721"):
        deleted(served, "flotsam", "1.0.0", token=owner)
    assert not deleted(served, "flotsam", "1.0.0", dry_run=True).already
    assert served.get(blob_path(archive)).status == 200
    assert served.publish("flotsam", token=owner).already


def test_a_scope_that_looks_like_anothers_is_not_begun(served: Served) -> None:
    def owned(scope: str, user: str) -> tuple[str, ...]:
        return owners_response(served.http().send(add_owner_request(served.url, scope, user))).names

    assert owned("@mooring", "ada") == ("ada",)
    with refused("E723"):
        owned("@m0oring", "bob")
    assert owned("@moorings", "ada") == ("ada",)
    assert owned("@moorings", "bob") == ("ada", "bob")


def test_a_token_does_what_its_scopes_say_until_it_is_revoked(served: Served) -> None:
    carl = served.user("carl", "publish")
    served.publish("capstan", token=carl)
    with refused("E721"):
        taken_response(served.http(carl).send(yank_request(served.url, "capstan", "1.0.0", "")))
    who = whoami_response(served.http(carl).send(whoami_request(served.url)))
    assert who is not None
    assert (who.user, who.scopes) == ("carl", ("publish",))
    [facts] = tokens_response(served.http(carl).send(tokens_request(served.url)))
    tokens_response(served.http().send(revoke_token_request(served.url, facts.id)))
    with refused("E720"):
        served.publish("capstan", "2.0.0", token=carl)


def test_nobody_makes_a_token_that_may_do_more_than_his_own(served: Served) -> None:
    dora = served.user("dora", "publish")
    for user, scopes in (("dora", ("admin",)), ("dora", ("publish", "yank")), ("someone", ("publish",))):
        with refused("E721"):
            request = create_token_request(served.url, TokenWish(user=user, scopes=scopes))
            token_response(served.http(dora).send(request))


def test_an_expired_token_is_none(served: Served) -> None:
    request = create_token_request(
        served.url, TokenWish(user="old", scopes=("publish",), expires="2020-01-01T00:00:00Z")
    )
    token = token_response(served.http().send(request)).token.reveal()
    with refused("E720"):
        served.publish("wreckage", token=token)


def test_search_puts_the_name_that_was_said_first(served: Served) -> None:
    for name in ("my-sextant", "sextant", "sextant-maps"):
        served.publish(name)
    answer = served.get(f"{API}search?q=sextant")
    import json

    found = json.loads(answer.body)
    assert [each["name"] for each in found["packs"]] == ["sextant", "sextant-maps", "my-sextant"]
    assert found["total"] == 3


def test_downloads_are_counted(served: Served) -> None:
    import json

    taken = served.publish("cargo-hold")
    for _ in range(3):
        assert served.get(blob_path(taken.release.archive)).status == 200
    assert json.loads(served.get(f"{API}downloads?name=cargo-hold").body)["versions"] == {"1.0.0": 3}


def test_everything_that_changes_something_is_in_the_audit_log(served: Served) -> None:
    import json

    ivy = served.user("ivy")
    served.publish("mooring", token=ivy)
    entries = json.loads(served.get(f"{API}audit", token=served.user("root", "admin")).body)["entries"]
    assert ("ivy", "publish", "mooring 1.0.0") in {(each["who"], each["action"], each["subject"]) for each in entries}
    assert served.get(f"{API}audit", token=ivy).status == 403


def test_files_are_given_as_a_web_server_gives_them(served: Served) -> None:
    taken = served.publish("lighthouse")
    key = blob_path(taken.release.archive)
    whole = served.get(key)
    assert "immutable" in whole.headers["cache-control"]
    assert served.get(key, headers={"if-none-match": whole.headers["etag"]}).status == 304
    part = served.get(key, headers={"range": "bytes=10-19"})
    assert (part.status, part.body) == (206, whole.body[10:20])
    timestamp = served.get("metadata/timestamp.json")
    assert timestamp.headers["cache-control"] == "no-cache"
    assert served.get("metadata/timestamp.json", headers={"if-none-match": timestamp.headers["etag"]}).status == 304


@pytest.mark.parametrize(
    "path",
    [
        *("../registry.db", "..%2fregistry.db", "%2e%2e/registry.db", "index/../../registry.db", "/etc/passwd"),
        *("keys/x", ".lock", ".signing.lock", "metadata/..%2f..%2fkeys", "index/%00", "blobs/sha256/aa/%ff%fe"),
        *("index/te/%E2%84%AAelvin", "catalog/zz.jsonl", "api/v1/nothing", "api/v2/releases", "index/te/" + "a" * 5000),
    ],
)
def test_no_path_leads_out_of_the_registry(served: Served, path: str) -> None:
    answer = served.get(path)
    assert 400 <= answer.status < 500
    assert refusal(answer).problems


@pytest.mark.parametrize("size", [0, 1, 100, 25 * 1024 * 1024])
def test_what_is_no_archive_is_refused_without_harm(served: Served, size: int) -> None:
    answer = served.http().send(publish_request(served.url, b"x" * size))
    assert answer.status in (413, 422)
    assert answer.status == 413 or size < 1000


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *((path, body) for path in ("yank", "owners", "tokens") for body in (b"", b"{", b"[]", b"null", b"{}")),
        ("yank", '{"name": "ünïcödé", "version": "1.0.0"}'.encode()),
        ("yank", b'{"name": "ab", "version": "1.0.0", "reason": "\\u0000"}'),
        ("yank", b'{"name": "ab", "version": "1.0.0", "reason": "\\ud800"}'),
        ("owners", b'{"name": "@dock", "user": "\\u0000"}'),
        ("tokens", b'{"scopes": ["everything"]}'),
        ("tokens", b'{"scopes": "publish"}'),
        ("yank", b"x" * 100_000),
    ],
)
def test_a_body_that_makes_no_sense_is_the_callers_mistake(served: Served, path: str, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    request = Request(url=f"{served.url}/{API}{path}", method="POST", body=body, headers=headers, max_bytes=100_000)
    assert 400 <= served.http().send(request).status < 500


@pytest.mark.parametrize("token", ["", "wrong", "skl_", "skl_" + "x" * 2000])
def test_nobody_changes_anything_without_a_token(served: Served, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    request = Request(
        url=f"{served.url}/{API}releases",
        method="POST",
        body=b"",
        headers={**headers, "content-type": "application/gzip"},
        max_bytes=10_000,
    )
    assert served.http("").send(request).status == 401


def test_health_and_metrics_are_told(served: Served) -> None:
    assert served.get("health").body == b'{"well":true,"database":true,"storage":true}'
    told = served.get("metrics").body
    assert b"skillctl_requests_total" in told
    assert b"\nskillctl_signatures_expire_in_seconds " in told
