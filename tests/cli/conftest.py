"""The command line in the test's own process, in a directory and a home that are new."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from skillctl.cli.main import main
from tests.support.keyrings import Drawer


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What one command line did."""

    status: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """The one envelope that standard output holds."""
        assert self.out.count("\n") == 1, self.out
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    @property
    def result(self) -> Any:
        return self.envelope["result"]

    @property
    def codes(self) -> list[str]:
        return [each["code"] for each in self.envelope["problems"]]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Bench:
    """A place to run command lines in."""

    def __init__(self, room: Path, patch: pytest.MonkeyPatch) -> None:
        self.project = room / "project"
        self.home = room / "home"
        self.project.mkdir()
        self.home.mkdir()
        self._patch = patch

    def __call__(
        self,
        *words: str,
        at: Path | None = None,
        typed: str = "",
        stdin: Any = None,
        terminal: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run `skillctl WORDS`; `typed` is what standard input holds, unless `stdin` is one of the test's own."""
        stream = Terminal if terminal else io.StringIO
        out, err, given = stream(), stream(), stdin or stream(typed)
        with self._patch.context() as patch:
            for name, value in {"HOME": str(self.home), "USERPROFILE": str(self.home), **(environment or {})}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr(sys, "stdin", given)
            patch.chdir(at or self.project)
            status = main(list(words))
        return Ran(status=status, out=out.getvalue(), err=err.getvalue())

    def seen(self, *, caches: bool = True) -> dict[str, bytes | None]:
        """Everything in the project and the home: path -> bytes, None for a directory.

        `caches=False` leaves out what may be filled at any time.
        """
        found: dict[str, bytes | None] = {}
        for root in (self.project, self.home):
            for folder, names, files in os.walk(root):
                found |= {str(Path(folder, name)): None for name in names}
                found |= {str(Path(folder, name)): Path(folder, name).read_bytes() for name in files}
        return found if caches else {path: data for path, data in found.items() if "/.cache" not in path}


@pytest.fixture
def skillctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Runs command lines, with a keyring that nobody else has."""
    monkeypatch.setattr("keyring.core._keyring_backend", Drawer())
    return Bench(tmp_path, monkeypatch)


@pytest.fixture
def as_init(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], None]:
    """Put a function in the place of `skillctl init`, to see what the frame makes of it."""

    def put(function: Callable[..., Any]) -> None:
        module = ModuleType("skillctl.cli.commands.init")
        module.command = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "skillctl.cli.commands.init", module)

    return put
