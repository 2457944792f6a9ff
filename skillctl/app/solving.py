"""From what a project wants to a lock: index files to candidates, the solver, and what its answers mean.

The solver sees names, versions, dependencies, what is yanked, pre-releases and the lock. `requires` is looked at
afterwards: it never selects a version, else the lock would differ from machine to machine.

The lock binds a name to its registry: a registry that comes first later does not take over what is locked, in no
version. Only `update` and a pin let a name go to another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import RegistryError
from skillctl.core.lockfile import USUAL, Choice, Lock, LockedPack, inputs_of
from skillctl.core.names import near_names
from skillctl.core.project import ProjectFile
from skillctl.core.release import NO_REASON, Release
from skillctl.core.requirements import ANY, Constraint, caret, parse_constraint
from skillctl.core.source import Wanted
from skillctl.core.value import dataclass, replace
from skillctl.core.versions import Version
from skillctl.resolve.answer import Missing, Solution
from skillctl.resolve.failure import conflict_error
from skillctl.resolve.solver import resolve
from skillctl.resolve.universe import Candidates
from skillctl.resolve.words import Words
from skillctl_registry.order import Registries
from skillctl_registry.sources import Source

if TYPE_CHECKING:
    from skillctl.app.own_source import OwnSource
    from skillctl_registry.sources.origin import Origins


@dataclass(frozen=True, slots=True)
class Known:
    """What a name's owner has of it."""

    source: Source | None
    """None: the registry that the lock names is not at hand, and all there is of the pack lies in the store; or the
    pack has a place of its own."""
    releases: tuple[Release, ...]
    own: OwnSource | None = None
    """The place of its own that the pack comes from."""
    """Those that are liked best last."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A lock, and what is worth saying of the way to it."""

    lock: Lock
    problems: tuple[Problem, ...]


