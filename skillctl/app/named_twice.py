"""The registries that a project's file and the user's configuration both name: by an alias, for a scope, or by a place.

A project may come from anywhere. Nothing in its file puts another registry in the place of one of the user's:

1. Two entries are one registry if they pin one root, which signs the registry's id too, or if they lie at one place and
   do not pin different roots.
2. Such a registry is read as the user has it, verified from the root that either of them pins.
3. An alias, or a scope, that they give to different registries is nobody's until somebody decides.

Worked example: the user has `acme` at https://packs.acme.example with a root, and `@acme` bound to it. A project may
call the same address `company`, with or without the root: it is verified. It may not call ./packs `acme`, nor bind
`@acme` to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import UsageError
from skillctl.core.project import RegistryEntry
from skillctl.core.value import dataclass, replace
from skillctl.core.web import masked
from skillctl.edges.disk.look import real_path
from skillctl_registry.opening import is_address


@dataclass(frozen=True, slots=True)
class Named:
    """The entries of both, as they are read."""

    project: tuple[RegistryEntry, ...]
    user: tuple[RegistryEntry, ...]

    @property
    def entries(self) -> tuple[RegistryEntry, ...]:
        """All of them, in the order in which they are asked."""
        return (*self.project, *self.user)

    def check(self) -> None:
        """Refuse what the two mean differently. UsageError E005 for an alias, E040 for a scope."""
        problems = [each for error in self.disagreements().values() for each in error.problems]
        if problems:
            raise UsageError(*problems)

    def disagreements(self) -> dict[str, UsageError]:
        """The project's alias -> what of that entry the user means otherwise."""
        found = {each.name: [*self._disagreements(each)] for each in self.project}
        return {alias: UsageError(*problems) for alias, problems in found.items() if problems}

    def _disagreements(self, entry: RegistryEntry) -> Iterator[Problem]:
        for other in self.user:
            if other.name == entry.name and not is_same(entry, other):
                yield problem("E005", registry=entry.name, project=_shown(entry), user=_shown(other))
        bound = scopes_of(self.user)
        for scope in entry.scopes:
            if scope in bound and not is_same(entry, bound[scope]):
                own = bound[scope]
                yield problem("E040", scope=scope, registry=own.name, project=_shown(entry), user=_shown(own))


def named(project: Sequence[RegistryEntry], user: Sequence[RegistryEntry]) -> Named:
    """The entries of both with absolute locations, each as it is read: rule 2."""
    own = tuple(_with_pin_of(project, each) for each in user)
    return Named(tuple(_as_the_user_has_it(each, own) for each in project), own)


def is_same(one: RegistryEntry, other: RegistryEntry) -> bool:
    """Whether they are one registry: rule 1."""
    if one.root_sha256 and other.root_sha256:
        return one.root_sha256 == other.root_sha256
    return place_of(one.location) == place_of(other.location)


def scopes_of(entries: Sequence[RegistryEntry]) -> dict[str, RegistryEntry]:
    """Scope -> the entry that it is bound to: of one file's, the first."""
    bound: dict[str, RegistryEntry] = {}
    for each in entries:
        for scope in each.scopes:
            bound.setdefault(scope, each)
    return bound


def place_of(location: str) -> str:
    """What two locations are compared by."""
    return location.rstrip("/") if is_address(location) else str(real_path(Path(location)))


def _with_pin_of(project: Sequence[RegistryEntry], entry: RegistryEntry) -> RegistryEntry:
    """The user's entry; one without a root takes that of the project, which can only refuse more."""
    if entry.root_sha256:
        return entry
    roots = (each.root_sha256 for each in project if each.root_sha256 and is_same(each, entry))
    return replace(entry, root_sha256=next(roots, ""))


def _as_the_user_has_it(entry: RegistryEntry, own: Sequence[RegistryEntry]) -> RegistryEntry:
    """The project's entry; if the user has the registry too, with its address and root from there."""
    same = [each for each in own if is_same(entry, each)]
    place = place_of(entry.location)
    same.sort(key=lambda each: (each.name != entry.name, place_of(each.location) != place))
    return replace(same[0], name=entry.name, scopes=entry.scopes) if same else entry


def _shown(entry: RegistryEntry) -> str:
    """Where it lies, and what it is verified from, which may be all that differs."""
    return f"{masked(entry.location)} (root {entry.root_sha256})" if entry.root_sha256 else masked(entry.location)
