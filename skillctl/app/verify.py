"""`verify`: hash everything that is installed in a scope, and every tree of the store, and heal the store.

1. Every installed file is compared with what skillctl put in place. What differs is an error and is left as it is:
   whether a person edited it or a disk failed, only a person can tell.
2. Every tree of the store is compared with its record, and the record with the tree's digest. A damaged tree is fetched
   anew, with the same digest, and takes the place of the damaged one whole: from the directory, archive or repository
   that the lock has the pack from, else from a registry that has the same release. Registries are not asked for a name
   that the lock has from elsewhere.
3. A tree that nobody has any more stays, and is an error: nothing is installed from it, since what is copied is hashed.

The work is hashing, and is shared out among processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.installing import registries_later
from skillctl.app.outcome import Outcome
from skillctl.app.scopes import ScopeFiles, scope_around
from skillctl.app.trees import fetch_anew, open_store
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl.core.lockfile import LockedPack
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl.core.versions import parse_version
from skillctl.edges.disk.files import link_text
from skillctl.edges.disk.look import kind_at
from skillctl.edges.disk.trees import hash_tree
from skillctl.edges.workers import share_out
from skillctl.install.generation import Copied, Placed, installed_sha256
from skillctl.install.state import read_state

if TYPE_CHECKING:
    from skillctl.app.sources import Sources
    from skillctl.core.stored import StoredPack
    from skillctl.install.scope import Scope
    from skillctl.store.store import Store

_WORTH_SHARING = 64  # directories; some 20 ms of hashing, against 10 for another process
_NAMED = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyOutcome(Outcome):
    """What was looked at, and what was wrong with it."""

    scope: str
    root: str
    skills: int
    """Installed skills that were looked at."""
    files: int
    """Installed files."""
    trees: int
    """Trees of the store."""
    healed: tuple[str, ...]
    """`arcgis 1.2.0`: trees that were damaged and are whole again."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            "scope": self.scope,
            "root": self.root,
            "skills": self.skills,
            "files": self.files,
            "trees": self.trees,
            "healed": list(self.healed),
            "damaged": sum(each.code in ("E466", "W472") for each in self.problems),
            "edited": sum(each.code == "E467" for each in self.problems),
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, slots=True)
class Damage:
    """The trees of the store that are not what they were unpacked with."""

    packs: tuple[StoredPack, ...]
    unknown: tuple[str, ...]
    """Those of which the store can't tell what they were."""

    @property
    def trees(self) -> tuple[str, ...]:
        """All of them."""
        return (*(pack.tree for pack in self.packs), *self.unknown)


def verify(settings: Settings, cwd: Path, *, user: bool = False, dry_run: bool = False) -> VerifyOutcome:
    """Look at the project around, or the user's own skills, and at the store; a rehearsal heals nothing."""
    scope = scope_around(settings, cwd, user=user)
    placed = _placed(scope)
    store = open_store(settings)
    with ExitStack() as held:
        if not dry_run and kind_at(str(store.root)) == "directory":
            held.enter_context(store.in_use(timeout=settings.lock_timeout, purpose="verify"))
        digests = sorted(store.digests())
        wrong = _wrong_skills(scope, placed)
        damage = find_damage(store, digests)
        healing = _Healing(settings, scope, store)
        wanted = healing.of(damage)
        told = [healing.healed(*release, tree, dry_run=dry_run) for tree, release in wanted.items()]
        unknown = [tree for tree in damage.unknown if tree not in wanted]
    return VerifyOutcome(
        problems=(*wrong, *told, *(problem("W473", tree=tree) for tree in unknown)),
        scope=scope.kind,
        root=str(scope.root),
        skills=len(placed),
        files=sum(len(each.files) for _, _, each in placed if isinstance(each, Copied)),
        trees=len(digests),
        healed=tuple(f"{each.evidence['name']} {each.evidence['version']}" for each in told if each.code == "W471"),
        dry_run=dry_run,
    )


def find_damage(store: Store, digests: Sequence[str]) -> Damage:
    """Which of these trees are not whole: every file of each is read."""
    told = share_out(digests, lambda digest: _state(store, digest), least=_WORTH_SHARING)
    states = [each or _state(store, digest) for digest, each in zip(digests, told, strict=True)]
    records = store.records(digest for digest, state in zip(digests, states, strict=True) if state == "damaged")
    unknown = (digest for digest, state in zip(digests, states, strict=True) if state == "unknown")
    return Damage((*records.values(),), (*unknown,))


