"""What JSON can hold, and how a place inside it is written.

A path reads like the expression that would fetch the value: `$.skills[0].path`, with `$["odd key"]` where a key is no
plain word. Problems carry such paths; `formats.json_places` turns them into lines and columns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias, Union

JsonValue: TypeAlias = Union[bool, int, float, str, Sequence["JsonValue"], Mapping[str, "JsonValue"], None]  # noqa: UP007
"""Any JSON value. Reading gives exactly `dict` and `list`; the wide types let frozen values be written as they are."""

JsonObject: TypeAlias = Mapping[str, JsonValue]

ROOT = "$"

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*\Z")


@lru_cache(maxsize=4096)
def key_path(path: str, key: str) -> str:
    """The path of an object's member: `$.requires.bins`, `$["a b"]`."""
    return f"{path}.{key}" if _PLAIN_KEY.match(key) else f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def item_path(path: str, index: int) -> str:
    """The path of a list's item: `$.skills[0]`."""
    return f"{path}[{index}]"


def strings_in(value: JsonValue, path: str = ROOT) -> Iterator[tuple[str, str]]:
    """Every string inside the value with its path; a key stands under the path of its member."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield key_path(path, key), key
            yield from strings_in(member, key_path(path, key))
    elif isinstance(value, Sequence):
        for index, item in enumerate(value):
            yield from strings_in(item, item_path(path, index))


def kind_of(value: JsonValue) -> str:
    """The value's JSON type with its article, for a sentence: `a string`, `an object`, `null`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, Sequence) else "a number"
