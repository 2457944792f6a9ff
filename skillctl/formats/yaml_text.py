"""YAML that people write, read into JSON values: little of it, and the same for every reader.

1. Bounded in size and nesting; one document; a map at the top.
2. Plain `true`, `false`, `null`, `~` and decimal integers are what they look like. Every other scalar is a text, so
   that `no` is no boolean and `1.10` no number; a quoted scalar is always a text.
3. Keys are texts, none twice in one map.
4. No anchors, aliases, tags or merge keys: they make small files large, and mean different things to different readers.
5. No character that can't be seen.

Values are built from the parser's events, never by its constructor. PyYAML's own parser is the only one asked: these
files are small, and what comes of them is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NoReturn, Protocol

from skillctl.core.diagnostics import Place, Problem
from skillctl.core.errors import ManifestError
from skillctl.core.json_value import ROOT, JsonValue, item_path, key_path
from skillctl.core.value import dataclass, replace
from skillctl.core.wording.escape import escaped
from skillctl.formats.json_text import decoded, place_in

if TYPE_CHECKING:
    from yaml import Event

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")
_CONSTANTS: Mapping[str, JsonValue] = {"true": True, "false": False, "null": None, "~": None, "": None}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_REASONS = {
    "mapping values are not allowed here": "a text that holds a colon and a space needs quotes",
    "found character '\\t'": "a tab stands where only spaces may",
    "found character": "a text that begins with this sign needs quotes",
    "found unexpected end of stream": "a quote is never closed",
    "could not find expected ':'": "this line is no `key: value`",
    "expected <block end>": "the indent does not fit, or text follows a closing quote",
    "expected ',' or": "a bracket is never closed",
    "expected alphabetic or numeric character": "a text that begins with `*` or `&` needs quotes",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class YamlText:
    """A file that was read."""

    value: JsonValue
    places: Mapping[str, tuple[int, int]]
    """JSON path -> line and column, from 1, of the key or the item."""

    def located(self, problem: Problem) -> Problem:
        """The problem with line and column of its path, or of the nearest path around it."""
        place = problem.place
        if place is None or not place.path or place.line:
            return problem
        path = place.path
        while path not in self.places and path != ROOT:
            path = path[: max(path.rfind("."), path.rfind("["))] if max(path.rfind("."), path.rfind("[")) > 0 else ROOT
        line, column = self.places.get(path, (1, 1))
        return replace(problem, place=replace(place, line=line, column=column))


def load_yaml(data: bytes, *, file: str, max_bytes: int, max_depth: int) -> YamlText:
    """The value of the file. ManifestError E150, E151, or E190 to E194 with the place of the first thing wrong."""
    if len(data) > max_bytes:
        raise ManifestError.of("E150", place=Place(file=file), size=len(data), limit=max_bytes)
    text = decoded(data, file=file).removeprefix("\ufeff")
    _refuse_hidden(text, file)
    import yaml

    try:
        return _Builder(file, max_depth).built(yaml.parse(text, Loader=yaml.Loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        told: str = getattr(error, "problem", None) or getattr(error, "context", None) or ""
        words = next((words for start, words in _REASONS.items() if told.startswith(start)), told)
        raise ManifestError.of("E190", place=_place(file, mark), reason=words or "it can't be read") from None


def _refuse_hidden(text: str, file: str) -> None:
    """Characters that can't be seen: a name with one in it looks like another name."""
    if text.isascii() and not _CONTROL.search(text):
        return
    for offset, each in enumerate(text):
        if each not in "\t\r" and escaped(each) != each:
            place = place_in(text, offset, file=file)
            raise ManifestError.of("E191", place=place, feature=f"the character U+{ord(each):04X}")


class _Mark(Protocol):
    """PyYAML's place in a text, counted from 0."""

    line: int
    column: int


def _place(file: str, mark: _Mark | None) -> Place:
    return Place(file=file, line=mark.line + 1, column=mark.column + 1) if mark else Place(file=file)


class _Open:
    """A map or list being read."""

    __slots__ = ("key", "path", "value")

    def __init__(self, value: dict[str, JsonValue] | list[JsonValue], path: str) -> None:
        self.value = value
        self.path = path
        self.key: str | None = None

    def next_path(self) -> str:
        """Where the value that comes next stands."""
        if isinstance(self.value, list):
            return item_path(self.path, len(self.value))
        return key_path(self.path, self.key or "")


