"""Readers that know the key: typed access to JSON from outside, whose errors name file and path.

For files that programs write (index lines, locks, state): the first thing wrong is enough to refuse them. Unknown keys
are ignored there, since a newer minor version may have written them; `only` refuses them in what a person writes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NoReturn

from skillctl.core.diagnostics import Place, problem
from skillctl.core.errors import ManifestError
from skillctl.core.json_value import ROOT, JsonObject, JsonValue, item_path, key_path

_FORMAT = re.compile(r"(?P<major>0|[1-9][0-9]{0,3})\.(?:0|[1-9][0-9]{0,3})\Z")
_TEXT = frozenset({str})


class Fields:
    """The members of one JSON object. ManifestError E146 where a value is not what the key wants."""

    __slots__ = ("_file", "_inside", "_members", "_path")

    def __init__(self, value: JsonValue, *, file: str, path: str = ROOT, inside: str | None = None) -> None:
        """`inside`: the value is the member of that key of what stands at the path."""
        self._file = file
        self._path = path
        self._inside = inside
        if not isinstance(value, dict):
            self.refuse("an object")
        self._members = value

    def __contains__(self, key: str) -> bool:
        return key in self._members

    def __getitem__(self, key: str) -> JsonValue:
        return self._members.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A string; the key may be missing if a default is given."""
        value = self._members.get(key, default)
        if not isinstance(value, str):
            self.refuse("a text", key)
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number, not negative."""
        value = self._members.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.refuse("a whole number that is not negative", key)
        return value

    def flag(self, key: str) -> bool:
        """True or false; false if the key is missing."""
        value = self._members.get(key, False)
        return value if isinstance(value, bool) else self.refuse("true or false", key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; empty if the key is missing."""
        value = self._members.get(key, [])
        if not isinstance(value, list):
            self.refuse("a list of texts", key)
        if not {*map(type, value)} <= _TEXT:
            self.refuse("a list of texts", key)
        return tuple(value)

    def text_map(self, key: str) -> dict[str, str]:
        """An object whose values are strings; empty if the key is missing."""
        value = self._members.get(key, {})
        if not isinstance(value, dict):
            self.refuse("an object of texts", key)
        if not {*map(type, value.values())} <= _TEXT:
            self.refuse("an object of texts", key)
        return dict(value)

    def any_object(self, key: str) -> JsonObject:
        """An object of whatever it holds; empty if the key is missing."""
        value = self._members.get(key, {})
        return value if isinstance(value, dict) else self.refuse("an object", key)

    def members(self, key: str) -> Iterator[tuple[str, Fields]]:
        """The objects inside an object, by name; none if the key is missing."""
        path = key_path(self._where(), key)
        for name, item in self.any_object(key).items():
            yield name, Fields(item, file=self._file, path=path, inside=name)

    def items(self, key: str) -> Iterator[Fields]:
        """The objects of a list; none if the key is missing."""
        value = self._members.get(key, [])
        if not isinstance(value, list):
            self.refuse("a list of objects", key)
        path = key_path(self._where(), key)
        for number, item in enumerate(value):
            yield Fields(item, file=self._file, path=item_path(path, number))

    def keys(self, key: str) -> tuple[str, ...]:
        """The names of an object's members; none if the key is missing."""
        return tuple(self.any_object(key))

    def only(self, known: Collection[str]) -> None:
        """Refuse the keys that are not known (E147)."""
        unknown = [key for key in self._members if key not in known]
        if unknown:
            raise ManifestError(*(problem("E147", place=self.place(key), key=key) for key in unknown))

    def place(self, key: str = "") -> Place:
        """Where the object, or one member of it, stands."""
        return Place(file=self._file, path=key_path(self._where(), key) if key else self._where())

    def _where(self) -> str:
        """The object's own path; put together only when somebody asks, since a lock has thousands of objects."""
        return self._path if self._inside is None else key_path(self._path, self._inside)

    def refuse(self, expected: str, key: str = "") -> NoReturn:
        """Say that something else belongs here."""
        raise ManifestError.of("E146", place=self.place(key), expected=expected)


def check_format(fields: Fields, *, kind: str, supported: int = 1) -> None:
    """Refuse a file of a newer major format (E148): it is never read as something else, and never rewritten."""
    current = f"{supported}.0"
    written = fields.text("format", current)
    if written == current:
        return
    match = _FORMAT.match(written)
    if match is None:
        fields.refuse("a format version such as `1.0`", "format")
    if int(match["major"]) > supported:
        raise ManifestError.of("E148", place=fields.place("format"), kind=kind, found=written, supported=supported)
