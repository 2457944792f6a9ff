"""Walks through a page as its reader would: every command in its code blocks is run, in order, in a home that is new.

What a page means to its test:

1. A block of `console` or `sh` is run. In `console` a command stands behind `$ ` and what follows is shown output; in
   `sh` each line is a command. A command ends with status 0, or with 1 if `# status 1` stands behind it or an error is
   shown below it.
2. Shown output is compared loosely: each line that is shown must come, in the same order; `…` stands for anything, and
   how many spaces there are does not matter.
3. A block with `title="path"` is a file that the reader writes there.
4. Blocks of `text` and of any other language are there to be looked at. So are the programs of `LEFT_TO_THE_READER`.
5. `/home/ann` is the reader's home, `/srv` a directory that a team shares.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from skillctl.cli.main import main

LEFT_TO_THE_READER = frozenset({"claude", "git", "make", "pip", "pipx", "python3", "sort", "uv"})
"""What needs a network, a key, minutes, or more than every system has."""
SHELL = frozenset({"cat", "cp", "echo", "ls", "mkdir", "mv", "rm"})

_FENCE = re.compile(r"^( *)```([a-z]*)([^\n]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(r'title="([^"]+)"')
_INLINE = re.compile(r"(?<!`)`(skillctl [^`]+)`(?!`)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing that the reader does: a command, or a file that is written."""

    line: int
    """In the page, from 1."""
    command: str = ""
    shown: tuple[str, ...] = ()
    """The output that the page shows."""
    path: str = ""
    text: str = ""

    @property
    def status(self) -> int:
        """The exit status that the page promises."""
        told = "# status 1" in self.command or any(line.startswith("error E") for line in self.shown)
        return 1 if told else 0


def steps(page: str, *, inline: bool = False) -> list[Step]:
    """What the page lets its reader do, in order; with `inline` also the commands in the middle of sentences."""
    found: list[Step] = []
    rest = page
    for fence in _FENCE.finditer(page):
        found += _of_fence(fence, _line(page, fence.start()))
        rest = rest.replace(fence[0], re.sub(r"[^\n]", " ", fence[0]), 1)
    if inline:
        found += [Step(line=_line(page, each.start()), command=each[1]) for each in _INLINE.finditer(rest)]
    return sorted(found, key=lambda step: step.line)


def mentioned(page: str) -> Iterator[tuple[int, str]]:
    """Line and text of everything in the page that looks like a command line of skillctl, run or not."""
    for each in _INLINE.finditer(page):
        yield _line(page, each.start()), each[1]
    for fence in _FENCE.finditer(page):
        for number, line in enumerate(fence[4].splitlines(), start=_line(page, fence.start()) + 1):
            if fence[2] == "console" and not line.startswith("$ "):
                continue  # output
            said = line.strip().removeprefix("$ ")
            if fence[2] in ("", "console", "sh", "text") and said.startswith("skillctl "):
                yield number, said


def _line(page: str, position: int) -> int:
    return page.count("\n", 0, position) + 1


def _of_fence(fence: re.Match[str], line: int) -> Iterator[Step]:
    indent, language, info, body = fence.groups()
    lines = [each.removeprefix(indent) for each in body.splitlines()]
    title = _TITLE.search(info)
    if title:
        yield Step(line=line, path=title[1], text="\n".join(lines) + "\n")
    elif language == "console":
        yield from _of_console(lines, line + 1)
    elif language == "sh":
        for number, each in enumerate(lines, start=line + 1):
            if each.strip() and not each.lstrip().startswith("#"):
                yield Step(line=number, command=each.strip())


def _of_console(lines: list[str], first: int) -> Iterator[Step]:
    at = next((at for at, line in enumerate(lines) if line.startswith("$ ")), len(lines))
    while at < len(lines):
        number, command = first + at, lines[at][2:]
        at += 1
        while command.endswith("\\"):
            command = command[:-1] + lines[at].strip()
            at += 1
        shown: list[str] = []
        while at < len(lines) and not lines[at].startswith("$ "):
            shown.append(lines[at])
            at += 1
        yield Step(line=number, command=command, shown=tuple(shown))


