"""A pack that the project takes from a place of its own, as the solver sees it: the only candidate of its name.

1. What is locked from the same place stays, and the place is not even looked at.
2. Without a range there is one candidate: what is there now. A pack without a version meets `*` alone.
   A place that can't be asked leaves it at what is locked, where the pack was not named.
3. With a range, each tag in it is a candidate. The highest is read first, and an older one only if the newer did not
   fit what other packs ask for: reading a tag may mean fetching it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import RegistryError
from skillctl.core.lockfile import LockedPack
from skillctl.core.release import Release
from skillctl.core.requirements import Constraint
from skillctl.core.source import Origin, Wanted, is_from
from skillctl.core.value import replace
from skillctl_registry.sources.origin import Offer, Offers, offer_named

if TYPE_CHECKING:
    from skillctl_registry.sources.origin import Origins

_MOST_TAGS = 20
"""How many tags are read before a conflict is believed."""


class OwnSource:
    """The candidates of one name."""

    def __init__(
        self,
        name: str,
        wanted: Wanted,
        locked: LockedPack | None,
        origins: Callable[[], Origins],
        *,
        else_stays: LockedPack | None = None,
    ) -> None:
        self._name = name
        self._wanted = wanted
        self._origins = origins
        self._packs: list[LockedPack] = self._fitting(locked)
        self._else_stays = self._fitting(else_stays)
        self._tags: Iterator[str] | None = None
        self._problems: list[Problem] = []

    def releases(self) -> tuple[Release, ...]:
        """What is known of it so far, ascending by version."""
        if not self._packs:
            try:
                self._read_first()
            except RegistryError as error:
                if not is_out_of_reach(error) or not self._else_stays:
                    raise
                self._packs, self._tags = self._else_stays, iter(())
                self._problems += unasked(self._name, self._wanted.origin, error)
        return tuple(
            Release(name=self._name, version=each.version, tree=each.tree, dependencies=each.dependencies)
            for each in self._packs
        )

    def allows(self, place: int, requirement: Constraint) -> bool:
        """Whether the candidate at that place will do."""
        return self._packs[place].meets(requirement)

    def is_versionless(self, place: int) -> bool:
        """Whether nobody gave the candidate a version."""
        return self._packs[place].is_versionless

    def locked_pack(self, place: int, skills: tuple[str, ...] | None) -> LockedPack:
        """What the lock says of the candidate."""
        return replace(self._packs[place], skills=skills)

    def read_more(self) -> bool:
        """Read one more tag; whether there was one."""
        if not self._is_range():
            return False
        tag = next(self._in_range(), None)
        if tag is None:
            return False
        return self._take(tag) or self.read_more()

    def problems(self) -> list[Problem]:
        """What is worth knowing of what was read."""
        return self._problems

    def _fitting(self, locked: LockedPack | None) -> list[LockedPack]:
        """What is locked, if it is from that place and in the range."""
        wanted = self._wanted
        stays = locked is not None and is_from(locked.source, wanted.origin) and locked.meets(wanted.constraint)
        return [locked] if locked is not None and stays else []

    def _read_first(self) -> None:
        if not self._is_range():
            self._add(self._origins().offers(self._wanted.origin, name=self._name))
            return
        if self.read_more():
            return
        origin = self._wanted.origin
        versions = self._origins().tags(origin, name=self._name).values()
        known = [str(each) for each in versions][:10] or ["none"]
        raise RegistryError.of("E256", origin=str(origin), constraint=str(self._wanted.constraint), known=known)

    def _is_range(self) -> bool:
        wanted = self._wanted
        return wanted.origin.kind == "git" and not wanted.origin.ref and not wanted.constraint.is_any

    def _in_range(self) -> Iterator[str]:
        """The tags that are left to read, the highest first."""
        if self._tags is None:
            tags = self._origins().tags(self._wanted.origin, name=self._name)
            fitting = [tag for tag, version in tags.items() if self._wanted.constraint.allows(version)]
            self._tags = iter(fitting[:_MOST_TAGS])
        return self._tags

    def _take(self, tag: str) -> bool:
        """Add what the tag holds, unless it calls itself otherwise or is known."""
        origins = self._origins()
        version = origins.tags(self._wanted.origin, name=self._name)[tag]
        offers = origins.offers(self._wanted.origin, name=self._name, tag=tag, version=version)
        offer = offer_named(offers, self._name, self._wanted.origin)
        if offer.manifest.version != version:
            found = str(offer.manifest.version)
            self._problems.append(problem("W232", tag=tag, name=self._name, found=found))
            return False
        if any(each.version == version for each in self._packs):
            return False
        self._add(offers)
        return True

    def _add(self, offers: Offers) -> None:
        offer = offer_named(offers, self._name, self._wanted.origin)
        pack = locked_offer(offer)
        self._packs = sorted([*self._packs, pack], key=lambda each: each.version)
        self._problems += offers.problems
        if offer.inferred:
            self._problems.append(problem("N230", name=self._name, inferred=sorted(offer.inferred)))


def is_out_of_reach(error: RegistryError) -> bool:
    """Whether a place is gone or doesn't answer. What answers and is refused is another matter."""
    is_gone = error.code in ("E252", "E254", "E266", "E267", "E268", "E269")
    return is_gone or error.code in ("E265", "E270", "E271", "E274", "E276", "E280", "E281", "E282", "E283")


def unasked(name: str, origin: Origin, error: RegistryError) -> list[Problem]:
    """What is told of a pack whose place can't be asked, where that is no reason to stop."""
    told = problem("W233", name=name, origin=str(origin))
    return [told, *error.as_warnings()]


def locked_offer(offer: Offer) -> LockedPack:
    """What a lock says of the pack."""
    release = offer.release
    return LockedPack(version=release.version, tree=offer.tree, source=offer.source, dependencies=release.dependencies)
