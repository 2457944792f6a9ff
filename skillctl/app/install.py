"""`install`: record what is asked for, choose versions, and bring the lock onto the disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.agents.table import agent
from skillctl.app.commands import SlashCommand, slash_commands
from skillctl.app.deprecated import deprecations
from skillctl.app.glance import left_as_it_is, may_have_moved
from skillctl.app.installing import Settled, Wish, changing, registries_later, settle, written_plan
from skillctl.app.outcome import Outcome
from skillctl.app.scopes import ScopeFiles, no_project, scope_for_writing
from skillctl.app.surroundings import check_floor, unmet_requirements
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import InstallError, RegistryError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import LinkMode, Settings
from skillctl.core.source import Request, Wanted, parse_request
from skillctl.core.value import dataclass, replace
from skillctl.install.scope import Scope

if TYPE_CHECKING:
    from skillctl.app.differences import PackAsked
    from skillctl.app.sources import Sources
    from skillctl.core.lockfile import Choice, Lock, LockedPack
    from skillctl.core.project import ProjectFile
    from skillctl.install.generation import Generation
    from skillctl.install.plan import Change
    from skillctl.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class InstallRequest:
    """What `install` is asked for."""

    cwd: Path
    requests: tuple[str, ...] = ()
    """As written; none: what the lock holds."""
    agents: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    """Only these skills of the one pack that is asked for."""
    user: bool = False
    registry: str = ""
    """The one registry to take the packs from, by alias or location."""
    frozen: bool = False
    editable: bool = False
    """Link the directories that are asked for instead of copying them."""
    allow_hidden_text: bool = False
    force: bool = False
    vendor: bool = False
    copy: bool | None = None
    """Copies for every agent, or links again; None: as the project says."""
    dry_run: bool = False
    link_mode: LinkMode | None = None
    plan: Path | None = None
    """Where to write what would be done, in place of doing it."""
    command: str = ""
    """For the history, where another command installs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackChange:
    """What became of a pack."""

    name: str
    before: str
    """Its version; empty: it was not there."""
    after: str
    """Its version; empty: it is gone."""

    def to_json(self) -> JsonObject:
        """The change in an envelope."""
        return {"name": self.name, "before": self.before or None, "after": self.after or None}


@dataclass(frozen=True, kw_only=True, slots=True)
class InstallOutcome(Outcome):
    """What a command that changes a scope did."""

    scope: str
    root: str
    """The project's directory, or the user's home."""
    agents: tuple[str, ...]
    packs: int
    """How many the lock has."""
    changed: tuple[PackChange, ...]
    changes: tuple[Change, ...]
    commands: tuple[SlashCommand, ...]
    """Those of the packs that were asked for or changed."""
    asked: tuple[PackAsked, ...] = ()
    """What the packs that came or changed do by themselves or ask for, and did not before."""
    made_project: bool = False
    """Whether skillctl.json was made."""
    project_changed: bool = False
    """Whether skillctl.json asks for something else than before."""
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            "scope": self.scope,
            "root": self.root,
            "agents": list(self.agents),
            "packs": self.packs,
            "changed": [each.to_json() for each in self.changed],
            "skills": [
                {"directory": each.directory, "skill": each.skill, "pack": each.pack, "action": each.action}
                for each in self.changes
            ],
            "commands": [each.to_json() for each in self.commands],
            "asked": [each.to_json() for each in self.asked],
            "made_project": self.made_project,
            "project_changed": self.project_changed,
            "dry_run": self.dry_run,
        }