class World:
    """A home, a directory that a team shares, and somebody who works there."""

    def __init__(self, room: Path, patch: pytest.MonkeyPatch, outer_path: str) -> None:
        self.home = room / "ann"
        self.shared = room / "srv"
        self.where = self.home / "project"
        self._patch = patch
        self._outer_path = outer_path
        self._programs = room / "programs"  # empty, so that no agent of this machine is found
        for each in (self.where, self.shared, self._programs):
            each.mkdir(parents=True)
        (self._programs / "sh").symlink_to("/bin/sh")  # which every system has, and no agent
        git = shutil.which("git", path=outer_path)
        if git:
            (self._programs / "git").symlink_to(git)

    @property
    def registry(self) -> Path:
        """The default registry, which the first publish makes."""
        return self.home / ".local/share/skillctl/registry"

    def walk(self, page: str, *, inline: bool = False) -> int:
        """Do everything that the page says; how many commands of skillctl were among it."""
        return sum(self.take(step) for step in steps(page, inline=inline))

    def take(self, step: Step) -> bool:
        """Do one step, and compare. Whether it was a command of skillctl."""
        if step.path:
            path = self.where / self._here(step.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._here(step.text), encoding="utf-8")
            return False
        variables, words = _split(step.command)
        if words[0] in LEFT_TO_THE_READER:
            return False
        if words[0] == "skillctl":
            status, said = self._skillctl([self._here(word) for word in words[1:]], variables)
        elif words[0] == "cd":
            status, said = self._go(self._here(words[1]))
        else:
            assert words[0] in SHELL, f"line {step.line}: `{words[0]}` is no command that a page may use"
            status, said = self._shell(step.command)
        assert status == step.status, f"line {step.line}: `{step.command}` ended with {status}\n{said}"
        missing = first_missing(step.shown, said)
        assert missing is None, f"line {step.line}: `{step.command}` does not say `{missing}` but\n{said}"
        return words[0] == "skillctl"

    def _skillctl(self, words: list[str], variables: dict[str, str]) -> tuple[int, str]:
        said = io.StringIO()
        with self._patch.context() as patch:
            for name, value in (self.environment() | variables).items():
                patch.setenv(name, value)
            for name in ("stdout", "stderr"):
                patch.setattr(sys, name, said)
            patch.setattr(sys, "stdin", io.StringIO())
            patch.chdir(self.where)
            status = main(words)
        return status, self._there(said.getvalue())

    def _go(self, where: str) -> tuple[int, str]:
        self.where = (self.where / where.replace("~", str(self.home))).resolve()
        return (0, "") if self.where.is_dir() else (1, f"no directory {self.where}")

    def _shell(self, line: str) -> tuple[int, str]:
        environment = self.environment() | {"PATH": self._outer_path}
        done = subprocess.run(
            ["/bin/sh", "-c", self._here(line)],
            cwd=self.where,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, self._there(done.stdout)

    def environment(self) -> dict[str, str]:
        """The variables of whoever works there."""
        return {
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "PATH": str(self._programs),
            "SKILLCTL_CONFIG_DIR": str(self.home / ".config/skillctl"),
            "SKILLCTL_DATA_DIR": str(self.registry.parent),
            "SKILLCTL_CACHE_DIR": str(self.home / ".cache/skillctl"),
            "SKILLCTL_STATE_DIR": str(self.home / ".local/state/skillctl"),
        }

    def _here(self, text: str) -> str:
        """The page's paths as this machine's."""
        text = re.sub(r"/home/ann\b", str(self.home), text)
        return re.sub(r"(?<![\w.])/srv\b", str(self.shared), text)

    def _there(self, text: str) -> str:
        """This machine's paths as the page's."""
        return text.replace(str(self.home), "/home/ann").replace(str(self.shared), "/srv")


def first_missing(shown: tuple[str, ...], said: str) -> str | None:
    """The first shown line that was not said after the ones before it."""
    lines = iter([" ".join(line.split()) for line in said.splitlines()])
    for each in shown:
        wanted = " ".join(each.split())
        pattern = re.compile(".*".join(re.escape(part) for part in wanted.split("…")))
        if wanted and wanted != "…" and not any(pattern.fullmatch(line) for line in lines):
            return each
    return None


def _split(command: str) -> tuple[dict[str, str], list[str]]:
    """Variables that are set for one command, and its words."""
    words = shlex.split(command, comments=True)
    variables: dict[str, str] = {}
    while words and re.match(r"[A-Z_]+=", words[0]):
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    return variables, words


def outer_path() -> str:
    """Where the shell's own programs are."""
    return os.environ.get("PATH", os.defpath)
