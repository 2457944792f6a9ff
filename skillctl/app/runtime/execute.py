"""A plan, from a file, standard input or a pack, becomes a project; and with `run`, a program that runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.any_plugins import not_heard, plugins_told
from skillctl.app.outcome import Outcome
from skillctl.core.errors import ExecutionError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field
from skillctl.edges.config import read_config
from skillctl.edges.disk.files import read_bytes
from skillctl.edges.disk.look import kind_at
from skillctl.edges.process.streaming import Heard
from skillctl.formats.json_text import load_json
from skillctl_plugins.guards import guard_notes
from skillctl_runtime.execute import Order, execute
from skillctl_runtime.interface import project_root
from skillctl_runtime.plan_door import PLAN_BYTES, Parsed, parse_plan
from skillctl_runtime.reporter import Reporter
from skillctl_runtime.result import Result
from skillctl_runtime.surroundings import surroundings

if TYPE_CHECKING:
    from skillctl_runtime.running import RunResult

STDIN = "-"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecuteRequest:
    """What is to be executed."""

    plan: str
    """A path, `-`, or `pack:plan`."""
    value: JsonObject | None = None
    """The plan itself; `plan` is then only its name in messages."""
    cwd: Path
    stdin: bytes = b""
    output_dir: Path | None = None
    """Where the project's directory is made; None: as the settings say."""
    given: Mapping[str, str] = field(default_factory=dict)
    """Variables of a pack's plan."""
    run: bool = False
    dry_run: bool = False
    force: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecuteOutcome(Outcome):
    """A project, and how its program ended if it was run."""

    result: Result
    ran: RunResult | None = None

    @property
    def ok(self) -> bool:
        """Whether everything went well, the program included."""
        return self.status == 0

    @property
    def status(self) -> int:
        """The program's, if it was run."""
        return self.ran.status if self.ran is not None else 0

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        made = self.result.to_json()
        return made if self.ran is None else {**made, "ok": self.ok, "ran": self.ran.to_json()}


def execute_request(
    settings: Settings,
    environ: Mapping[str, str],
    request: ExecuteRequest,
    *,
    reporter: Reporter | None = None,
    heard: Heard | None = None,
) -> ExecuteOutcome:
    """Make the project, and run it if that is asked."""
    parsed = _parsed(settings, request)
    root = project_root(parsed, request.cwd, request.output_dir or _output(settings, environ))
    around = surroundings(settings, environ)
    order = Order(
        plan=parsed.plan,
        root=root,
        repairs=parsed.repairs,
        problems=parsed.problems,
        force=request.force,
        dry_run=request.dry_run,
        where=request.plan,
    )
    with plugins_told(settings, request.cwd) as plugins:
        notes = (*not_heard(plugins), *(() if request.dry_run else guard_notes(settings)))
        result = execute(order, around, plugins=plugins, reporter=reporter)
        ran = None
        if request.run and not request.dry_run:
            from skillctl_runtime.running import run_program

            ran = run_program(root, around, heard=heard, plugins=plugins, reporter=reporter)
    problems = (*notes, *result.problems, *(ran.problems if ran else ()))
    return ExecuteOutcome(problems=problems, result=result, ran=ran)


def _parsed(settings: Settings, request: ExecuteRequest) -> Parsed:
    if request.value is not None:
        return parse_plan(request.value, where=request.plan)
    if request.plan == STDIN:
        _refuse_given(request)
        return parse_plan(request.stdin, where="standard input")
    if looks_like_a_packs_plan(request.plan, request.cwd):
        from skillctl.app.runtime.plans import filled_plan

        return parse_plan(filled_plan(settings, request.cwd, request.plan, request.given), where=request.plan)
    _refuse_given(request)
    data = read_bytes(os.path.join(request.cwd, request.plan), max_bytes=PLAN_BYTES)
    if data is None:
        raise ExecutionError.of("E530", path=request.plan)
    return parse_plan(data, where=request.plan)


def _refuse_given(request: ExecuteRequest) -> None:
    """Only plans of packs have variables: a value for one that nothing reads would get lost without a word."""
    for name in request.given:
        raise ExecutionError.of("E517", plan=request.plan, variable=name, known=("none",))


def looks_like_a_packs_plan(text: str, cwd: Path) -> bool:
    """Is this `pack:plan` rather than a file's path?"""
    name, colon, plan = text.rpartition(":")
    plain = bool(colon and name and plan) and "/" not in plan and "\\" not in plan
    return plain and kind_at(os.path.join(cwd, text)) == "nothing"


def _output(settings: Settings, environ: Mapping[str, str]) -> str:
    return read_config(environ, settings.directories, load_json).content.config.paths.output_dir


def variables(words: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a mapping; UsageError E023 for one without `=`."""
    from skillctl.core.errors import UsageError

    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError.of("E023", option="--set", reason=f"`{word}` is not NAME=VALUE")
        found[name] = value
    return found