def install(settings: Settings, request: InstallRequest) -> InstallOutcome:
    """Install packs, or what the lock holds. Errors are those of resolving, of the registries and of the disk."""
    wanted = [parse_request(text) for text in request.requests]
    _check_request(request, wanted)
    if request.link_mode is not None:
        settings = replace(settings, link_mode=request.link_mode)
    if request.registry:
        # what the command line says outweighs the environment
        settings = replace(settings, registry="", named_registry=request.registry)
    scope = scope_for_writing(settings, request.cwd, user=request.user)
    if _asks_for_nothing_new(request) and request.plan is None:
        current = left_as_it_is(scope, settings)
        if current is not None and current.fresh and not may_have_moved(current.lock):
            return unchanged(scope, current)
    command = request.command or " ".join(["install", *request.requests])
    dry_run = request.dry_run or request.plan is not None
    with changing(scope, settings, command, dry_run=dry_run) as opened:
        before = opened.files
        if not wanted and before.project_text is None:
            raise no_project(scope, request.cwd)
        check_floor(before.project)
        project, pin = _with_options(before.project, scope, settings, request)
        sources = registries_later(settings, project, scope)
        wanted, remarks = _from_their_places(wanted, request, project, scope, sources, settings.directories.home)
        project, open_names = _asked(project, wanted, request, pin)
        registries = sources.of(project)
        registries.check_meanings()
        from skillctl.app.trees import open_store  # a glance needs no store

        store = open_store(settings)
        if request.frozen:
            _check_frozen(before, project)
        elsewhere = frozenset(each.name for each in wanted if each.name and each.wanted.origin.kind != "registry")
        project, lock, problems = locked_project(project, before, open_names, registries, store, looked_at=elsewhere)
        if request.frozen:
            _check_places(lock, registries)
        wish = Wish(
            project=project,
            lock=lock,
            keeps_budget=True,
            command=command,
            force=request.force,
            thorough=request.frozen,
            allow_hidden_text=request.allow_hidden_text,
            dry_run=dry_run,
            by_lock_alone=lock is before.lock,
            rehearsed=written_plan(request.plan),
        )
        settled = settle(opened, settings, wish, store=store, registries=registries)
        names = frozenset(each.name for each in wanted if each.name)
        problems = (*problems, *remarks)
        return outcome_of(scope, settled, before, lock, wish, store, problems=problems, asked=names, settings=settings)


def _from_their_places(
    wanted: list[Request],
    request: InstallRequest,
    project: ProjectFile,
    scope: Scope,
    sources: Sources,
    home: str,
) -> tuple[list[Request], tuple[Problem, ...]]:
    """The requests with the names of the packs that are meant: a place is looked at to know them."""
    if all(each.name is not None for each in wanted):
        return wanted, ()
    from skillctl.app.places import named_requests  # most ask for names

    named, remarks = named_requests(wanted, request, project, scope, sources, home)
    first: dict[str, Request] = {}
    for each in named:
        one = first.setdefault(each.name or "", each)
        if (one.wanted.origin, one.wanted.constraint) != (each.wanted.origin, each.wanted.constraint):
            raise UsageError.of("E028", one=one.text, other=each.text)
    return named, remarks


def _check_places(lock: Lock, sources: Sources) -> None:
    """Refuse what is locked from directories that hold something else now, or that agents see live."""
    if any("path" in each.source for each in lock.packs.values()):
        from skillctl.app.places import check_directories

        check_directories(lock, sources)


def locked_project(
    project: ProjectFile,
    before: ScopeFiles,
    open_names: frozenset[str],
    registries: Sources,
    store: Store,
    *,
    unlocked: frozenset[str] = frozenset(),
    looked_at: frozenset[str] = frozenset(),
    unnamed: frozenset[str] = frozenset(),
    choice: Choice | None = None,
) -> tuple[ProjectFile, Lock, tuple[Problem, ...]]:
    """The project and its lock. What `open_names` asks for without versions is recorded as `^resolved`; of what was
    `looked_at` in its own place the lock takes what was found there.

    The `unnamed` are only looked at because all are: one whose place is gone stays as it is.
    Without a `choice` versions are chosen in the way in which those of the lock were.
    """
    lock = before.lock
    may_stay = lock is not None and lock.is_fresh(project) and not (open_names or unlocked or looked_at)
    may_stay = may_stay and (choice is None or lock is None or choice == lock.choice)
    if lock is not None and may_stay and not lock.contradictions(project):
        return project, lock, ()
    from skillctl.app.solving import recorded_constraint, solve  # what is locked needs no solver
    from skillctl.core.lockfile import USUAL, inputs_of

    choice = choice or (lock.choice if lock is not None else USUAL)
    solved = solve(
        project,
        registries(),
        lock=_without(lock, looked_at),
        unlocked=unlocked,
        asked=frozenset(name for name, each in project.packs.items() if before.project.packs.get(name) != each),
        has_tree=lambda tree: store.record(tree) is not None,
        choice=choice,
        origins=registries.origins,
        unnamed=unnamed,
    )
    for name in open_names:
        constraint = recorded_constraint(name, solved.lock)
        project = project.with_pack(name, replace(project.packs[name], constraint=constraint))
    return project, replace(solved.lock, inputs=inputs_of(project, choice)), solved.problems


