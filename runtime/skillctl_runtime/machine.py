"""The machine as the runtime sees it: tools by name, versions asked once, caches, the caller's environment.

What was asked is remembered (`answers`): an execution that asks the same and hears the same has nothing to do again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from skillctl.core.errors import SkillctlError
from skillctl.core.limits import MIB
from skillctl.edges.disk.files import append_bytes, link_text, list_names, make_directory, read_bytes
from skillctl.edges.machine import processors, system_name
from skillctl_runtime.stack import Tool

System = Literal["linux", "darwin", "windows"]

_VERSION_SECONDS = 60.0
_PROGRAMS = "Scripts" if os.name == "nt" else "bin"
_PYTHON = re.compile(r"python3(?:\.\d+)?(?:\.exe)?\Z")
_PYTHON_EXACT = re.compile(r"python3\.\d+(?:\.exe)?\Z")


def _brought_along(name: str) -> str | None:
    """The program of the extra `uv`, which lies beside our own interpreter and not always on PATH."""
    return shutil.which(name, path=os.path.join(sys.prefix, _PROGRAMS)) if name == "uv" else None


class RealMachine:
    """This machine, for one execution."""

    def __init__(self, environ: Mapping[str, str], cache: str) -> None:
        """`cache` is the directory of skillctl's caches."""
        self.environ = environ
        self.cache_root = os.path.join(cache, "runtime")
        self.facts_root = os.path.join(cache, "runtime-facts")
        self.answers: dict[str, str] = {}
        self._tools: dict[str, Tool | None] = {}
        self._versions: dict[str, str] | None = None
        self._pythons: tuple[Tool, ...] | None = None

    @property
    def system(self) -> System:
        """The operating system."""
        name = system_name()
        return "windows" if name == "windows" else "darwin" if name == "macos" else "linux"

    @property
    def cores(self) -> int:
        """How many processors may be used."""
        return processors()

    def tool(self, name: str) -> Tool | None:
        """The program of that name on PATH, or None."""
        if name not in self._tools:
            path = shutil.which(name, path=self.environ.get("PATH", "")) or _brought_along(name)
            self._tools[name] = None if path is None else Tool(name=name, path=path, identity=identity_of(path))
            found = self._tools[name]
            self.answers[f"tool {name}"] = found.identity if found else ""
        return self._tools[name]

    def version(self, tool: Tool, *arguments: str) -> str:
        """What `tool --version` (or with the arguments given) prints, one string; empty where it fails."""
        words = arguments or ("--version",)
        key = json.dumps([tool.path, tool.identity, *words])
        known = self._known_versions()
        if key not in known:
            known[key] = self._asked(tool, words)
            append_bytes(self._versions_file, json.dumps([key, known[key]]).encode() + b"\n")
        return known[key]

    def pythons(self) -> tuple[Tool, ...]:
        """Every Python interpreter found here (PATH, pyenv, uv, the system), the one skillctl runs on among them."""
        if self._pythons is None:
            seen: dict[str, Tool] = {}
            for path in self._python_paths():
                real = os.path.realpath(path)
                if real not in seen and os.access(path, os.X_OK):
                    seen[real] = Tool(name=os.path.basename(path), path=path, identity=identity_of(path))
            self._pythons = tuple(seen.values())
            self.answers["pythons"] = " ".join(each.identity for each in self._pythons)
        return self._pythons

    def cache(self, name: str) -> str:
        """An absolute directory of skillctl's own cache for that tool; made when needed."""
        path = os.path.join(self.cache_root, name)
        if not os.path.isdir(path):
            make_directory(Path(path))
        return path

    def variable(self, name: str) -> str:
        """The caller's environment; empty where not set."""
        value = self.environ.get(name, "")
        self.answers[f"variable {name}"] = value
        return value

    def answer(self, question: str) -> str:
        """What a question of an earlier execution is answered now."""
        kind, _, name = question.partition(" ")
        match kind:
            case "tool":
                self.tool(name)
            case "pythons":
                self.pythons()
            case "variable":
                self.variable(name)
            case _:
                return ""
        return self.answers[question]

    @property
    def _versions_file(self) -> Path:
        return Path(self.facts_root) / "versions.jsonl"

    def _known_versions(self) -> dict[str, str]:
        if self._versions is None:
            self._versions = {}
            for line in (read_bytes(self._versions_file, max_bytes=4 * MIB) or b"").splitlines():
                try:
                    key, value = json.loads(line)
                    self._versions[str(key)] = str(value)
                except ValueError:  # a line that a kill cut off
                    continue
        return self._versions

    def _asked(self, tool: Tool, words: tuple[str, ...]) -> str:
        from skillctl.edges.process import run

        environment = {**self.environ, "NO_COLOR": "1", "CI": "true"}
        try:
            finished = run([tool.path, *words], env=environment, timeout=_VERSION_SECONDS)
        except SkillctlError:
            return ""
        return (finished.stdout.strip() or finished.stderr.strip()) if finished.status == 0 else ""

    def _python_paths(self) -> list[str]:
        found = [os.path.realpath(sys.executable)]
        home = self.environ.get("HOME", "")
        for directory in self.environ.get("PATH", "").split(os.pathsep):
            if os.path.isabs(directory) and not directory.endswith("shims"):
                found += [os.path.join(directory, name) for name in list_names(Path(directory)) if _PYTHON.match(name)]
        pyenv = self.environ.get("PYENV_ROOT") or os.path.join(home, ".pyenv")
        for root in (os.path.join(pyenv, "versions"), os.path.join(home, ".local/share/uv/python")):
            for version in reversed(list_names(Path(root))):
                programs = os.path.join(root, version, "bin")
                names = [] if link_text(os.path.join(root, version)) else list_names(Path(programs))
                found += [os.path.join(programs, name) for name in names if _PYTHON_EXACT.match(name)]
        return found


def identity_of(path: str) -> str:
    """Real path, size and modification time of a program; empty where it is gone."""
    real = os.path.realpath(path)
    try:
        status = os.stat(real)
    except OSError:
        return ""
    return f"{real} {status.st_size} {status.st_mtime_ns}"
