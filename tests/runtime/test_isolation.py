"""The walls: what a command of a plan sees and can change, under each way that works here."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from skillctl.core.errors import ExecutionError
from skillctl.core.value import replace
from skillctl.core.wording import worded
from skillctl_runtime.isolation import Isolation, chosen, probed, unheld
from skillctl_runtime.running import run_program
from skillctl_runtime.stack import Site, Start, Work
from skillctl_runtime.surroundings import find_isolation
from tests.runtime.scripted import Room, Scripted, plan_of, sh

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap and Landlock are Linux's")

WAYS = ("bwrap", "landlock")


@pytest.fixture(params=WAYS)
def walled(room: Room, request: pytest.FixtureRequest) -> Room:
    """A room under one way of isolation."""
    room.settings(isolation=request.param)
    if find_isolation(room.around, room.around.machine()).backend != request.param:
        pytest.skip(f"{request.param} does not work here")
    return room


def said(room: Room, line: str, *, run: bool = False, **plan: object) -> str:
    """What a line for a shell prints as a build step, or as the program."""
    outputs: list[str] = []

    def work(site: Site) -> Work:
        if not run:
            outputs.append((yield sh(f"{line} 2>&1", "step", may_fail=True, cached=False)).output)
        return Start(line=f"{line} 2>&1")

    stack = Scripted(work)
    room.execute(plan_of(None, **plan), stack)
    if run:
        return run_program(room.root, room.around, stacks={"shell": stack}).output
    return outputs[-1]


@pytest.mark.parametrize("run", [False, True], ids=["build", "run"])
def test_nothing_outside_the_project_can_be_written(walled: Room, run: bool) -> None:
    beside = walled.path / "beside"
    said(walled, f"echo x > {beside}; echo x > {walled.root.parent}/y; echo x > ~/z; true", run=run)
    assert not beside.exists()
    assert sorted(each.name for each in walled.root.parent.iterdir()) == ["project"]
    assert not (walled.home / "z").exists()


@pytest.mark.parametrize("run", [False, True], ids=["build", "run"])
def test_the_project_and_a_temporary_directory_can_be_written(walled: Room, run: bool) -> None:
    told = said(walled, 'echo x > made; t=$(mktemp) && echo x > "$t" && echo fine', run=run)
    assert told == "fine\n"
    assert (walled.root / "made").exists()


@pytest.mark.parametrize("run", [False, True], ids=["build", "run"])
def test_files_of_the_home_can_not_be_read(walled: Room, run: bool) -> None:
    (walled.home / ".ssh").mkdir()
    (walled.home / ".ssh" / "id_ed25519").write_text("private key")
    assert "private key" not in said(walled, f"cat {walled.home}/.ssh/id_ed25519; true", run=run)


def test_a_link_in_the_place_of_the_temporary_directory_opens_nothing(walled: Room) -> None:
    """Where the walls can't except `.skillctl`, one step can leave there what the next one would be let through by."""
    (walled.home / "docs").mkdir()

    def work(site: Site) -> Work:
        del site
        yield sh(f"rm -rf .skillctl/tmp && ln -s {walled.home}/docs .skillctl/tmp", "lay", may_fail=True)
        yield sh(f"echo x > {walled.home}/docs/y; echo x > .skillctl/tmp/z", "use", may_fail=True)
        return None

    walled.execute(plan_of(), Scripted(work))
    assert list((walled.home / "docs").iterdir()) == []


@pytest.mark.parametrize("name", ["", "runs", "tmp", "home"])
def test_a_link_in_the_place_of_our_directories_is_refused(room: Room, name: str) -> None:
    room.execute(plan_of())
    elsewhere = room.path / "elsewhere"
    place = room.root / ".skillctl" / name
    if place.exists():
        place.rename(elsewhere)
    place.symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*")) if elsewhere.exists() else []
    with pytest.raises(ExecutionError):
        room.execute(plan_of({"main.sh": "echo other\n"}), force=True)
    assert (sorted(elsewhere.rglob("*")) if elsewhere.exists() else []) == before


@pytest.mark.parametrize("run", [False, True], ids=["build", "run"])
def test_a_home_that_lies_elsewhere_than_in_the_temporary_directory_is_hidden_too(
    walled: Room, outer_environment: Mapping[str, str], run: bool
) -> None:
    """Homes of tests lie below /tmp, which every box has of its own; homes of people do not."""
    with TemporaryDirectory(dir="/var/tmp") as place:
        room = Room(Path(place) / "room", outer_environment, isolation=walled.around.runtime.isolation)
        (room.home / "letter").write_text("dear diary")
        told = said(room, f"cat {room.home}/letter; echo over", run=run)
    assert ("dear diary" in told, "over" in told) == (False, True)


def test_our_own_directories_can_not_be_read(walled: Room) -> None:
    config = Path(walled.around.directories.config)
    config.mkdir()
    (config / "openai_api_key").write_text("sk-secret")
    assert "sk-secret" not in said(walled, f"cat {config}/openai_api_key; true")


@pytest.mark.parametrize("run", [False, True], ids=["build", "run"])
def test_package_managers_own_files_are_read_by_steps_and_not_by_programs(walled: Room, run: bool) -> None:
    (walled.home / ".npmrc").write_text("registry=https://mirror.example\n")
    (walled.home / ".config" / "pip").mkdir(parents=True)
    (walled.home / ".config" / "pip" / "pip.conf").write_text("[global]\nindex-url = https://pip.example\n")
    told = said(walled, f"cat {walled.home}/.npmrc {walled.home}/.config/pip/pip.conf; true", run=run)
    assert ("mirror.example" in told, "pip.example" in told) == (not run, not run)


