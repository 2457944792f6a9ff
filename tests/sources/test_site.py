"""Sites that publish skills for any agent: what is read of them, and what is refused."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS
from skillctl.core.source import Origin
from skillctl.core.value import replace
from skillctl.core.wording import worded
from skillctl.edges.http import Http
from skillctl_registry.oci_logins import OciLogins
from skillctl_registry.sources.origin import Around, Origins
from skillctl_registry.sources.origin_site import INDEX, OLDER_INDEX, SCHEMA
from tests.edges.faults_of_the_web import CALM
from tests.support.machine import Machine
from tests.support.packs import skill_text
from tests.support.server import Asked, Server, serving


class Site:
    """What lies on a web server, by path."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.skills: list[dict[str, Any]] = []
        self.server: Server

    def answer(self, asked: Asked) -> None:
        path = asked.path.lstrip("/")
        if path == INDEX and self.skills and path not in self.files:
            asked.say(200, self.index())
        elif path in self.files:
            asked.say(200, self.files[path], headers={"content-type": "application/octet-stream"})
        else:
            asked.say(404)

    def index(self, schema: str = SCHEMA) -> bytes:
        return json.dumps({"$schema": schema, "skills": self.skills}).encode()

    def has(self, name: str, data: bytes, *, kind: str = "skill-md", path: str = "", digest: str = "") -> None:
        """One more skill."""
        path = path or f".well-known/agent-skills/{name}/artifact"
        self.files[path] = data
        entry = {
            "name": name,
            "type": kind,
            "description": f"What {name} does.",
            "url": f"/{path}",
            "digest": digest or sha256_digest(data),
        }
        self.skills.append(entry)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    with serving(lambda asked: made.answer(asked)) as server:
        made.server = server
        yield made


@pytest.fixture
def read(site: Site, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    http = Http(patience=CALM)

    def offers(path: str = "", **limits: int) -> Any:
        around = Around(
            base=tmp_path,
            git=unused,
            transport=lambda: http,
            oci_http=unused,
            oci_login=OciLogins({}, tmp_path),
            limits=replace(LIMITS, **limits),
        )
        return Origins(around).offers(Origin(kind="site", location=f"{site.server.url}{path}"))

    yield offers
    http.close()


def unused(*_: Any) -> Any:
    raise AssertionError("a site needs nothing else")


def tar_gz(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(out.getvalue())


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_all_kinds_of_skills_become_one_pack(site: Site, read: Callable[..., Any]) -> None:
    site.has("plain", skill_text("plain"))
    site.has("packed", tar_gz({"SKILL.md": skill_text("packed"), "notes/a.md": b"a"}), kind="archive")
    site.has("zipped", zipped({"SKILL.md": skill_text("zipped")}), kind="archive")
    found = read()
    [pack] = found.packs
    assert set(pack.files) >= {
        "skills/plain/SKILL.md",
        "skills/packed/SKILL.md",
        "skills/packed/notes/a.md",
        "skills/zipped/SKILL.md",
    }
    assert found.problems == ()


def test_a_skill_that_is_not_what_the_index_says_is_refused(site: Site, read: Callable[..., Any]) -> None:
    site.has("plain", skill_text("plain"), digest="sha256:" + "0" * 64)
    with pytest.raises(RegistryError) as caught:
        read()
    assert caught.value.code == "E299"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("odd", {"type": "wasm"}),
        ("odd", {"digest": None}),
        ("odd", {"digest": "md5:abc"}),
        ("odd", {"url": None}),
        ("odd", {"url": "file:///etc/passwd"}),
        ("odd", {"url": "http://other.example/x"}),
        ("odd", {"name": "../odd"}),
        ("odd", {"name": 7}),
        ("good", {}),
    ],
    ids=str,
)
def test_an_entry_that_can_not_be_used_is_left_out_and_told(
    site: Site, read: Callable[..., Any], name: str, other: dict[str, object]
) -> None:
    site.has("good", skill_text("good"))
    site.has(name, skill_text(name), path="odd")
    changed = {**site.skills.pop(), **other}
    site.skills.append({key: value for key, value in changed.items() if value is not None})
    found = read()
    assert [each.code for each in found.problems] == ["W244"]
    assert not re.search("E[0-9]{3}", worded(found.problems[0]).title)
    assert not any("odd" in path for path in found.packs[0].files)


@pytest.mark.parametrize(
    "index",
    [
        b"not json",
        b"[]",
        b'{"skills": []}',
        json.dumps({"$schema": "https://schemas.agentskills.io/discovery/9.0.0/schema.json", "skills": []}).encode(),
        json.dumps({"$schema": SCHEMA, "skills": "many"}).encode(),
        json.dumps({"$schema": SCHEMA, "skills": [1]}).encode(),
    ],
)
def test_an_index_that_is_not_understood_is_an_error(site: Site, read: Callable[..., Any], index: bytes) -> None:
    site.files[INDEX] = index
    with pytest.raises(RegistryError) as caught:
        read()
    assert caught.value.code == "E296"
    assert str(caught.value)


