"""Plans as data, with what must come out: read, executed with the real tools, and held against what they expect.

    {"about": "a sentence", "needs": ["poetry"], "plan": {…}, "again": true,
     "expect": {"stack": "python", "ok": true, "steps": ["install"], "stdout": ["…"], "stderr": ["…"], "status": 0,
                "http": {"path": "/", "contains": "…", "status": 200}, "repairs": ["rule"], "advice": ["rule"],
                "files": ["…"], "run_cmd": "…", "error": {"code": "E523", "contains": ["…"]}}}

`steps` is a part of the steps in their order; `files` are globs of the project; `again` asks that a second execution
finds everything done. The program is run if `stdout`, `stderr`, `status` or `http` is expected. `needs` are programs.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from skillctl.core.errors import SkillctlError
from skillctl.core.settings import Directories
from skillctl.core.value import dataclass
from skillctl.core.wording import worded
from skillctl.edges.ports import free_port
from skillctl_runtime.execute import Order, execute
from skillctl_runtime.files import DirectoryFiles
from skillctl_runtime.plan_door import parse_plan
from skillctl_runtime.readiness import Server, is_ready
from skillctl_runtime.reporter import Reporter
from skillctl_runtime.result import Result
from skillctl_runtime.running import Project, RunResult, run_program
from skillctl_runtime.surroundings import Surroundings

ROOT = Path(__file__).resolve().parents[2]
PLANS = ROOT / "tests" / "plans"
QUICK = frozenset({"shell", "static"})
"""Stacks whose plans need no tools that take their time."""

_KEYS = {"about", "needs", "plan", "expect", "again", "$schema"}
_EXPECTED = {
    *("stack", "ok", "steps", "stdout", "stderr", "status", "http", "repairs", "advice", "files", "run_cmd", "error"),
}
_SERVER_SECONDS = 90.0
_PORTS = 4
"""How many ports a server may find taken."""

Said = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One plan."""

    path: Path
    about: str
    needs: tuple[str, ...]
    plan: Any
    expect: Mapping[str, Any]
    again: bool

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"


def read_case(path: Path) -> Case:
    """The case of a file; one with a key that nobody knows is a mistake of its author."""
    value = json.loads(path.read_text(encoding="utf-8"))
    unknown = (set(value) - _KEYS) | (set(value.get("expect", {})) - _EXPECTED)
    assert not unknown, f"{path}: unknown keys {sorted(unknown)}"
    return Case(
        path=path,
        about=value["about"],
        needs=tuple(value.get("needs", ())),
        plan=value["plan"],
        expect=value.get("expect", {}),
        again=bool(value.get("again", False)),
    )


def every_case() -> list[Case]:
    return [read_case(path) for path in sorted(PLANS.glob("*/*.json"))]