def _without(lock: Lock | None, names: frozenset[str]) -> Lock | None:
    if lock is None or not names:
        return lock
    return replace(lock, packs={name: pack for name, pack in lock.packs.items() if name not in names})


def outcome_of(
    scope: Scope,
    settled: Settled,
    before: ScopeFiles,
    lock: Lock,
    wish: Wish,
    store: Store,
    *,
    problems: tuple[Problem, ...] = (),
    asked: frozenset[str] = frozenset(),
    settings: Settings,
) -> InstallOutcome:
    """What is told of a scope that was settled."""
    changed = pack_changes(before.lock, lock)
    touched = {each.name for each in changed} | {each.pack for each in settled.changes} | asked
    packs = {
        name: pack
        for name in sorted(touched & lock.packs.keys())
        if (pack := settled.packs.get(name) or store.record(lock.packs[name].tree)) is not None
    }
    return InstallOutcome(
        problems=(
            *problems,
            *settled.problems,
            *settled.kept,
            *deprecations(packs.values(), wish.project),
            *unmet_requirements(packs.values(), settings),
        ),
        scope=scope.kind,
        root=str(scope.root),
        agents=settled.agents,
        packs=len(lock.packs),
        changed=changed,
        changes=settled.changes,
        commands=slash_commands(settled.targets, packs, settled.agents),
        asked=_asked_anew(before.lock, lock, settled, store, settings),
        made_project=before.project_text is None,
        project_changed=before.project != wish.project,
        dry_run=wish.dry_run,
    )


def _asked_anew(
    before: Lock | None, after: Lock, settled: Settled, store: Store, settings: Settings
) -> tuple[PackAsked, ...]:
    if not settled.changes:
        return ()
    from skillctl.app.differences import asked_anew  # what stays asks for nothing anew

    return asked_anew(before, after, settled.changes, settled.packs, store, settings)


def unchanged(scope: Scope, current: Generation) -> InstallOutcome:
    """What is told of a scope in which a glance found everything as it was left."""
    return InstallOutcome(
        scope=scope.kind,
        root=str(scope.root),
        agents=tuple(current.agents),
        packs=current.packs,
        changed=(),
        changes=(),
        commands=(),
    )


def pack_changes(before: Lock | None, after: Lock) -> tuple[PackChange, ...]:
    """How two locks differ, by name of pack."""
    old = before.packs if before else {}
    new = after.packs
    return tuple(
        PackChange(name=name, before=shown_version(old.get(name)), after=shown_version(new.get(name)))
        for name in sorted(old.keys() | new.keys())
        if _is_other(old.get(name), new.get(name))
    )


def _is_other(one: LockedPack | None, other: LockedPack | None) -> bool:
    return one is None or other is None or (one.version, one.tree) != (other.version, other.tree)


def shown_version(locked: LockedPack | None) -> str:
    """How people are told which release it is: its version, its commit, or what its files are; empty for none."""
    if locked is None:
        return ""
    version = "" if locked.is_versionless else str(locked.version)
    if not locked.source:
        return version
    commit = locked.source.get("commit")
    mark = commit[:7] if isinstance(commit, str) else locked.tree.partition(":")[2][:7]
    return f"{version} ({mark})" if version else mark