@pytest.mark.parametrize("run", [False, True], ids=["build", "run"])
def test_toolchains_outside_an_empty_home_work_by_their_variables(walled: Room, run: bool) -> None:
    rust = walled.path / "toolchains" / "rustup"
    (rust / "bin").mkdir(parents=True)
    (rust / "bin" / "rustc").write_text("#!/bin/sh\necho compiled by $RUSTUP_HOME\n")
    (rust / "bin" / "rustc").chmod(0o755)
    cargo = walled.path / "toolchains" / "cargo"
    (cargo / "bin").mkdir(parents=True)
    walled.set(
        RUSTUP_HOME=str(rust), CARGO_HOME=str(cargo), PATH=f"{rust}/bin:{cargo}/bin:{walled.around.environ['PATH']}"
    )
    assert said(walled, "rustc", run=run) == f"compiled by {rust}\n"


def test_toolchains_in_the_home_work_too(walled: Room) -> None:
    programs = walled.home / ".cargo" / "bin"
    programs.mkdir(parents=True)
    (programs / "cargo").write_text("#!/bin/sh\necho cargo here\n")
    (programs / "cargo").chmod(0o755)
    (walled.home / ".cargo" / "credentials.toml").write_text("token")
    walled.set(PATH=f"{programs}:{walled.around.environ['PATH']}")
    assert said(walled, "cargo") == "cargo here\n"
    assert said(walled, f"cat {walled.home}/.cargo/credentials.toml; true", run=True).count("token") == 0


def test_our_caches_are_written_by_steps(walled: Room) -> None:
    said(walled, 'echo x > "$GOCACHE/x"')
    assert (Path(walled.around.directories.cache) / "runtime" / "go-build" / "x").exists()


def test_what_we_know_of_a_project_can_not_be_changed_by_its_program(room: Room) -> None:
    if find_isolation(room.around, room.around.machine()).backend != "bwrap":
        pytest.skip("bwrap does not work here")
    told = said(room, "echo '{}' > .skillctl/project.json; echo x > .skillctl/home/mine && echo kept", run=True)
    assert "kept" in told
    assert (room.root / ".skillctl" / "project.json").read_text() != "{}\n"


def test_the_network_is_closed_for_a_program_whose_plan_asks_for_none(walled: Room) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        # a traceback shows the line, so the word must not stand in it
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 3); print('thro' + 'ugh')"
        line = f'{sys.executable} -c "{code}"'
        assert "through" in said(walled, line, run=True)
        assert "through" not in said(walled, line, run=True, network="none")


def test_without_a_word_the_program_shares_the_network(walled: Room) -> None:
    assert said(walled, "cat /proc/net/dev | grep -c :", run=True).strip() == said_here()


def said_here() -> str:
    return str(Path("/proc/net/dev").read_text().count(":"))


def test_other_processes_can_not_be_seen_or_ended(walled: Room) -> None:
    told = said(walled, f"kill -0 {os.getpid()} && echo seen; true")
    assert "seen" not in told


def test_required_isolation_refuses_to_run_without(room: Room) -> None:
    room.settings(isolation="none")
    assert room.execute(plan_of()).isolation.backend == "none"
    with pytest.raises(ExecutionError) as caught:
        chosen("required", Isolation(backend="none", passed_over=("bwrap is not installed",)))
    assert caught.value.code == "E521"
    assert "bwrap is not installed" in worded(caught.value.problems[0]).title


def test_the_next_way_is_taken_where_one_does_not_work_and_the_reason_is_kept() -> None:
    found = probed(
        "auto", bwrap="/usr/bin/bwrap", try_out=lambda _: (1, "bwrap: setting up uid map: Permission denied")
    )
    assert found.backend in ("landlock", "none")
    assert "Permission denied" in found.passed_over[0]
    assert "not installed" in probed("auto", bwrap="", try_out=lambda _: (1, "")).passed_over[0]


def test_the_way_is_tried_out_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    find_isolation(room.around, room.around.machine())
    monkeypatch.setattr("skillctl_runtime.surroundings.probed", lambda *_, **__: pytest.fail("tried out again"))
    find_isolation(room.around, room.around.machine())


def test_the_way_is_tried_out_again_on_another_day(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether users may make namespaces is a setting, which no identity tells of."""
    find_isolation(room.around, room.around.machine())
    found = Isolation(backend="none", passed_over=("not allowed any more",))
    monkeypatch.setattr("skillctl_runtime.surroundings.probed", lambda *_, **__: found)
    tomorrow = replace(room.around, now=lambda: "2099-01-01T00:00:00Z")
    assert find_isolation(tomorrow, room.around.machine()) == found
    assert len(json.loads((Path(room.around.machine().facts_root) / "isolation.json").read_text())) == 1


@pytest.mark.parametrize(
    ("backend", "network", "told"),
    [
        ("bwrap", "none", ""),
        ("bwrap", "loopback", ""),
        ("bwrap", None, ""),
        ("bwrap", "registries", "registries"),
        ("landlock", "none", "TCP"),
        ("landlock", "loopback", "open"),
        ("none", "none", "without isolation"),
        ("none", "all", ""),
    ],
)
def test_what_is_not_held_of_the_network_is_said(backend: str, network: str | None, told: str) -> None:
    found = unheld(Isolation(backend=backend), network)  # type: ignore[arg-type]
    assert told in found
    assert bool(told) == bool(found)
