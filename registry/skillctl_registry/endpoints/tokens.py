"""Tokens of a registry's server: made, listed, revoked.

    GET    api/v1/tokens?user=ada                 {"tokens": [...]}
    GET    api/v1/tokens/all?after=4f1c2a9b       those of all users by their ids, a thousand at a time; administrators
    POST   api/v1/tokens                          {"user", "scopes": ["publish"], "expires": RFC 3339 or "", "dry_run"}
    DELETE api/v1/tokens?id=4f1c2a9b

A token is `skl_` and 43 letters. It is shown once, when it is made; the server keeps its sha256 alone. Its scopes say
what it may do. Whoever has a token may make others for himself that may do no more; an administrator makes them for
anybody. A dry run is answered as the change would be, without an id and a token, or by the refusal.
"""

from __future__ import annotations

from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl.core.web import Request, Response, Secret
from skillctl_registry.endpoints.asking import API, asking, removing, telling
from skillctl_registry.endpoints.problems import succeeded

TOKENS = f"{API}tokens"
ALL_TOKENS = f"{TOKENS}/all"
PAGE = 1000
"""Tokens in one answer of all."""
SCOPES = ("publish", "yank", "owner", "admin")
"""What a token may do: publish releases, yank them, change owners, everything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenFacts:
    """A token, without itself."""

    id: str
    user: str
    scopes: tuple[str, ...]
    created: str
    expires: str = ""
    """RFC 3339; empty: never."""
    revoked: str = ""
    used: str = ""
    """When it was used last, to the minute; empty: never."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenWish:
    """A token to be made."""

    user: str = ""
    """Empty: for oneself."""
    scopes: tuple[str, ...]
    expires: str = ""
    """RFC 3339; empty: never."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewToken:
    """A token that was made just now."""

    facts: TokenFacts
    token: Secret


def tokens_request(registry: str, user: str = "") -> Request:
    """The tokens of a user, one's own by default."""
    return asking(registry, TOKENS, {"user": user} if user else {})


def all_tokens_request(registry: str, after: str = "") -> Request:
    """The tokens of all users that follow the one of that id."""
    return asking(registry, ALL_TOKENS, {"after": after} if after else {})


def create_token_request(registry: str, wish: TokenWish, *, dry_run: bool = False) -> Request:
    """A new token."""
    body: JsonObject = {"user": wish.user, "scopes": list(wish.scopes), "expires": wish.expires, "dry_run": dry_run}
    return telling(registry, TOKENS, body)


def token_wish(fields: Fields) -> TokenWish:
    """The token that such a request's body asks for."""
    return TokenWish(user=fields.text("user", ""), scopes=fields.texts("scopes"), expires=fields.text("expires", ""))


def revoke_token_request(registry: str, token_id: str, *, dry_run: bool = False) -> Request:
    """The end of a token."""
    return removing(registry, TOKENS, {"id": token_id}, dry_run=dry_run)


def tokens_response(response: Response, *, limits: Limits = LIMITS) -> tuple[TokenFacts, ...]:
    """The tokens. RegistryError with what the server says is wrong."""
    with succeeded(response, limits=limits) as fields:
        return tuple(_facts(each) for each in fields.items("tokens"))


def token_response(response: Response, *, limits: Limits = LIMITS) -> NewToken:
    """The token that was made."""
    with succeeded(response, limits=limits) as fields:
        return NewToken(facts=_facts(fields), token=Secret(fields.text("token")))


def token_to_json(facts: TokenFacts) -> JsonObject:
    """A token in an answer."""
    return {
        "id": facts.id,
        "user": facts.user,
        "scopes": list(facts.scopes),
        "created": facts.created,
        "expires": facts.expires,
        "revoked": facts.revoked,
        "used": facts.used,
    }


def _facts(fields: Fields) -> TokenFacts:
    return TokenFacts(
        id=fields.text("id"),
        user=fields.text("user"),
        scopes=fields.texts("scopes"),
        created=fields.text("created", ""),
        expires=fields.text("expires", ""),
        revoked=fields.text("revoked", ""),
        used=fields.text("used", ""),
    )
