"""Requirements: which versions of a pack will do.

The grammar, one in every place (DESIGN.md section 4):

    ^1.2.3   >=1.2.3,<2.0.0       ~1.2.3   >=1.2.3,<1.3.0      1.2.x, 1.2.*   >=1.2.0,<1.3.0
    ^0.2.3   >=0.2.3,<0.3.0       ~1.2     >=1.2.0,<1.3.0      1.x            >=1.0.0,<2.0.0
    ^0.0.3   >=0.0.3,<0.0.4       ~1       >=1.0.0,<2.0.0      *              every final version
    1.2      ^1.2                 >=1.2,<2   ==1.4.0   !=1.5.0   joined by commas: all must hold

`==` and `!=` want all three numbers; `==1.2.x` is `1.2.x`. `*` stands alone. `~=`, `===`, `=` and `||` are refused
with a hint: they read like the above and mean something else.

A pre-release does only where a clause asks for a pre-release of the same X.Y.Z (the rule of cargo and npm):
`^1.0.0-beta.1` takes 1.0.0-beta.2 and 1.4.0, never 1.5.0-rc.1. `!=` takes away and never adds: `^1,!=1.5.0-rc.1` takes
no pre-release. And an upper bound keeps the pre-releases of the version that it excludes out: `<2` is not met by
2.0.0-alpha.1, nor `>=1.0.0-rc.1,<1.0.0` by anything.

All of it is printable ASCII: a requirement that looks like another one is that one.

What is written is kept and goes to files as it is. The ranges mean what `packaging` specifiers mean, and tests hold
them to it; but importing `packaging` costs 60 ms, and inside our one form of a version there are but six comparisons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from skillctl.core.diagnostics import Place
from skillctl.core.errors import ManifestError
from skillctl.core.names import is_pack_name, why_no_pack_name
from skillctl.core.value import dataclass
from skillctl.core.versions import Version

_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_PRE = rf"(?:-(?:alpha|beta|rc)\.{_NUMBER})"
_PARTIAL = re.compile(rf"({_NUMBER})(?:\.({_NUMBER})(?:\.({_NUMBER})({_PRE})?)?)?\Z")
_WILDCARD = re.compile(rf"({_NUMBER})(?:\.({_NUMBER})\.[xX*]|(?:\.[xX*]){{1,2}})\Z")
_OPERATORS = (">=", "<=", "==", "!=", ">", "<", "^", "~")
_REFUSED_OPERATORS = ("===", "~=", "||", "=>", "=<")
_PRINTABLE = re.compile(r"[ -~]*\Z")
_REQUIREMENT = re.compile(
    r"\s*(?P<name>@?[A-Za-z0-9][A-Za-z0-9-]*(?:/[A-Za-z0-9-]+)?)(?P<rest>(?:\s+|[@^~=<>!]).*)?\Z", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """A set of versions, as it was written."""

    text: str

    def __str__(self) -> str:
        return self.text

    def allows(self, version: Version) -> bool:
        """Whether that version will do, by the rules above."""
        comparisons = _comparisons(self.text)
        if version.pre is not None and not any(_asks_for(version, *each) for each in comparisons):
            return False
        return all(_HOLDS[operator](version, bound) for operator, bound in comparisons)

    @property
    def is_any(self) -> bool:
        """Whether it is met by every final release."""
        return self.text.strip() in ("*", "x", "X")


ANY = Constraint("*")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A pack and the versions of it that will do."""

    name: str
    constraint: Constraint

    def __str__(self) -> str:
        return self.name if self.constraint.is_any else f"{self.name} {self.constraint}"


def caret(version: Version) -> Constraint:
    """`^version`: what `install` records for the version it resolved."""
    return Constraint(f"^{version}")


def parse_constraint(text: str, *, place: Place | None = None) -> Constraint:
    """The constraint that the text writes. ManifestError E103 with what is wrong in it."""
    try:
        return _constraint(text)
    except _UnreadableError as reason:
        raise ManifestError.of("E103", place=place, requirement=text, reason=str(reason)) from None


def parse_requirement(text: str, *, place: Place | None = None) -> Requirement:
    """`base ^1.0.0`, `base>=1`, `base@~1.2`, `@acme/base 1.2` or `base`. ManifestError E103 if it is none of them."""
    match = _REQUIREMENT.match(text)
    if match is None or not is_pack_name(match["name"]):
        reason = _NOT_PRINTABLE if not _PRINTABLE.match(text) else "it begins with no pack's name"
        if match is not None:
            reason += f": {why_no_pack_name(match['name'])}"
        raise ManifestError.of("E103", place=place, requirement=text, reason=reason)
    written = (match["rest"] or "").strip(" ")
    return Requirement(match["name"], parse_constraint(written.removeprefix("@"), place=place) if written else ANY)


