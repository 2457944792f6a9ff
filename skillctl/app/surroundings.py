"""What packs and projects ask of the machine: looked at after solving, since it never selects a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from skillctl.core.about import __version__
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import InstallError
from skillctl.core.settings import Settings
from skillctl.edges.machine import has_program, has_variable, system_name

if TYPE_CHECKING:
    from skillctl.core.project import ProjectFile
    from skillctl.core.stored import StoredPack


def check_floor(project: ProjectFile) -> None:
    """Refuse to work on a project that asks for another skillctl (InstallError E409)."""
    from skillctl.core.versions import parse_version

    if project.skillctl is not None and not project.skillctl.allows(parse_version(__version__)):
        raise InstallError.of("E409", wanted=str(project.skillctl), found=__version__)


def unmet_requirements(packs: Iterable[StoredPack], settings: Settings) -> Iterator[Problem]:
    """What the packs need and this machine does not have: warnings, since a person can still provide it."""
    from skillctl.core.requirements import Constraint
    from skillctl.core.versions import parse_version

    for pack in packs:
        requires = pack.requires
        if any(not Constraint(text).allows(parse_version(__version__)) for text in requires.get("skillctl", ())):
            yield problem("W406", pack=pack.name, wanted=requires["skillctl"], found=__version__)
        systems = requires.get("os", ())
        if systems and system_name() not in systems:
            yield problem("W407", pack=pack.name, systems=systems)
        programs = [each for each in requires.get("bins", ()) if not has_program(each, path=settings.variable("PATH"))]
        if programs:
            yield problem("W408", pack=pack.name, programs=programs)
        variables = [each for each in requires.get("env", ()) if not has_variable(each)]
        if variables:
            yield problem("W409", pack=pack.name, variables=variables)
