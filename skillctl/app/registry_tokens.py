"""Tokens of a registry that is served: made, listed, revoked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.app.served import served_registry
from skillctl.core.errors import UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl.core.web import Secret
from skillctl_registry.endpoints.tokens import SCOPES, TokenFacts, TokenWish, token_to_json

_MOST_DAYS = 3650


@dataclass(frozen=True, kw_only=True, slots=True)
class TokensOutcome(Outcome):
    """Tokens, without themselves."""

    registry: str
    tokens: tuple[TokenFacts, ...]
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        return {
            "registry": self.registry,
            "tokens": [token_to_json(each) for each in self.tokens],
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenOutcome(Outcome):
    """A token that was made, to be shown this once."""

    registry: str
    facts: TokenFacts
    token: Secret
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        return {
            "registry": self.registry,
            **token_to_json(self.facts),
            "token": self.token.reveal(),
            "dry_run": self.dry_run,
        }


def list_tokens(settings: Settings, cwd: Path, registry: str, *, user: str = "") -> TokensOutcome:
    """The tokens of a user, one's own by default."""
    served = served_registry(settings, cwd, registry)
    return TokensOutcome(registry=served.label, tokens=served.tokens(user))


def list_all_tokens(settings: Settings, cwd: Path, registry: str) -> TokensOutcome:
    """The tokens of all users, by user, the oldest first. RegistryError E721 without an administrator's token."""
    served = served_registry(settings, cwd, registry)
    found = sorted(served.every_token(), key=lambda each: (each.user, each.created))
    return TokensOutcome(registry=served.label, tokens=tuple(found))


def create_token(
    settings: Settings, cwd: Path, registry: str, wish: TokenWish, *, now: str, dry_run: bool = False
) -> TokenOutcome:
    """Make a token. It expires in `90d`, or on a day, or never. UsageError E023 for any other time, or a bad one."""
    unknown = [each for each in wish.scopes if each not in SCOPES]
    if unknown or not wish.scopes:
        reason = f"`{', '.join(unknown)}` is none of {', '.join(SCOPES)}" if unknown else f"one of {', '.join(SCOPES)}"
        raise UsageError.of("E023", option="--scope", reason=reason)
    dated = replace(wish, expires=_until(wish.expires, now))
    served = served_registry(settings, cwd, registry)
    made = served.create_token(dated, dry_run=dry_run)
    return TokenOutcome(registry=served.label, facts=made.facts, token=made.token, dry_run=dry_run)


def revoke_token(settings: Settings, cwd: Path, registry: str, token_id: str, *, dry_run: bool) -> TokensOutcome:
    """End a token. RegistryError E736 if there is none of that id."""
    served = served_registry(settings, cwd, registry)
    found = served.revoke_token(token_id, dry_run=dry_run)
    return TokensOutcome(registry=served.label, tokens=found, dry_run=dry_run)


def _until(text: str, now: str) -> str:
    """The moment that is meant, RFC 3339 in UTC."""
    if not text:
        return ""
    days = re.fullmatch(r"([1-9][0-9]*)d", text)
    if days and (len(days[1]) > len(str(_MOST_DAYS)) or int(days[1]) > _MOST_DAYS):
        raise UsageError.of("E023", option="--expires", reason=f"`{text}` is too far: `{_MOST_DAYS}d` at most")
    if days:
        began = datetime.strptime(now, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        return (began + timedelta(days=int(days[1]))).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        until = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).strftime("%Y-%m-%dT00:00:00Z")
    except ValueError:
        raise UsageError.of("E023", option="--expires", reason=f"`{text}` is no `90d` and no `2027-01-31`") from None
    if until <= now:
        raise UsageError.of("E023", option="--expires", reason=f"`{text}` has begun already, so it would end at once")
    return until
