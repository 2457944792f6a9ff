"""Rates: who asks too often is told how long to wait, others and the files are not touched by it."""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from skillctl.core.errors import SkillctlError
from skillctl.core.web import Request
from skillctl.core.wording import worded
from skillctl.edges.http import Http
from skillctl_registry.endpoints.asking import API
from skillctl_registry.server.allowance import Allowance
from skillctl_registry.views.marketplace import MARKETPLACE
from tests.support.nginx import NginxMissingError, proxying
from tests.support.serving import ADMIN, Served, serving

BURST = 200


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that lets each caller ask once a second, after a first burst."""
    with serving(tmp_path_factory.mktemp("strict") / "room", rate=1) as running:
        yield running


def exhausted(served: Served, token: str) -> Http:
    """The web of a caller who has asked as often as he may."""
    http = served.http(token)
    for _ in range(BURST + 20):
        request = Request(url=f"{served.url}/{API}yank", method="POST", max_bytes=10_000)
        if (answer := http.send(request)).status == 429:
            said = json.loads(answer.body)["problems"][0]
            assert said["code"] == "E725"
            assert int(answer.headers["retry-after"]) == said["evidence"]["seconds"] >= 1
            return http
    raise AssertionError("it goes on for ever")


def status_of(url: str) -> int:
    """The status of one answer, whatever it is."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def refusal(served: Served, token: str, version: str) -> SkillctlError | None:
    """Why a publish is refused of a caller who has asked as often as he may."""
    exhausted(served, token)
    try:
        served.publish("harbour", version, token=token)
    except SkillctlError as error:
        return error
    return None


def refusals(served: Served) -> int:
    """How often anybody was told to wait."""
    said = re.search(r'kind="api",status="429"} ([0-9]+)', served.get("metrics").body.decode())
    return int(said[1]) if said else 0


@pytest.mark.slow
def test_who_has_no_token_is_told_to_wait_and_still_reads_files(strict: Served) -> None:
    exhausted(strict, "")
    key = "metadata/timestamp.json"
    assert {strict.get(key).status for _ in range(50)} == {200}
    assert 429 in (status_of(f"{strict.url}/{MARKETPLACE}") for _ in range(BURST + 20))
    assert {strict.get(key, token=ADMIN).status for _ in range(10)} == {200}


@pytest.mark.slow
def test_a_publish_is_told_how_long_to_wait_and_others_publish_meanwhile(strict: Served) -> None:
    ada, bob = strict.user("ada"), strict.user("bob")
    # who may ask again before the publish is there has to be exhausted once more
    told = next(filter(None, (refusal(strict, ada, f"1.{number}.0") for number in range(20))))
    assert told.code == "E725"
    assert "for 1 s " in worded(told.problems[0]).title
    assert strict.publish("lantern", token=bob).release.name == "lantern"


@pytest.mark.slow
def test_a_question_waits_as_long_as_it_was_told_and_is_answered(strict: Served) -> None:
    carl = strict.user("carl")
    for _ in range(5):  # where the machine was busy with other things for a second, nothing had to wait
        http = exhausted(strict, carl)
        before = refusals(strict)
        assert http.send(Request(url=f"{strict.url}/{API}search?q=x", max_bytes=10_000)).status == 200
        if refusals(strict) > before:
            return
    raise AssertionError("it was never told to wait")


def answers(url: str, source: str, count: int) -> Counter[int]:
    """The statuses of so many questions that come from that address."""
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, source_address=(source, 0))
    found: Counter[int] = Counter()
    with closing(connection):
        for _ in range(count):
            connection.request("GET", f"/{API}search?limit=0")
            answer = connection.getresponse()
            answer.read()
            found[answer.status] += 1
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
@pytest.mark.parametrize(
    ("proxy", "allowed", "share"),
    [("127.0.0.2", "127.0.0.2", False), ("127.0.0.2", None, True), ("127.0.0.1", None, False)],
)
def test_behind_a_proxy_that_is_believed_each_has_a_rate_and_behind_another_all_share_that_of_the_proxy(
    tmp_path: Path, proxy: str, allowed: str | None, *, share: bool
) -> None:
    told = {"FORWARDED_ALLOW_IPS": allowed} if allowed else {}
    try:
        with (
            serving(tmp_path / "room", rate=1, environment=told) as server,
            proxying(server.url, tmp_path / "nginx", source=proxy) as url,
        ):
            first = answers(url, "127.0.0.1", BURST + 20)
            second = answers(url, "127.0.0.3", 20)
    except NginxMissingError as error:
        pytest.skip(str(error))
    assert (first[429] > 0, second[429] > 0) == (True, share)


def test_callers_without_number_neither_fill_the_memory_nor_free_the_one_who_asks_too_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("skillctl_registry.server.allowance._MOST_CALLERS", 10)
    now = [0.0]
    allowance = Allowance(burst=1, rate=0.001, clock=lambda: now[0])
    for number in range(100):
        now[0] += 0.01
        allowance.wait(f"198.51.100.{number}")
        if number == 95:
            assert allowance.wait("ada") == 0
    assert allowance.wait("ada") > 0
    assert len(allowance._left) <= 10


def test_an_allowance_fills_again_at_its_rate_for_each_caller_by_itself() -> None:
    now = [0.0]
    allowance = Allowance(burst=2, rate=0.5, clock=lambda: now[0])
    assert [allowance.wait("ada") for _ in range(3)] == [0, 0, 2.0]
    assert allowance.wait("bob") == 0
    now[0] = 2.0
    assert [allowance.wait("ada"), allowance.wait("ada")] == [0, 2.0]
