"""Text of skills that nobody sees: what is told of it before such a skill is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.digests import entry_of

if TYPE_CHECKING:
    from skillctl.core.lockfile import Lock
    from skillctl.core.stored import StoredPack


def hidden_problems(lock: Lock, packs: Mapping[str, StoredPack]) -> list[Problem]:
    """A problem for each file of a skill that is taken and hides something."""
    problems: list[Problem] = []
    for name, pack in packs.items():
        taken = lock.packs[name].skills
        layouts = [
            skill.files.values() for skill_name, skill in pack.skills.items() if not taken or skill_name in taken
        ]
        paths = {entry_of(line).path for lines in layouts for line in lines}
        problems += [
            problem("E264", name=name, file=path, code_points=list(points))
            for path, points in sorted(pack.hidden.items())
            if path in paths
        ]
    return problems