def test_a_skill_whose_files_are_not_there_is_named(site: Site, read: Callable[..., Any]) -> None:
    site.has("good", skill_text("good"))
    site.has("gone", skill_text("gone"))
    site.files = {path: data for path, data in site.files.items() if "gone" not in path}
    with pytest.raises(RegistryError, match="E250") as caught:
        read()
    assert caught.value.problems[0].evidence["skill"] == "gone"


@pytest.mark.parametrize("path", ["", "/", "/docs"])
def test_a_site_without_skills_is_an_error(read: Callable[..., Any], path: str) -> None:
    with pytest.raises(RegistryError) as caught:
        read(path)
    assert caught.value.code == "E291"


@pytest.mark.parametrize("older", [False, True], ids=["index", "older index"])
def test_what_the_host_publishes_is_not_taken_for_what_was_named_below_it(
    site: Site, read: Callable[..., Any], older: bool
) -> None:
    site.has("host", skill_text("host"))
    if older:
        site.files[OLDER_INDEX] = json.dumps({"skills": []}).encode()
        site.skills.clear()
    with pytest.raises(RegistryError) as caught:
        read("/docs/")
    assert caught.value.code == "E255"
    assert worded(caught.value.problems[0]).hint == f"`skillctl install {site.server.url}`, if those are meant"


@pytest.mark.parametrize("status", [403, 500])
def test_of_a_host_that_refuses_to_say_nothing_is_told_since_nobody_named_it(
    site: Site, read: Callable[..., Any], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "answer", lambda asked: asked.say(404 if asked.path.startswith("/docs/") else status))
    with pytest.raises(RegistryError) as caught:
        read("/docs/")
    assert [each.code for each in caught.value.problems] == ["E291"]
    assert "/docs/" in worded(caught.value.problems[0]).title


def test_an_index_below_the_address_is_that_of_the_address(site: Site, read: Callable[..., Any]) -> None:
    site.has("host", skill_text("host"))
    below = Site()
    below.has("below", skill_text("below"), path="docs/below")
    site.files |= {"docs/below": below.files["docs/below"], f"docs/{INDEX}": below.index()}
    assert "skills/below/SKILL.md" in read("/docs").packs[0].files


def test_the_older_form_is_read_and_told(site: Site, read: Callable[..., Any]) -> None:
    entry = {"name": "old", "description": "Old.", "files": ["SKILL.md", "references/a.md"]}
    site.files |= {
        OLDER_INDEX: json.dumps({"skills": [entry]}).encode(),
        ".well-known/skills/old/SKILL.md": skill_text("old"),
        ".well-known/skills/old/references/a.md": b"a",
    }
    found = read()
    assert set(found.packs[0].files) >= {"skills/old/SKILL.md", "skills/old/references/a.md"}
    assert [each.code for each in found.problems] == ["W245"]


@pytest.mark.parametrize("path", ["../../../x", "/etc/passwd", "a//b", "a\\b", ""])
def test_the_older_form_names_no_path_outside(site: Site, read: Callable[..., Any], path: str) -> None:
    entry = {"name": "old", "description": "Old.", "files": [path]}
    site.files[OLDER_INDEX] = json.dumps({"skills": [entry]}).encode()
    with pytest.raises(RegistryError) as caught:
        read()
    assert caught.value.code == "E296"


def test_all_of_a_site_together_is_bounded(site: Site, read: Callable[..., Any]) -> None:
    for number in range(4):
        site.has(f"skill-{number}", skill_text(f"skill-{number}", "x" * 1000))
    for limits in ({"tree_bytes": 2000}, {"tree_files": 3}):
        with pytest.raises(RegistryError) as caught:
            read(**limits)
        assert caught.value.code in ("E284", "E296")
        assert site.server.url in str(caught.value)


def test_a_site_that_gives_too_much_is_not_read_to_its_end(site: Site, read: Callable[..., Any]) -> None:
    for number in range(100):
        site.has(f"skill-{number}", skill_text(f"skill-{number}", "x" * 1000))
    with pytest.raises(RegistryError):
        read(tree_bytes=2000)
    assert len(site.server.seen) < 50


@pytest.mark.parametrize("attack", ["../x", "/x", "a/../../x"])
def test_an_archive_of_a_site_is_held_to_the_rules_of_archives(
    site: Site, read: Callable[..., Any], attack: str
) -> None:
    site.has("packed", tar_gz({"SKILL.md": skill_text("packed"), attack: b"x"}), kind="archive")
    with pytest.raises(RegistryError):
        read()


def test_a_site_is_installed_from_by_its_address(site: Site, tmp_path: Path) -> None:
    site.has("maps", skill_text("maps"))
    machine = Machine(tmp_path)
    machine.install(site.server.url, agents=("claude-code",))
    assert machine.skills() == ["maps"]
    [(name, entry)] = machine.wanted["packs"].items()
    assert entry["site"] == site.server.url
    assert machine.lock["packs"][name]["source"]["site"] == site.server.url
    machine.fresh_clone()
    machine.install(frozen=True)
    assert machine.skills() == ["maps"]
