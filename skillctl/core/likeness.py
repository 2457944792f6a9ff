"""Names that people take for one another: a slip of the finger, a separator more, a letter that looks like another.

Two names are too alike if nothing but separators tells them apart, or letters that look the same (`0` and `o`, `rn` and
`m`), or if one slip leads from one to the other: a character more, less, changed, or two changed places. Short names
are close to everything, so slips count from five characters on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations

from skillctl.core.names import unscoped

_LOOKS_LIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "2": "z", "8": "b"})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SHORTEST = 5
_NUMBERS = re.compile(r"[0-9]+")


def too_alike(one: str, other: str) -> bool:
    """Whether a person may take one name for the other. A name is not too alike to itself."""
    one, other = unscoped(one), unscoped(other)
    if one == other or _are_numbered(one, other):
        return False
    return _skeleton(one) == _skeleton(other) or _is_a_slip(one, other)


def alike_pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Every two of the names that are too alike, in their order."""
    groups: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        plain = unscoped(name)
        # two names that are one slip apart have a text in common with one character left out of either
        shorter = {plain[:at] + plain[at + 1 :] for at in range(len(plain))}
        for key in {f"={_skeleton(plain)}", plain, *shorter}:
            groups.setdefault(key, []).append(name)
    candidates = {pair for group in groups.values() if len(group) > 1 for pair in combinations(group, 2)}
    return sorted(pair for pair in candidates if too_alike(*pair))


def _skeleton(name: str) -> str:
    """What is left where letters that look the same are the same and separators don't count."""
    plain = name.replace("-", "").replace("_", "")
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain.translate(_LOOKS_LIKE)


def _are_numbered(one: str, other: str) -> bool:
    """`python2` and `python3`, `week-1-notes` and `week-2-notes`: whoever numbers names means the numbers."""
    return _NUMBERS.sub("", one) == _NUMBERS.sub("", other)


def _is_a_slip(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        return one[at + 1 :] == other[at + 1 :] or (
            one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
        )
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[at + 1 :] == shorter[at:]
