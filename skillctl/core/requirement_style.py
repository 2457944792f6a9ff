"""A requirement that is moved to a newer version and stays written as its author writes them.

    ^1.2.3   to 2.0.1   ^2.0.1        as many numbers as before, the same sign
    ^1.2     to 2.0.1   ^2.0
    ~1.2     to 2.0.1   ~2.0
    1.2      to 2.0.1   2.0
    1.2.x    to 2.0.1   2.0.x         and 1.x, 1.2.*, ==1.2.*
    ==1.4.0  to 2.0.1   ==2.0.1
    >=1.2,<2 to 2.0.1   >=2.0,<3      the stretch up to the next version of the kind that ended it
    anything else       ^2.0.1

A requirement that admits the version stays as it is. What comes out always admits it.
"""

from __future__ import annotations

import re

from skillctl.core.requirements import Constraint, caret
from skillctl.core.versions import Version

_NUMBERS = r"[0-9]+(?:\.[0-9]+){0,2}"
_PLAIN = re.compile(rf"(?P<sign>\^|~|==)?(?P<gap> *)(?P<numbers>{_NUMBERS})(?:-[a-z]+\.[0-9]+)?\Z")
_WILDCARD = re.compile(r"(?P<sign>==)?(?P<gap> *)(?P<numbers>[0-9]+(?:\.[0-9]+)?)(?P<rest>(?:\.[xX*]){1,2})\Z")
_STRETCH = re.compile(rf">=(?P<gap> *)(?P<low>{_NUMBERS})(?P<comma> *, *)<(?P<gap2> *)(?P<high>{_NUMBERS})\Z")


def moved_to(constraint: Constraint, version: Version) -> Constraint:
    """The requirement that admits the version, in the style of the one before."""
    if constraint.allows(version):
        return constraint
    moved = Constraint(_moved(constraint.text, version))
    return moved if moved.allows(version) else caret(version)


def _moved(text: str, version: Version) -> str:
    if match := _PLAIN.match(text):
        pre = "" if version.pre is None else str(version).partition("-")[2]
        numbers = _cut(version, match["numbers"]) if not pre else str(version)
        return f"{match['sign'] or ''}{match['gap']}{numbers}"
    if match := _WILDCARD.match(text):
        return f"{match['sign'] or ''}{match['gap']}{_cut(version, match['numbers'])}{match['rest']}"
    if version.pre is None and (match := _STRETCH.match(text)):
        low, high = match["low"], match["high"]
        same_major = low.partition(".")[0] == high.partition(".")[0]
        end = Version(*version.release).bumped("minor" if same_major else "major")
        digits = _cut(end, high if not same_major or "." in high else f"{high}.0")
        return f">={match['gap']}{_cut(version, low)}{match['comma']}<{match['gap2']}{digits}"
    return str(caret(version))


def _cut(version: Version, like: str) -> str:
    """As many numbers of the version as there are in `like`."""
    return ".".join(str(each) for each in version.release[: like.count(".") + 1])
