"""`update`: choose the highest versions anew, inside the ranges that the project file writes or beyond them.

It goes in two steps, so that a person can look before anything is written: `plan_update` chooses, brings the new trees
into the store and tells how they differ from what is there; `update` does what was planned, or refuses if the project
was changed by somebody else in between. Nobody holds the project's lock while a person reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.differences import pack_differences
from skillctl.app.install import InstallOutcome, locked_project, outcome_of
from skillctl.app.installing import Opened, Wish, changing, registries_later, settle, written_plan
from skillctl.app.remove import not_installed
from skillctl.app.scopes import existing_scope, no_project
from skillctl.app.surroundings import check_floor
from skillctl.app.trees import ensure_trees, open_store
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import InstallError
from skillctl.core.json_value import JsonObject
from skillctl.core.lockfile import USUAL, Choice, Lock, inputs_of
from skillctl.core.pack_difference import PackDifference
from skillctl.core.project import ProjectFile
from skillctl.core.requirement_style import moved_to
from skillctl.core.requirements import ANY, Constraint
from skillctl.core.settings import Settings
from skillctl.core.source import Origin
from skillctl.core.value import dataclass, replace

if TYPE_CHECKING:
    from skillctl.app.sources import Sources
    from skillctl.core.lockfile import LockedPack
    from skillctl.core.stored import StoredPack
    from skillctl.install.scope import Scope
    from skillctl.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateRequest:
    """What `update` is asked for."""

    cwd: Path
    names: tuple[str, ...] = ()
    """None: every pack of the lock."""
    latest: bool = False
    """Go beyond what the project file asks for, and write that into it."""
    user: bool = False
    force: bool = False
    allow_hidden_text: bool = False
    dry_run: bool = False
    plan: Path | None = None
    """Where to write what would be done, in place of doing it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequirementChange:
    """What the project file asks for instead."""

    name: str
    before: str
    after: str

    def to_json(self) -> JsonObject:
        """The change in an envelope."""
        return {"name": self.name, "before": self.before, "after": self.after}


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdatePlan:
    """What an update would do."""

    project: ProjectFile
    lock: Lock
    details: tuple[PackDifference, ...]
    """What each pack that comes, changes or goes brings and takes away."""
    requirements: tuple[RequirementChange, ...]
    problems: tuple[Problem, ...]
    texts: tuple[str | None, str | None]
    """The project file and the lock that it was made from."""

    @property
    def asks_more(self) -> bool:
        """Whether something is asked for that was not before."""
        return any(each.asks for each in self.details)


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateOutcome(InstallOutcome):
    """What an update did."""

    details: tuple[PackDifference, ...] = ()
    requirements: tuple[RequirementChange, ...] = ()
    choice: Choice = USUAL
    """How the lock's versions are chosen, of which not every one is the highest."""
    held: tuple[str, ...] = ()
    """The packs that are asked for at a branch, tag or commit, from which no update moves them."""

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            **InstallOutcome.to_json(self),
            "details": [each.to_json() for each in self.details],
            "requirements": [each.to_json() for each in self.requirements],
        }


def plan_update(settings: Settings, request: UpdateRequest) -> UpdatePlan:
    """Choose newer releases of the named packs, or of all, and write nothing but trees into the store.

    InstallError E407 or E416 for a name that the lock does not have.
    """
    scope = existing_scope(settings, request.cwd, user=request.user)
    with changing(scope, settings, _command(request), dry_run=True) as opened:
        return _Planning(settings, request, scope, opened).plan()


def update(settings: Settings, request: UpdateRequest, planned: UpdatePlan | None = None) -> UpdateOutcome:
    """Take newer releases of the named packs, or of all; exactly what was `planned`, if something was.

    InstallError E407 or E416 for a name that the lock does not have, E464 if the project was changed since the plan.
    """
    scope = existing_scope(settings, request.cwd, user=request.user)
    command = _command(request)
    dry_run = request.dry_run or request.plan is not None
    with changing(scope, settings, command, dry_run=dry_run) as opened:
        planning = _Planning(settings, request, scope, opened)
        before = opened.files
        plan = planned
        if plan is None or plan.texts != (before.project_text, before.lock_text):
            plan = planning.plan()
        if planned is not None and (plan.project, plan.lock) != (planned.project, planned.lock):
            raise InstallError.of("E464", file=str(scope.project_file))
        wish = Wish(
            project=plan.project,
            lock=plan.lock,
            keeps_budget=True,
            command=command,
            force=request.force,
            allow_hidden_text=request.allow_hidden_text,
            dry_run=dry_run,
            rehearsed=written_plan(request.plan),
        )
        store, registries = planning.store, planning.registries
        settled = settle(opened, settings, wish, store=store, registries=registries)
        told = outcome_of(scope, settled, before, plan.lock, wish, store, problems=plan.problems, settings=settings)
    return UpdateOutcome(
        problems=told.problems,
        scope=told.scope,
        root=told.root,
        agents=told.agents,
        packs=told.packs,
        changed=told.changed,
        changes=told.changes,
        commands=told.commands,
        asked=told.asked,
        project_changed=told.project_changed,
        dry_run=told.dry_run,
        details=plan.details,
        requirements=plan.requirements,
        choice=plan.lock.choice,
        held=tuple(sorted(name for name, wanted in plan.project.packs.items() if wanted.origin.ref)),
    )