def tools_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with the tools that the checkout brought for itself."""
    own = sorted(str(path) for path in (ROOT / ".cache" / "tools").glob("**/bin") if path.is_dir())
    links = [each for each in own if Path(each).parent.name == "tools"] or own
    return {**environ, "PATH": ":".join([*links, environ.get("PATH", "")])}


def surroundings_of(room: Path, environ: Mapping[str, str]) -> Surroundings:
    """A user with the real home and its settings, skillctl directories of the test, and a cache that tests share."""
    cache = Path(environ.get("SKILLCTL_TEST_CACHE") or ROOT / ".cache") / "plans"
    places = {name: str(room / name) for name in ("config", "data", "state")}
    known = Directories(home=environ.get("HOME", str(room)), cache=str(cache), **places)
    return Surroundings(environ=tools_environment(environ), directories=known)


def missing_tool(case: Case, environ: Mapping[str, str]) -> str:
    """The first program that the case needs and this machine does not have."""
    path = tools_environment(environ)["PATH"]
    return next((each for each in case.needs if shutil.which(each, path=path) is None), "")


def check_case(case: Case, room: Path, environ: Mapping[str, str], reporter: Reporter | None = None) -> None:
    """Execute the plan, run it if that is asked, and hold what came out against what is expected."""
    around = surroundings_of(room, environ)
    root = room / "project"
    wanted = case.expect.get("error")
    try:
        result = _executed(case, root, around, reporter)
        ran = _run(case, root, around, reporter)
    except SkillctlError as error:
        _check_error(error, wanted)
        return
    assert wanted is None, f"expected {wanted}, and nothing was wrong"
    _check_result(case, result, root)
    _check_run(case, ran)
    if case.again:
        again = _executed(case, root, around, reporter)
        missed = [each.id for each in again.steps if not each.hit]
        assert not missed, f"a second execution ran {missed} again"


def _executed(case: Case, root: Path, around: Surroundings, reporter: Reporter | None) -> Result:
    source = case.plan if isinstance(case.plan, str) else json.dumps(case.plan)
    parsed = parse_plan(source, where=case.name)
    order = Order(plan=parsed.plan, root=root, repairs=parsed.repairs, problems=parsed.problems)
    return execute(order, around, reporter=reporter)


def _run(case: Case, root: Path, around: Surroundings, reporter: Reporter | None) -> RunResult | None:
    if "http" in case.expect:
        _check_server(case, root, around, reporter)
    elif case.expect.keys() & {"stdout", "stderr", "status"}:
        said: dict[str, bytes] = {"stdout": b"", "stderr": b""}

        def heard(stream: str, data: bytes) -> None:
            said[stream] += data

        ran = run_program(root, around, heard=heard, reporter=reporter)
        for stream in ("stdout", "stderr"):
            for text in case.expect.get(stream, ()):
                assert text in said[stream].decode(), f"{said['stdout'].decode()}\n{said['stderr'].decode()}"
        return ran
    return None


def _check_server(case: Case, root: Path, around: Surroundings, reporter: Reporter | None) -> None:
    project = Project(root, around, reporter=reporter)
    port = project.port()
    for attempt in range(1, _PORTS + 1):
        with project.server(port, None) as server:
            if _is_serving(project, server):
                wanted = case.expect["http"]
                status, body = server.answer(wanted.get("path", "/"))
                assert status == wanted.get("status", 200), f"{status} {body}\n{server.running.said().decode()}"
                assert wanted.get("contains", "") in body, body
                server.running.stop()
                return
            said = server.running.said().decode()
        # another case, in another process, may have taken the usual port between the look and the start
        assert attempt < _PORTS, said
        port = free_port() if project.start.port else project.port()


def _is_serving(project: Project, server: Server) -> bool:
    """Wait until the program answers; False if it ended instead."""
    until = time.monotonic() + _SERVER_SECONDS
    while not is_ready(server, project.start.ready):
        if server.running.wait(0.1) is not None:
            return False
        assert time.monotonic() < until, server.running.said().decode()
    return True


def _check_result(case: Case, result: Result, root: Path) -> None:
    expect = case.expect
    if "stack" in expect:
        assert result.stack == expect["stack"]
    ids = iter([each.id for each in result.steps])
    for wanted in expect.get("steps", ()):
        assert wanted in ids, f"{wanted} is missing, or out of order, in {[each.id for each in result.steps]}"
    rules = [each.rule for each in result.repairs]
    for rule in expect.get("repairs", ()):
        assert rule in rules, [(each.rule, each.what) for each in result.repairs]
    for rule in expect.get("advice", ()):
        assert rule in [each.rule for each in result.advice], result.advice
    for pattern in expect.get("files", ()):
        assert DirectoryFiles(str(root)).found(pattern), f"nothing is called {pattern}"
    assert expect.get("run_cmd", "") in result.run_cmd


def _check_error(error: SkillctlError, wanted: Mapping[str, Any] | None) -> None:
    told = _words(error)
    assert wanted is not None, told
    assert error.code == wanted["code"], told
    for text in wanted.get("contains", ()):
        assert text in told, told


def _check_run(case: Case, ran: RunResult | None) -> None:
    if ran is not None:
        assert ran.status == case.expect.get("status", 0), ran.output


def _words(error: SkillctlError) -> str:
    found = [worded(each) for each in error.problems]
    return "\n".join(f"{each.code} {each.title}\n{each.detail}\n{each.hint}" for each in found)
