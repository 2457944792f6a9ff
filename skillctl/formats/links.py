"""The files that a Markdown text refers to, by link or by name.

A link is `[text](target)` or `[id]: target` outside code. A mention is a path below one of the three folders that the
Agent Skills specification names, `references/`, `scripts/` and `assets/`, anywhere in the text: commands in code blocks
name their scripts. Both leave out what is no file of the pack: URLs, anchors, absolute paths, placeholders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from skillctl.core.value import dataclass

_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*\1|\Z)", re.MULTILINE | re.DOTALL)
_INLINE_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\([ \t]*<?([^()\s<>]{1,300})|^\[[^\]\n]{1,200}\]:[ \t]*<?([^\s<>]{1,300})", re.MULTILINE)
_FOLDERS = ("references/", "scripts/", "assets/")
_PATH = re.compile(r"[\w./@+-]+")
_IN_A_PATH = re.compile(r"[\w./%~-]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_PLACEHOLDER = frozenset("{}<>$*|")
_GOES_ON = frozenset("[{<*$?%")


@dataclass(frozen=True, slots=True)
class Reference:
    """One file that a text refers to."""

    target: str
    """As a relative path, not yet joined with anything."""
    offset: int
    """Where in the text, in characters."""
    is_link: bool
    """Whether it is a link; else the text only mentions it."""


def references(text: str) -> Iterator[Reference]:
    """Every file that the text refers to, links first; a target that is both is given as a link only."""
    seen = set()
    if "](" in text or "]:" in text:
        for match in _LINK.finditer(without_code(text)):
            target = _target(match[1] or match[2])
            if target and target not in seen:
                seen.add(target)
                yield Reference(target, match.start(match.lastindex or 0), is_link=True)
    for offset, target in _mentions(text):
        if target not in seen:
            seen.add(target)
            yield Reference(target, offset, is_link=False)


def _mentions(text: str) -> Iterator[tuple[int, str]]:
    """Offset and path of every mention. Looks for the folders first: a pattern would be tried at every character."""
    for folder in _FOLDERS:
        offset = text.find(folder)
        while offset >= 0:
            match = _PATH.match(text, offset)
            end = match.end() if match else offset
            path = text[offset:end].rstrip("./@+-")
            before = text[max(0, offset - 2) : offset]
            is_whole = before == "./" or not _IN_A_PATH.match(before[-1:])
            if is_whole and len(path) > len(folder) and text[end : end + 1] not in _GOES_ON:
                yield offset, path
            offset = text.find(folder, end)


def without_code(text: str) -> str:
    """The text with blanks for everything in code, each character in its place."""
    if "```" in text or "~~~" in text:
        text = _FENCED.sub(_blank, text)
    return _INLINE_CODE.sub(_blank, text) if "`" in text else text


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _target(written: str) -> str:
    """The path of a link's target; empty if it is no file beside the text."""
    path = written.partition("#")[0].partition("?")[0]
    if not path or path[0] == "/" or _SCHEME.match(path) or _PLACEHOLDER.intersection(path):
        return ""
    if "%" in path:
        from urllib.parse import unquote

        path = unquote(path)
    return path if "/" in path or "." in path.strip(".") else ""  # `[text](url)` is an example, not a file
