"""The one way in which a scope changes: everything that install, update, remove and sync have in common.

begin     what a killed command left is taken up: its texts become the scope's, its rubbish goes
settle    a lock is brought onto the disk: trees, places, plan, application
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from skillctl.app.scopes import ScopeFiles, known_states, lock_text, project_text, read_files
from skillctl.app.targets import around_scope, chosen_agents, own_directories, place_skills
from skillctl.app.trees import ensure_trees
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import InstallError
from skillctl.core.lockfile import Lock
from skillctl.core.project import ProjectFile
from skillctl.core.settings import Settings
from skillctl.core.stored import StoredPack
from skillctl.edges.clock import now
from skillctl.edges.disk.locks import locked
from skillctl.edges.disk.trees import hash_tree, look_at_tree
from skillctl.install.apply import Texts, apply_plan, clear_leftovers, write_texts
from skillctl.install.generation import Copied, Generation, Targets, installed_file, installed_sha256
from skillctl.install.ignore_block import with_block
from skillctl.install.plan import NOTHING, Change, Plan, Seen, plan_changes, stands
from skillctl.install.roots import remember_state
from skillctl.install.scope import STATE_DIRECTORY, Scope, target_mutexes
from skillctl.install.state import State, mark_current, read_state, read_text, text_digest
from skillctl.store.store import Store
from skillctl_registry.order import Registries


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a command wants the scope to be."""

    project: ProjectFile
    lock: Lock
    command: str
    """For the history."""
    force: bool = False
    thorough: bool = False
    """Hash every installed file, and refuse to go on where one was edited."""
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What was done, or what a dry run would do."""

    changes: tuple[Change, ...] = ()
    kept: tuple[Problem, ...] = ()
    """What a person edited and was therefore left alone."""
    problems: tuple[Problem, ...] = ()
    agents: tuple[str, ...] = ()
    """Ids of the agents that it was done for."""
    packs: Mapping[str, StoredPack] = field(default_factory=dict)
    """The trees that were looked at; none if a glance showed that there is nothing to do."""
    generation: int = 0
    """The generation that is in place now; 0: nothing was ever installed."""
    targets: Targets = field(default_factory=dict)
    """What is in place now."""


@contextmanager
def changing(scope: Scope, settings: Settings, command: str, *, dry_run: bool = False) -> Iterator[ScopeFiles]:
    """The scope's files, with the scope to oneself for the block; a dry run only reads."""
    if dry_run:
        yield read_files(scope, settings.limits)
        return
    with locked(scope.mutex, timeout=settings.lock_timeout, purpose=f"skillctl {command}"):
        _take_up(scope, read_state(scope), settings)
        yield read_files(scope, settings.limits)


def settle(
    scope: Scope,
    settings: Settings,
    wish: Wish,
    *,
    before: ScopeFiles,
    store: Store,
    registries: Callable[[], Registries],
) -> Settled:
    """Bring the wish onto the disk. InstallError E401 if something that is not ours stands in the way."""
    state = read_state(scope)
    agents = _agents(scope, wish.project, settings)
    if _nothing_to_do(scope, state, wish, before, agents):
        return Settled(generation=state.current.number, agents=tuple(agents), targets=state.current.targets)
    with ExitStack() as held:
        if not wish.dry_run:
            held.enter_context(store.in_use(timeout=settings.lock_timeout, purpose=wish.command))
        packs = dict(ensure_trees(wish.lock, store, registries, settings))
        placement = place_skills(scope, wish.project, wish.lock, packs, settings)
        directories = sorted({*placement.wanted, *(each for targets in state.recorded for each in targets)})
        if not wish.dry_run:
            locks = Path(settings.directories.state) / "locks"
            for mutex in target_mutexes(scope, [scope.directory(each) for each in directories], locks=locks):
                held.enter_context(locked(mutex, timeout=settings.lock_timeout, purpose=f"skillctl {wish.command}"))
        recorded = [_distrusted(each) for each in state.recorded] if wish.thorough else state.recorded
        plan = plan_changes(placement.wanted, recorded, _looker(scope), _hasher(scope), force=wish.force)
        if plan.foreign:
            raise InstallError(*plan.foreign)
        if wish.thorough and plan.kept:
            raise InstallError(*(Problem("E405", each.evidence) for each in plan.kept))
        done = state.newest
        if not wish.dry_run:
            done = _apply(scope, settings, wish, state, plan, before, store, agents)
    return Settled(
        changes=plan.changes,
        kept=plan.kept,
        problems=placement.problems,
        agents=tuple(agents),
        packs=packs,
        generation=done.number,
        targets=done.targets,
    )


def _agents(scope: Scope, project: ProjectFile, settings: Settings) -> dict[str, str]:
    around = around_scope(scope, settings)
    return own_directories(scope, chosen_agents(project, settings, around), around)


