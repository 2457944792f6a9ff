"""The one way in which a scope changes: everything that install, update, remove and sync have in common.

begin     what a killed command left is taken up: its texts become the scope's, its rubbish goes
settle    a lock is brought onto the disk: trees, places, plan, application
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.agents.where import shared_directory
from skillctl.app.audience import around_scope, chosen_agents, own_directories
from skillctl.app.scopes import ScopeFiles, lock_text, parse_lock, project_text
from skillctl.core.about import __version__
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import InstallError, RegistryError, SkillctlError
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field, replace
from skillctl.edges.clock import now
from skillctl.edges.disk.files import link_text, make_directory
from skillctl.edges.disk.locks import locked, locked_directory
from skillctl.edges.disk.look import kind_at, look_at_tree, real_path
from skillctl.install.generation import Copied, Generation, Placed, Targets, installed_file, installed_sha256
from skillctl.install.ignore_block import with_block
from skillctl.install.plan import NOTHING, Change, Plan, Seen, Wanted, WantedTargets, plan_changes
from skillctl.install.roots import remember_scope
from skillctl.install.scope import STATE_DIRECTORY, Scope, target_mutexes
from skillctl.install.state import (
    State,
    check_state,
    has_leftovers,
    mark_current,
    next_number,
    read_state,
    read_text,
    text_digest,
)

if TYPE_CHECKING:
    from skillctl.app.guarding import Facts
    from skillctl.app.moves import Moves
    from skillctl.app.sources import Sources
    from skillctl.core.effects import Effect
    from skillctl.core.lockfile import Lock
    from skillctl.core.project import ProjectFile
    from skillctl.core.stored import StoredPack
    from skillctl.install.apply import Texts
    from skillctl.store.store import Store


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
    allow_hidden_text: bool = False
    """Install what has text that nobody sees, too."""
    keeps_budget: bool = False
    """Refuse what takes more of an agent's context than the project allows; else it is only told."""
    by_lock_alone: bool = False
    """Nothing was chosen anew, so that what is put in place may have been yanked since it was."""
    texts: Texts | None = None
    """The scope's files to the letter, where an earlier state is brought back; None: made from the values."""
    restores: int = 0
    """The generation that is brought back, for the history; -1: what was there before all of them."""
    rehearsed: Callable[[Rehearsal], object] | None = None
    """Is told of all that a dry run would do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """All that would be done, and what it was worked out from."""

    opened: Opened
    wish: Wish
    plan: Plan
    agents: tuple[str, ...]
    before: Texts
    after: Texts
    yanked: tuple[Problem, ...]
    """What of it was yanked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What was done, or what a dry run would do."""

    changes: tuple[Change, ...] = ()
    kept: tuple[Problem, ...] = ()
    """What a person edited and was therefore left alone."""
    problems: tuple[Problem, ...] = ()
    put_aside: tuple[Problem, ...] = ()
    """Those of the problems that tell of files which are only in the backups now."""
    agents: tuple[str, ...] = ()
    """Ids of the agents that it was done for."""
    packs: Mapping[str, StoredPack] = field(default_factory=dict)
    """The trees of the lock."""
    generation: int = 0
    """The generation that is in place now; 0: nothing was ever installed."""
    targets: Targets = field(default_factory=dict)
    """What is in place now."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A scope that a command works on."""

    scope: Scope
    files: ScopeFiles
    state: State
    problems: tuple[Problem, ...] = ()
    """What taking up the work of a killed command has to tell."""


@contextmanager
def changing(scope: Scope, settings: Settings, command: str, *, dry_run: bool = False) -> Iterator[Opened]:
    """The scope, to oneself for the block; a dry run only reads."""
    if dry_run:
        yield Opened(scope, ScopeFiles(scope, settings.limits), read_state(scope))
        return
    purpose = f"skillctl {command}"
    check_state(scope)  # before anything is noted in there
    with locked_directory(_locked_part(scope), note=scope.holder, timeout=settings.lock_timeout, purpose=purpose):
        state = read_state(scope)
        told: tuple[Problem, ...] = ()
        if state.pending is not None or has_leftovers(scope):
            from skillctl.app.recovery import take_up

            told = tuple(take_up(scope, state, settings))
            told += _complete(Opened(scope, ScopeFiles(scope, settings.limits), state), settings)
            state = read_state(scope)
        try:
            yield Opened(scope, ScopeFiles(scope, settings.limits), state, told)
        except SkillctlError as error:
            if told:  # nobody will be able to tell it later
                raise type(error)(*error.problems, *told) from error
            raise


