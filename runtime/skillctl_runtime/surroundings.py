"""What an execution takes from outside: variables, directories, the user's settings, the time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from skillctl.core.effects import Guard
from skillctl.core.limits import MIB
from skillctl.core.settings import Directories, RuntimeSettings, Settings
from skillctl.core.value import dataclass, field
from skillctl.edges import clock
from skillctl.edges.disk.files import link_text, make_link, read_bytes, write_atomic
from skillctl.edges.machine import account_home, kernel
from skillctl_plugins.guards import standard_guards
from skillctl_runtime.environment import carried_files
from skillctl_runtime.isolation import BACKENDS, Isolation, Wish, chosen, probed
from skillctl_runtime.machine import RealMachine
from skillctl_runtime.plan import RunLimits, Timeouts

_PROBES = "isolation.json"
_PROBE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """All of it."""

    environ: Mapping[str, str]
    directories: Directories
    runtime: RuntimeSettings = field(default=RuntimeSettings())
    now: Callable[[], str] = field(default=clock.now)
    guards: tuple[Guard, ...] = ()
    """Who is asked before anything is done."""

    @property
    def homes(self) -> tuple[str, ...]:
        """The user's homes: the one of the environment first, then the one that the system knows."""
        found = (self.environ.get("HOME", ""), self.directories.home, account_home())
        return tuple(dict.fromkeys(os.path.realpath(each) for each in found if each not in ("", "/")))

    @property
    def own(self) -> tuple[str, ...]:
        """skillctl's own directories."""
        known = self.directories
        return (known.config, known.data, known.state, known.cache)

    def machine(self) -> RealMachine:
        """The machine, for one execution."""
        return RealMachine(self.environ, self.directories.cache)

    def timeouts(self, plan: Timeouts) -> Timeouts:
        """The plan's, within those of the settings."""
        ours = self.runtime
        return Timeouts(
            install=_least(plan.install, ours.install_timeout),
            build=_least(plan.build, ours.build_timeout),
            run=_least(plan.run, ours.run_timeout),
        )

    def limits(self, plan: RunLimits) -> RunLimits:
        """The plan's, within those of the settings."""
        ours = self.runtime
        return RunLimits(
            memory_mb=int(_least(plan.memory_mb, ours.memory_mb)),
            cpu_s=int(_least(plan.cpu_s, ours.cpu_s)),
            processes=int(_least(plan.processes, ours.processes)),
            output_kb=int(_least(plan.output_kb, ours.output_kb)),
        )


def surroundings(settings: Settings, environ: Mapping[str, str]) -> Surroundings:
    """Those of a command with these settings."""
    return Surroundings(
        environ=environ,
        directories=settings.directories,
        runtime=settings.runtime,
        guards=standard_guards(settings, clock=clock.now),
    )


def usual_surroundings() -> Surroundings:
    """Those of this process, for callers that bring none."""
    from skillctl.edges.config import read_settings
    from skillctl.edges.machine import environment
    from skillctl.formats.json_text import load_json

    environ = environment()
    return surroundings(read_settings(environ, load_json), environ)


def find_isolation(around: Surroundings, machine: RealMachine) -> Isolation:
    """The way of isolation that is used here; it is tried out once a day for each kernel, user and bwrap.

    Once a day, for an administrator may let users make namespaces, or no longer, and no identity tells of that.
    """
    wish: Wish = around.runtime.isolation
    tool = machine.tool("bwrap")
    today = around.now()[:10]
    key = json.dumps([wish, tool.identity if tool else "", kernel(), today])
    path = Path(machine.facts_root) / _PROBES
    known = _read(path)
    found = _isolation(known.get(key))
    if found is None:
        found = probed(wish, bwrap=tool.path if tool else "", try_out=_try_out)
        of_today = {each: value for each, value in known.items() if json.dumps(today) in each}
        kept = {**of_today, key: {**found.to_json(), "program": found.program}}
        write_atomic(path, json.dumps(kept, default=list).encode())
    return chosen(wish, found)


def carry_configuration(around: Surroundings, machine: RealMachine) -> None:
    """Let the user's own files of cargo and Gradle count in our caches of these tools too, by links."""
    for home in around.homes[:1]:
        for cache, name, path in carried_files(around.environ, home):
            link = Path(machine.cache(cache)) / name
            if link_text(link) != path and not os.path.lexists(link):
                make_link(link, path)


def _try_out(argv: Sequence[str]) -> tuple[int, str]:
    from skillctl.core.errors import SkillctlError
    from skillctl.edges.process import run

    try:
        finished = run(argv, timeout=_PROBE_SECONDS)
    except SkillctlError as error:
        return 1, str(error)
    return finished.status, finished.stderr


def _read(path: Path) -> dict[str, object]:
    try:
        value = json.loads(read_bytes(path, max_bytes=MIB) or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _isolation(value: object) -> Isolation | None:
    if not isinstance(value, dict) or value.get("backend") not in BACKENDS:
        return None
    return Isolation(
        backend=value["backend"],
        detail=str(value.get("detail", "")),
        passed_over=tuple(map(str, value.get("passed_over", ()))),
        program=str(value.get("program", "")),
    )


def _least(plan: float, ours: float) -> float:
    """The smaller of two bounds, of which 0 is none."""
    return min(plan, ours) if plan and ours else plan or ours
