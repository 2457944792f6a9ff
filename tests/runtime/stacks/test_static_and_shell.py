"""Pages, scripts and Procfiles: what is started, and the little server that pages get."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from skillctl_runtime.plan import Plan, PlanFile
from skillctl_runtime.procfile import procfile_line, started_by_procfile
from skillctl_runtime.stacks import shell, static
from tests.runtime.stacks.compiled_world import MemoryMachine, Project


def scripts(files: dict[str, str], **more: object) -> Project:
    return Project(stack=shell.STACK, files=files, **more)  # type: ignore[arg-type]


def pages(files: dict[str, str], **more: object) -> Project:
    return Project(stack=static.STACK, files=files, **more)  # type: ignore[arg-type]


# a Procfile

PROCFILES = [
    ("worker: work\nweb: gunicorn app:app --bind 0.0.0.0:$PORT\n", "gunicorn app:app --bind 0.0.0.0:$PORT"),
    ("release: migrate\nclock: tick\nworker: work\n", "work"),
    ("release: migrate\nclock: tick\n", "tick"),
    ("# web: no\n", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "wanted"), PROCFILES)
def test_a_procfile_starts_web_then_worker_then_any(text: str, wanted: str) -> None:
    assert procfile_line(text) == wanted


def test_the_plans_own_run_line_wins_over_a_procfile() -> None:
    plan = Plan(name="x", files=(PlanFile(path="Procfile", data=b"web: other\n"),))
    assert started_by_procfile(plan).plan.run == ("other",)
    own = Plan(name="x", files=plan.files, run=("mine",))
    assert started_by_procfile(own).plan == own


# scripts


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"start.sh": "echo", "other.sh": ""}, ("sh", "start.sh")),
        ({"main.sh": "#!/usr/bin/env bash\n"}, ("bash", "main.sh")),
        ({"only.sh": "#!/bin/dash -e\n", "lib/more.sh": ""}, ("dash", "only.sh")),
        ({"tool.bash": "echo"}, ("bash", "tool.bash")),
    ],
)
def test_a_script_is_started_by_the_shell_it_is_written_for(files: dict[str, str], words: tuple[str, ...]) -> None:
    assert scripts(files).start().argv == words


def test_what_is_only_started_was_not_built() -> None:
    assert (scripts({"start.sh": "echo"}).start().artifact, pages({"index.html": ""}).start().artifact) == ("", "")


def test_of_several_scripts_without_a_usual_name_none_is_guessed() -> None:
    assert scripts({"a.sh": "", "b.sh": ""}).worked()[1] is None


def test_the_shell_of_a_script_is_needed() -> None:
    assert scripts({"start.sh": "#!/usr/bin/env zsh\n"}).needed() == [("zsh",)]


@pytest.mark.parametrize(
    ("files", "strength"), [({"Procfile": "web: x"}, "entry"), ({"start.sh": ""}, "entry"), ({"x.sh": ""}, "extension")]
)
def test_scripts_speak_for_the_shell(files: dict[str, str], strength: str) -> None:
    found = shell.STACK.evidence(scripts(files).site().files)
    assert found is not None
    assert found.strength == strength


# pages


@pytest.mark.parametrize(
    ("files", "root"),
    [
        ({"index.html": ""}, ""),
        ({"public/index.html": "", "src/index.html": ""}, "public"),
        ({"Staticfile": "root: ./site\n", "index.html": ""}, "site"),
        ({"deep/page.html": ""}, "deep"),
    ],
)
def test_pages_are_served_from_where_they_are(files: dict[str, str], root: str) -> None:
    argv = pages(files).start().argv
    assert argv == ("python3", ".serve", *(("--root", root) if root else ()), "--port", "8000")


def test_a_plan_with_a_way_to_start_gets_no_server() -> None:
    project = pages({"index.html": ""}, run="npx serve")
    assert project.rules() == []
    assert project.worked()[1] is None


def test_a_python_is_needed_for_the_server() -> None:
    assert pages({"index.html": ""}, machine=MemoryMachine({})).needed() == [("python3", "python")]


def test_the_port_of_pages_can_be_changed() -> None:
    start = pages({"index.html": ""}).start()
    words = [each.format(port=start.port) for each in start.port_words]
    assert tuple(words) == start.argv[-2:]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    """The server, on a folder with a page, a hidden file and one beside the folder."""
    files: Mapping[str, str] = {"index.html": "the page", "app.js": "code", ".env": "secret", "sub/index.html": "inner"}
    for path, text in files.items():
        (tmp_path / "site" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / path).write_text(text)
    (tmp_path / "outside.txt").write_text("outside")
    (tmp_path / ".serve").write_text(static.SERVER_TEXT)
    words = [sys.executable, str(tmp_path / ".serve"), "--root", "site", "--port", "0"]
    child = subprocess.Popen(words, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert child.stdout is not None
        found = re.search(r":(\d+)/", child.stdout.readline())
        assert found is not None
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
        yield connection
        connection.close()
    finally:
        child.terminate()
        child.wait(10)
        if child.stdout is not None:
            child.stdout.close()


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/", 200, "the page"),
        ("/app.js?v=1", 200, "code"),
        ("/some/route", 200, "the page"),
        ("/sub/", 200, "inner"),
        ("/missing.js", 404, ""),
        ("/.env", 404, ""),
        ("/%2eenv", 404, ""),
        ("/sub/../.env", 404, ""),
        ("/../outside.txt", 404, ""),
        ("/%2e%2e/outside.txt", 404, ""),
    ],
)
def test_the_server_gives_pages_and_nothing_that_is_hidden_or_outside(
    served: http.client.HTTPConnection, path: str, status: int, text: str
) -> None:
    served.request("GET", path)
    answer = served.getresponse()
    body = answer.read().decode()
    assert answer.status == status
    assert text in body
    assert "secret" not in body
    assert "outside" not in body