def _complete(opened: Opened, settings: Settings) -> tuple[Problem, ...]:
    """Put in place what a killed command had committed, whatever the command of now is for and whether it succeeds.

    Where that is not to be had (the store was deleted, the disk is full), the command goes on with both states as what
    may be in place, and tells what stands in its own way.
    """
    pending, files = opened.state.pending, opened.files
    if pending is None:
        return ()
    from skillctl.app.trees import open_store

    with suppress(SkillctlError):
        if files.lock is not None:
            wish = Wish(project=files.project, lock=files.lock, command=pending.command, restores=pending.restores)
            registries = registries_later(settings, wish.project, opened.scope)
            return settle(opened, settings, wish, store=open_store(settings), registries=registries).put_aside
    return ()


def _locked_part(scope: Scope) -> Path:
    """The directory whose lock is the scope's: a project's own, or the user's state, since a home is too much."""
    if scope.kind == "user":
        make_directory(scope.state)
        return scope.state
    return scope.root


def registries_later(settings: Settings, project: ProjectFile, scope: Scope) -> Sources:
    """What opens registries and other places, each once and when somebody asks: what is in the store needs none."""
    from skillctl.app.sources import Sources

    return Sources(settings, project, scope)


def written_plan(path: Path | None) -> Callable[[Rehearsal], object] | None:
    """What writes a rehearsal down for `skillctl apply`; None where nobody asked for it."""
    if path is None:
        return None

    def write(rehearsal: Rehearsal) -> None:
        from skillctl.app.apply_plan import write_plan

        write_plan(path, rehearsal)

    return write


def settle(opened: Opened, settings: Settings, wish: Wish, *, store: Store, registries: Sources) -> Settled:
    """Bring the wish onto the disk. InstallError E401 if something that is not ours stands in the way."""
    from skillctl.app.targets import place_skills
    from skillctl.app.trees import ensure_trees  # archives, manifests, front matter: a glance needs none of it

    scope, state = opened.scope, opened.state
    with ExitStack() as held:
        if not wish.dry_run:
            _hold_targets(held, scope, settings, wish, state.recorded)
            held.enter_context(store.in_use(timeout=settings.lock_timeout, purpose=wish.command))
        packs = dict(ensure_trees(wish.lock, store, registries, settings, keep=not wish.dry_run))
        if not (wish.allow_hidden_text or wish.restores):  # what was there once was allowed then
            _check_hidden_text(wish.lock, packs, state.recorded)
        placement = place_skills(scope, wish.project, wish.lock, packs, settings)
        over_budget = _check_budget(scope, wish, packs, settings)
        wanted, recorded = _by_real_place(scope, placement.wanted, state.recorded)
        if wish.thorough or wish.force:
            recorded = [_distrusted(each) for each in recorded]
        plan = plan_changes(wanted, recorded, _looker(scope), _hasher(scope), force=wish.force)
        _check_plan(plan, wish)
        put_aside = _put_aside(scope, state, plan)
        moves = _moves(opened, settings, wish, plan)
        yanked = _Yanked(wish, moves, registries, held)
        done = state.newest
        heard: tuple[Problem, ...] = ()
        if not wish.dry_run:
            done, heard = _changed(opened, settings, wish, plan, moves, packs, store, registries, staged=yanked.ask)
        warnings = (*yanked.warnings(), *_author_warnings(wish, moves, registries))
        agents = tuple(placement.agents)
        if wish.dry_run and wish.rehearsed is not None:
            before, after = _texts(opened, settings, wish, plan)
            told_of = Rehearsal(
                opened=opened, wish=wish, plan=plan, agents=agents, before=before, after=after, yanked=warnings
            )
            wish.rehearsed(told_of)
    return Settled(
        changes=plan.changes,
        kept=plan.kept,
        problems=(
            *warnings,
            *opened.problems,
            *placement.problems,
            *over_budget,
            *plan.remarks,
            *put_aside,
            *heard,
            *_notes(settings, plan),
        ),
        put_aside=put_aside,
        agents=agents,
        packs=packs,
        generation=done.number,
        targets=done.targets,
    )


