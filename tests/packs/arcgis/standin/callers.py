"""Calls of what a block only defines, with arguments that nobody gave: annotations and names say what they are."""

from __future__ import annotations

import ast
import inspect
import re
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.packs.arcgis.standin.values import Loose


def uncalled(namespace: dict[str, Any], text: str, lines: set[int]) -> Iterator[Callable[[], object]]:
    """Calls of what the block defines on its top level and has not entered yet."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.body[-1].lineno not in lines:
            defined = namespace.get(node.name)
            if isinstance(defined, types.FunctionType):
                yield lambda defined=defined: use(defined(*arguments_for(defined)))  # type: ignore[misc]
        elif isinstance(node, ast.ClassDef):
            defined = namespace.get(node.name)
            if isinstance(defined, type):
                yield from methods_of(defined)


def methods_of(defined: type) -> Iterator[Callable[[], object]]:
    made: list[object] = []

    def construct() -> None:
        made.append(defined(*arguments_for(defined.__init__)[1:]))  # type: ignore[misc]

    def construct_plain() -> None:
        made.append(defined())

    yield construct_plain
    if not made:
        yield construct
    for one in made[:1]:
        for name, method in inspect.getmembers(one, inspect.ismethod):
            if not name.startswith("__"):
                yield lambda method=method: use(method(*arguments_for(method)))  # type: ignore[misc]


def use(result: object) -> None:
    """A generator is walked, so that its body runs."""
    if isinstance(result, types.GeneratorType):
        for _ in zip(range(100), result, strict=False):
            pass


def arguments_for(called: Callable[..., Any]) -> list[Any]:
    try:
        parameters = inspect.signature(called).parameters.values()
    except (ValueError, TypeError):
        return []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [each for each in parameters if each.kind in positional and each.default is each.empty]
    return [argument(each) for each in needed]


FEATURES = [
    {"type": "Feature", "geometry": {"type": kind, "coordinates": []}, "properties": {"name": kind, "reference": "A1"}}
    for kind in ("Point", "Polygon")
]
ANSWERS: Mapping[str, Any] = {
    r"list\[dict": FEATURES,
    "str": "stand_in",
    "int": 3,
    "float": 2.0,
    "bool": True,
    "bytes": b"",
    "dict": {},
    "list": ["a", "b"],
    "tuple": (1.0, 2.0),
}
"""How an annotation begins -> an argument."""


def argument(parameter: inspect.Parameter) -> Any:
    said = parameter.annotation
    text = said.__name__ if isinstance(said, type) else str(said)
    if text.endswith("Path"):
        return Path(f"stand_in.{parameter.name.partition('_')[0]}")  # `aprx`, `csv_file`: the name tells the ending
    for name, value in ANSWERS.items():
        if re.match(rf"{name}\b", str(text)):
            return value
    if isinstance(said, type) and hasattr(said, "_full"):
        return object.__new__(said)
    return Loose(parameter.name)
