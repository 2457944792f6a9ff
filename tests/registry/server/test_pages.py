"""The pages of a server as answers: what they say, how they are sent, and how they refuse; over each database."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urljoin, urlsplit

import pytest

from skillctl.archive.writer import write_archive
from skillctl.core.web import Request
from skillctl_registry.endpoints.owners import add_owner_request
from skillctl_registry.endpoints.releases import publish_request, taken_response, yank_request
from skillctl_registry.server.pages import EACH
from tests.support.packs import pack
from tests.support.serving import ADMIN, Served

PEOPLE = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


def publish(served: Served, files: dict[str, bytes], token: str = ADMIN) -> None:
    taken_response(served.http(token).send(publish_request(served.url, write_archive(files))))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a plain client gets: ours refuses pages where none belong."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def got(served: Served, path: str, headers: Mapping[str, str], method: str = "GET") -> Answer:
    asked = urllib.request.Request(f"{served.url}/{path}", headers=dict(headers), method=method)
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return Answer(answer.status, {key.lower(): value for key, value in answer.headers.items()}, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, {key.lower(): value for key, value in error.headers.items()}, error.read())


def page(served: Served, path: str, **headers: str) -> Answer:
    return got(served, path, {**PEOPLE, **headers})


def text(served: Served, path: str) -> str:
    answer = page(served, path)
    assert answer.status == 200, answer.body
    return answer.body.decode()


@pytest.fixture(scope="module")
def world(served: Served) -> Served:
    """A server with a few packs."""
    grace = served.user("grace")
    publish(served, pack("quill", "1.0.0", description="Writes letters", keywords=["post"]), grace)
    more = {"skills/quill/SKILL.md": b"---\nname: quill\ndescription: Writes.\n---\n\nNow: !`date`\n"}
    publish(served, {**pack("quill", "1.1.0", description="Writes letters and cards", license="MIT"), **more}, grace)
    publish(served, pack("quill", "1.2.0"), grace)
    request = yank_request(served.url, "quill", "1.2.0", "It <b>eats</b> the ink")
    assert served.http(grace).send(request).status == 200
    assert served.http().send(add_owner_request(served.url, "@inkwell", "grace")).status == 200
    publish(served, pack("@inkwell/stamp", "2.0.0", "quill ^1.0", "nowhere >=3"), grace)
    publish(served, pack("seal", description="Wax", deprecated="use `stamp`"), grace)
    return served


def test_the_front_page_shows_what_is_new_and_what_is_yanked_not(world: Served) -> None:
    said = text(world, "")
    assert "packs/@inkwell/stamp" in said
    assert "1.2.0" not in said


def test_what_is_deprecated_is_marked_in_lists(world: Served) -> None:
    marked = '<span class="tag warn">deprecated</span> use <code>stamp</code>'
    assert (
        text(world, "").count(marked)
        == text(world, "search").count(marked)
        == text(world, "search?q=wax").count(marked)
        == 1
    )


def test_a_search_finds_by_its_words(world: Served) -> None:
    assert "packs/quill" in text(world, "search?q=letters")
    assert "Nothing was found" in text(world, "search?q=zebra+crossing")


def test_what_is_new_leads_to_the_release_that_it_names(world: Served) -> None:
    said = text(world, "")
    assert "packs/@inkwell/stamp/2.0.0" in said


@pytest.mark.parametrize("words", ["quilll", "Quilll", "@inkwell/stanp", "@inkwell/stamp-s"])
def test_a_search_that_finds_nothing_asks_whether_another_name_was_meant(world: Served, words: str) -> None:
    said = text(world, f"search?q={words}")
    assert "Nothing was found" in said
    assert "Did you mean <a" in said


def test_a_name_in_capitals_leads_to_the_pack_all_the_same(world: Served) -> None:
    answer = page(world, "packs/QUILL")
    assert answer.status == 404
    assert b'packs/quill">quill</a>?' in answer.body


def test_a_yanked_release_gives_no_command_that_would_be_refused(world: Served) -> None:
    said = text(world, "packs/quill/1.2.0")
    assert "skillctl install quill@1.2.0" not in said
    assert "skillctl install quill<" in said


def test_a_search_without_words_is_every_pack(world: Served) -> None:
    assert {"packs/quill", "packs/@inkwell/stamp"} <= {each.split('"')[0] for each in text(world, "search").split("./")}


def test_a_pack_tells_its_latest_release_and_all_others(world: Served) -> None:
    said = text(world, "packs/quill")
    assert "skillctl install quill<" in said
    assert "Writes letters and cards" in said
    assert "runs when it is loaded <code>date</code>" in said
    assert "MIT" in said
    assert "It &lt;b&gt;eats&lt;/b&gt; the ink" in said
    assert all(version in said for version in ("1.0.0", "1.1.0", "1.2.0"))


def test_a_yanked_release_says_so_and_why(world: Served) -> None:
    said = text(world, "packs/quill/1.2.0")
    assert "This release is yanked." in said
    assert "claude plugin install" not in said


def test_what_a_pack_needs_is_drawn_and_told(world: Served) -> None:
    said = text(world, "packs/@inkwell/stamp")
    assert "@inkwell/stamp needs nowhere. @inkwell/stamp needs quill." in said
    assert "the newest that fits is 1.1.0" in said
    assert "this registry has none that fits" in said


def test_what_changed_between_two_releases_is_shown(world: Served) -> None:
    said = text(world, "packs/quill/compare?from=1.0.0&to=1.1.0")
    assert "Newly asked for" in said
    assert "<del>-quill 1.0.0\n</del>" in said
    assert "<ins>+Now: !`date`\n</ins>" in said


def test_a_release_compared_with_itself_is_the_same(world: Served) -> None:
    assert "same to the last byte" in text(world, "packs/quill/compare?from=1.0.0&to=1.0.0")


def test_an_owner_has_packs_and_scopes(world: Served) -> None:
    said = text(world, "owners/grace")
    assert all(each in said for each in ("packs/quill", "packs/@inkwell/stamp", "owners/@inkwell"))
    assert "packs/@inkwell/stamp" in text(world, "owners/@inkwell")


def test_the_packs_of_an_owner_are_shown_some_at_a_time(served: Served) -> None:
    token = served.user("ivy")
    names = sorted(f"ivy-{number:02}" for number in range(EACH + 2))
    for name in names:
        served.publish(name, token=token)
    first, rest = text(served, "owners/ivy"), text(served, f"owners/ivy?from={EACH}")
    assert [name for name in names if f"packs/{name}" in first] == names[:EACH]
    assert [name for name in names if f"packs/{name}" in rest] == names[EACH:]
    assert f'href="../owners/ivy?from={EACH}"' in first
    assert 'href="../owners/ivy"' in rest


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("packs/quil", 404, "E736"),
        ("packs/quill/9.9.9", 404, "E736"),
        ("packs/Quill", 404, "E727"),
        ("packs/quill/compare?from=9.9.9&to=1.0.0", 404, "E736"),
        ("owners/nobody-here", 404, "E736"),
        ("owners/%3Cscript%3E", 400, "E737"),
        ("assets/style-0000.css", 404, "E727"),
        ("no-such-thing", 404, "E727"),
    ],
)
def test_a_person_is_refused_by_a_page_and_a_program_by_json(world: Served, path: str, status: int, code: str) -> None:
    for_people, for_programs = page(world, path), got(world, path, {})
    assert (for_people.status, for_programs.status) == (status, status)
    assert for_people.headers["content-type"].startswith("text/html")
    assert code in for_people.body.decode()
    assert json.loads(for_programs.body)["problems"][0]["code"] == code


def test_a_version_that_is_not_there_is_told_to_a_reader_and_leads_to_the_pack(world: Served) -> None:
    said = page(world, "packs/quill/9.9.9").body.decode()
    assert "there is no release <code>quill 9.9.9</code> in this registry" in said
    assert 'href="../../packs/quill">quill</a>?' in said


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("packs/quill/", "packs/quill"),
        ("packs/@inkwell/stamp/", "packs/@inkwell/stamp"),
        ("packs/quill/compare/?from=1.0.0&to=1.1.0", "packs/quill/compare?from=1.0.0&to=1.1.0"),
        ("owners/grace/", "owners/grace"),
        ("search/?q=letters", "search?q=letters"),
    ],
)
def test_a_slash_too_many_leads_to_the_page(world: Served, path: str, way: str) -> None:
    parts = urlsplit(world.url)
    connection = HTTPConnection(str(parts.hostname), parts.port)
    with closing(connection):
        connection.request("GET", f"/{path}", headers=PEOPLE)
        answer = connection.getresponse()
        assert answer.status == 308
        assert urljoin(f"{world.url}/{path}", answer.headers["location"]) == f"{world.url}/{way}"
    assert page(world, f"{path.partition('?')[0]}/").status == 404
    assert page(world, path).status == 200


def test_a_release_is_compared_with_the_last_one_that_is_not_yanked(world: Served) -> None:
    for number, yanked in (("1.0.0", "bad"), ("1.1.0", ""), ("1.2.0", "bad"), ("1.3.0", ""), ("1.4.0", "bad")):
        publish(world, pack("nibs", number))
        if yanked:
            assert world.http().send(yank_request(world.url, "nibs", number, yanked)).status == 200
    said = text(world, "packs/nibs")
    for before, after in (("1.3.0", "1.4.0"), ("1.1.0", "1.3.0"), ("1.1.0", "1.2.0"), ("1.0.0", "1.1.0")):
        assert f"Changes from {before} to {after}" in said
    assert "Changes from 1.2.0" not in said
    assert "1.1.0 → 1.3.0" in text(world, "packs/nibs/compare")
    assert "1.3.0 → 1.4.0" in text(world, "packs/nibs/compare?to=1.4.0")


def test_a_pack_whose_name_as_a_plugin_another_has_says_so(world: Served) -> None:
    publish(world, pack("inkwell-stamp", "1.0.0"))
    second, first = text(world, "packs/inkwell-stamp"), text(world, "packs/@inkwell/stamp")
    assert "claude plugin install inkwell-stamp@" in first
    assert "claude plugin install" not in second
    assert "<code>inkwell-stamp</code> is what Claude Code calls <a" in second
    listed = json.loads(world.get(".claude-plugin/marketplace.json").body)["plugins"]
    assert [each["version"] for each in listed if each["name"] == "inkwell-stamp"] == ["2.0.0"]


def test_what_is_needed_is_told_as_of_its_last_change(world: Served) -> None:
    publish(world, pack("blotter", "1.0.0", "gum ^1"))
    assert "this registry has none that fits" in text(world, "packs/blotter")
    for version in ("1.0.0", "1.1.0"):
        publish(world, pack("gum", version))
        assert f"the newest that fits is {version}" in text(world, "packs/blotter")
    assert world.http().send(yank_request(world.url, "gum", "1.1.0", "sticky")).status == 200
    assert "the newest that fits is 1.0.0" in text(world, "packs/blotter")


def test_a_name_that_is_nearly_right_is_offered(world: Served) -> None:
    assert 'href="../packs/quill"' in page(world, "packs/quil").body.decode()


def test_what_programs_ask_for_is_refused_to_everybody_as_json(world: Served) -> None:
    assert page(world, "index/qu/nothing").headers["content-type"] == "application/json"


def test_a_page_tells_browsers_what_it_may_do(world: Served) -> None:
    for path in ("", "search", "packs/quill", "packs/none", "owners/grace"):
        headers = page(world, path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert "script-src" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_a_page_is_sent_again_only_if_it_changed(world: Served) -> None:
    first = page(world, "packs/quill")
    assert first.headers["cache-control"] == "no-cache"
    again = page(world, "packs/quill", **{"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_a_stylesheet_is_kept_for_ever(world: Served) -> None:
    said = text(world, "packs/quill")
    path = said.split('rel="stylesheet" href="../')[1].split('"')[0]
    answer = got(world, path, {})
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"] == "text/css; charset=utf-8"


def test_the_head_of_a_page_is_that_of_the_page(world: Served) -> None:
    head, whole = got(world, "packs/quill", PEOPLE, "HEAD"), page(world, "packs/quill")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]
    assert head.headers["content-length"] == str(len(whole.body))


def test_an_address_that_is_none_is_not_repeated(world: Served) -> None:
    said = page(world, "", host='x"><script>.example').body.decode()
    assert "<script" not in said


def test_a_page_that_is_posted_to_is_refused(world: Served) -> None:
    assert got(world, "packs/quill", PEOPLE, "POST").status == 405


def test_tools_read_the_same_packs(world: Served) -> None:
    index = json.loads(world.get(".well-known/agent-skills/index.json").body)
    by_name = {each["name"]: each for each in index["skills"]}
    archive = world.get(f".well-known/agent-skills/{by_name['quill']['url']}")
    assert f"sha256:{hashlib.sha256(archive.body).hexdigest()}" == by_name["quill"]["digest"]
    assert "immutable" in archive.headers["cache-control"]
    market = json.loads(world.get(".claude-plugin/marketplace.json").body)
    sources = {each["name"]: (each["version"], each["source"]["url"]) for each in market["plugins"]}
    assert sources["quill"] == ("1.1.0", f"{world.url}/.claude-plugin/quill.git")
    assert sources["inkwell-stamp"][0] == "2.0.0"


def test_the_lists_of_tools_follow_a_publish_and_old_archives_stay(world: Served) -> None:
    publish(world, pack("nib", "1.0.0"))
    before = json.loads(world.get(".well-known/agent-skills/index.json").body)["skills"]
    (old,) = (each["url"] for each in before if each["name"] == "nib")
    publish(world, pack("nib", "1.1.0", text="sharper"))
    after = json.loads(world.get(".well-known/agent-skills/index.json").body)["skills"]
    assert [each["url"] for each in after if each["name"] == "nib"] != [old]
    assert world.get(f".well-known/agent-skills/{old}").status == 200


def test_a_deleted_release_is_in_no_list_and_its_archive_is_gone(world: Served) -> None:
    publish(world, pack("blot", "1.0.0"))
    index = json.loads(world.get(".well-known/agent-skills/index.json").body)["skills"]
    (file,) = (each["url"] for each in index if each["name"] == "blot")
    url = f"{world.url}/api/v1/releases?name=blot&version=1.0.0"
    assert world.http().send(Request(method="DELETE", url=url, max_bytes=10_000)).status == 200
    assert got(world, f".well-known/agent-skills/{file}", {}).status == 404
    assert b'"blot"' not in world.get(".claude-plugin/marketplace.json").body
    assert page(world, "packs/blot").status == 404


@pytest.mark.parametrize(
    "path", [".claude-plugin/none.git/info/refs", ".well-known/agent-skills/none-0123456789abcdef.tar.gz"]
)
def test_what_no_pack_has_is_refused(world: Served, path: str) -> None:
    assert got(world, path, {}).status == 404