def _check_plan(plan: Plan, wish: Wish) -> None:
    """InstallError E401 for what is not ours; E405 for what was edited, where all is to be as it was."""
    if plan.foreign:
        raise InstallError(*plan.foreign)
    if wish.thorough and plan.kept:
        raise InstallError(*(Problem("E405", each.evidence) for each in plan.kept))


def _changed(
    opened: Opened,
    settings: Settings,
    wish: Wish,
    plan: Plan,
    moves: Moves,
    packs: Mapping[str, StoredPack],
    store: Store,
    registries: Sources,
    *,
    staged: Callable[[], object],
) -> tuple[Generation, tuple[Problem, ...]]:
    """Carry the plan out, with policy, audit and plugins around it; the state after it, and what they said."""
    from skillctl.app.guarding import guarded_change
    from skillctl.app.telling import told_change

    scope = opened.scope
    told = told_change(settings, scope, wish.command, plan.changes, moves)
    facts = _facts(wish, store, registries, settings)
    with told as heard, guarded_change(scope, settings, plan.changes, moves, packs, facts) as unrecorded:
        done = _apply(opened, settings, wish, plan, store, registries, staged=staged)
    return done, (*heard, *unrecorded)


def _moves(opened: Opened, settings: Settings, wish: Wish, plan: Plan) -> Moves:
    """What comes and what goes, beside the lock that was settled here last: a lock may be pulled, too."""
    from skillctl.app.moves import moves_of

    settled, files = opened.state.newest.lock, opened.files

    def former() -> Lock | None:
        return files.lock if files.lock_text == settled else parse_lock(settled, opened.scope, settings.limits)

    return moves_of(plan.changes, wish.lock, former)


def _notes(settings: Settings, plan: Plan) -> tuple[Problem, ...]:
    """What a command that changed something says of guards that are off."""
    if not plan.changes:
        return ()
    from skillctl_plugins.guards import guard_notes

    return guard_notes(settings)


def _facts(wish: Wish, store: Store, registries: Sources, settings: Settings) -> Facts:
    """Adds to installs what policies may want to know; nothing is read before somebody asks."""

    def added(effects: Iterable[Effect]) -> Iterable[Effect]:
        from skillctl.app.pack_facts import with_facts

        return with_facts(effects, wish.lock, wish.project, store, registries, settings)

    return added


def _author_warnings(wish: Wish, moves: Moves, registries: Sources) -> tuple[Problem, ...]:
    """What is new about who signed the packs that were chosen anew; a lock was made of what was told then."""
    if wish.by_lock_alone or not moves.placed:
        return ()
    from skillctl.app.authors import author_warnings

    return author_warnings(wish.lock, moves.placed, registries)


class _Yanked:
    """The question whether what is put in place was yanked meanwhile; asked at most once."""

    def __init__(self, wish: Wish, moves: Moves, registries: Sources, held: ExitStack) -> None:
        self._names = set(moves.placed) if wish.by_lock_alone or wish.rehearsed is not None else set()
        self._lock = wish.lock
        self._registries = registries
        self._held = held
        self._answer: Callable[[], tuple[Problem, ...]] | None = None

    def ask(self) -> None:
        """Ask now, and go on: the answer is waited for before any lock is given back."""
        if self._names and self._answer is None:
            from skillctl.app.yanked import ask_whether_yanked

            self._answer = cache(ask_whether_yanked(self._lock, self._names, self._registries))
            self._held.callback(self._answer)

    def warnings(self) -> tuple[Problem, ...]:
        """What there is to tell."""
        self.ask()
        return self._answer() if self._answer is not None else ()


