"""Where in a JSON text a path stands. Slow on purpose: only asked when a problem is reported."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TypeAlias

from skillctl.core.diagnostics import Place, Problem
from skillctl.core.json_value import ROOT, item_path, key_path
from skillctl.core.value import replace
from skillctl.formats.json_text import place_in

_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,:\[\]{}"]+', re.DOTALL)


def locate(data: bytes, json_path: str) -> tuple[int, int]:
    """Line and column, from 1, of the value at that path, or of the nearest value around a path that is not there."""
    place = located([Problem("", {}, Place(path=json_path))], data)[0].place
    return (place.line, place.column) if place else (0, 0)


def located(problems: Iterable[Problem], data: bytes) -> list[Problem]:
    """The problems, each with the line and column of its path in the JSON text, which was read before."""
    problems = list(problems)
    if not any(each.place and each.place.path for each in problems):
        return problems
    text = data.decode(errors="replace")
    offsets: dict[str, int] = {}
    for path, offset, _ in walk(text):
        offsets.setdefault(path, offset)
    return [_with_place(each, text, offsets) for each in problems]


def walk(text: str) -> Iterator[tuple[str, int, str]]:
    """Path, offset and text of every value, in the order of the file; the text is only given for what is no container.

    Stops without a word where the text stops being JSON.
    """
    try:
        yield from _value(text, _skip(text, 0), ROOT)
    except (_End, ValueError):
        return


_Walk: TypeAlias = Generator[tuple[str, int, str], None, int]


class _End(Exception):  # noqa: N818
    """The text can't be followed further."""


def _with_place(problem: Problem, text: str, offsets: dict[str, int]) -> Problem:
    place = problem.place
    if place is None or not place.path or place.line:
        return problem
    path = place.path
    while path not in offsets and path != ROOT:
        path = _parent(path)
    spot = place_in(text, offsets.get(path, 0), file=place.file, path=place.path)
    return replace(problem, place=spot)


def _parent(path: str) -> str:
    """The path with its last step taken off; `$` at the end."""
    if path.endswith('"]'):
        return path[: path.rfind('["')] or ROOT
    return path[: max(path.rfind("."), path.rfind("["))] if len(path) > 1 and path[1:2] in (".", "[") else ROOT


def _value(text: str, offset: int, path: str) -> _Walk:
    """Every value from here on; the generator's value is the offset behind it."""
    first = text[offset : offset + 1]
    if first == "{":
        yield path, offset, ""
        return (yield from _members(text, offset + 1, path))
    if first == "[":
        yield path, offset, ""
        return (yield from _items(text, offset + 1, path))
    match = _TOKEN.match(text, offset)
    if match is None:
        raise _End
    yield path, offset, match[0]
    return match.end()


def _members(text: str, offset: int, path: str) -> _Walk:
    offset = _skip(text, offset)
    while text[offset : offset + 1] == '"':
        key, offset = scanstring(text, offset + 1, True)
        offset = _expect(text, offset, ":")
        offset = yield from _value(text, offset, key_path(path, key))
        offset = _skip(text, offset)
        if text[offset : offset + 1] != ",":
            break
        offset = _skip(text, offset + 1)
    return _expect(text, offset, "}")


def _items(text: str, offset: int, path: str) -> _Walk:
    offset = _skip(text, offset)
    index = 0
    while text[offset : offset + 1] not in ("]", ""):
        offset = yield from _value(text, offset, item_path(path, index))
        index += 1
        offset = _skip(text, offset)
        if text[offset : offset + 1] != ",":
            break
        offset = _skip(text, offset + 1)
    return _expect(text, offset, "]")


def _skip(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return match.end() if match else offset


def _expect(text: str, offset: int, sign: str) -> int:
    offset = _skip(text, offset)
    if text[offset : offset + 1] != sign:
        raise _End
    return _skip(text, offset + 1)
