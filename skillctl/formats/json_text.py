"""JSON as bytes, read strictly and written in one form.

What is read (RFC 8259, with its choices made):

1. UTF-8 without a byte order mark; any other byte sequence is refused.
2. One value, then nothing but white space.
3. No key twice in one object: two readers would see two different files.
4. Every number is a number: no NaN, no Infinity, nothing that overflows to it (`1e999`), no integer of more than 4,300
   digits.
5. No lone surrogate in a string, since it can't be written as UTF-8 again.
6. Size and nesting are bounded *before* the parser sees the text, so that no input can exhaust its stack.

What is written: UTF-8, two spaces, one line end at the end, characters as they are.

Loading stands on the hot path of every command: the checks work on whole texts (translate, count, replace) and places
are only looked for when something is wrong.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import NoReturn

from skillctl.core.diagnostics import Place
from skillctl.core.errors import ManifestError
from skillctl.core.json_value import JsonValue

INTEGER_DIGITS = 4_300
"""CPython's own bound on turning text into an integer; it is kept whatever the interpreter was told."""

_BOM = b"\xef\xbb\xbf"
_INFINITY = float("inf")
_INDENT = "  "
_LINE_END = "\n"
_TEXTS = frozenset({str})
_SCALARS = json.JSONEncoder(allow_nan=False)
_SHAPES = bytes.maketrans(b"[]{}", b"()()")
_BUT_SHAPES = bytes(sorted(set(range(256)) - set(b'"[]{}')))
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPES = re.compile(rf"{_PAIR}|(?P<lone>\\u[dD][89a-fA-F])|\\.", re.DOTALL)


def load_json(data: bytes, *, file: str, max_bytes: int, max_depth: int) -> JsonValue:
    """The value that the text holds. ManifestError E150 to E159 with the place of the first thing wrong."""
    if len(data) > max_bytes:
        raise ManifestError.of("E150", place=Place(file=file), size=len(data), limit=max_bytes)
    text = _decoded(data, file)
    if _deeper_than(max_depth, data):
        _refuse_depth(text, max_depth, file)
    try:
        value: JsonValue = _decoder(sys.get_int_max_str_digits()).decode(text)
    except json.JSONDecodeError as error:
        _refuse_syntax(text, error, file)
    except _RefusedError as refused:
        _refuse_value(text, refused.code, file)
    except ValueError:  # more digits than the interpreter turns into an integer
        _refuse_value(text, "E157", file)
    if b"\\u" in data and _SURROGATE_ESCAPE.search(data):
        _check_surrogates(text, file)
    return value


def dump_json(value: JsonValue, *, sort_keys: bool = False) -> bytes:
    """The value as a file: the same bytes for the same value, everywhere."""
    return f"{_written(value, _LINE_END, sort_keys)}\n".encode()


def place_in(text: str, offset: int, *, file: str, path: str = "") -> Place:
    """The place of a character of the text."""
    line_start = text.rfind("\n", 0, offset) + 1
    return Place(file=file, path=path, line=text.count("\n", 0, offset) + 1, column=offset - line_start + 1)


def decoded(data: bytes, *, file: str) -> str:
    """The bytes as UTF-8 text. ManifestError E151 with the place of the first byte that is none."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        place = place_in(before, len(before), file=file)
        raise ManifestError.of("E151", place=place, byte=f"0x{data[error.start]:02x}") from None


# Reading


class _RefusedError(Exception):
    """A value that the grammar allows and the rules don't; never leaves this module."""

    def __init__(self, code: str) -> None:
        self.code = code


def _decoded(data: bytes, file: str) -> str:
    if data.startswith(_BOM):
        raise ManifestError.of("E152", place=Place(file=file, line=1, column=1))
    return decoded(data, file=file)


def _deeper_than(max_depth: int, data: bytes) -> bool:
    """Whether brackets nest deeper, or are so unbalanced that only a closer look can tell.

    Brackets outside strings are all that is left after the first steps; each round then takes the innermost pairs
    away, so that a text of depth n is empty after n rounds.
    """
    if data.count(b"[") + data.count(b"{") <= max_depth:
        return False
    shape = data if b"\\" not in data else data.replace(b"\\\\", b"").replace(b'\\"', b"")
    shape = shape.translate(_SHAPES, _BUT_SHAPES).replace(b'""', b"")  # taking a pair of quotes out keeps the parity
    if b'"' in shape:
        shape = b"".join(shape.split(b'"')[::2])
    for _ in range(max_depth):
        if not shape:
            return False
        shape = shape.replace(b"()", b"")
    return bool(shape)


@lru_cache(maxsize=4)
def _decoder(interpreter_digits: int) -> json.JSONDecoder:
    """The parser; a hook for integers costs time and is only needed if the interpreter's own bound was changed."""
    return json.JSONDecoder(
        object_pairs_hook=_object,
        parse_float=_float,
        parse_int=None if interpreter_digits == INTEGER_DIGITS else _integer,
        parse_constant=_constant,
    )


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RefusedError("E155")
    return members