def _check_hidden_text(lock: Lock, packs: Mapping[str, StoredPack], recorded: Sequence[Targets]) -> None:
    """Refuse skills with text that nobody sees and an agent reads (E264), unless they are installed already."""
    suspicious = {name: pack for name, pack in packs.items() if pack.hidden}
    if not suspicious:
        return
    from skillctl.app.hidden import hidden_problems

    installed = {placed.tree for targets in recorded for skills in targets.values() for placed in skills.values()}
    problems = hidden_problems(lock, {name: each for name, each in suspicious.items() if each.tree not in installed})
    if problems:
        raise RegistryError(*problems)


def _check_budget(scope: Scope, wish: Wish, packs: Mapping[str, StoredPack], settings: Settings) -> tuple[Problem, ...]:
    """What there is to tell of the project's budget, which few have."""
    if wish.project.budget is None:
        return ()
    from skillctl.app.budget import check_budget

    return check_budget(scope, wish.project, wish.lock, packs, settings, refuse=wish.keeps_budget)


def _put_aside(scope: Scope, state: State, plan: Plan) -> tuple[Problem, ...]:
    """What is to be told of files that are not ours and will only be in the backups."""
    if not any(each.left for each in plan.changes):
        return ()
    from skillctl.install.apply import left_behind

    return tuple(left_behind(scope, plan, next_number(scope, state)))


def _hold_targets(held: ExitStack, scope: Scope, settings: Settings, wish: Wish, recorded: Sequence[Targets]) -> None:
    """Take the locks of directories that other scopes may be writing to: wherever skills may go or have been."""
    around = around_scope(scope, settings)
    own = own_directories(scope, chosen_agents(wish.project.agents, settings, around), around).values()
    written = (each for targets in recorded for each in targets)
    directories = {scope.directory(each) for each in (*own, shared_directory(scope.kind, around), *written)}
    home, state = Path(settings.directories.home), Path(settings.directories.state)
    for mutex in target_mutexes(scope, directories, home=home, locks=state / "locks"):
        held.enter_context(locked(mutex, timeout=settings.lock_timeout, purpose=f"skillctl {wish.command}"))


def _by_real_place(
    scope: Scope, wanted: WantedTargets, recorded: Sequence[Targets]
) -> tuple[WantedTargets, list[Targets]]:
    """The same with one text for each directory, however it was reached.

    `.claude` may have become a link to `.agents` since the last command; then a skill that is no longer wanted in the
    one directory must not be removed from the other.
    """
    names: dict[Path, str] = {}

    def name(directory: str) -> str:
        return names.setdefault(real_path(scope.directory(directory)), directory)

    by_place: dict[str, dict[str, Wanted]] = {}
    for directory, skills in wanted.items():
        by_place.setdefault(name(directory), {}).update(skills)
    records: list[Targets] = []
    for targets in recorded:
        known: dict[str, Mapping[str, Placed]] = {}
        for directory, placed in targets.items():
            if name(directory) in known:
                records.append({name(directory): placed})
            else:
                known[name(directory)] = placed
        records.append(known)
    return by_place, records


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
    from skillctl.install.apply import Texts

    project = before.project_text if before.project == wish.project else project_text(wish.project)
    lock = before.lock_text if before.lock == wish.lock else lock_text(wish.lock)
    return Texts(project=project, lock=lock, ignore=None)


def _apply(
    opened: Opened,
    settings: Settings,
    wish: Wish,
    plan: Plan,
    store: Store,
    registries: Sources,
    *,
    staged: Callable[[], object],
) -> Generation:
    from skillctl.install.apply import apply_plan, forget_empty_state

    scope, state = opened.scope, opened.state
    old, texts = _texts(opened, settings, wish, plan)
    newest = state.newest
    draft = _draft(opened, settings, wish, plan, old, texts)
    if not plan.changes and texts == old and _is_same_state(draft, newest):
        if state.pending is not None:
            mark_current(scope, newest.number)
        return newest
    try:
        draft = replace(draft, owner=remember_scope(scope, draft.owner))
    except BaseException:
        forget_empty_state(scope)
        raise
    apply = partial(
        apply_plan, scope, plan, draft, texts, before=old, tree_of=store.tree, mode=settings.link_mode, staged=staged
    )
    try:
        return apply()
    except InstallError as error:
        if error.code != "E457":
            raise
        from skillctl.app.trees import mend_trees  # what the store lost is fetched anew, once

        mend_trees(wish.lock, store, registries, settings)
        return apply()


