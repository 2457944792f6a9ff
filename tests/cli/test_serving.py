"""A registry's server, started from the command line."""

from __future__ import annotations

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