class PackUniverse:
    """Candidates of packs, made known name by name; each index file is read once."""

    def __init__(
        self,
        registries: Registries,
        locked: Mapping[str, LockedPack],
        pins: Mapping[str, str],
        has_tree: Callable[[str], bool],
        choice: Choice = USUAL,
        own: Mapping[str, OwnSource] | None = None,
    ) -> None:
        self._choice = choice
        self._own = own or {}
        self._registries = registries
        self._locked = locked
        self._pins = pins
        self._has_tree = has_tree
        self._known: dict[str, Known | None] = {}
        self._moved: set[str] = set()
        self._candidates: dict[str, Candidates[Constraint]] = {}
        self._matching: dict[tuple[str, Constraint], int] = {}

    def learn(self, names: frozenset[str]) -> None:
        """Read what the registries have under these names; those that lie elsewhere are asked for many at once."""
        self._registries.prefetch(names - self._own.keys(), pins=self._pins, locked=self._locked)
        for name in sorted(names):
            known = self._known[name] = self._liked(self._read(name))
            self._candidates[name] = _candidates(known)

    def widen(self) -> bool:
        """Read one more candidate of each place that has not shown all of its own yet; whether there was one."""
        wider = [name for name, own in self._own.items() if name in self._known and own.read_more()]
        for name in wider:
            known = self._known[name] = self._read(name)
            self._candidates[name] = _candidates(known)
        if wider:
            self._matching.clear()
        return bool(wider)

    def known(self, name: str) -> Known | None:
        """What is known of the name; None: no registry has it."""
        return self._known.get(name)

    def version(self, name: str, place: int) -> Version:
        """The version of the candidate at that place."""
        known = self._known[name]
        if known is None:
            raise ValueError(f"{name} has no candidates")
        return known.releases[place].version

    def candidates(self, name: str) -> Candidates[Constraint] | None:
        """The Universe protocol."""
        return self._candidates.get(name)

    def matching(self, name: str, requirement: Constraint) -> int:
        """The Universe protocol. A yanked release is left out unless the lock holds it."""
        key = (name, requirement)
        bits = self._matching.get(key)
        if bits is None:
            known = self._known[name]
            bits = sum(
                1 << place
                for place, release in enumerate(known.releases if known else ())
                if self._will_do(known, place, requirement)
            )
            self._matching[key] = bits
        return bits

    def place_of(self, name: str, locked: LockedPack) -> int | None:
        """The place of a locked release among the candidates."""
        known = None if name in self._moved else self._known.get(name)
        releases = known.releases if known else ()
        return next((place for place, each in enumerate(releases) if each.version == locked.version), None)

    def check_locked(self, name: str, locked: LockedPack) -> None:
        """Refuse a locked release that is not to be had any more (RegistryError E245, E246, E247)."""
        if name in self._moved or name in self._own:
            return
        place = self.place_of(name, locked)
        known = self._known[name]
        if known is None or place is None or known.releases[place].tree != locked.tree:
            self._registries.holder(name, locked)

    def locked_pack(self, name: str, place: int, wanted: Wanted | None) -> LockedPack:
        """The lock's entry for the candidate at that place."""
        known = self._known[name]
        if known is None:
            raise ValueError(f"{name} has no candidates")
        if known.own is not None:
            return known.own.locked_pack(place, wanted.skills if wanted else None)
        release = known.releases[place]
        old = self._locked.get(name)
        if old is not None and old.tree == release.tree:  # stays to the letter, wherever it was seen this time
            return replace(old, skills=wanted.skills if wanted else None)
        if known.source is None:
            raise ValueError(f"{name} has no candidate but the locked one")
        return LockedPack(
            version=release.version,
            tree=release.tree,
            registry=known.source.id,
            archive=release.archive,
            dependencies=release.dependencies,
            skills=wanted.skills if wanted else None,
        )

    def warnings(self, solution: Solution) -> Iterator[Problem]:
        """What is worth knowing of the releases that were chosen, and of the sources they were chosen from."""
        for name, place in solution.chosen.items():
            known = self._known[name]
            release = known.releases[place] if known else None
            is_own = known is not None and known.own is not None
            if release is not None and self._choice.exclude_newer and not release.published and not is_own:
                yield problem("W310", name=name, version=str(release.version), time=self._choice.exclude_newer)
            if release is not None and release.yanked is not None:
                yield problem("W301", name=name, version=str(release.version), reason=release.yanked or NO_REASON)
            if known is not None and known.own is not None:
                yield from known.own.problems()
        for source in self._registries.sources:
            yield from source.problems()

    def check_at_hand(self, name: str) -> None:
        """Refuse a name whose registry, the one that the lock binds it to, is not at hand (RegistryError E247)."""
        known, locked = self._known.get(name), self._locked.get(name)
        if name not in self._own and locked is not None and (known is None or known.source is None):
            self._registries.holder(name, locked)

    def remarks(self) -> dict[tuple[str, int], str]:
        """What is said of versions where a conflict lists them."""
        return {
            (name, place): said
            for name, known in self._known.items()
            for place, release in enumerate(known.releases if known else ())
            if (said := "yanked" if release.yanked is not None else self._too_new(release))
        }

    def _too_new(self, release: Release) -> str:
        return f"published after {self._choice.exclude_newer}" if self._is_too_new(release) else ""

    def upwards(self) -> PackUniverse | None:
        """The same with the highest versions liked best, as a story of what can't be tells them; None if it is so."""
        if self._choice.resolution == "highest":
            return None
        choice = replace(self._choice, resolution="highest")
        return PackUniverse(self._registries, self._locked, self._pins, self._has_tree, choice, self._own)

    def near_names(self) -> dict[str, list[str]]:
        """For each name that no registry has, the names that may have been meant."""
        unknown = [name for name, known in self._known.items() if known is None]
        if not unknown:
            return {}
        names = {name: self._registries.asked_for(name, pin=self._pins.get(name, "")) for name in unknown}
        return {
            name: near_names(name, sorted({each for source in sources for each in source.names()}))
            for name, sources in names.items()
        }

    def is_versionless(self, name: str, place: int) -> bool:
        """Whether the candidate at that place has no version."""
        known = self._known[name]
        return known is not None and known.own is not None and known.own.is_versionless(place)

    def _will_do(self, known: Known | None, place: int, requirement: Constraint) -> bool:
        if known is None:
            return False
        if known.own is not None:
            return known.own.allows(place, requirement)
        release = known.releases[place]
        return requirement.allows(release.version) and self._is_offered(release)

    def _is_locked(self, release: Release) -> bool:
        locked = self._locked.get(release.name)
        return locked is not None and locked.version == release.version

    def _is_offered(self, release: Release) -> bool:
        return not self._is_too_new(release) and (release.yanked is None or self._is_locked(release))

    def _is_too_new(self, release: Release) -> bool:
        """Times are compared as texts: all are of the one form that ends in `Z`."""
        newest = self._choice.exclude_newer
        return bool(newest) and release.published > newest

    def _liked(self, known: Known | None) -> Known | None:
        """The same with the versions that are liked best last."""
        if known is None or known.own is not None or self._choice.resolution == "highest":
            return known
        return replace(known, releases=known.releases[::-1])

    def _read(self, name: str) -> Known | None:
        if name in self._own:
            own = self._own[name]
            return Known(None, own.releases(), own)
        pin, locked = self._pins.get(name, ""), self._locked.get(name)
        bound = self._bound(name, locked, pin) if locked else None
        if locked is None or (bound is None and pin):
            self._moved.update([name] if locked else ())
            source = self._registries.owner(name, pin=pin)
            return Known(source, tuple(source.releases(name) or ())) if source else None
        releases = self._with_locked(name, locked, tuple(bound.releases(name) or ()) if bound else ())
        return Known(bound, releases) if bound or releases else None

    def _bound(self, name: str, locked: LockedPack, pin: str) -> Source | None:
        """The source that the lock binds the name to: one that has the locked files, its own registry first."""
        asked = self._registries.for_locked(name, locked, pin=pin)
        for source in asked:
            if any(each.version == locked.version and each.tree == locked.tree for each in source.releases(name) or ()):
                return source
        own = (source for source in asked if source.id == locked.registry and source.releases(name) is not None)
        return next(own, None)

    def _with_locked(self, name: str, locked: LockedPack, releases: tuple[Release, ...]) -> tuple[Release, ...]:
        """The releases, and the locked one that the source no longer has but the store does."""
        if any(each.version == locked.version for each in releases) or not self._has_tree(locked.tree):
            return releases
        kept = Release(
            name=name,
            version=locked.version,
            tree=locked.tree,
            dependencies=locked.dependencies,
            archive=locked.archive,
        )
        return tuple(sorted((*releases, kept), key=lambda each: each.version))