def _draft(opened: Opened, settings: Settings, wish: Wish, plan: Plan, old: Texts, texts: Texts) -> Generation:
    """The state that carrying the plan out comes to."""
    scope, newest = opened.scope, opened.state.newest
    around = around_scope(scope, settings)
    return Generation(
        number=next_number(scope, opened.state),
        owner=newest.owner,
        command=wish.command,
        created=now(),
        project=texts.project,
        lock=texts.lock,
        replaced=(text_digest(old.project), text_digest(old.lock)),
        before=None if newest.number else (old.project, old.lock, old.ignore),
        restores=wish.restores,
        agents=own_directories(scope, chosen_agents(wish.project.agents, settings, around), around),
        agents_named=bool(wish.project.agents) and "*" not in wish.project.agents,
        fresh=wish.lock.is_fresh(wish.project),
        packs=len(wish.lock.packs),
        skillctl=__version__,
        targets=plan.standing,
    )


def _texts(opened: Opened, settings: Settings, wish: Wish, plan: Plan) -> tuple[Texts, Texts]:
    """The scope's own files as they are, and as they are to be."""
    from skillctl.install.apply import Texts

    scope, before = opened.scope, opened.files
    in_project = scope.kind == "project"
    ignore = read_text(scope.ignore_file, max_bytes=settings.limits.project_bytes) if in_project else None
    new_ignore = with_block(ignore, _ignored(plan, vendor=wish.project.vendor)) if in_project else None
    if wish.texts is not None and wish.restores < 0:
        new_ignore = wish.texts.ignore
    old = Texts(project=before.project_text, lock=before.lock_text, ignore=ignore)
    return old, replace(wish.texts or texts_of(wish, before), ignore=new_ignore)


def _is_same_state(draft: Generation, newest: Generation) -> bool:
    """Whether two generations say the same of the scope, whoever made them and when."""
    alike = replace(
        draft,
        number=newest.number,
        command=newest.command,
        created=newest.created,
        replaced=newest.replaced,
        before=newest.before,
        restores=newest.restores,
    )
    return bool(newest.number) and alike == newest


def _ignored(plan: Plan, *, vendor: bool) -> list[str]:
    """What git is to leave out: our state, and unless they are committed on purpose, the skills inside the project."""
    paths = [f"{STATE_DIRECTORY}/"]
    if vendor:
        return paths
    installed = {(directory, skill) for directory, skills in plan.standing.items() for skill in skills}
    installed |= {(change.directory, change.skill) for change in plan.changes if change.wanted is not None}
    inside = {directory for directory in {each for each, _ in installed} if not Path(directory).is_absolute()}
    return [*paths, *(f"{directory}/{skill}" for directory, skill in installed if directory in inside)]


def _looker(scope: Scope) -> Callable[[str, str], Seen]:
    """What stands at a skill's place."""

    @cache
    def path_of(directory: str) -> str:
        return str(scope.directory(directory))

    def look(directory: str, skill: str) -> Seen:
        return see(f"{path_of(directory)}/{skill}")

    return look


def _hasher(scope: Scope) -> Callable[[str, str], dict[str, str]]:
    from skillctl.edges.disk.trees import hash_tree

    def hashes(directory: str, skill: str) -> dict[str, str]:
        return hash_tree(scope.directory(directory) / skill)

    return hashes


def see(path: str) -> Seen:
    """What stands at a path."""
    kind = kind_at(path)
    if kind == "directory":
        return Seen(kind, files=look_at_tree(path) or {})
    if kind == "link":
        return Seen(kind, text=link_text(path) or "")
    return NOTHING if kind == "nothing" else Seen(kind)
