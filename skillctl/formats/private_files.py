"""What has no place in a pack: secrets in its texts, and files that hold some by their name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.secrets import may_hold_secrets, secrets_in
from skillctl.formats.json_text import place_in

_PRIVATE = re.compile(
    r"(?:^|/)(?:\.env(?!\.(?:example|sample|template|dist|defaults?)$)(?:\.[^/]*)?|id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.npmrc"
    r"|\.pypirc|\.git-credentials|\.htpasswd|\.pgpass|[^/]*\.(?:p12|pfx|jks|keystore|kdbx|ppk))$",
    re.IGNORECASE,
)
_LOOKED_AT = 8_192


def secret_problems(path: str, data: bytes) -> Iterator[Problem]:
    """Every secret in a text, with its place and without itself."""
    if not may_hold_secrets(data) or b"\0" in data[:_LOOKED_AT]:
        return
    text = data.decode(errors="replace")
    for each in secrets_in(text):
        yield problem("E122", place=place_in(text, each.offset, file=path), kind=each.kind, shown=each.shown)


def private_names(paths: Iterable[str]) -> Iterator[Problem]:
    """Files that hold secrets by their name."""
    for path in paths:
        if _PRIVATE.search(path):
            yield problem("W122", place=Place(file=path), path=path)
