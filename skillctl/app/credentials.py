"""Tokens, and to whom they are shown: a token belongs to an origin (scheme, host, port), never to an alias.

1. From the environment, for an origin that the user's configuration or the environment itself names: SKILLCTL_TOKEN.
2. From the system's keyring, where `login` put it under the origin that it showed.

Which origins have one stands in `logins.json` in the state directory, without the tokens: asking a keyring is slow, and
it may ask the user to unlock it, so only those are asked for.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from skillctl.core.errors import SkillctlError
from skillctl.core.settings import Settings
from skillctl.core.web import Secret
from skillctl.edges.disk.files import read_bytes, write_atomic
from skillctl.edges.disk.locks import locked
from skillctl.edges.secrets import forget_secret, keep_secret, read_secret
from skillctl.formats.json_text import dump_json, load_json

_FORMAT = "1.0"


class Credentials:
    """The tokens of one command, each looked up once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._given = dict(settings.tokens)
        self._found: dict[str, Secret | None] = {}

    def token(self, origin: str) -> Secret | None:
        """The token to show to that origin."""
        if origin in self._given:
            return self._given[origin]
        if origin not in self._found:
            kept = read_secret(_kept_as(origin)) if origin in logins(self._settings) else ""
            self._found[origin] = Secret(kept) if kept else None
        return self._found[origin]


def logins(settings: Settings) -> tuple[str, ...]:
    """The origins that a token is kept for, sorted."""
    limits = settings.limits
    try:
        data = read_bytes(_file(settings), max_bytes=limits.manifest_bytes) or b"{}"
        value = load_json(data, file=_FORMAT, max_bytes=limits.manifest_bytes, max_depth=limits.json_depth)
    except SkillctlError:
        return ()  # as if nobody had logged in: the server says what is missing
    origins = value.get("origins") if isinstance(value, dict) else None
    return tuple(sorted(each for each in origins if isinstance(each, str))) if isinstance(origins, list) else ()


def keep_token(settings: Settings, origin: str, token: Secret) -> None:
    """Keep the token for that origin. ExecutionError E549 if there is no keyring."""
    keep_secret(
        _kept_as(origin),
        token.reveal(),
        instead="give the token by SKILLCTL_TOKEN_NAME, where NAME is the registry's alias, or by SKILLCTL_TOKEN with "
        "SKILLCTL_REGISTRY",
    )
    with _list_alone(settings):
        _write(settings, {*logins(settings), origin})


def is_token_kept(settings: Settings, origin: str) -> bool:
    """Whether `forget_token` has something to forget."""
    return origin in logins(settings) or read_secret(_kept_as(origin)) != ""


def forget_token(settings: Settings, origin: str) -> bool:
    """Keep no token for that origin any more; whether there was one.

    The keyring is asked whatever the list says: that may have been lost, and the token would stay.
    """
    was_kept = forget_secret(_kept_as(origin))
    known = origin in logins(settings)
    if known:
        with _list_alone(settings):
            _write(settings, {*logins(settings)} - {origin})
    return known or was_kept


def _list_alone(settings: Settings) -> AbstractContextManager[None]:
    """The list to oneself for the block: what is read of it is still so when it is written."""
    lock = Path(settings.directories.state) / "locks" / "logins"
    return locked(lock, timeout=settings.lock_timeout, purpose="skillctl login")


def _write(settings: Settings, origins: set[str]) -> None:
    write_atomic(_file(settings), dump_json({"format": _FORMAT, "origins": sorted(origins)}))


def _file(settings: Settings) -> Path:
    return Path(settings.directories.state) / "logins.json"


def _kept_as(origin: str) -> str:
    return f"token for {origin}"
