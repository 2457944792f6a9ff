"""What is put in place although its own skill.json says that it should not be used any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem

if TYPE_CHECKING:
    from skillctl.core.project import ProjectFile
    from skillctl.core.stored import StoredPack


def deprecations(packs: Iterable[StoredPack], project: ProjectFile) -> Iterator[Problem]:
    """A warning for each that the project asks for, with the reason, and one for all that others need."""
    for_others: list[str] = []
    for pack in packs:
        if pack.deprecated and pack.name in project.packs:
            yield problem("W302", name=pack.name, version=pack.version, reason=pack.deprecated)
        elif pack.deprecated:
            for_others.append(pack.name)
    if for_others:
        yield problem("W303", names=sorted(for_others))