def _asks_for_nothing_new(request: InstallRequest) -> bool:
    """Whether it is the plain `install`, which brings back what is locked."""
    asked = request.requests or request.agents or request.vendor or request.copy is not None
    return not (asked or request.frozen or request.force)


def _check_request(request: InstallRequest, wanted: list[Request]) -> None:
    for name in request.agents:
        if name != "*":
            agent(name)
    texts: dict[str, str] = {}
    for each in wanted:
        if each.name is not None and texts.setdefault(each.name, each.text) != each.text:
            raise UsageError.of("E028", one=texts[each.name], other=each.text)
    if request.frozen and wanted:
        raise UsageError.of("E002", option="--frozen", reason="it installs what the lock holds; name no packs with it")
    if request.editable and not (wanted and all(each.wanted.origin.kind == "path" for each in wanted)):
        raise UsageError.of("E002", option="--editable", reason="it links directories; name some, such as `./maps`")
    if request.skills and len(wanted) != 1:
        raise UsageError.of("E002", option="--skill", reason="name the one pack that the skills are in")
    if request.registry and not wanted:
        raise UsageError.of("E002", option="--registry", reason="name the packs that are to come from it")


def _check_frozen(before: ScopeFiles, project: ProjectFile) -> None:
    if before.lock is None:
        raise InstallError.of("E408", reason="there is no skillctl.lock")
    if not before.lock.is_fresh(project):
        raise InstallError.of("E408", reason="skillctl.json asks for something else than skillctl.lock was made from")
    contradictions = before.lock.contradictions(project)
    if contradictions:
        raise InstallError.of("E408", reason=f"skillctl.lock contradicts itself: {contradictions[0]}")
    for name, each in project.packs.items():
        if each.origin.editable:
            raise RegistryError.of("E260", name=name)
    if project != before.project:
        raise InstallError.of("E408", reason="skillctl.json would have to be changed for these options")


def _with_options(
    project: ProjectFile, scope: Scope, settings: Settings, request: InstallRequest
) -> tuple[ProjectFile, str]:
    """The project with agents, vendoring and registry as asked, and the alias that packs are pinned to."""
    if request.agents:
        project = replace(project, agents=tuple(dict.fromkeys(request.agents)))
    if request.vendor:
        project = replace(project, vendor=True)
    if request.copy is not None:
        project = replace(project, copy=request.copy)
    if not request.registry:
        return project, ""
    from skillctl.app.registries import pinned

    return pinned(project, scope, settings, request.registry, request.cwd)


def _asked(
    project: ProjectFile, wanted: list[Request], request: InstallRequest, pin: str
) -> tuple[ProjectFile, frozenset[str]]:
    """The project wanting what is asked for, and the names for which no version is written down yet."""
    open_names: set[str] = set()
    for each in wanted:
        if each.name is None:
            raise ValueError(f"nobody knows yet what {each.text} is called")
        old = project.packs.get(each.name)
        is_own = each.wanted.origin.kind != "registry"
        new = old if old is not None and not each.constrained and not is_own else each.wanted
        if old is None and not each.constrained and not is_own:
            open_names.add(each.name)
        if pin:
            new = replace(new, origin=replace(new.origin, location=pin))
        project = project.with_pack(each.name, _with_skills(new, old, request.skills or each.wanted.skills or ()))
    return project, frozenset(open_names)


def _with_skills(wanted: Wanted, old: Wanted | None, skills: tuple[str, ...]) -> Wanted:
    """`-s` adds to skills that were picked before; a pack that was taken whole is narrowed to these; `*` takes all."""
    if "*" in skills:
        return replace(wanted, skills=None)
    if skills:
        return replace(wanted, skills=tuple(sorted({*skills, *((old.skills if old else None) or ())})))
    return replace(wanted, skills=old.skills) if old is not None else wanted