def _float(text: str) -> float:
    number = float(text)
    if number in (_INFINITY, -_INFINITY):
        raise _RefusedError("E156")
    return number


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > INTEGER_DIGITS:
        raise _RefusedError("E157")
    return int(text)


def _constant(_text: str) -> NoReturn:
    raise _RefusedError("E156")


# Refusing: slow, since it happens once


def _refuse_depth(text: str, max_depth: int, file: str) -> None:
    """Refuse the first bracket that opens too deep. A text that is merely unbalanced is left to the parser."""
    depth = 0
    for match in re.finditer(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', text, re.DOTALL):
        if match[0] in "[{":
            depth += 1
        elif match[0] in "]}":
            depth -= 1
        if depth > max_depth:
            place = place_in(text, match.start(), file=file)
            raise ManifestError.of("E159", place=place, limit=max_depth)


def _refuse_syntax(text: str, error: json.JSONDecodeError, file: str) -> NoReturn:
    if error.msg == "Extra data":
        raise ManifestError.of("E154", place=place_in(text, error.pos, file=file)) from None
    offset, reason = _reason(text, error)
    raise ManifestError.of("E153", place=place_in(text, offset, file=file), reason=reason) from None


def _reason(text: str, error: json.JSONDecodeError) -> tuple[int, str]:
    """Where the parser stopped, and why, in the same words under every Python."""
    rest = text[error.pos :].lstrip(" \t\r\n,")[:1]
    before = text[: error.pos + 1].rstrip(" \t\r\n]}")
    if rest in ("]", "}") and before.endswith(","):
        return len(before) - 1, "a comma stands before the closing bracket"
    here = text[error.pos : error.pos + 1]
    if here == "'":
        return error.pos, "strings stand in double quotes"
    if here in ("/", "#"):
        return error.pos, "JSON has no comments"
    words = next((words for start, words in _REASONS.items() if error.msg.startswith(start)), "this is not JSON")
    return error.pos, words if error.pos < len(text) else f"the text ends too early: {words}"


_REASONS = {
    "Expecting value": "a value is expected here",
    "Expecting property name": "a key in double quotes is expected here",
    "Expecting ':'": "a colon is expected here",
    "Expecting ','": "a comma or the closing bracket is expected here",
    "Unterminated string": "this string has no end",
    "Invalid control character": "a line end or control character stands inside a string",
    "Invalid \\escape": "this escape is none of JSON's",
    "Invalid \\uXXXX": "an escape `\\u` wants four hexadecimal digits",
}


def _refuse_value(text: str, code: str, file: str) -> NoReturn:
    from skillctl.formats.json_places import walk

    seen: set[str] = set()
    for path, offset, token in walk(text):
        if _breaks(code, token, repeated=path in seen):
            place = place_in(text, offset, file=file, path=path)
            raise ManifestError.of(code, place=place, value=_short(token) if code != "E155" else path) from None
        seen.add(path)
    raise RuntimeError(f"{code}: the place of a refused value was not found again")


def _breaks(code: str, token: str, *, repeated: bool) -> bool:
    if code == "E155":
        return repeated
    if code == "E156":
        return token.lstrip("-")[:1] in ("N", "I") or (token[:1] not in ('"', "") and _overflows(token))
    return len(token.lstrip("-")) > INTEGER_DIGITS and token.lstrip("-").isdigit()


def _overflows(token: str) -> bool:
    return not token.lstrip("-").isdigit() and token[-1].isdigit() and float(token) in (_INFINITY, -_INFINITY)


def _short(token: str) -> str:
    return token if len(token) <= 24 else f"{token[:20]}... ({len(token)} characters)"


def _check_surrogates(text: str, file: str) -> None:
    for match in _ESCAPES.finditer(text):
        if match["lone"]:
            place = place_in(text, match.start(), file=file)
            raise ManifestError.of("E158", place=place, value=text[match.start() : match.start() + 6])


# Writing


def _written(value: JsonValue, line: str, sort_keys: bool) -> str:
    """The value's text; `line` is a line end with the indent of the value.

    `json.dumps(indent=2)` gives the same bytes, but in slower Python: state files are large and written often.
    """
    kind = type(value)
    if kind is str:
        return encode_basestring(value)  # type: ignore[arg-type]
    if kind is int:
        return repr(value)
    if isinstance(value, Mapping):
        inner = line + _INDENT
        if not sort_keys and {*map(type, value.values())} == _TEXTS:  # most of a state are files with their digests
            members = [f"{encode_basestring(key)}: {encode_basestring(text)}" for key, text in value.items()]  # type: ignore[arg-type]
            return f"{{{inner}{f',{inner}'.join(members)}{line}}}"
        keys = sorted(value) if sort_keys else value
        members = [f"{encode_basestring(key)}: {_written(value[key], inner, sort_keys)}" for key in keys]
        return f"{{{inner}{f',{inner}'.join(members)}{line}}}" if members else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        inner = line + _INDENT
        items = [_written(item, inner, sort_keys) for item in value]
        return f"[{inner}{f',{inner}'.join(items)}{line}]" if items else "[]"
    return _SCALARS.encode(value)