def _nothing_to_do(scope: Scope, state: State, wish: Wish, before: ScopeFiles, agents: Mapping[str, str]) -> bool:
    """Whether a look at every installed file shows that the wish is what stands there already.

    Everything that could lead elsewhere is compared with what the generation was made from, so that no tree needs to
    be opened: the texts, the agents and their directories, and each file's size and time.
    """
    current = state.current
    if state.pending is not None or wish.thorough or not current.number:
        return False
    if (before.project, before.lock) != (wish.project, wish.lock) or current.agents != agents:
        return False
    if (before.project_text, before.lock_text) != (current.project, current.lock):
        return False
    return all(
        stands(placed, see(scope.directory(directory) / skill))
        for directory, skills in current.targets.items()
        for skill, placed in skills.items()
    )


def _distrusted(targets: Targets) -> Targets:
    """The same record with no time of any file, so that each is hashed."""
    return {
        directory: {
            skill: replace(
                placed, files={path: installed_file(installed_sha256(file), "") for path, file in placed.files.items()}
            )
            if isinstance(placed, Copied)
            else placed
            for skill, placed in skills.items()
        }
        for directory, skills in targets.items()
    }


def texts_of(wish: Wish, before: ScopeFiles) -> Texts:
    """The scope's files as the wish wants them; one whose value is unchanged keeps its text to the letter."""
    project = before.project_text if before.project == wish.project else project_text(wish.project)
    lock = before.lock_text if before.lock == wish.lock else lock_text(wish.lock)
    return Texts(project=project, lock=lock, ignore=None)


def _apply(
    scope: Scope,
    settings: Settings,
    wish: Wish,
    state: State,
    plan: Plan,
    before: ScopeFiles,
    store: Store,
    agents: Mapping[str, str],
) -> Generation:
    texts = texts_of(wish, before)
    old_ignore = (
        read_text(scope.ignore_file, max_bytes=settings.limits.project_bytes) if scope.kind == "project" else None
    )
    skills = _ignored(plan, vendor=wish.project.vendor)
    ignore = with_block(old_ignore, skills) if scope.kind == "project" else None
    texts = replace(texts, ignore=ignore)
    old = Texts(project=before.project_text, lock=before.lock_text, ignore=old_ignore)
    newest = state.newest
    if not plan.changes and texts == old and (newest.project, newest.lock) == (texts.project, texts.lock):
        if state.pending is not None:
            mark_current(scope, newest.number)
        if plan.standing == newest.targets and newest.agents == agents:
            return newest
    remember_state(scope.state, known=known_states(settings))
    draft = Generation(
        number=newest.number + 1,
        command=wish.command,
        created=now(),
        project=texts.project,
        lock=texts.lock,
        replaced=(text_digest(old.project), text_digest(old.lock)),
        agents=agents,
    )
    return apply_plan(scope, plan, draft, texts, before=old, tree_of=store.tree, mode=settings.link_mode)


def _ignored(plan: Plan, *, vendor: bool) -> list[str]:
    """What git is to leave out: our state, and unless they are committed on purpose, the skills inside the project."""
    paths = [f"{STATE_DIRECTORY}/"]
    if vendor:
        return paths
    installed = {(directory, skill) for directory, skills in plan.standing.items() for skill in skills}
    installed |= {(change.directory, change.skill) for change in plan.changes if change.wanted is not None}
    return [*paths, *(f"{directory}/{skill}" for directory, skill in installed if not Path(directory).is_absolute())]


def _take_up(scope: Scope, state: State, settings: Settings) -> None:
    """What a killed command had committed becomes the scope's; a file that somebody edited since stays theirs."""
    clear_leftovers(scope, [scope.directory(each) for targets in state.recorded for each in targets])
    pending = state.pending
    if pending is None:
        return
    limit = settings.limits.project_bytes
    now_there = Texts(
        project=read_text(scope.project_file, max_bytes=limit),
        lock=read_text(scope.lock_file, max_bytes=limit),
        ignore=None,
    )
    project_replaced, lock_replaced = pending.replaced
    texts = Texts(
        project=pending.project if text_digest(now_there.project) == project_replaced else now_there.project,
        lock=pending.lock if text_digest(now_there.lock) == lock_replaced else now_there.lock,
        ignore=None,
    )
    write_texts(scope, texts, before=now_there)


def _looker(scope: Scope) -> Callable[[str, str], Seen]:
    """What stands at a skill's place."""

    def look(directory: str, skill: str) -> Seen:
        return see(scope.directory(directory) / skill)

    return look


def see(path: Path) -> Seen:
    """What stands at a path."""
    files = look_at_tree(str(path))
    if path.is_symlink():
        return Seen("link", text=str(path.readlink()))
    if files is not None:
        return Seen("directory", files=files)
    return Seen("other") if path.exists() else NOTHING


def _hasher(scope: Scope) -> Callable[[str, str], dict[str, str]]:
    def hashes(directory: str, skill: str) -> dict[str, str]:
        return hash_tree(scope.directory(directory) / skill)

    return hashes