class _UnreadableError(ValueError):
    """What in a requirement can't be read; never leaves this module."""


def _asks_for(version: Version, operator: str, bound: Version) -> bool:
    """Whether a comparison names a pre-release of the version's own numbers, and not to take it away."""
    return bound.pre is not None and operator != "!=" and bound.release == version.release


def _below(version: Version, bound: Version) -> bool:
    """`<`, by which the pre-releases of a final version are not below it."""
    return version < bound and not (version.pre is not None and bound.pre is None and version.release == bound.release)


_HOLDS: Mapping[str, Callable[[Version, Version], bool]] = {
    ">=": lambda version, bound: version >= bound,
    "<=": lambda version, bound: version <= bound,
    ">": lambda version, bound: version > bound,
    "<": _below,
    "==": lambda version, bound: version == bound,
    "!=": lambda version, bound: version != bound,
}


@lru_cache(maxsize=20_000)
def _constraint(text: str) -> Constraint:
    tidy = text.strip(" ")
    _check_printable(text)
    _comparisons(tidy)
    return Constraint(tidy)


@lru_cache(maxsize=20_000)
def _comparisons(text: str) -> tuple[tuple[str, Version], ...]:
    """All comparisons that must hold; none for `*`."""
    if text in ("*", "x", "X"):
        return ()
    return tuple(part for clause in text.split(",") for part in _clause(clause.strip()))


def _check_printable(text: str) -> None:
    if not _PRINTABLE.match(text):
        raise _UnreadableError(_NOT_PRINTABLE)


def _check_offered(clause: str) -> None:
    """Refuse what can't be a clause, but might be taken for one."""
    if not clause:
        raise _UnreadableError("it is empty, or a comma stands alone; `*` means every version")
    if clause in ("*", "x", "X"):
        raise _UnreadableError(f"`{clause}` stands alone: it means every version")
    for operator in _REFUSED_OPERATORS:
        if operator in clause:
            raise _UnreadableError(f"`{operator}` is not offered: {_INSTEAD[operator]}")
    if clause.startswith("=") and not clause.startswith("=="):
        raise _UnreadableError(f"`=` is not offered: {_INSTEAD['===']}")


def _clause(clause: str) -> list[tuple[str, Version]]:
    """One clause as comparisons: `^1.2` -> >= 1.2.0 and < 2.0.0."""
    _check_offered(clause)
    operator = next((known for known in _OPERATORS if clause.startswith(known)), "")
    operand = clause[len(operator) :].strip()
    wildcard = _WILDCARD.match(operand)
    if wildcard and operator in ("", "=="):
        major, minor = int(wildcard[1]), wildcard[2]
        low = Version(major, int(minor or 0), 0)
        return [(">=", low), ("<", low.bumped("minor" if minor else "major"))]
    version, given = _partial(operand, clause)
    if operator in ("", "^"):
        return [(">=", version), ("<", _caret_end(version, given))]
    if operator == "~":
        return [(">=", version), ("<", Version(*version.release).bumped("major" if given == 1 else "minor"))]
    if operator in ("==", "!=") and given < 3:
        instead = f", or a wildcard: `=={operand}.*`" if operator == "==" else ""
        raise _UnreadableError(f"`{operator}` wants all three numbers{instead}")
    if operator in (">", "<=") and given < 3:
        return _open_ended(operator, version, given)
    return [(operator, version)]


def _open_ended(operator: str, version: Version, given: int) -> list[tuple[str, Version]]:
    """`>1.2` begins behind the whole of 1.2, `<=1.2` ends with it."""
    behind = version.bumped("major" if given == 1 else "minor")
    return [(">=" if operator == ">" else "<", behind)]


def _partial(operand: str, clause: str) -> tuple[Version, int]:
    """A version of which the last numbers may be missing, and how many were given."""
    match = _PARTIAL.match(operand)
    if match is None:
        raise _UnreadableError(f"`{clause}` is no version or range")
    major, minor, patch, pre = match.groups()
    label, _, number = (pre or "").removeprefix("-").partition(".")
    version = Version(int(major), int(minor or 0), int(patch or 0), (label, int(number)) if pre else None)
    return version, 1 + (minor is not None) + (patch is not None)


def _caret_end(version: Version, given: int) -> Version:
    """The first version that the caret excludes: the next at the leftmost number that is not 0."""
    if version.major or given == 1:
        return Version(version.major + 1, 0, 0)
    if version.minor or given == 2:
        return Version(0, version.minor + 1, 0)
    return Version(0, 0, version.patch + 1)


_NOT_PRINTABLE = "only printable ASCII characters belong in it"
_INSTEAD = {
    "===": "write `==1.4.0`",
    "~=": "write `~1.2.3` for its patches or `^1.2` for everything compatible",
    "||": "one range a requirement",
    "=>": "write `>=`",
    "=<": "write `<=`",
}
