"""The Python interface: plain values in, mappings and exit statuses out, with the settings of whoever calls.

from skillctl_runtime import execute_plan, generate_plan, run_project

result = execute_plan({"name": "hello", "files": [{"filename": "main.py", "code": "print('hi')"}]})
status = run_project(result["project_dir"])
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillctl.core.json_value import JsonObject
from skillctl.edges.machine import working_directory
from skillctl_runtime.execute import Order, execute
from skillctl_runtime.plan_door import Parsed, parse_plan
from skillctl_runtime.reporter import Reporter
from skillctl_runtime.slug import slug
from skillctl_runtime.surroundings import usual_surroundings

if TYPE_CHECKING:
    from skillctl_plugins import PluginManager

OUTPUT = "output"


def generate_plan(prompt: str) -> dict[str, Any]:
    """The plan that the configured language model makes of the prompt; `execute_plan` takes it as it is.

    The key and the model are those of the command line. ExecutionError E545 without a key, E546 if the server gives
    nothing, E547 if no answer holds.
    """
    from skillctl.edges.clock import seconds
    from skillctl.edges.config import directories_of, read_config
    from skillctl.edges.machine import environment
    from skillctl.formats.json_text import load_json
    from skillctl_runtime.generate import answers, generated_plan
    from skillctl_runtime.model_key import find_key

    environ = environment()
    directories = directories_of(environ)
    config = read_config(environ, directories, load_json).content.config.llm
    key = find_key(Path(working_directory()), environ, directories)
    made = generated_plan(prompt, config=config, key=key, cache=answers(directories), now=seconds())
    return dict(made.value)


def execute_plan(
    plan: JsonObject | str | bytes,
    output_dir: str | os.PathLike[str] | None = None,
    plugins: PluginManager | None = None,
    *,
    force: bool = False,
    dry_run: bool = False,
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """Make a project of the plan, in `output_dir` under the slug of its name, and build it.

    The mapping has at least `project_dir`, `stack`, `run_cmd`, and `binary` or `jar` where one was built. Without
    `output_dir` the project lands in `output` under the working directory. SkillctlError with all problems if the plan
    can't be executed; policy and audit are asked whatever `plugins` there are.
    """
    parsed = parse_plan(plan)
    around = usual_surroundings()
    root = project_root(parsed, Path(working_directory()), output_dir)
    order = Order(
        plan=parsed.plan,
        root=root,
        repairs=parsed.repairs,
        problems=parsed.problems,
        force=force,
        dry_run=dry_run,
    )
    return dict(execute(order, around, plugins=plugins, reporter=reporter).to_json())


def run_project(
    project_dir: str | os.PathLike[str] | Mapping[str, Any],
    args: Sequence[str] = (),
    plugins: PluginManager | None = None,
    *,
    reporter: Reporter | None = None,
) -> int:
    """Start a project that was made (its directory, or what `execute_plan` gave); its exit status.

    What the program prints goes to this process's own streams. A signal that ends it gives 128 and its number.
    """
    from skillctl_runtime.running import run_program

    place = project_dir["project_dir"] if isinstance(project_dir, Mapping) else project_dir
    root = Path(os.path.join(working_directory(), place))
    result = run_program(root, usual_surroundings(), args=args, heard=_passed_on, plugins=plugins, reporter=reporter)
    return result.status


def project_root(parsed: Parsed, cwd: Path, output_dir: str | os.PathLike[str] | None) -> Path:
    """Where the project of a plan lands."""
    return Path(os.path.normpath(cwd / (output_dir or OUTPUT) / slug(parsed.plan.name)))


def _passed_on(stream: str, data: bytes) -> None:
    out = sys.stdout if stream == "stdout" else sys.stderr
    buffer = getattr(out, "buffer", None)
    if buffer is None:
        out.write(data.decode("utf-8", "replace"))
    else:
        buffer.write(data)
    out.flush()