def heal(settings: Settings, scopes: Sequence[Scope], store: Store, damage: Damage) -> None:
    """Fetch anew what is damaged, as far as one of the scopes has it from a place that still has the same.

    Where a lock has the pack, the others are left alone: they would ask registries for a name that may be private.
    """
    with store.in_use(timeout=settings.lock_timeout, purpose="verify"):
        healings = [_Healing(settings, scope, store) for scope in scopes]
        for healing in healings:
            for tree, (name, version) in healing.of(damage).items():
                is_anothers = not healing.has(name) and any(each.has(name) for each in healings)
                if not is_anothers and not store.is_whole(tree):
                    healing.healed(name, version, tree, dry_run=False)


def _placed(scope: Scope) -> list[tuple[str, str, Placed]]:
    """Directory, skill, and what was put there."""
    targets = read_state(scope).newest.targets
    return [(directory, skill, each) for directory, skills in targets.items() for skill, each in skills.items()]


def _wrong_skills(scope: Scope, placed: Sequence[tuple[str, str, Placed]]) -> list[Problem]:
    """E467 for each skill that is not what was put there."""

    def look(job: tuple[str, str, Placed]) -> list[str]:
        directory, skill, each = job
        return list(_differing(scope.directory(directory) / skill, each))

    found = share_out(placed, look, least=_WORTH_SHARING)
    return [
        problem("E467", directory=job[0], skill=job[1], pack=job[2].pack, files=_some(files))
        for job, told in zip(placed, found, strict=True)
        if (files := told if told is not None else look(job))
    ]


def _differing(place: Path, placed: Placed) -> Iterator[str]:
    """The files that are not as they were put there; what a person added is none of our business."""
    if not isinstance(placed, Copied):
        if link_text(place) != placed.text:
            yield "the link to it"
        return
    if kind_at(str(place)) != "directory":
        yield "all of it"
        return
    found = hash_tree(place)
    for path, file in placed.files.items():
        if found.get(path) != installed_sha256(file):
            yield path


def _state(store: Store, digest: str) -> str:
    if store.record(digest) is None:
        return "unknown"
    return "whole" if store.is_whole(digest) else "damaged"


def _some(files: Sequence[str]) -> list[str]:
    more = len(files) - _NAMED
    return [*files[:_NAMED], *([f"and {more:,} more"] if more > 0 else ())]


class _Healing:
    """Fetches damaged trees anew, from where the scope has its packs."""

    def __init__(self, settings: Settings, scope: Scope, store: Store) -> None:
        files = ScopeFiles(scope, settings.limits)
        self._settings = settings
        self._store = store
        self._sources: Sources = registries_later(settings, files.project, scope)
        self._locked: Mapping[str, LockedPack] = files.lock.packs if files.lock is not None else {}

    def of(self, damage: Damage) -> dict[str, tuple[str, str]]:
        """Tree -> name and version, of all that can be looked for: what the store or the scope's lock tells of it."""
        ours = {pack.tree: (name, str(pack.version)) for name, pack in self._locked.items()}
        known = {pack.tree: (pack.name, pack.version) for pack in damage.packs}
        return {**known, **{tree: ours[tree] for tree in damage.unknown if tree in ours}}

    def has(self, name: str) -> bool:
        """Whether the scope's lock has the pack, in whatever version, and so tells where it is from."""
        return name in self._locked

    def healed(self, name: str, version: str, tree: str, *, dry_run: bool) -> Problem:
        """W471 if the tree is whole again, E466 if not; W472 in a rehearsal."""
        if dry_run:
            return problem("W472", name=name, version=version)
        try:
            fetch_anew(name, self._wanted(name, version, tree), self._store, self._sources, self._settings)
        except SkillctlError as error:
            from skillctl.core.wording import worded

            return problem("E466", name=name, version=version, reason=worded(error.problems[0]).title)
        if not self._store.is_whole(tree):
            return problem("E466", name=name, version=version, reason="it was damaged again at once")
        return problem("W471", name=name, version=version)

    def _wanted(self, name: str, version: str, tree: str) -> LockedPack:
        """What is to be fetched. Of another project, or another generation, it has the same digest wherever it is."""
        locked = self._locked.get(name)
        if locked is None:
            return LockedPack(version=parse_version(version), tree=tree)
        # a directory that is worked on may hold anything by now: here only what was locked will do
        source = {key: value for key, value in locked.source.items() if key != "editable"}
        return replace(locked, version=parse_version(version), tree=tree, source=source)
