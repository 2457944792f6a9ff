"""Completion: the right words at every place, at once, and in real shells."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from skillctl.cli.complete import complete
from skillctl.cli.shells import SCRIPTS
from skillctl.cli.table import ENTRIES, GROUPS
from tests.cli.conftest import Bench, Ran
from tests.support.machine import Machine
from tests.support.packs import pack

ROOT = Path(__file__).parents[2]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with packs published, two of them installed."""
    machine = Machine(tmp_path)
    machine.publish(
        *(pack("maps", version, skills=["draw"]) for version in ("1.0.0", "1.1.0")),
        pack("mango", "2.0.0", skills=["peel"]),
        pack("@acme/tools", "1.0.0", skills=["turn"]),
    )
    machine.install("maps@1.0.0", "mango", agents=("claude-code",))
    for name, value in machine.environment.items():
        if name != "PATH":
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(machine.project)
    return machine


def offered(*words: str) -> list[str]:
    return [line.partition("\t")[0] for line in complete(words).splitlines()]


def test_an_option_with_fixed_words_offers_them(machine: Machine) -> None:
    assert offered("lock", "--resolution", "") == ["highest", "lowest"]
    assert offered("lock", "--resolution", "lo") == ["lowest"]
    assert offered("validate", "--format", "") == ["text", "sarif"]


def test_a_pack_that_is_installed_and_available_is_offered_once(machine: Machine) -> None:
    names = offered("info", "")
    assert sorted(names) == sorted(set(names))
    assert {"maps", "mango"} <= set(names)


def test_first_come_commands_groups_and_aliases(machine: Machine) -> None:
    first = offered("")
    assert {entry.name for entry in ENTRIES if " " not in entry.name} <= set(first)
    assert {group.name for group in GROUPS} <= set(first)
    assert offered("inst") == ["install", "install-skill"]
    assert offered("config", "s") == ["set"]
    assert "config" in offered("help", "c")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("install", "ma"), ["mango", "maps"]),
        (("i", "map"), ["maps"]),
        (("install", "maps@"), ["maps@1.1.0", "maps@1.0.0"]),
        (("install", "maps@1.1"), ["maps@1.1.0"]),
        (("install", "@ac"), ["@acme/tools"]),
        (("install", "@acme/tools@"), ["@acme/tools@1.0.0"]),
        (("install", "mango", "ma"), ["maps"]),
        (("remove", ""), ["mango", "maps"]),
        (("rm", "man"), ["mango"]),
        (("update", "map"), ["maps"]),
        (("remove", "nothing-like-it"), []),
        (("install", "-a", "claude"), ["claude-code"]),
        (("install", "--agent", "*"), ["*"]),
        (("install", "maps", "--skill", ""), ["draw", "peel"]),
        (("install", "--link-mode", ""), ["auto", "copy", "hardlink"]),
        (("install", "--registry", ""), ["local", "builtin"]),
        (("registry", "verify", ""), ["local", "builtin"]),
        (("registry", "use", "lo"), ["local"]),
        (("registry", "mirror", "--trust", "x", "lo"), ["local"]),
        (("registry", "mirror", "local", ""), []),
        (("login", "--offline", "lo"), ["local"]),
        (("registry", "rotate-key", ""), ["root", "targets", "bins", "snapshot", "timestamp"]),
        (("registry", "rotate-key", "root", "lo"), ["local"]),
        (("registry", "token", ""), ["create", "list", "revoke"]),
        (("registry", "token", "create", "--scope", ""), ["publish", "yank", "owner", "admin"]),
        (("install", "--fro"), ["--frozen"]),
        (("undo", "--to", ""), ["1"]),
        (("config", "get", "llm.m"), ["llm.model", "llm.max_retries"]),
        (("completion", "z"), ["zsh"]),
        (("agents", "cod"), ["codex", "codebuddy"]),
        (("no-such-command", ""), []),
        (("validate", ""), []),
    ],
    ids=" ".join,
)
def test_what_can_stand_there_is_offered(machine: Machine, words: tuple[str, ...], expected: list[str]) -> None:
    assert sorted(offered(*words)) == sorted(expected) if "@" not in words[-1] else offered(*words) == expected


