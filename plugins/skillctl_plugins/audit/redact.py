"""Secrets out of command lines and addresses, before anything is hashed: a log is kept for long and read by many."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

HIDDEN = "[hidden]"

_NAMED = (
    r"(?:pass(?:word|wd|phrase)?|token|secret|api[-_]?key|access[-_]?key|private[-_]?key|auth|credential|signature)s?"
)
_ACCOUNTS = ("-u", "--user")
"""Options whose value may be a name with its password: `curl -u me:secret`."""


@cache
def _patterns() -> Sequence[re.Pattern[str]]:
    """Compiled when first needed: that takes longer than an install's whole record, which seldom needs them."""
    return (
        re.compile(r"(?P<keep>authorization:\s*(?:bearer|basic|token)?\s*)(?P<secret>[^\s\"']+)", re.IGNORECASE),
        re.compile(r"(?P<keep>\b(?:bearer|basic)\s+)(?P<secret>[A-Za-z0-9+/_.=-]{8,})", re.IGNORECASE),
        re.compile(rf"(?P<keep>[a-z0-9_-]*{_NAMED}[a-z0-9_-]*\s*[=:]\s*[\"']?)(?P<secret>[^\s\"'&;]+)", re.IGNORECASE),
        re.compile(rf"(?P<keep>--?[a-z0-9_-]*{_NAMED}\s+[\"']?)(?P<secret>[^\s\"']+)", re.IGNORECASE),
        re.compile(r"(?P<keep>(?<!\S)(?:-u|--user)[\s=]+[\"']?[^\s:\"']+:)(?P<secret>[^\s\"']+)"),
        re.compile(r"(?P<keep>[a-z][a-z0-9+.-]*://)(?P<secret>[^\s/]+)(?=@)", re.IGNORECASE),
        re.compile(
            r"(?P<keep>)(?P<secret>\b(?:sk|pk|rk)-[A-Za-z0-9_-]{8,}|\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{16,}"
            r"|\bglpat-[\w-]{16,}|\bAKIA[0-9A-Z]{12,}|\bxox[abprs]-[\w-]{8,}|\bskl_[A-Za-z0-9_-]{8,}"
            r"|\bnpm_[A-Za-z0-9]{20,}|\bpypi-[A-Za-z0-9_-]{20,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
        ),
    )


def redacted(text: str) -> str:
    """The text with what looks like a secret hidden."""
    if text:
        for pattern in _patterns():
            text = pattern.sub(lambda found: f"{found['keep']}{HIDDEN}", text)
    return text


def redacted_words(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a call with secrets hidden, one that stands in the word after its option as well."""
    shown: list[str] = []
    for word in words:
        option = shown[-1] if shown else ""
        is_account = option in _ACCOUNTS and ":" in word
        shown.append(HIDDEN if is_account or _names_a_secret(option) else redacted(word))
    return tuple(shown)


def _names_a_secret(option: str) -> bool:
    return option.startswith("-") and re.fullmatch(rf"--?[a-z0-9_-]*{_NAMED}", option, re.IGNORECASE) is not None
