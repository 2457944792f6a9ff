"""Secrets out of command lines and addresses, before anything is hashed: a log is kept for long and read by many."""

from __future__ import annotations

import re
from collections.abc import Sequence

HIDDEN = "[hidden]"

_NAMED = r"(?:pass(?:word|wd|phrase)?|token|secret|api[-_]?key|access[-_]?key|private[-_]?key|auth|credential)s?"
_OPTION = re.compile(rf"--?[a-z0-9_-]*{_NAMED}\Z", re.IGNORECASE)
_PATTERNS = (
    re.compile(r"(?P<keep>authorization:\s*(?:bearer|basic|token)?\s*)(?P<secret>[^\s\"']+)", re.IGNORECASE),
    re.compile(r"(?P<keep>\b(?:bearer|basic)\s+)(?P<secret>[A-Za-z0-9+/_.=-]{8,})", re.IGNORECASE),
    re.compile(rf"(?P<keep>[a-z0-9_-]*{_NAMED}[a-z0-9_-]*\s*[=:]\s*[\"']?)(?P<secret>[^\s\"'&;]+)", re.IGNORECASE),
    re.compile(rf"(?P<keep>--?[a-z0-9_-]*{_NAMED}\s+[\"']?)(?P<secret>[^\s\"']+)", re.IGNORECASE),
    re.compile(r"(?P<keep>[a-z][a-z0-9+.-]*://)(?P<secret>[^\s/@]+)(?=@)", re.IGNORECASE),
    re.compile(
        r"(?P<keep>)(?P<secret>\b(?:sk|pk|rk)-[A-Za-z0-9_-]{8,}|\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{16,}"
        r"|\bglpat-[\w-]{16,}|\bAKIA[0-9A-Z]{12,}|\bxox[abprs]-[\w-]{8,}|\bskl_[A-Za-z0-9_-]{8,}"
        r"|\bnpm_[A-Za-z0-9]{20,}|\bpypi-[A-Za-z0-9_-]{20,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
    ),
)


def redacted(text: str) -> str:
    """The text with what looks like a secret hidden."""
    for pattern in _PATTERNS:
        text = pattern.sub(lambda found: f"{found['keep']}{HIDDEN}", text)
    return text


def redacted_words(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a call with secrets hidden, one that stands in the word after its option as well."""
    shown: list[str] = []
    for word in words:
        follows = bool(shown) and _OPTION.match(shown[-1]) is not None
        shown.append(HIDDEN if follows else redacted(word))
    return tuple(shown)