def _candidates(known: Known | None) -> Candidates[Constraint]:
    releases = known.releases if known else ()
    return Candidates(
        [each.version for each in releases],
        [{name: parse_constraint(text) for name, text in each.dependencies.items()} for each in releases],
    )


def solve(
    project: ProjectFile,
    registries: Registries,
    *,
    lock: Lock | None,
    unlocked: frozenset[str] = frozenset(),
    asked: frozenset[str] = frozenset(),
    has_tree: Callable[[str], bool],
    choice: Choice = USUAL,
    origins: Callable[[], Origins] | None = None,
    unnamed: frozenset[str] = frozenset(),
) -> Solved:
    """The lock of what the project wants, staying with what is locked but for the names that are `unlocked`.

    `asked` names what the command line asks for, so that a message says so; `has_tree` tells whether a tree is at hand
    without its registry; `choice` says which versions may be chosen, and which are liked best; the `unnamed` are only
    looked at because all are, so that one whose place is gone stays as it is. ResolveError E301 if nothing fits, E302
    for a name that no registry has, E303 for a range that nothing meets; RegistryError E245, E246, E247, with all of
    them, if locked releases that would stay are not to be had any more.
    """
    own = _own_sources(project, lock, unlocked, origins, unnamed)
    locked = {
        name: pack
        for name, pack in (lock.packs if lock else {}).items()
        if name not in unlocked and bool(pack.source) == (name in own)  # what comes from elsewhere now is chosen anew
    }
    pins = {
        name: wanted.origin.location
        for name, wanted in project.packs.items()
        if wanted.origin.location and wanted.origin.kind == "registry"
    }
    universe = PackUniverse(registries, locked, pins, has_tree, choice, own)
    roots = {name: wanted.constraint for name, wanted in project.packs.items()}
    said_by = dict.fromkeys(asked, "the command line")
    first = locked if not unlocked else _but_needs_of(unlocked, lock, locked)
    solution = _search(universe, roots, first, said_by)
    if unlocked and locked:
        # the named packs get as high as they can; then everything else stays where it was, as far as that goes
        roots.update(
            _exactly(name, solution.chosen[name], universe, roots)
            for name in unlocked & solution.chosen.keys()
            if not universe.is_versionless(name, solution.chosen[name])
        )
        solution = _search(universe, roots, locked, said_by)
    _check_all(universe, {name: pack for name, pack in locked.items() if name in solution.chosen})
    packs = {
        name: universe.locked_pack(name, place, project.packs.get(name)) for name, place in solution.chosen.items()
    }
    return Solved(Lock(inputs=inputs_of(project, choice), packs=packs), tuple(universe.warnings(solution)))