def _command(request: UpdateRequest) -> str:
    return " ".join(["update", *(["--latest"] if request.latest else ()), *request.names])


def _has_versions(origin: Origin) -> bool:
    return origin.kind == "registry" or (origin.kind == "git" and not origin.ref)


class _Planning:
    """One update being thought out."""

    def __init__(self, settings: Settings, request: UpdateRequest, scope: Scope, opened: Opened) -> None:
        self._settings = settings
        self._request = request
        self._before = before = opened.files
        if before.project_text is None:
            raise no_project(scope, request.cwd)
        check_floor(before.project)
        locked = self._locked
        for name in request.names:
            if name not in locked:
                raise not_installed(name, list(locked))
        self.registries: Sources = registries_later(settings, before.project, scope)
        self.store: Store = open_store(settings)

    @property
    def _locked(self) -> Mapping[str, LockedPack]:
        return self._before.lock.packs if self._before.lock else {}

    def plan(self) -> UpdatePlan:
        """What would be done."""
        before = self._before
        project, lock, problems = locked_project(
            self._loosened(),
            before,
            frozenset(),
            self.registries,
            self.store,
            unlocked=frozenset(self._request.names or self._locked),
            unnamed=frozenset() if self._request.names else frozenset(self._locked),
        )
        if self._request.latest:
            project = self._restyled(lock)
            lock = replace(lock, inputs=inputs_of(project, lock.choice))
        packs = self._trees(lock)
        return UpdatePlan(
            project=project,
            lock=lock,
            details=pack_differences(before.lock, lock, packs, self.store, self._settings),
            requirements=_requirement_changes(before.project, project),
            problems=problems,
            texts=(before.project_text, before.lock_text),
        )

    def _loosened(self) -> ProjectFile:
        """The project asking for nothing older than it has of the packs that go beyond their requirements."""
        project = self._before.project
        for name in self._beyond():
            locked = self._locked.get(name)
            least = Constraint(f">={locked.version}") if locked is not None else ANY
            project = project.with_pack(name, replace(project.packs[name], constraint=least))
        return project

    def _restyled(self, lock: Lock) -> ProjectFile:
        """The project asking for what was chosen, where what it asks for now would not admit it."""
        project = self._before.project
        for name in self._beyond():
            wanted = project.packs[name]
            constraint = moved_to(wanted.constraint, lock.packs[name].version)
            if constraint != wanted.constraint:
                project = project.with_pack(name, replace(wanted, constraint=constraint))
        return project

    def _beyond(self) -> list[str]:
        """The packs whose requirements count no more: of registries, and of repositories with tags for versions."""
        if not self._request.latest:
            return []
        packs = self._before.project.packs
        return [
            name
            for name in self._request.names or packs
            if name in packs and _has_versions(packs[name].origin) and not packs[name].constraint.is_any
        ]

    def _trees(self, lock: Lock) -> Mapping[str, StoredPack]:
        """The trees of the packs that are new or another, in the store; a rehearsal keeps nothing."""
        locked = self._locked
        new = {name: pack for name, pack in lock.packs.items() if name not in locked or locked[name].tree != pack.tree}
        if not new:
            return {}
        keep = not self._request.dry_run
        with ExitStack() as held:
            if keep:
                held.enter_context(self.store.in_use(timeout=self._settings.lock_timeout, purpose="update"))
            return ensure_trees(replace(lock, packs=new), self.store, self.registries, self._settings, keep=keep)


def _requirement_changes(before: ProjectFile, after: ProjectFile) -> tuple[RequirementChange, ...]:
    return tuple(
        RequirementChange(name=name, before=str(before.packs[name].constraint), after=str(wanted.constraint))
        for name, wanted in sorted(after.packs.items())
        if name in before.packs and before.packs[name].constraint != wanted.constraint
    )
