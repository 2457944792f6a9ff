"""`run.sh` and `run.cmd`: they start the project from any directory, with its environment and the words given to them.

They are for people and other programs, and need no skillctl: paths are told from where the file itself lies, so that
the project can be moved. They set what the run phase sets, but keep the caller's home.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from skillctl.core.limits import MIB
from skillctl.core.value import dataclass
from skillctl.edges.disk.below import read_below, write_below
from skillctl_runtime.files import LAUNCHERS
from skillctl_runtime.plan import Plan
from skillctl_runtime.programs import PLACE
from skillctl_runtime.stack import Start
from skillctl_runtime.state import STATE

POSIX, WINDOWS = LAUNCHERS
_UNSAFE_IN_CMD = re.compile(r'([&|<>^%"])')
_OF_THE_SHELL = frozenset(
    {".", ":", "!", "{", "alias", "cd", "command", "eval", "exit", "export", "read", "return", "set", "shift"}
    | {"source", "trap", "ulimit", "umask", "unset", "wait"}
)
"""Commands that are no programs: the shell has to stay for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """What a launcher does."""

    argv: tuple[str, ...]
    line: str
    before: tuple[str, ...]
    """Lines that are run first."""
    folder: str
    """Where it is started, relative to the project; "" is the project itself."""
    env: Mapping[str, str]
    paths: tuple[str, ...]
    """Directories, relative to the project, that come first on the search path."""
    port: int = 0


def launch_of(plan: Plan, start: Start, *, folder: str, paths: Sequence[str]) -> Launch:
    """What the launcher of a project has to do."""
    return Launch(
        argv=start.argv,
        line=start.line,
        before=plan.run[:-1],
        folder=folder,
        env={**start.env, **plan.env},
        paths=tuple(paths),
        port=start.port,
    )


def write_launchers(root: Path, launch: Launch, plan: Plan) -> str:
    """Write both; gives the path of `run.sh` in the project. Names that the plan itself uses are left to it."""
    taken = {each.path.lower() for each in plan.files}
    path = POSIX if POSIX not in taken else f"{STATE}/{POSIX}"
    _write(root, path, posix_text(launch, depth=path.count("/")), executable=True)
    other = WINDOWS if WINDOWS not in taken else f"{STATE}/{WINDOWS}"
    _write(root, other, windows_text(launch, depth=other.count("/")), executable=False)
    return path


def posix_text(launch: Launch, *, depth: int = 0) -> str:
    """The script for a POSIX shell."""
    lines = ["#!/bin/sh", "# Starts this project from any directory. Written by skillctl; made anew with the project."]
    lines += ["set -e", 'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)']
    lines += ['here=$(dirname -- "$here")'] * depth
    if launch.paths:
        places = ":".join(f"$here/{each}" for each in launch.paths)
        lines.append(f'PATH="{places}:$PATH"; export PATH')
    for name, value in launch.env.items():
        lines.append(f"{name}={shlex.quote(value)}; export {name}")
    if launch.port:
        lines.append(f'PORT="${{PORT:-{launch.port}}}"; export PORT')
    lines.append(f'cd -- "$here{_under(launch.folder)}"')
    lines += launch.before
    if launch.argv:
        lines.append(f'exec {" ".join(map(_word, launch.argv))} "$@"')
    elif is_simple(launch.line):
        lines.append(f'exec {launch.line} "$@"')
    else:
        lines.append(f"{launch.line}")
    return "\n".join(lines) + "\n"


def windows_text(launch: Launch, *, depth: int = 0) -> str:
    """The script for Windows' own shell."""
    here = "%~dp0" + "..\\" * depth
    lines = ["@echo off", "setlocal"]
    if launch.paths:
        places = ";".join(here + each.replace("/", "\\") for each in launch.paths)
        lines.append(f'set "PATH={places};%PATH%"')
    lines += [f'set "{name}={_cmd_value(value)}"' for name, value in launch.env.items()]
    if launch.port:
        lines.append(f"if not defined PORT set PORT={launch.port}")
    lines.append(f'cd /d "{here}{launch.folder.replace("/", chr(92))}"')
    lines += [f"{each} || exit /b" for each in launch.before]
    if launch.argv:
        lines.append(" ".join(_cmd_word(each) for each in launch.argv) + " %*")
    else:
        lines.append(f"{launch.line} %*" if is_simple(launch.line) else launch.line)
    return "\r\n".join(lines) + "\r\n"


def _write(root: Path, path: str, text: str, *, executable: bool) -> None:
    data = text.encode()
    found = read_below(root, path, max_bytes=4 * MIB)
    if found is None or found.data != data or found.executable != executable:
        write_below(root, path, data, executable=executable)


def is_simple(line: str) -> bool:
    """One command of a program, after which words can be put, and which can stand in the shell's place."""
    if re.search(r"[|&;<>()`\n]|\$\(|^\s*[A-Za-z_]\w*=", line):
        return False
    return line.strip().partition(" ")[0] not in _OF_THE_SHELL


def _word(text: str) -> str:
    """A word of the call; `{port}` in it is the port, and nothing else in it means anything to the shell."""
    return '"$PORT"'.join(shlex.quote(each) if each or each == text else "" for each in text.split(PLACE))


def _under(folder: str) -> str:
    return (
        "".join(f"/{each}" for each in folder.split("/") if each not in ("", "."))
        .replace('"', '\\"')
        .replace("$", "\\$")
    )


def _cmd_value(value: str) -> str:
    return value.replace("%", "%%")


def _cmd_word(text: str) -> str:
    """A word of the call, where a percent sign and a quote that are meant stand doubled."""
    safe = _cmd_value(text).replace('"', '""').replace(PLACE, "%PORT%")
    return f'"{safe}"' if not text or " " in text or _UNSAFE_IN_CMD.search(safe) else safe
