"""Programs that tests drive, pinned, each in a room of its own under `.cache/tools`: package managers, and a store.

    python tests/tools/install.py [--check]

A tool that is there in its version costs nothing but a look. One that can't be had is named, and the tests that need
it skip by that name: a machine without network still tests everything else. `--check` installs nothing and only tells.

Every tool has an environment of its own, since their dependencies disagree; the sets of Python are frozen by date.
`.cache/tools/bin` holds a link for each program and nothing else, so that it can go before PATH. yarn 2 and newer is
not among them: it would be a second `yarn`, and npx brings it where a project asks for it.
Only the standard library is used, so that any Python from 3.11 runs this before there is an environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOM = Path(__file__).resolve().parents[2] / ".cache" / "tools"
LINKS = ROOM / "bin"
STAMP = "installed.txt"
TIME_LIMIT = 600  # seconds a command


@dataclass(frozen=True, slots=True)
class PythonTool:
    """A program from PyPI."""

    name: str
    requirement: str
    until: str = ""
    """Packages that were published later don't count: what a new release of a dependency breaks stays whole here."""
    programs: tuple[str, ...] = ()

    @property
    def pin(self) -> str:
        return f"{self.requirement} until {self.until}"


@dataclass(frozen=True, slots=True)
class NodeTool:
    """A program from the npm registry."""

    name: str
    requirement: str
    programs: tuple[str, ...] = ()

    @property
    def pin(self) -> str:
        return self.requirement


@dataclass(frozen=True, slots=True)
class GoTool:
    """A program from the Go module proxy."""

    name: str
    package: str
    version: str
    programs: tuple[str, ...] = ()

    @property
    def requirement(self) -> str:
        return f"{self.package}@{self.version}"

    @property
    def pin(self) -> str:
        return self.requirement


Tool = PythonTool | NodeTool | GoTool

UV = PythonTool("uv", "uv==0.13.9", programs=("uv", "uvx"))
TOOLS: tuple[Tool, ...] = (
    UV,
    PythonTool("poetry", "poetry==2.5.1", until="2026-11-15", programs=("poetry",)),
    # 2.26 to 2.29 fail at import with the newest hishel and httpx
    PythonTool("pdm", "pdm==2.25.9", until="2025-09-01", programs=("pdm",)),
    PythonTool("pipenv", "pipenv==2026.10.3", until="2026-11-15", programs=("pipenv",)),
    NodeTool("pnpm", "pnpm@10.34.0", programs=("pnpm",)),
    NodeTool("yarn", "yarn@1.22.22", programs=("yarn",)),
    NodeTool("bun", "bun@1.4.4", programs=("bun", "bunx")),
    # a store that speaks S3, conditional writes included, over a directory
    GoTool("versitygw", "github.com/versity/versitygw/cmd/versitygw", "v1.8.0", programs=("versitygw",)),
)


def directory(name: str) -> Path:
    """Where that tool's programs lie."""
    return ROOM / name / ("Scripts" if os.name == "nt" else "bin")


def is_there(tool: Tool) -> bool:
    """Is it installed in its version?"""
    stamp = ROOM / tool.name / STAMP
    linked = all((LINKS / name).exists() for name in tool.programs)
    return linked and stamp.is_file() and stamp.read_text(encoding="utf-8") == tool.pin


def main(arguments: Iterable[str]) -> int:
    """Install what is missing. The status is 0 also where something can't be had: the tests tell it again."""
    only_look = "--check" in arguments
    missing: dict[str, str] = {}
    for tool in TOOLS:
        if not is_there(tool):
            reason = "not installed" if only_look else _installed(tool)
            if reason:
                missing[tool.name] = reason
    for name, reason in missing.items():
        print(f"{name} could not be had: {reason}", file=sys.stderr)
    return 0


def _installed(tool: Tool) -> str:
    """Install it; the last line of what went wrong, or nothing."""
    room = ROOM / tool.name
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    print(f"Installing {tool.requirement} into .cache/tools/{tool.name}", flush=True)
    try:
        _INSTALL[type(tool)](tool, room)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        shutil.rmtree(room, ignore_errors=True)
        return str(said).strip().splitlines()[-1]
    _link(tool)
    (room / STAMP).write_text(tool.pin, encoding="utf-8")
    return ""


def _link(tool: Tool) -> None:
    LINKS.mkdir(exist_ok=True)
    for name in tool.programs:
        link = LINKS / name
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(directory(tool.name) / name, LINKS))


def _install_from_pypi(tool: PythonTool, room: Path) -> None:
    python = directory(tool.name) / "python"
    if tool.name == "uv":
        _run(sys.executable, "-m", "venv", str(room))
        _run(str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", tool.requirement)
        return
    uv = str(directory("uv") / "uv")
    _run(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(room))
    until = ("--exclude-newer", tool.until) if tool.until else ()
    _run(uv, "pip", "install", "--quiet", "--python", str(python), *until, tool.requirement)


def _install_from_npm(tool: NodeTool, room: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm is not here")
    _run(npm, "install", "--global", "--prefix", str(room), "--no-audit", "--no-fund", tool.requirement)


def _install_from_go(tool: GoTool, room: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise OSError("go is not here")
    _run(go, "install", tool.requirement, env={**os.environ, "GOBIN": str(room / "bin")})


def _run(*argv: str, env: Mapping[str, str] | None = None) -> None:
    subprocess.run(argv, check=True, capture_output=True, text=True, timeout=TIME_LIMIT, env=env)


_INSTALL: dict[type, Callable[..., None]] = {
    PythonTool: _install_from_pypi,
    NodeTool: _install_from_npm,
    GoTool: _install_from_go,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
