"""Words of a start command: the port that it names, and another one in its place."""

from __future__ import annotations

import re
from collections.abc import Sequence

PLACE = "{port}"

_FLAG = re.compile(r"(?:--port|-p|-P|--server\.port|--http-port|--listen-port|-Dserver\.port|--server-port|--PORT)\Z")
_FLAG_VALUE = re.compile(r"((?:--port|--server\.port|--http-port|-Dserver\.port|--server-port|PORT)=)(\d{2,5})\Z")
_ADDRESS = re.compile(r"((?:0\.0\.0\.0|127\.0\.0\.1|localhost|\[::1?\]|\*)?:)(\d{2,5})\Z")
_NUMBER = re.compile(r"\d{2,5}\Z")
_IN_LINE = re.compile(
    r"((?:(?:--port|--server\.port|--http-port|-Dserver\.port|--server-port)[= ]|(?<!\S)-[pP] ?|\bPORT="
    r"|(?:--bind|-b) \S*:"
    r"|(?:0\.0\.0\.0|127\.0\.0\.1|localhost|(?<=\s)):))(\d{2,5})(?!\d)"
)


def port_of(words: Sequence[str]) -> int:
    """The port that the words name; 0 where they name none."""
    for before, word in zip(("", *words), words, strict=False):
        match = _FLAG_VALUE.search(word) or _ADDRESS.match(word)
        if match:
            return int(match[2])
        if _FLAG.fullmatch(before) and _NUMBER.match(word):
            return int(word)
    return 0


def port_of_line(line: str) -> int:
    """The port that a line for a shell names; 0 where it names none."""
    match = _IN_LINE.search(line)
    return int(match[2]) if match else 0


def with_port(words: Sequence[str], port: int) -> tuple[str, ...]:
    """The words with that port in the place of the one they name, and of `{port}`."""
    found = []
    for before, word in zip(("", *words), words, strict=False):
        if _FLAG.fullmatch(before) and _NUMBER.match(word):
            found.append(str(port))
        elif _FLAG_VALUE.search(word):
            found.append(_FLAG_VALUE.sub(rf"\g<1>{port}", word))
        elif _ADDRESS.match(word):
            found.append(_ADDRESS.sub(rf"\g<1>{port}", word))
        else:
            found.append(word.replace(PLACE, str(port)))
    return tuple(found)


def line_with_port(line: str, port: int) -> str:
    """The line with that port in the place of the one it names."""
    return _IN_LINE.sub(rf"\g<1>{port}", line).replace(PLACE, str(port))
