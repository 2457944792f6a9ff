"""Patterns of rules: globs for paths, names with stars, beginnings of URLs, and RE2.

Globs of paths:

1. `*` and `?` stand for characters within a name, `**` for any number of directories, `{a,b}` for either. Names that
   begin with a dot are matched like any other. There are no `[…]` classes, since `[id].tsx` is a name.
2. `/…` and `C:/…` are absolute, `~/…` is below the home, `name` alone is a name anywhere, `**/…` is anywhere, and
   anything else counts from the project. `secrets/` is what is in the directory.
3. Where a rule denies or asks, letter case means nothing, and a pattern that matches a directory speaks of all that is
   in it. Where a rule allows, case counts and the whole path must match.

No pattern can be slow: globs are matched name by name without going back further than the last star, regular
expressions by RE2, whose time grows with the length of the text alone.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, Protocol

BRACES = 64
"""How many patterns one with braces may stand for."""
REGEX_LENGTH = 1_000

_DRIVE = re.compile(r"[A-Za-z]:(?:[\\/]|\Z)")
_INNERMOST = re.compile(r"\{([^{}]*)\}")

Matches = Callable[[str], bool]


# Stars within a name


@lru_cache(maxsize=1024)
def has_stars(pattern: str) -> bool:
    """Does it stand for more than itself?"""
    return "*" in pattern or "?" in pattern


def matches_stars(pattern: str, text: str) -> bool:
    """Do `*` and `?` make the pattern this text? Only the last star is gone back to, so time is bounded."""
    at = here = mark = 0
    star = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at += 1
            here += 1
        elif star >= 0:
            at, mark = star + 1, mark + 1
            here = mark
        else:
            return False
    return all(each == "*" for each in pattern[at:])


@lru_cache(maxsize=1024)
def expanded(pattern: str) -> tuple[str, ...]:
    """The patterns that one with braces stands for. ValueError if they are too many or a brace is open."""
    waiting, found = [pattern], []
    while waiting:
        each = waiting.pop()
        match = _INNERMOST.search(each)
        if match is None:
            if "{" in each or "}" in each:
                raise ValueError("a brace has no partner")
            found.append(each)
        else:
            waiting += [each[: match.start()] + part + each[match.end() :] for part in match[1].split(",")]
        if len(waiting) + len(found) > BRACES:
            raise ValueError(f"it stands for more than {BRACES} patterns")
    return tuple(dict.fromkeys(reversed(found)))


# Paths


def folded(text: str) -> str:
    """The text as it is compared where case means nothing."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def normal_path(path: str, *, base: str = "/") -> str:
    """The path absolute, with slashes, without `.`, `..` and doubled slashes."""
    if _DRIVE.match(path) or path.startswith("\\\\"):
        path = path.replace("\\", "/")
    elif not path.startswith("/"):
        path = f"{base}/{path}"
    clean = posixpath.normpath(path)
    return clean[1:] if clean.startswith("//") else clean


def glob_problem(pattern: str) -> str:
    """Why it is no glob of paths; empty if it is one."""
    if not pattern.strip() or "\0" in pattern:
        return "it is empty"
    if "[" in pattern or "]" in pattern:
        return "`[…]` stands for nothing here; write `{a,b}`, or `regex` for the file's path"
    try:
        each = expanded(pattern)
    except ValueError as error:
        return str(error)
    if any(".." in one.split("/") for one in each):
        return "`..` leads nowhere, since paths are compared without it"
    return ""


class Globs:
    """Globs without braces, made ready to be compared with many paths.

    Most are a name anywhere, an ending anywhere, or a fixed path, which are looked up together; the rest is searched.
    """

    __slots__ = ("_endings", "_generous", "_names", "_paths", "_starts", "_tails", "_wild")

    def __init__(self, patterns: Sequence[str], *, project: str, home: str, generous: bool) -> None:
        texts = [_absolute(each, project=project, home=home) for each in patterns]
        if generous:
            texts = [folded(each) for each in texts]
        by_kind: dict[str, list[str]] = {}
        for text in texts:
            by_kind.setdefault(_kind(text), []).append(text)
        self._generous = generous
        self._names = frozenset(each[3:] for each in by_kind.get("name", ()))
        self._endings = tuple(each[4:] for each in by_kind.get("ending", ()))
        self._tails = tuple(each[2:] + "/" * generous for each in by_kind.get("tail", ()))
        self._paths = frozenset(by_kind.get("path", ()))
        inside = [each[:-2] for each in by_kind.get("below", ())]
        self._starts = tuple(inside + [f"{each.rstrip('/')}/" for each in self._paths if generous])
        self._wild = [(_longest(each), tuple(each.split("/"))) for each in by_kind.get("wild", ())]

    def match(self, path: str) -> bool:
        """Is the path one of these? It is normal, and folded where the globs are generous."""
        if path in self._paths or (self._starts and path.startswith(self._starts)):
            return True
        names = path.split("/")
        if self._generous:
            if not self._names.isdisjoint(names):
                return True
            if self._endings and any(each.endswith(self._endings) for each in names):
                return True
            slashed = f"{path}/"
            if any(each in slashed for each in self._tails):
                return True
        elif names[-1] in self._names or path.endswith((*self._endings, *self._tails)):
            return True
        return any(part in path and _matches_names(each, names, prefix=self._generous) for part, each in self._wild)


