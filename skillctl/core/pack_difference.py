"""How two trees of a pack differ: files, what is newly asked for, and what they cost an agent's context."""

from __future__ import annotations

from collections.abc import Mapping

from skillctl.core.digests import EntryLine, entry_of
from skillctl.core.json_value import JsonObject
from skillctl.core.skill_asks import Ask, PackAsks, newly_asked, no_asks
from skillctl.core.stored import StoredPack
from skillctl.core.value import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """Estimated tokens of a pack's skills."""

    always_on: int = 0
    """Names and descriptions, which stand in every conversation."""
    on_demand: int = 0
    """Texts, each paid once its skill is used."""

    def to_json(self) -> JsonObject:
        """The tokens in an envelope."""
        return {"always_on": self.always_on, "on_demand": self.on_demand}


NO_TOKENS = Tokens()


@dataclass(frozen=True, kw_only=True, slots=True)
class PackDifference:
    """What another release of a pack brings."""

    name: str
    before: str
    """Its version; empty: it was not there."""
    after: str
    """Its version; empty: it goes."""
    new: tuple[str, ...] = ()
    """Paths in the pack, like the two that follow."""
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
    """What is asked for and was not before."""
    tokens_before: Tokens = NO_TOKENS
    tokens_after: Tokens = NO_TOKENS
    compared: bool = True
    """False: what was there before is not at hand any more, so that everything counts as new."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        same = self.before == self.after and self.tokens_before == self.tokens_after
        return same and not (self.new or self.changed or self.gone or self.asks)

    def to_json(self) -> JsonObject:
        """The difference in an envelope."""
        return {
            "name": self.name,
            "before": self.before or None,
            "after": self.after or None,
            "files": {"new": list(self.new), "changed": list(self.changed), "gone": list(self.gone)},
            "asks": [each.to_json() for each in self.asks],
            "tokens": {"before": self.tokens_before.to_json(), "after": self.tokens_after.to_json()},
            "compared": self.compared,
        }


def pack_difference(
    name: str,
    before: StoredPack | None,
    after: StoredPack | None,
    *,
    was: str = "",
    skills: frozenset[str] | None = None,
) -> PackDifference:
    """How the two differ; None stands for a pack that is not there.

    `was` is the version before of a pack that is not at hand any more; `skills` are those that are taken, of either.
    """
    old, new = _files(before), _files(after)
    return PackDifference(
        name=name,
        before=before.version if before else was,
        after=after.version if after else "",
        new=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(path for path in new.keys() & old.keys() if new[path] != old[path])),
        gone=tuple(sorted(old.keys() - new.keys())),
        asks=newly_asked(asks_of(before, skills), asks_of(after, skills)),
        tokens_before=tokens_of(before, skills),
        tokens_after=tokens_of(after, skills),
        compared=before is not None or not was,
    )


def asks_of(pack: StoredPack | None, skills: frozenset[str] | None = None) -> PackAsks:
    """What those skills of the pack, or all, ask for."""
    asks = pack.asks if pack is not None and pack.asks is not None else no_asks()
    return asks if skills is None else asks.of_skills(skills)


def tokens_of(pack: StoredPack | None, skills: frozenset[str] | None = None) -> Tokens:
    """What those skills of the pack, or all, cost."""
    taken = [each for name, each in pack.skills.items() if skills is None or name in skills] if pack else []
    return Tokens(always_on=sum(each.tokens for each in taken), on_demand=sum(each.on_demand for each in taken))


def _files(pack: StoredPack | None) -> Mapping[str, EntryLine]:
    return {entry_of(line).path: line for line in pack.lines} if pack else {}
