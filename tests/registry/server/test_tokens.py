"""Tokens: refused at once by every process when they are revoked or expired, shown with their last use, and the
administrator's first one."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Never

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.web import Request
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.endpoints.owners import (
    add_owner_request,
    owners_request,
    owners_response,
    remove_owner_request,
)
from skillctl_registry.endpoints.tokens import (
    TokenFacts,
    TokenWish,
    all_tokens_request,
    create_token_request,
    revoke_token_request,
    token_response,
    tokens_request,
    tokens_response,
)
from skillctl_registry.endpoints.whoami import whoami_request
from skillctl_registry.server import accounts
from skillctl_registry.server.accounts import Caller
from skillctl_registry.server.serving import Begun, Parts, begin
from skillctl_registry.server.signer import Signer
from skillctl_registry.server.tables import METADATA
from tests.registry.server.conftest import Place
from tests.support.serving import ADMIN, Served


def parts(room: Path, **more: str) -> Parts:
    return Parts(
        database=f"sqlite:///{room / 'registry.db'}",
        backend=DirectoryBackend(room / "files"),
        keys=room / "keys",
        now=clock.now,
        seconds=clock.seconds,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def begun(tmp_path: Path) -> Begun:
    """A server that was started for the first time, and told no token."""
    made = begin(parts(tmp_path))
    made.service.database.close()
    return made


def refusal(room: Path, token: str) -> str:
    with pytest.raises(SkillctlError) as caught:
        begin(parts(room, admin_token=token))
    return caught.value.code


def is_known(served: Served, token: str) -> bool:
    return served.http(token).send(whoami_request(served.url)).status == 200


def used(served: Served, user: str) -> TokenFacts:
    [found] = tokens_response(served.http().send(tokens_request(served.url, user)))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_a_token_that_was_revoked_in_one_process_is_refused_by_all_of_them_at_once(place: Place) -> None:
    with place.serving() as one, place.serving() as other:
        token = one.user("ada")
        assert is_known(other, token)
        [facts] = tokens_response(other.http().send(tokens_request(other.url, "ada")))
        assert facts.used
        tokens_response(one.http().send(revoke_token_request(one.url, facts.id)))
        assert not is_known(other, token)
        assert not is_known(one, token)


def test_a_dry_run_of_a_revocation_finds_what_the_real_one_would_and_ends_nothing(served: Served) -> None:
    token, other = served.user("gwen"), served.user("hugo")
    wanted = used(served, "gwen")
    would = revoke_token_request(served.url, wanted.id, dry_run=True)
    for shown in (ADMIN, token):
        [found] = tokens_response(served.http(shown).send(would))
        assert (found.id, found.revoked) == (wanted.id, "")
    with pytest.raises(SkillctlError) as caught:
        tokens_response(served.http(other).send(would))
    assert caught.value.code == "E736"
    assert is_known(served, token)


def test_a_dry_run_of_a_token_is_answered_or_refused_as_the_real_one_and_makes_none(served: Served) -> None:
    ida = served.user("ida", "publish")
    for wish, code in (
        (TokenWish(scopes=("publish",), expires="2098-01-01T00:00:00Z"), ""),
        (TokenWish(scopes=("yank",)), "E721"),
        (TokenWish(user="joe", scopes=("publish",)), "E721"),
        (TokenWish(user="NO ONE", scopes=("publish",)), "E737"),
    ):
        would = served.http(ida).send(create_token_request(served.url, wish, dry_run=True))
        if code:
            with pytest.raises(SkillctlError) as caught:
                token_response(would)
            assert caught.value.code == code
        else:
            made = token_response(would)
            assert (made.facts.id, made.facts.user, made.token.reveal()) == ("", "ida", "")
    assert len(tokens_response(served.http().send(tokens_request(served.url, "ida")))) == 1


def test_a_dry_run_of_owners_is_answered_or_refused_as_the_real_one_and_changes_none(served: Served) -> None:
    kay, leo = served.user("kay"), served.user("leo")
    served.publish("rowlock", token=kay)

    def would(request: Request, token: str) -> tuple[str, ...] | str:
        try:
            return owners_response(served.http(token).send(request)).names
        except SkillctlError as error:
            return error.code

    add = add_owner_request(served.url, "rowlock", "leo", dry_run=True)
    last = remove_owner_request(served.url, "rowlock", "kay", dry_run=True)
    begun = add_owner_request(served.url, "@oars", "leo", dry_run=True)
    assert [would(add, kay), would(add, leo), would(last, kay)] == [("kay", "leo"), "E722", "E738"]
    assert [would(begun, ADMIN), would(begun, leo)] == [("leo",), "E736"]
    assert would(owners_request(served.url, "rowlock"), "") == ("kay",)
    assert would(owners_request(served.url, "@oars"), "") == "E736"
    assert would(remove_owner_request(served.url, "rowlock", "nobody", dry_run=True), kay) == "E736"


def test_the_tokens_of_all_are_shown_to_administrators_alone_and_none_of_them_whole(served: Served) -> None:
    pam, rex = served.user("pam"), served.user("rex")
    answer = served.http().send(all_tokens_request(served.url))
    found = tokens_response(answer)
    assert {"admin", "pam", "rex"} <= {each.user for each in found}
    assert [each.id for each in found] == sorted(each.id for each in found)
    assert not any(token.encode() in answer.body for token in (pam, rex, ADMIN))
    assert tokens_response(served.http().send(all_tokens_request(served.url, found[0].id)))[0].id == found[1].id
    for token, status in ((pam, 403), ("", 401)):
        assert served.http(token).send(all_tokens_request(served.url)).status == status


def test_the_last_use_of_a_token_is_told_and_one_that_was_never_used_says_so(served: Served) -> None:
    token = served.user("kim")
    assert used(served, "kim").used == ""
    assert is_known(served, token)
    before = clock.now()
    assert used(served, "kim").used[:13] == before[:13]


def test_the_use_of_a_token_is_written_down_once_in_a_minute_and_not_for_each_request(
    tmp_path: Path, begun: Begun
) -> None:
    minute = ["2026-11-22T10:00:00Z"]
    again = begin(replace(parts(tmp_path), now=lambda: minute[0]))
    with sqlite3.connect(tmp_path / "registry.db") as watching:

        def writes() -> int:
            return int(watching.execute("PRAGMA data_version").fetchone()[0])

        seen = [writes()]
        for minute[0] in ("2026-11-22T10:00:00Z", "2026-11-22T10:00:59Z", "2026-11-22T10:01:00Z"):
            for _ in range(20):
                again.service.caller(begun.admin_token)
            again.service.write_counts()
            seen.append(writes())
    watching.close()
    again.service.database.close()
    assert [after > before for before, after in pairwise(seen)] == [True, False, True]


def test_the_first_start_makes_one_token_and_a_later_one_none(tmp_path: Path, begun: Begun) -> None:
    assert begun.admin_token.startswith("skl_")
    again = begin(parts(tmp_path))
    assert again.admin_token == ""
    assert again.service.caller(begun.admin_token).is_admin
    again.service.database.close()


@pytest.mark.parametrize("step", ["remember", "sign_waiting"])
def test_a_first_start_that_fails_behind_its_founding_leaves_the_token_to_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def away(_: Signer) -> Never:
        raise RegistryError.of("E750", location="files", reason="503 Service Unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(Signer, step, away)
        with pytest.raises(SkillctlError):
            begin(parts(tmp_path), settled=True)
    again = begin(parts(tmp_path), settled=True)
    assert again.is_new
    assert again.service.caller(again.admin_token).is_admin
    again.service.database.close()


@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_of_first_starts_at_once_one_alone_makes_a_token(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    both = Barrier(2)
    looked = accounts.has_tokens

    def looking_at_once(connection: Connection) -> bool:
        found = looked(connection)
        with suppress(BrokenBarrierError):  # who is let in alone goes on alone
            both.wait(0.3)
        return found

    monkeypatch.setattr(accounts, "has_tokens", looking_at_once)
    place.room.mkdir()
    wanted = parts(place.room)
    wanted = replace(wanted, database=place.database or wanted.database)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(begin, [wanted, wanted]))
    assert sorted(bool(each.admin_token) for each in found) == [False, True]
    for each in found:
        each.service.database.close()


def test_the_administrators_token_of_the_environment_is_taken_at_each_start(tmp_path: Path, begun: Begun) -> None:
    for token in (ADMIN, ADMIN, "another-token-of-the-administrator"):
        again = begin(parts(tmp_path, admin_token=token))
        assert again.admin_token == ""
        assert again.service.caller(token).is_admin
        again.service.database.close()


@pytest.mark.parametrize(
    "token", ["secret", "x" * 19, "x" * 501, "a token with spaces in it", "ein-schlüssel-für-den-chef"]
)
def test_a_token_of_the_environment_that_could_be_guessed_is_refused(tmp_path: Path, token: str) -> None:
    assert refusal(tmp_path, token) == "E785"


def test_a_token_of_the_environment_that_was_revoked_stays_revoked(tmp_path: Path) -> None:
    first = begin(parts(tmp_path, admin_token=ADMIN))
    caller = first.service.caller(ADMIN)
    with first.service.database.writing() as connection:
        accounts.revoke_token(connection, caller, caller.token, now=clock.now())
    first.service.database.close()
    assert refusal(tmp_path, ADMIN) == "E785"


def test_a_token_makes_others_that_may_do_less_and_end_no_later(served: Served) -> None:
    request = create_token_request(
        served.url, TokenWish(user="lee", scopes=("publish", "yank"), expires="2099-01-01T00:00:00Z")
    )
    lee = token_response(served.http().send(request)).token.reveal()

    def made(*scopes: str, expires: str) -> str:
        wanted = create_token_request(served.url, TokenWish(scopes=scopes, expires=expires))
        try:
            return " ".join(token_response(served.http(lee).send(wanted)).facts.scopes)
        except SkillctlError as error:
            return error.code

    assert made("publish", expires="2098-01-01T00:00:00Z") == "publish"
    assert made("publish", expires="") == "E721"
    assert made("publish", expires="2100-01-01T00:00:00Z") == "E721"
    assert made("owner", expires="2098-01-01T00:00:00Z") == "E721"


def test_a_token_revokes_itself_and_those_that_may_do_no_more_and_none_that_may_do_more(served: Served) -> None:
    def made(*scopes: str) -> tuple[str, str]:
        wish = TokenWish(user="moe", scopes=scopes)
        found = token_response(served.http().send(create_token_request(served.url, wish)))
        return found.facts.id, found.token.reveal()

    def revoked(token_id: str, by: str, *, dry_run: bool = False) -> str:
        try:
            tokens_response(served.http(by).send(revoke_token_request(served.url, token_id, dry_run=dry_run)))
        except SkillctlError as error:
            return error.code
        return "revoked"

    (more, admin), (yank, low), (other_yank, _) = made("publish", "yank", "admin"), made("yank"), made("yank")
    publish, able = made("publish", "yank")
    assert [revoked(each, low, dry_run=True) for each in (more, publish)] == ["E721", "E721"]
    assert [revoked(each, low) for each in (more, publish, other_yank)] == ["E721", "E721", "revoked"]
    assert (revoked(more, able), revoked(yank, able)) == ("E721", "revoked")
    assert revoked(publish, able) == "revoked"
    assert is_known(served, admin)
    assert revoked(more, admin) == "revoked"


def test_tokens_that_are_revoked_or_expired_do_not_count_as_those_that_a_user_has(
    tmp_path: Path, begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_MOST_TOKENS", 2)
    caller = Caller(user="ci", token="t", scopes=frozenset(["publish"]))
    now, later = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"

    def make(connection: Connection, *, at: str, expires: str = "") -> str:
        wish = TokenWish(scopes=("publish",), expires=expires)
        return accounts.create_token(connection, caller, wish, now=at)[0].id

    again = begin(parts(tmp_path))
    with again.service.database.writing() as connection:
        make(connection, at=now, expires=later)
        ended = make(connection, at=now)
        with pytest.raises(SkillctlError, match="E721"):
            make(connection, at=now)
        accounts.revoke_token(connection, caller, ended, now=now)
        make(connection, at=now)
        make(connection, at=later)
        with pytest.raises(SkillctlError, match="E721"):
            make(connection, at=later)
    again.service.database.close()


def test_an_owner_whom_the_registry_does_not_know_is_warned_of(served: Served) -> None:
    served.publish("fairlead", token=served.user("pia"))
    for dry_run in (True, False):
        added = owners_response(served.http().send(add_owner_request(served.url, "fairlead", "pai", dry_run=dry_run)))
        assert (added.names, [each.code for each in added.problems]) == (("pai", "pia"), ["W709"])
    served.user("pai")
    assert owners_response(served.http().send(add_owner_request(served.url, "fairlead", "pai"))).problems == ()


def test_who_owns_a_scope_makes_others_its_owners_and_others_do_not(served: Served) -> None:
    mia, nat, oli = (served.user(name) for name in ("mia", "nat", "oli"))
    http = served.http
    owners_response(http().send(add_owner_request(served.url, "@pier", "mia")))
    assert served.publish("@pier/bollards", token=mia).release.name == "@pier/bollards"
    for who in (nat, oli):
        with pytest.raises(SkillctlError) as caught:
            owners_response(http(who).send(add_owner_request(served.url, "@pier", "nat")))
        assert caught.value.code == "E722"
    assert owners_response(http(mia).send(add_owner_request(served.url, "@pier", "nat"))).names == ("mia", "nat")
    assert served.publish("@pier/bollards", "1.1.0", token=nat).release.name == "@pier/bollards"
    with pytest.raises(SkillctlError) as caught:
        served.publish("@pier/cleats", token=oli)
    assert caught.value.code == "E722"


def test_the_database_of_an_older_server_is_brought_up_to_this_one(tmp_path: Path, begun: Begun) -> None:
    with sqlite3.connect(tmp_path / "registry.db") as older:
        older.execute("ALTER TABLE tokens DROP COLUMN used")
        older.execute("DROP TABLE learned")
        older.execute("DROP TABLE signed")
        older.execute("DROP TABLE numbers")
        older.execute("UPDATE alembic_version SET version_num = '0001'")
    older.close()
    again = begin(parts(tmp_path))
    assert again.service.caller(begun.admin_token).used == ""
    with again.service.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    again.service.database.close()


def test_the_database_of_a_newer_server_is_left_as_it_is_and_called_that(tmp_path: Path, begun: Begun) -> None:
    with closing(sqlite3.connect(tmp_path / "registry.db")) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    with pytest.raises(SkillctlError) as caught:
        begin(parts(tmp_path))
    assert caught.value.code == "E732"
    assert "a newer skillctl" in str(caught.value.problems[0].evidence["reason"])
    with closing(sqlite3.connect(tmp_path / "registry.db")) as newer:
        assert newer.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