def _own_sources(
    project: ProjectFile,
    lock: Lock | None,
    unlocked: frozenset[str],
    origins: Callable[[], Origins] | None,
    unnamed: frozenset[str],
) -> dict[str, OwnSource]:
    """The packs that the project takes from places of their own: each the only candidate of its name."""
    named = {name: wanted for name, wanted in project.packs.items() if wanted.origin.kind != "registry"}
    if not named:
        return {}
    if origins is None:
        raise ValueError("packs from places of their own, and no way to look at these")
    from skillctl.app.own_source import OwnSource  # most projects have none

    locked = lock.packs if lock else {}
    return {
        name: OwnSource(
            name,
            wanted,
            None if name in unlocked else locked.get(name),
            origins,
            else_stays=locked.get(name) if name in unnamed else None,
        )
        for name, wanted in named.items()
    }


def _but_needs_of(names: frozenset[str], lock: Lock | None, locked: Mapping[str, LockedPack]) -> dict[str, LockedPack]:
    """What is locked without all that the names need, directly or not."""
    packs = lock.packs if lock else {}
    needed: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(packs[name].dependencies if name in packs else ())
    return {name: pack for name, pack in locked.items() if name not in needed}


def _exactly(name: str, place: int, universe: PackUniverse, roots: Mapping[str, Constraint]) -> tuple[str, Constraint]:
    """The name with what is asked for under it, narrowed to one version."""
    exact = f"=={universe.version(name, place)}"
    asked = roots.get(name, ANY)
    return name, Constraint(exact if asked.is_any else f"{asked},{exact}")


def _check_all(universe: PackUniverse, locked: Mapping[str, LockedPack]) -> None:
    """Refuse locked releases that are not to be had, all at once: mending one does not help without the rest."""
    problems: list[Problem] = []
    for name in sorted(locked):
        try:
            universe.check_locked(name, locked[name])
        except RegistryError as error:
            problems.extend(error.problems)
    if problems:
        raise RegistryError(*problems)


def recorded_constraint(name: str, lock: Lock) -> Constraint:
    """What `install NAME` writes into the project file for the release that was chosen."""
    return caret(lock.packs[name].version)


def _search(
    universe: PackUniverse,
    roots: Mapping[str, Constraint],
    locked: Mapping[str, LockedPack],
    origins: Mapping[str, str],
) -> Solution:
    """Solve, read what is missing, and solve again until nothing is."""
    universe.learn(frozenset(roots) | frozenset(locked))
    while True:
        places = {name: place for name, pack in locked.items() if (place := universe.place_of(name, pack)) is not None}
        answer = resolve(universe, roots, places)
        if isinstance(answer, Solution):
            return answer
        if isinstance(answer, Missing):
            universe.learn(answer.names)
            continue
        if universe.widen():
            continue
        upwards = universe.upwards()
        if upwards is not None:
            return _search(upwards, roots, locked, origins)
        words = Words(universe=universe, origins=origins, origin="skillctl.json", remarks=universe.remarks())
        near = universe.near_names()
        error = conflict_error(answer, universe, roots, places, anything=ANY, words=words, near=near)
        for each in error.problems:
            universe.check_at_hand(str(each.evidence.get("name", "")))
        raise error
