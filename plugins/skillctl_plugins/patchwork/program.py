"""The `patchwork` program on this machine: where it is, how it is called, and where its log lies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.errors import SkillctlError
from skillctl.core.limits import MIB
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.machine import environment, find_program

if TYPE_CHECKING:
    from skillctl_plugins.plugin import Plugin

NAME = "patchwork"

SECONDS = 10.0
"""How long one call may take; a late answer is a no."""

FAIL_CLOSED = "PATCHWORK_PRETOOL_FAIL_CLOSED"

_PASSED_ON = frozenset(
    {"PATH", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "SYSTEMROOT", "LANG", "LC_ALL", "TZ"}
    | {"TMPDIR", "TEMP", "TMP"}
)
_OWN = "PATCHWORK_"
_OUTPUT = 4 * MIB


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What the program answered to one call."""

    status: int = 0
    stdout: bytes = b""
    failure: str = ""
    """Why there is no answer: it could not be started, was too slow, said too much. Empty where it ended by itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Patchwork:
    """The program, and what it is given of our environment."""

    path: str
    home: str
    """Where it keeps `.patchwork`."""
    environ: Mapping[str, str]
    """All that a call sees: its own variables as the user set them, the usual ones, and that it has to fail closed."""
    seconds: float = SECONDS

    @property
    def log(self) -> Path:
        """Its chain of events."""
        return Path(self.home) / ".patchwork" / "events.jsonl"

    def call(self, *words: str, stdin: bytes = b"", cwd: str = "") -> Said:
        """Call it once, in the directory if that is there. Whatever goes wrong is in the answer: nothing is raised."""
        place = cwd if cwd and os.path.isdir(cwd) else self.home
        from skillctl.edges.process.streaming import Caps, Command, stream

        command = Command(
            argv=(self.path, *words),
            cwd=place if os.path.isdir(place) else os.sep,
            env=self.environ,
            stdin=stdin,
            caps=Caps(seconds=self.seconds, output_bytes=_OUTPUT),
            keep=_OUTPUT,
        )
        try:
            ended = stream(command)
        except SkillctlError as error:
            return Said(failure=str(error))
        if ended.stopped == "time":
            return Said(status=ended.status, failure=f"it took longer than {self.seconds:g} seconds")
        if ended.stopped:
            return Said(status=ended.status, failure="it said far too much")
        return Said(status=ended.status, stdout=ended.stdout)


def find_patchwork(environ: Mapping[str, str], *, home: str, seconds: float = SECONDS) -> Patchwork | None:
    """The program on the search path of this environment; None if there is none."""
    path = find_program(NAME, path=environ.get("PATH", ""))
    if path is None:
        return None
    given = {key: value for key, value in environ.items() if key in _PASSED_ON or key.startswith(_OWN)}
    return Patchwork(
        path=os.path.abspath(path),
        home=environ.get("HOME") or environ.get("USERPROFILE") or home,
        environ={"HOME": home, **given, FAIL_CLOSED: "1"},
        seconds=seconds,
    )


def patchwork_of(settings: Settings) -> Patchwork | None:
    """The program that is asked with these settings; None if there is none, or the user has disabled it."""
    if NAME in settings.plugins.disabled:
        return None
    ours = environment()
    environ = {**ours, "PATH": settings.variable("PATH") or ours.get("PATH", ""), "HOME": settings.directories.home}
    return find_patchwork(environ, home=settings.directories.home)


def as_plugin(settings: Settings) -> Plugin:
    """How it stands in the list of plugins."""
    from skillctl_plugins.plugin import Plugin

    found = patchwork_of(settings)
    disabled = NAME in settings.plugins.disabled
    return Plugin(
        name=NAME,
        source="built-in",
        state="disabled" if disabled else "inactive" if found is None else "active",
        path=found.path if found else "",
        description="Asks the program `patchwork` before each effect, and tells it afterwards",
        capabilities=("policy", "audit"),
        problem="" if found or disabled else "program not found",
    )
