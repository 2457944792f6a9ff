"""A registry's server, started from the command line."""

from __future__ import annotations

import socket

import pytest

from tests.cli.conftest import Bench


def test_each_start_says_where_things_lie_and_the_first_what_is_said_once(skillctl: Bench) -> None:
    first = skillctl("registry", "serve", "--check").err.splitlines()
    told = [line.split()[0] for line in first]
    assert told == ["the", "root", "database", "files", "keys", "token"]
    again = skillctl("registry", "serve", "--check").err.splitlines()
    assert again == first[:4]
    assert f"{skillctl.home}/" in first[2]
    assert f"{skillctl.home}/" in first[3]


def test_a_password_of_the_database_is_not_shown(skillctl: Bench) -> None:
    ran = skillctl("registry", "serve", "--check", "--db", "postgresql://ada:secret@localhost:1/packs")
    assert "secret" not in ran.err + ran.out


@pytest.mark.parametrize(
    "words", [("--port", "65536"), ("--port", "-1"), ("--port", "99999999"), ("--rate", "0"), ("--rate", "-5")]
)
def test_a_number_that_makes_no_sense_is_told(skillctl: Bench, words: tuple[str, str]) -> None:
    ran = skillctl("registry", "serve", "--check", *words)
    assert ran.status == 2
    assert "E023" in ran.err
    assert not list(skillctl.home.rglob("registry.db")), "nothing is made for it"


def test_a_port_that_another_has_is_told_before_a_token_is_made_that_nobody_would_see(skillctl: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ran = skillctl("registry", "serve", "--port", str(other.getsockname()[1]))
    assert ran.status == 1
    assert ran.err.startswith("error E746")
    assert "already in use" in ran.err
    assert not list(skillctl.home.rglob("registry.db"))
    assert "token" in skillctl("registry", "serve", "--check").err


def test_a_host_that_is_none_of_this_machine_is_told(skillctl: Bench) -> None:
    ran = skillctl("registry", "serve", "--host", "no.such.host.invalid")
    assert (ran.status, ran.err[:10]) == (1, "error E746")
