"""What the writer of an unknown name probably meant: the same word in another module, or in another case."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from tests.packs.arcgis.checker.names import Names


def for_name(names: Names, wrong: str) -> str:
    """` (…)` with what exists instead, or nothing."""
    last = wrong.rpartition(".")[2].partition("_")[0]
    known = [f"arcpy.{name}" for name in names.tools] + list(names.functions) + list(names.classes)
    same = [name for name in known if name.rpartition(".")[2] == last]
    alike = same or [name for name in known if name.rpartition(".")[2].lower() == last.lower()]
    return f" (there is {', '.join(alike[:3])})" if alike else ""


def among(wrong: str, right: Iterable[str]) -> str:
    """` (…)` with the nearest of some words, or nothing."""
    choices = sorted(right)
    lower = {each.lower(): each for each in choices}
    near = [lower[wrong.lower()]] if wrong.lower() in lower else difflib.get_close_matches(wrong, choices, n=3)
    return f" (there is {', '.join(near)})" if near else ""
