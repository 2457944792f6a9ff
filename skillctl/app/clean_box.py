"""A command of a clean room inside the runtime's walls: it sees the room, toolchains, and nothing of the user's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from skillctl.core.settings import Settings
from skillctl.edges.disk.files import make_directory
from skillctl.edges.machine import account_home
from skillctl.edges.process.streaming import Caps, Command, Ended, stream
from skillctl_runtime.isolation import Box, boxed, hidden_places, unheld
from skillctl_runtime.surroundings import Surroundings, find_isolation


def run_in_box(
    real: Settings,
    alone: Settings,
    argv: Sequence[str],
    cwd: Path,
    environ: Mapping[str, str],
    room: Path,
    seconds: float,
) -> tuple[Ended, str]:
    """How the command ended, and what of the walls is missing, as a sentence; empty: nothing.

    ExecutionError E521 where the settings require isolation and there is none.
    """
    around = Surroundings(environ=environ, directories=alone.directories, runtime=real.runtime)
    isolation = find_isolation(around, around.machine())
    temporary = room / "tmp"
    make_directory(temporary)
    known = real.directories
    homes = [os.path.realpath(each) for each in (known.home, account_home()) if each not in ("", "/")]
    box = Box(
        project=str(room),
        hidden=hidden_places(homes, (known.config, known.data, known.state, known.cache)),
        shown=tuple(_interpreter(environ, homes)),
        writable=(),
        network="none",
        temporary=str(temporary),
    )
    inside = boxed(isolation, box, argv, str(cwd), environ)
    command = Command(
        argv=inside.argv,
        cwd=str(cwd),
        env=inside.env,
        caps=Caps(seconds=seconds),
        confine=inside.confine,
        boxed=inside.is_boxed,
    )
    missing = "; ".join(isolation.passed_over) if isolation.backend == "none" else ""
    return stream(command), missing or unheld(isolation, "none")


def _interpreter(environ: Mapping[str, str], homes: Sequence[str]) -> Iterator[str]:
    """Where this Python, its libraries and skillctl itself lie."""
    places = [sys.prefix, sys.base_prefix, os.path.dirname(sys.executable), *sys.path]
    places += environ.get("PYTHONPATH", "").split(os.pathsep)
    for place in dict.fromkeys([*places, *map(os.path.realpath, filter(None, places))]):
        if os.path.isabs(place) and os.path.exists(place) and place not in ("/", *homes):
            yield place