def test_the_users_own_packs_are_offered_where_they_are_meant(machine: Machine) -> None:
    assert offered("remove", "-g", "") == []
    machine.install("maps", user=True)
    assert offered("remove", "-g", "") == ["maps"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_option_of_every_command_is_offered(machine: Machine, entry: object) -> None:
    from skillctl.cli.leaf import leaf

    options = {name for each in leaf(entry).params for name in each.opts if name.startswith("--")}  # type: ignore[arg-type]
    assert options <= set(offered(*entry.name.split(), "-"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["skillctl.lock", "skillctl.json"])
def test_what_can_not_be_read_gives_nothing_and_no_word(machine: Machine, name: str) -> None:
    (machine.project / name).write_text("{ nonsense")
    offered("remove", "")
    offered("install", "ma")
    machine.configure(nonsense=1)
    assert offered("install", "ma") == []


def test_nothing_is_written_and_no_network_is_asked(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.configure(registries=[{"name": "far", "location": "https://registry.example"}])
    monkeypatch.setattr("socket.socket", lambda *_: pytest.fail("the network was used"))
    before = machine.seen(locks=True)
    assert offered("install", "ma") == ["mango", "maps"]
    assert machine.seen(locks=True) == before


def test_an_answer_comes_while_somebody_waits_for_it(machine: Machine) -> None:
    times = []
    for _ in range(3):
        begun = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "skillctl.cli.main", "__complete", "install", "ma"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            capture_output=True,
        )
        times.append(time.monotonic() - begun)
    assert min(times) < 0.5, "100 ms alone; this machine may be busy"


def test_an_unknown_shell_is_refused_with_those_that_there_are(skillctl: Bench) -> None:
    ran: Ran = skillctl("completion", "tcsh")
    assert ran.status == 2
    assert "bash, zsh, fish" in ran.err


# --- in real shells -----------------------------------------------------------------------------------------------


@pytest.fixture
def shell_home(machine: Machine, tmp_path: Path) -> dict[str, str]:
    """The environment of a shell that finds this very skillctl on its path."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "skillctl"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{os.pathsep.join(sys.path)}" exec "{sys.executable}" -m skillctl.cli.main "$@"\n'
    )
    program.chmod(0o755)
    for shell, text in SCRIPTS.items():
        (tmp_path / f"completion.{shell}").write_text(text)
    return {**machine.environment, "PATH": f"{programs}:/usr/bin:/bin", "TERM": "dumb", "ROOM": str(tmp_path)}


BASH_CASES = [
    ("skillctl inst", ["install", "install-skill"]),
    ("skillctl install ma", ["mango", "maps"]),
    ("skillctl install maps@", ["1.1.0", "1.0.0"]),
    ("skillctl install maps@1.1", ["1.1.0"]),
    ("skillctl install @ac", ["acme/tools"]),
    ("skillctl remove ", ["mango", "maps"]),
    ("skillctl install --fro", ["--frozen"]),
    ("skillctl validate ", []),
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(("line", "expected"), BASH_CASES, ids=lambda value: str(value))
def test_bash_gets_the_words(shell_home: dict[str, str], machine: Machine, line: str, expected: list[str]) -> None:
    script = (
        "source \"$ROOM/completion.bash\"; COMP_LINE=$LINE; COMP_POINT=${#LINE}; COMP_WORDBREAKS=$' \\t\\n@><=;|&(:'; "
        "_skillctl_completion; complete -p skillctl >&2; "
        '[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\\n" "${COMPREPLY[@]}"'
    )
    ran = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**shell_home, "LINE": line},
        cwd=machine.project,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == expected
    assert "_skillctl_completion" in ran.stderr


SHELLS_AT_A_TERMINAL = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'source "$ROOM/completion.bash"'),
    "zsh": (
        ["zsh", "-f", "-i"],
        'autoload -Uz compinit && compinit -u -d "$ROOM/dump" && source "$ROOM/completion.zsh"',
    ),
}


class Typist:
    """Somebody at a terminal: types, and reads until what is expected has come."""

    def __init__(self, command: list[str], environment: dict[str, str], cwd: Path) -> None:
        self.process, self.handle = pty.fork()
        if self.process == 0:
            os.chdir(cwd)
            os.execvpe(command[0], command, environment)
        self._read = b""

    def types(self, text: str) -> None:
        os.write(self.handle, text.encode())

    def sees(self, expected: str, *, seconds: float = 20) -> str:
        """What came up to the expected text and with it."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(expected.encode(), self._read)):
            ready, _, _ = select.select([self.handle], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{expected} did not come: {self._read!r}"
            self._read += os.read(self.handle, 4096)
        seen, self._read = self._read[: found.end()], self._read[found.end() :]
        return seen.decode(errors="replace")

    def leaves(self) -> None:
        os.close(self.handle)
        os.waitpid(self.process, 0)


@pytest.mark.parametrize("shell", SHELLS_AT_A_TERMINAL)
def test_the_tab_key_completes(shell: str, shell_home: dict[str, str], machine: Machine) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    command, prepare = SHELLS_AT_A_TERMINAL[shell]
    typist = Typist(command, {**shell_home, "PS1": "$ ", "PS2": "> "}, machine.project)
    try:
        typist.types(f"{prepare}; echo rea''dy\n")
        typist.sees("ready\r?\n")
        for line, completed in (
            ("skillctl remo\t", "skillctl remove "),
            ("skillctl remove man\t", "mango "),
            ("skillctl install maps@1.1\t", r"1\.1\.0 "),
            ("skillctl install @acme/t\t", "ools "),
        ):
            typist.types(line)
            typist.sees(completed)
            typist.types("\x15echo nex''t\n")
            typist.sees("next\r?\n")
    finally:
        typist.leaves()
