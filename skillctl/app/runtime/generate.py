"""A prompt becomes a plan, and the plan a project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.app.runtime.execute import ExecuteOutcome, ExecuteRequest, execute_request
from skillctl.core.errors import ExecutionError, InstallError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.clock import seconds
from skillctl.edges.config import read_config
from skillctl.edges.disk.files import write_atomic
from skillctl.edges.disk.look import kind_at
from skillctl.edges.process.streaming import Heard
from skillctl.formats.json_text import dump_json, load_json
from skillctl_runtime.generate import Generated, answers, generated_plan
from skillctl_runtime.model_key import find_key
from skillctl_runtime.reporter import Reporter


@dataclass(frozen=True, kw_only=True, slots=True)
class GenerateRequest:
    """What is asked of the model, and what becomes of its answer."""

    prompt: str
    cwd: Path
    plan_only: Path | None = None
    """The file that gets the plan, in place of a project."""
    output_dir: Path | None = None
    run: bool = False
    force: bool = False
    """Write over a plan file that is there, or into a directory that the runtime did not make."""
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class GenerateOutcome(Outcome):
    """A plan that a model made."""

    plan: JsonObject
    model: str
    cached: bool
    rounds: int
    file: str = ""
    """Where the plan was written; empty: it became a project."""
    made: ExecuteOutcome | None = None

    @property
    def ok(self) -> bool:
        """Whether all went well, the program included."""
        return self.made is None or self.made.ok

    @property
    def status(self) -> int:
        """The program's, if it was run."""
        return 0 if self.made is None else self.made.status

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        asked: JsonObject = {"model": self.model, "cached": self.cached, "rounds": self.rounds, "file": self.file}
        return {**asked, "plan": self.plan} if self.made is None else {**asked, **self.made.to_json()}


def generate(
    settings: Settings,
    environ: Mapping[str, str],
    request: GenerateRequest,
    *,
    reporter: Reporter | None = None,
    heard: Heard | None = None,
) -> GenerateOutcome:
    """Ask the model, and write the plan or make the project. ExecutionError E545 to E548, and those of an execution."""
    if not request.prompt.strip():
        raise ExecutionError.of("E548")
    if request.plan_only is not None and not request.force and kind_at(str(request.plan_only)) != "nothing":
        raise InstallError.of("E420", path=str(request.plan_only))
    config = read_config(environ, settings.directories, load_json).content.config.llm
    generated = generated_plan(
        request.prompt,
        config=config,
        key=find_key(request.cwd, environ, settings.directories),
        cache=answers(settings.directories),
        now=seconds(),
    )
    if request.plan_only is not None:
        return _written(request, generated, request.plan_only)
    order = ExecuteRequest(
        plan=f"the plan of {generated.model}",
        value=generated.value,
        cwd=request.cwd,
        output_dir=request.output_dir,
        run=request.run,
        force=request.force,
        dry_run=request.dry_run,
    )
    made = execute_request(settings, environ, order, reporter=reporter, heard=heard)
    return GenerateOutcome(
        problems=made.problems,
        plan=generated.value,
        model=generated.model,
        cached=generated.cached,
        rounds=generated.rounds,
        made=made,
    )


def _written(request: GenerateRequest, generated: Generated, file: Path) -> GenerateOutcome:
    if not request.dry_run:
        write_atomic(file, dump_json(generated.value))
    return GenerateOutcome(
        plan=generated.value,
        model=generated.model,
        cached=generated.cached,
        rounds=generated.rounds,
        file=str(file),
    )