class _Builder:
    """Builds the value from events, with a stack of its own."""

    def __init__(self, file: str, max_depth: int) -> None:
        self._file = file
        self._max_depth = max_depth
        self._open: list[_Open] = []
        self._places: dict[str, tuple[int, int]] = {}
        self._root: JsonValue = None
        self._documents = 0

    def built(self, events: Iterator[Event]) -> YamlText:
        """The value, once all events went by without a problem."""
        for event in events:
            getattr(self, f"_on_{type(event).__name__}", self._pass)(event)
        if not isinstance(self._root, dict):
            raise ManifestError.of("E193", place=Place(file=self._file, line=1))
        return YamlText(value=self._root, places=self._places)

    def _pass(self, event: Event) -> None:
        """Stream and document ends carry nothing."""

    def _on_DocumentStartEvent(self, event: Event) -> None:  # noqa: N802
        self._documents += 1
        if self._documents > 1:
            self._refuse("E191", event, feature="a second document")

    def _on_AliasEvent(self, event: Event) -> None:  # noqa: N802
        self._refuse("E191", event, feature="an alias (`*name`); a text that begins with `*` needs quotes")

    def _on_ScalarEvent(self, event: Event) -> None:  # noqa: N802
        self._check_plain_node(event)
        holder = self._open[-1] if self._open else None
        if holder is not None and isinstance(holder.value, dict) and holder.key is None:
            self._take_key(holder, event)
            return
        text: str = event.value  # type: ignore[attr-defined]
        plain = not event.style  # type: ignore[attr-defined]
        self._put(_scalar(text) if plain else text, event)

    def _on_MappingStartEvent(self, event: Event) -> None:  # noqa: N802
        self._start({}, event)

    def _on_SequenceStartEvent(self, event: Event) -> None:  # noqa: N802
        self._start([], event)

    def _on_MappingEndEvent(self, _: Event) -> None:  # noqa: N802
        self._open.pop()

    def _on_SequenceEndEvent(self, _: Event) -> None:  # noqa: N802
        self._open.pop()

    def _start(self, value: dict[str, JsonValue] | list[JsonValue], event: Event) -> None:
        self._check_plain_node(event)
        holder = self._open[-1] if self._open else None
        if holder is not None and isinstance(holder.value, dict) and holder.key is None:
            self._refuse("E191", event, feature="a key that is no text")
        if len(self._open) >= self._max_depth:
            self._refuse("E194", event, limit=self._max_depth)
        path = holder.next_path() if holder else ROOT
        self._put(value, event)
        self._open.append(_Open(value, path))

    def _put(self, value: JsonValue, event: Event) -> None:
        """Give a value to the list or the key that waits for it."""
        if not self._open:
            self._root = value
            return
        holder = self._open[-1]
        if isinstance(holder.value, list):
            self._note(holder.next_path(), event)
            holder.value.append(value)
        elif holder.key is not None:
            holder.value[holder.key] = value
            holder.key = None

    def _take_key(self, holder: _Open, event: Event) -> None:
        key: str = event.value  # type: ignore[attr-defined]
        if key == "<<" and not event.style:  # type: ignore[attr-defined]
            self._refuse("E191", event, feature="a merge key (`<<`)")
        if key in holder.value:
            self._refuse("E192", event, key=key)
        holder.key = key
        self._note(holder.next_path(), event)

    def _note(self, path: str, event: Event) -> None:
        mark: _Mark = event.start_mark  # type: ignore[assignment]
        self._places[path] = (mark.line + 1, mark.column + 1)

    def _check_plain_node(self, event: Event) -> None:
        if getattr(event, "anchor", None) is not None:
            self._refuse("E191", event, feature="an anchor (`&name`)")
        if getattr(event, "tag", None) is not None:
            self._refuse("E191", event, feature="a tag (`!name`)")

    def _refuse(self, code: str, event: Event, **evidence: object) -> NoReturn:
        raise ManifestError.of(code, place=_place(self._file, event.start_mark), **evidence)


def _scalar(text: str) -> JsonValue:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return int(text) if _INTEGER.match(text) else text
