"""`cache`: where it is, how much it holds, and what of it nobody needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.app.scopes import known_states
from skillctl.app.sources import REPOSITORIES
from skillctl.app.trees import open_store
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.disk.look import total_size
from skillctl.edges.disk.trees import remove_tree
from skillctl.install.roots import remembered_states
from skillctl.install.scope import Scope
from skillctl.install.state import generation_numbers, read_generation
from skillctl_registry.cache import forget_answers, forget_damaged

_TREE = re.compile(r"tree1:[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheOutcome(Outcome):
    """The cache, and what was removed from it."""

    directory: str
    size: int
    """Bytes that it holds now."""
    trees: int
    """Trees that the store has now."""
    removed: tuple[str, ...] = ()
    """Digests of the trees that went."""
    freed: int = 0
    """Bytes."""
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            "directory": self.directory,
            "size": self.size,
            "trees": self.trees,
            "removed": list(self.removed),
            "freed": self.freed,
            "dry_run": self.dry_run,
        }


def look_at_cache(settings: Settings) -> CacheOutcome:
    """What the cache holds."""
    return _told(settings)


def prune_cache(settings: Settings, *, dry_run: bool = False) -> CacheOutcome:
    """Remove every tree that no generation of any of the user's scopes has.

    A scope whose state can't be read is a warning, W405: what is lost by that is fetched again when it is needed.
    """
    store = open_store(settings)
    root = Path(settings.directories.cache)
    if dry_run:
        used = _trees_in_use(settings, forget=False)
        gone = [digest for digest in store.digests() if digest not in used.trees]
        freed = sum(total_size(store.tree(digest)) for digest in gone)
        return _told(settings, gone, freed=freed, dry_run=True, problems=used.problems)
    before = total_size(root)
    with store.alone(timeout=settings.lock_timeout, purpose="skillctl cache prune"):
        used = _trees_in_use(settings)
        gone = store.prune(used.trees)
        forget_damaged(settings.directories.cache)
    return _told(settings, gone, freed=before - total_size(root), problems=used.problems)


def clean_cache(settings: Settings, *, dry_run: bool = False) -> CacheOutcome:
    """Remove everything: what is needed again is fetched again."""
    root = Path(settings.directories.cache)
    store = open_store(settings)
    if dry_run:
        return _told(settings, list(store.digests()), freed=total_size(root), dry_run=True)
    before = total_size(root)
    with store.alone(timeout=settings.lock_timeout, purpose="skillctl cache clean"):
        gone = store.prune(frozenset())  # only what is ours: somebody may keep other things in the directory
        forget_answers(settings.directories.cache)
        remove_tree(root / REPOSITORIES)
    return _told(settings, gone, freed=before - total_size(root))


def _told(
    settings: Settings,
    gone: Sequence[str] = (),
    *,
    freed: int = 0,
    dry_run: bool = False,
    problems: tuple[Problem, ...] = (),
) -> CacheOutcome:
    """What the cache holds now, and what went."""
    root = Path(settings.directories.cache)
    return CacheOutcome(
        directory=str(root),
        size=total_size(root),
        trees=sum(1 for _ in open_store(settings).digests()),
        removed=tuple(gone),
        freed=freed,
        dry_run=dry_run,
        problems=problems,
    )


@dataclass(frozen=True, slots=True)
class _InUse:
    """The trees that somebody has or can come back to, and the scopes that don't tell all of theirs."""

    trees: frozenset[str]
    problems: tuple[Problem, ...]


def _trees_in_use(settings: Settings, *, forget: bool = True) -> _InUse:
    """The trees of every generation that is kept anywhere: what is installed, and what can be gone back to."""
    trees: set[str] = set()
    problems: list[Problem] = []
    known = known_states(settings)
    for state in remembered_states(known, forget=forget):
        scope = Scope(kind="project", root=state.parent, files=state.parent, state=state, known=known)
        faults: list[SkillctlError] = []
        trees.update(_trees_of(scope, faults))
        if faults:
            problems.append(problem("W405", path=str(state), reason=str(faults[0])))
    return _InUse(frozenset(trees), tuple(problems))


def _trees_of(scope: Scope, faults: list[SkillctlError]) -> Iterable[str]:
    """What the scope's generations name, as far as they can be read; what stands in the way goes to the faults.

    The lock's text is not parsed: it may be of a newer format, and a digest looks like nothing else.
    """
    try:
        numbers = generation_numbers(scope)
    except SkillctlError as error:
        faults.append(error)
        return
    for number in numbers:
        try:
            generation = read_generation(scope, number)
        except SkillctlError as error:
            faults.append(error)
            continue
        yield from _TREE.findall(generation.lock or "")
        yield from (each.tree for skills in generation.targets.values() for each in skills.values())
