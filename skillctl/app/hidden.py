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
    """A problem for each file that hides something, but for those of skills alone that are not taken."""
    problems: list[Problem] = []
    for name, pack in packs.items():
        taken = lock.packs[name].skills
        paths = {skill: {entry_of(line).path for line in known.files.values()} for skill, known in pack.skills.items()}
        wanted = {path for skill, each in paths.items() if not taken or skill in taken for path in each}
        left = {path for each in paths.values() for path in each} - wanted
        problems += [
            problem("E264", name=name, file=path, code_points=list(points))
            for path, points in sorted(pack.hidden.items())
            if path not in left
        ]
    return problems
