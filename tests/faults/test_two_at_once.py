"""Commands that run at the same time on one project, in one home, into one registry don't disturb each other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.runner import ROOT
from tests.support.machine import Machine
from tests.support.packs import pack

pytestmark = pytest.mark.slow

NAMES = ("maps", "charts", "tables", "routes", "tiles", "scenes")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """With six packs that need one more, in two versions."""
    made = Machine(tmp_path / "machine")
    made.publish(pack("base"), *(pack(name, each, "base ^1") for name in NAMES for each in ("1.0.0", "1.1.0")))
    return made


def at_once(machine: Machine, *commands: Sequence[str]) -> list[tuple[int, str]]:
    """Status and talk of commands that were all started before any was waited for."""
    environment = {**os.environ, **machine.environment, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "skillctl", *words],
                    cwd=machine.project,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for words in commands
        ]
        talks = [each.communicate(timeout=120) for each in started]
        return [(each.returncode, "".join(talk)) for each, talk in zip(started, talks, strict=True)]


def in_agreement(machine: Machine, names: Sequence[str], directory: str = ".claude/skills") -> None:
    """Project file, lock, skills, .gitignore and state say the same; nothing was left behind."""
    assert sorted(machine.wanted["packs"]) == sorted(names)
    everything = sorted([*names, "base"]) if names else []
    assert sorted(machine.lock["packs"]) == everything
    assert machine.skills(directory) == everything
    for name, version in machine.versions.items():
        assert machine.skill(name, directory).read_text().endswith(f"{name} {version}\n")
    ignored = machine.project.joinpath(".gitignore").read_text().splitlines()
    assert [line for line in ignored if "skills" in line] == [f"/{directory}/{name}" for name in everything]
    assert machine.sync(check=True).ok
    assert sorted(each.name for each in (machine.project / ".skillctl").iterdir()) == ["current", "generations"]
    assert not list(machine.project.glob(".*.tmp"))


def test_six_packs_installed_at_once_are_all_there(machine: Machine) -> None:
    for status, talk in at_once(machine, *(("install", name, "--agent", "claude-code") for name in NAMES)):
        assert status == 0, talk
    in_agreement(machine, NAMES)


def test_installing_removing_and_restoring_at_once_ends_in_one_of_the_orders(machine: Machine) -> None:
    machine.install(*(f"{name}@==1.0.0" for name in NAMES[:4]), agents=("claude-code",))
    ended = at_once(
        machine,
        ("install", "tiles"),
        ("sync",),
        ("remove", "maps"),
        ("sync", "--force"),
        ("install", "charts@==1.1.0"),
        ("list",),
    )
    for status, talk in ended:
        assert status == 0, talk
    in_agreement(machine, ("charts", "tables", "routes", "tiles"))
    assert machine.versions["charts"] == "1.1.0"


def test_looking_while_others_work_never_sees_a_broken_state(machine: Machine) -> None:
    """`list` and `sync --check` take no lock; what they tell may be old or new, but they can always tell."""
    machine.install("maps@==1.0.0", agents=("claude-code",))
    works = [("install", f"maps@=={version}") for version in ("1.1.0", "1.0.0", "1.1.0")]
    looks = [("list", "--json")] * 3
    ended = at_once(machine, *(each for pair in zip(works, looks, strict=True) for each in pair))
    for status, talk in ended[0::2]:
        assert status == 0, talk
    for status, talk in ended[1::2]:
        assert status == 0, talk
        listed = {each["name"]: each["version"] for each in json.loads(talk)["result"]["packs"]}
        assert listed["base"] == "1.0.0"
        assert listed["maps"] in ("1.0.0", "1.1.0")
    in_agreement(machine, ("maps",))


def test_projects_that_fill_the_store_at_once_share_it_while_it_is_pruned(machine: Machine) -> None:
    projects = [machine.home / name for name in ("one", "two", "three")]
    for each in projects:
        each.mkdir()
    environment = {**os.environ, **machine.environment, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}

    def started() -> Iterator[subprocess.Popen[str]]:
        for project in projects:
            for words in (("install", *NAMES, "--agent", "claude-code"), ("cache", "prune")):
                yield subprocess.Popen(
                    [sys.executable, "-m", "skillctl", *words],
                    cwd=project,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )

    with ExitStack() as stack:
        processes = [stack.enter_context(each) for each in started()]
        for process in processes:
            talk, _ = process.communicate(timeout=120)
            assert process.returncode == 0, talk
    for project in projects:
        machine.project = project
        in_agreement(machine, NAMES)
    assert machine.prune().trees == len(NAMES) + 1


def test_twenty_commands_at_once_end_in_what_some_order_of_them_gives(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine")
    machine.publish(pack("base"), *(pack(name, "1.0.0", "base ^1") for name in NAMES))
    machine.install("maps@^1", "charts@^1", "tables@^1", agents=("claude-code",))
    machine.publish(*(pack(name, "1.1.0", "base ^1") for name in NAMES))
    commands = (
        *(("install", "routes"), ("update", "maps"), ("list", "--json"), ("remove", "tables"), ("sync",)),
        *(("install", "tiles@^1"), ("sync", "--check"), ("install", "scenes"), ("update",), ("list", "--json")),
        *(("install", "tiles@==1.0.0"), ("remove", "scenes"), ("sync",), ("install", "charts"), ("cache", "prune")),
        *(("update", "charts"), ("outdated",), ("install", "routes"), ("sync", "--check"), ("doctor",)),
    )
    assert len(commands) == 20
    talks = list(zip(commands, at_once(machine, *commands), strict=True))
    for words, (status, talk) in talks:
        assert "Traceback" not in talk, talk
        assert "E090" not in talk, talk
        if words[0] in ("install", "list") or words in (("sync",), ("remove", "tables"), ("cache", "prune")):
            assert status == 0, f"{words}: {talk}"
        elif words[0] == "update":  # what it would change it shows first, and does nothing else
            assert status == 0 or "error E464:" in talk, f"{words}: {talk}"
        elif status:
            assert re.search(r"\b(?:error|warning) [EW]\d{3}:|differs|newer", talk), f"{words}: {talk}"
    ended = {words: status for words, (status, _) in talks}
    # whoever removed `scenes` came before the one who installed it, and was told so, or after
    assert ended["remove", "scenes"] == 0 or "E407" in dict(talks)["remove", "scenes"][1]
    in_agreement(machine, ["maps", "charts", "routes", "tiles", *(["scenes"] if ended["remove", "scenes"] else [])])
    versions = machine.versions
    for name in ("maps", "charts"):
        updated = 0 in (ended["update",], ended["update", name])
        assert versions[name] == ("1.1.0" if updated else "1.0.0"), name
    assert versions["routes"] == "1.1.0"
    # of two who wanted `tiles`, the one who came last is in the project file, and the lock fits it
    assert machine.wanted["packs"]["tiles"] in ("^1", "==1.0.0")
    assert versions["tiles"] == "1.0.0" or machine.wanted["packs"]["tiles"] == "^1"
