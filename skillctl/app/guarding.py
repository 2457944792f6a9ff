"""What a change of a scope means to guards and plugins: asked before anything is placed, told afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from skillctl.app.moves import Moves, source_of
from skillctl.core.diagnostics import Problem
from skillctl.core.effects import Effect, Install, Phase, PhaseName, Remove, guarded
from skillctl.core.settings import Settings
from skillctl.core.stored import StoredPack
from skillctl.edges.clock import now
from skillctl.install.plan import Change
from skillctl.install.scope import Scope
from skillctl_plugins.guards import standard_guards
from skillctl_plugins.patchwork.program import NAME as PATCHWORK
from skillctl_plugins.policy.guard import PolicyGuard

Facts = Callable[[Iterable[Effect]], Iterable[Effect]]


@contextmanager
def guarded_change(
    scope: Scope,
    settings: Settings,
    changes: Sequence[Change],
    moves: Moves,
    packs: Mapping[str, StoredPack],
    facts: Facts | None = None,
) -> Iterator[list[Problem]]:
    """Run the body between the questions to all guards and the word to them. PluginError for a no.

    A change of neither a file nor a release is nobody's business. `facts` adds what policies may want to know of packs.
    What guards fail at afterwards stands in the list when the block is over.
    """
    if not (changes or moves.placed):
        yield []
        return
    effects = tuple(_effects(moves))
    name: PhaseName = "install" if any(isinstance(each, Install) for each in effects) else "remove"
    project = "" if scope.kind == "user" else str(scope.root)
    guards = standard_guards(settings, clock=now)
    if facts is not None and any(isinstance(each, PolicyGuard) and each.speaks_of_packs(project) for each in guards):
        effects = tuple(facts(effects))
    if any(each.name == PATCHWORK for each in guards):
        from skillctl.app.obeyed_files import with_obeyed_files

        effects = with_obeyed_files(effects, changes, packs, scope, settings)
    phase = Phase(id=new_phase_id(), name=name, project=project, effects=effects)
    with guarded(guards, phase) as problems:
        yield problems


def _effects(moves: Moves) -> Iterator[Effect]:
    """One effect for each pack that comes or goes."""
    for name, locked in moves.placed.items():
        yield Install(pack=name, version=str(locked.version), tree=locked.tree, source=source_of(locked))
    for name, before in moves.gone.items():
        yield Remove(pack=name, version=str(before.version) if before else "")


def new_phase_id() -> str:
    """The id of a phase that begins now."""
    return os.urandom(8).hex()
