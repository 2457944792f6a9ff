"""What the runtime itself costs, beside the program that it runs: an unchanged plan, and a call inside its walls."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from skillctl.core.settings import Directories, RuntimeSettings
from skillctl.core.value import replace
from skillctl.edges.process.streaming import Command, stream
from skillctl_runtime.execute import Order, execute
from skillctl_runtime.isolation import BACKENDS
from skillctl_runtime.journal import Journal
from skillctl_runtime.plan_door import parse_plan
from skillctl_runtime.surroundings import Surroundings, find_isolation
from skillctl_runtime.workshop import Call, Workshop
from tests.bench.clock import in_process, repeated, run
from tests.bench.table import Row, milliseconds

_FILES = 50
_TIMES = 20


def overhead(root: Path, environ: Mapping[str, str], repeat: int) -> list[Row]:
    """All rows; `environ` is that of a command with directories of its own."""
    plan = {
        "name": "overhead",
        "stack": "shell",
        "files": [{"filename": f"src/part{number}.sh", "code": "true\n" * 200} for number in range(_FILES)],
        "run": "true",
    }
    places = {name: environ[f"SKILLCTL_{name.upper()}_DIR"] for name in ("config", "data", "cache", "state")}
    around = Surroundings(environ=environ, directories=Directories(home=environ["HOME"], **places))
    return [*_unchanged(root, plan, around, repeat), *_walls(root, around)]


def _unchanged(root: Path, plan: Mapping[str, object], around: Surroundings, repeat: int) -> list[Row]:
    text = json.dumps(plan)
    (root / "plan.json").write_text(text, encoding="utf-8")

    def once() -> None:
        execute(Order(plan=parse_plan(text).plan, root=root / "output" / "overhead"), around)

    once()
    found = in_process(4 * repeat, once)
    argv = [sys.executable, "-m", "skillctl", "runtime", "execute", "plan.json"]
    command = repeated(repeat, lambda: None, lambda: run(argv, cwd=root, env=around.environ))
    ran = repeated(repeat, lambda: None, lambda: run([*argv, "--run"], cwd=root, env=around.environ))
    return [
        Row(f"unchanged plan of {_FILES} files, in-process", milliseconds(found.wall), "25 ms", found.wall < 0.025),
        Row("the same as a command, CPU", milliseconds(command.cpu), "150 ms", command.cpu < 0.15),
        Row("the same with `--run` of an empty program, CPU", milliseconds(ran.cpu)),
    ]


def _walls(root: Path, around: Surroundings) -> list[Row]:
    """One call of `true` through all of it: environment, walls, start, end, journal."""
    bare = Command(argv=("/bin/true",), cwd="/", env={})
    rows = [Row("`true`, started and heard", milliseconds(_median(lambda: stream(bare))))]
    for backend in BACKENDS:
        here = replace(around, runtime=RuntimeSettings(isolation=backend))
        machine = here.machine()
        isolation = find_isolation(here, machine)
        if isolation.backend != backend:
            rows.append(Row(f"`true` in a project, isolation {backend}", "does not work here"))
            continue
        project = root / "output" / "overhead"
        plan = parse_plan({"name": "x", "files": [{"filename": "x", "code": ""}]}).plan
        workshop = Workshop(
            project,
            plan,
            here,
            machine=machine,
            isolation=isolation,
            guards=(),
            journal=Journal(project, f"bench-{backend}", here.now),
        )
        call = Call(purpose="build", id="true", argv=("/bin/true",), cwd=str(project))
        found = _median(lambda workshop=workshop, call=call: workshop.run(call))
        rows.append(Row(f"`true` in a project, isolation {backend}", milliseconds(found)))
    return rows


def _median(work: object) -> float:
    seconds = []
    for _ in range(_TIMES):
        begun = time.perf_counter()
        work()  # type: ignore[operator]
        seconds.append(time.perf_counter() - begun)
    return median(seconds)