def _absolute(pattern: str, *, project: str, home: str) -> str:
    if pattern.endswith("/") and pattern != "/":
        pattern += "**"
    if pattern == "~" or pattern.startswith("~/"):
        return home.rstrip("/") + pattern[1:]
    if pattern.startswith(("/", "**/")) or _DRIVE.match(pattern):
        return pattern
    return f"**/{pattern}" if "/" not in pattern else f"{project.rstrip('/')}/{pattern.removeprefix('./')}"


def _longest(pattern: str) -> str:
    """The longest piece without stars, which has to stand in the path whatever the stars are."""
    return max(re.split(r"[*?/]+", pattern), key=len)


def _kind(text: str) -> str:
    if not has_stars(text):
        return "path"
    if text.endswith("/**") and not has_stars(text[:-2]):
        return "below"
    if text.startswith("**/"):
        rest = text[3:]
        if not has_stars(rest):
            return "tail" if "/" in rest else "name"
        if rest[0] == "*" and len(rest) > 1 and "/" not in rest and not has_stars(rest[1:]):
            return "ending"
    return "wild"


def _matches_names(pattern: Sequence[str], names: Sequence[str], *, prefix: bool) -> bool:
    """Is it a path of these names, or with `prefix` one in a directory of these names?

    Like stars within a name: `**` is widened one name at a time, and only the last one is gone back to.
    """
    at = here = mark = 0
    last = -1
    while here < len(names):
        if at < len(pattern) and pattern[at] == "**":
            last, mark = at, here
            at += 1
        elif at < len(pattern) and (pattern[at] == names[here] or _matches_name(pattern[at], names[here])):
            at += 1
            here += 1
        elif prefix and at == len(pattern):
            return True
        elif last >= 0:
            mark += 1
            at, here = last + 1, mark
        else:
            return False
    return all(each == "**" for each in pattern[at:])


def _matches_name(pattern: str, name: str) -> bool:
    return has_stars(pattern) and matches_stars(pattern, name)


# URLs


def host_problem(text: str) -> str:
    """Why it is no host; empty if it is one."""
    return (
        "" if re.fullmatch(r"(?:\*|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])", text) else "it is no host"
    )


def host_matches(pattern: str, host: str) -> bool:
    """Is it the host, or a subdomain of it? `*` is any."""
    pattern, host = pattern.lower(), host.lower().rstrip(".")
    return pattern == "*" or host == pattern or host.endswith(f".{pattern}")


def url_problem(text: str) -> str:
    """Why it is no beginning of a URL; empty if it is one."""
    return "" if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@]+(?:/[^\s?#]*)?", text) else "it is no URL"


def url_matches(pattern: str, url: str) -> bool:
    """Does the URL begin so, scheme, host and port the same, and the path up to a `/`?"""
    from urllib.parse import unquote

    wanted, found = split_url(pattern), split_url(url)
    if wanted is None or found is None or wanted[:3] != found[:3]:
        return False
    beginning, path = wanted[3].rstrip("/"), normal_path(unquote(found[3]) or "/")
    return path == beginning or path.startswith(f"{beginning}/")


def split_url(url: str) -> tuple[str, str, int, str] | None:
    """Scheme, host, port and path of a URL; None if it has no host. Whoever logs in is left out."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    scheme = parts.scheme.lower()
    return scheme, host.rstrip("."), port or {"http": 80, "https": 443, "ssh": 22, "ftp": 21}.get(scheme, 0), parts.path


# Regular expressions


class _Regex(Protocol):
    def search(self, text: str) -> object | None: ...

    def fullmatch(self, text: str) -> object | None: ...


def regex_problem(pattern: str) -> str:
    """Why RE2 can't use it; empty if it can."""
    if len(pattern) > REGEX_LENGTH:
        return f"it is longer than {REGEX_LENGTH} characters"
    import re2  # type: ignore[import-untyped]

    try:
        _compiled(pattern)
    except re2.error as error:
        words = error.args[0] if error.args else ""
        return words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    except UnicodeEncodeError:
        return "it holds characters that are no text"
    return ""


def regex_matches(pattern: str, text: str) -> bool:
    """Is the pattern found in the text? In time that grows with the text alone."""
    return _compiled(pattern).search(_encodable(text)) is not None


def regex_fills(pattern: str, text: str) -> bool:
    """Is the text the pattern, from its beginning to its end?"""
    return _compiled(pattern).fullmatch(_encodable(text)) is not None


def _encodable(text: str) -> str:
    return text if text.isascii() else text.encode(errors="replace").decode()


@cache
def _compiled(pattern: str) -> _Regex:
    import re2

    options: Any = re2.Options()
    options.log_errors = False
    found: _Regex = re2.compile(pattern, options)
    return found
