"""The plans of a pack, asked of the runtime's own doors, form first, then reach: validation says what a run would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from skillctl.app.runtime.plans import sample_plan
from skillctl.core.diagnostics import Place, Problem
from skillctl.core.errors import SkillctlError
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl_runtime.confine import confined
from skillctl_runtime.plan_door import parse_plan


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a pack that is being checked."""

    files: Mapping[str, bytes]

    @property
    def name(self) -> str:
        """Places are told from the pack's root, so its name says nothing."""
        return ""

    def file(self, path: str) -> bytes | None:
        """One of them."""
        return self.files.get(path)


def check_plan(path: str, data: bytes, files: Mapping[str, bytes]) -> Iterable[Problem]:
    """What is wrong with the plan at that path of a pack, variables filled in with their defaults."""
    pack = _Files({**files, path: data})
    try:
        parsed = parse_plan(sample_plan(pack, path, path), where=path)
        confined(parsed.plan, where=path, isolated=True)
    except SkillctlError as error:
        return [_placed(each, path) for each in error.problems]
    return [_placed(each, path) for each in parsed.problems]


def _placed(each: Problem, path: str) -> Problem:
    """The problem at its place in the plan's file."""
    return replace(each, place=replace(each.place or Place(), file=path))


def rehearse(
    settings: Settings,
    environ: Mapping[str, str],
    title: str,
    file: str,
    files: Mapping[str, bytes],
    cwd: Path,
    output: Path,
) -> None:
    """A dry run of the plan. Errors are those of `skillctl runtime execute`."""
    from skillctl.app.runtime.execute import ExecuteRequest, execute_request

    value = sample_plan(_Files(files), title, file)
    request = ExecuteRequest(plan=title, value=value, cwd=cwd, output_dir=output, dry_run=True)
    execute_request(settings, environ, request)
