"""Every endpoint of the server, as data: what it is called, who may ask, what it takes and gives.

The server answers by this table, and the OpenAPI document is made of it, so that the two are one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select

from skillctl.core.errors import RegistryError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.value import dataclass, field
from skillctl_registry.endpoints.asking import API
from skillctl_registry.endpoints.owners import OWNERS, Owners, owners_to_json
from skillctl_registry.endpoints.releases import (
    RELEASES,
    SIGNATURES,
    YANK,
    signatures_from_text,
    taken_to_json,
)
from skillctl_registry.endpoints.tokens import ALL_TOKENS, PAGE, SCOPES, TOKENS, token_to_json, token_wish
from skillctl_registry.endpoints.whoami import PATH as WHOAMI
from skillctl_registry.server import accounts
from skillctl_registry.server.accounts import ADMIN, Caller
from skillctl_registry.server.service import Service
from skillctl_registry.server.tables import AUDIT

SMALL = 64 * 1024
"""Bytes of a body that is JSON."""

_PAGE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request that was let in."""

    caller: Caller | None
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    fields: Fields | None = None
    """The members of a JSON body."""

    @property
    def who(self) -> Caller:
        """Who asks, at an endpoint that asks for a token."""
        if self.caller is None:
            raise RuntimeError("this endpoint needs a token")
        return self.caller

    @property
    def json(self) -> Fields:
        """The JSON body, of an endpoint that has one."""
        if self.fields is None:
            raise RuntimeError("this endpoint takes JSON")
        return self.fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """A parameter of the query."""

    name: str
    about: str
    required: bool = False
    schema: Mapping[str, JsonValue] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One endpoint."""

    method: str
    path: str
    """Below the registry's address."""
    about: str
    answer: Callable[[Service, Asked], JsonObject]
    needs: str = ""
    """A scope; `token` for any token; empty for nobody in particular."""
    takes: str = ""
    """`json` or `archive`; empty: no body."""
    body: Mapping[str, JsonValue] = field(default_factory=dict)
    """The JSON Schema of the body's members."""
    required: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    gives: Mapping[str, JsonValue] = field(default_factory=dict)
    """The JSON Schemas of the answer's members."""


def _publish(service: Service, asked: Asked) -> JsonObject:
    signatures = signatures_from_text(asked.headers.get(SIGNATURES, ""), limits=service.limits)
    dry_run = _flag(asked.query, "dry_run")
    return taken_to_json(service.publish(asked.who, asked.body, signatures, dry_run=dry_run))


def _yank(service: Service, asked: Asked) -> JsonObject:
    body = asked.json
    reason = None if body["reason"] is None else _stored(body.text("reason"), most=1000)
    name, version, dry_run = body.text("name"), body.text("version"), body.flag("dry_run")
    return taken_to_json(service.yank(asked.who, name, version, reason, dry_run=dry_run))


def _delete(service: Service, asked: Asked) -> JsonObject:
    dry_run = _flag(asked.query, "dry_run")
    return taken_to_json(service.delete(asked.who, asked.query["name"], asked.query["version"], dry_run=dry_run))


def _owners(service: Service, asked: Asked) -> JsonObject:
    with service.database.reading() as connection:
        return owners_to_json(Owners(names=accounts.owners_known(connection, asked.query["name"])))


def _add_owner(service: Service, asked: Asked) -> JsonObject:
    name, user, dry_run = asked.json.text("name"), asked.json.text("user"), asked.json.flag("dry_run")
    with service.database.writing(dry_run=dry_run) as connection:
        return owners_to_json(accounts.add_owner(connection, asked.who, name, user, now=service.now()))


def _remove_owner(service: Service, asked: Asked) -> JsonObject:
    name, user, dry_run = asked.query["name"], asked.query["user"], _flag(asked.query, "dry_run")
    with service.database.writing(dry_run=dry_run) as connection:
        left = accounts.remove_owner(connection, asked.who, name, user, now=service.now())
    return owners_to_json(Owners(names=left))


def _tokens(service: Service, asked: Asked) -> JsonObject:
    user = asked.query.get("user", "") or asked.who.user
    if user != asked.who.user and not asked.who.is_admin:
        raise RegistryError.of("E721", user=asked.who.user, action="see the tokens of others")
    service.write_counts()
    with service.database.reading() as connection:
        found = accounts.tokens_of(connection, accounts.check_user(user))
    return {"tokens": [token_to_json(each) for each in found]}


def _all_tokens(service: Service, asked: Asked) -> JsonObject:
    service.write_counts()
    with service.database.reading() as connection:
        found = accounts.every_token(connection, after=asked.query.get("after", ""), most=PAGE)
    return {"tokens": [token_to_json(each) for each in found]}


def _create_token(service: Service, asked: Asked) -> JsonObject:
    wish, dry_run = token_wish(asked.json), asked.json.flag("dry_run")
    with service.database.writing(dry_run=dry_run) as connection:
        facts, token = accounts.create_token(connection, asked.who, wish, now=service.now())
    made = {**token_to_json(facts), "token": token}
    return {**made, "id": "", "token": ""} if dry_run else made


def _revoke_token(service: Service, asked: Asked) -> JsonObject:
    token_id = _stored(asked.query["id"])
    if _flag(asked.query, "dry_run"):
        with service.database.reading() as connection:
            meant = accounts.token_to_revoke(connection, asked.who, token_id)
        return {"tokens": [token_to_json(meant)]}
    with service.database.writing() as connection:
        revoked = accounts.revoke_token(connection, asked.who, token_id, now=service.now())
    return {"tokens": [token_to_json(revoked)]}


def _whoami(_: Service, asked: Asked) -> JsonObject:
    who = asked.who
    answer: dict[str, JsonValue] = {"user": who.user, "scopes": [each for each in SCOPES if each in who.scopes]}
    return {**answer, "expires": who.expires} if who.expires else answer


def _search(service: Service, asked: Asked) -> JsonObject:
    limit = _number(asked.query, "limit", default=20, most=_PAGE)
    offset = _number(asked.query, "offset", default=0, most=10_000)
    found = service.search(asked.query.get("q", "")[:200], limit=limit, offset=offset)
    packs: list[JsonValue] = [
        {
            "name": each.name,
            "latest": str(each.latest),
            "description": each.description,
            "keywords": list(each.keywords),
            "capabilities": list(each.capabilities),
            "skills": list(each.skills),
            "deprecated": each.deprecated or None,
        }
        for each in found.entries
    ]
    return {"packs": packs, "total": found.total}


def _downloads(service: Service, asked: Asked) -> JsonObject:
    counts = service.downloads(asked.query["name"])
    return {"name": asked.query["name"], "total": sum(counts.values()), "versions": counts}


def _audit(service: Service, asked: Asked) -> JsonObject:
    after = _number(asked.query, "after", default=0, most=2**53)
    with service.database.reading() as connection:
        rows = connection.execute(select(AUDIT).where(AUDIT.c.id > after).order_by(AUDIT.c.id).limit(1000))
        return {"entries": [dict(row) for row in rows.mappings()]}


def _flag(query: Mapping[str, str], key: str) -> bool:
    said = query.get(key, "false")
    if said not in ("true", "false"):
        raise RegistryError.of("E737", what=f"`{key}` as true or false")
    return said == "true"


def _number(query: Mapping[str, str], key: str, *, default: int, most: int) -> int:
    said = query.get(key, str(default))
    if not (said.isascii() and said.isdecimal() and len(said) < 17 and int(said) <= most):
        raise RegistryError.of("E737", what=f"`{key}` as a whole number up to {most}")
    return int(said)


def _stored(text: str, *, most: int = 300) -> str:
    """A text that databases and the index can hold."""
    if len(text) > most or not text.isprintable() or any(0xD800 <= ord(each) < 0xE000 for each in text):
        raise RegistryError.of("E737", what=f"texts of up to {most} visible characters")
    return text


_TEXT: Mapping[str, JsonValue] = {"type": "string"}
_TEXTS: Mapping[str, JsonValue] = {"type": "array", "items": {"type": "string"}}
_PACK_NAME: Mapping[str, JsonValue] = {
    "type": "string",
    "pattern": r"^(@[a-z0-9]+(-[a-z0-9]+)*/)?[a-z0-9]+(-[a-z0-9]+)*$",
    "maxLength": 130,
}
_USER: Mapping[str, JsonValue] = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$"}
_FLAG: Mapping[str, JsonValue] = {"type": "boolean"}
_COUNT: Mapping[str, JsonValue] = {"type": "integer", "minimum": 0}
_TOKEN: Mapping[str, JsonValue] = {
    "id": _TEXT,
    "user": _TEXT,
    "scopes": {"type": "array", "items": {"enum": list(SCOPES)}},
    "created": _TEXT,
    "expires": _TEXT,
    "revoked": _TEXT,
    "used": _TEXT,
}
_TOKENS: Mapping[str, JsonValue] = {
    "tokens": {"type": "array", "items": {"type": "object", "properties": _TOKEN}},
}
_PROBLEMS: Mapping[str, JsonValue] = {"problems": {"type": "array", "items": {"type": "object"}}}
_TAKEN: Mapping[str, JsonValue] = {"release": {"type": "object"}, "already": _FLAG, **_PROBLEMS}
_OWNERS: Mapping[str, JsonValue] = {"owners": _TEXTS, **_PROBLEMS}
_DRY_RUN = Parameter(name="dry_run", about="Only check it.", schema=_FLAG)
_OWNED = Parameter(name="name", about="A pack, or a scope such as `@acme`.", required=True)

ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path=RELEASES,
        about="Publish a release: the body is its archive.",
        answer=_publish,
        needs="publish",
        takes="archive",
        parameters=(_DRY_RUN,),
        gives=_TAKEN,
    ),
    Route(
        method="DELETE",
        path=RELEASES,
        about="Take a release out for good; its name and version stay taken.",
        answer=_delete,
        needs=ADMIN,
        parameters=(
            Parameter(name="name", about="The pack.", required=True, schema=_PACK_NAME),
            Parameter(name="version", about="The version.", required=True),
            _DRY_RUN,
        ),
        gives=_TAKEN,
    ),
    Route(
        method="POST",
        path=YANK,
        about="Take a release out of the choice, where an empty reason keeps the one that is told already; a reason of "
        "null puts it back.",
        answer=_yank,
        needs="yank",
        takes="json",
        body={"name": _PACK_NAME, "version": _TEXT, "reason": {"type": ["string", "null"]}, "dry_run": _FLAG},
        required=("name", "version"),
        gives=_TAKEN,
    ),
    Route(
        method="GET",
        path=OWNERS,
        about="Who owns a pack or a scope.",
        answer=_owners,
        parameters=(_OWNED,),
        gives=_OWNERS,
    ),
    Route(
        method="POST",
        path=OWNERS,
        about="Make somebody an owner.",
        answer=_add_owner,
        needs="owner",
        takes="json",
        body={"name": _TEXT, "user": _USER, "dry_run": _FLAG},
        required=("name", "user"),
        gives=_OWNERS,
    ),
    Route(
        method="DELETE",
        path=OWNERS,
        about="Make somebody an owner no more.",
        answer=_remove_owner,
        needs="owner",
        parameters=(_OWNED, Parameter(name="user", about="The owner.", required=True), _DRY_RUN),
        gives=_OWNERS,
    ),
    Route(
        method="GET",
        path=TOKENS,
        about="One's tokens; an administrator sees those of others.",
        answer=_tokens,
        needs="token",
        parameters=(Parameter(name="user", about="Whose; one's own without."),),
        gives=_TOKENS,
    ),
    Route(
        method="GET",
        path=ALL_TOKENS,
        about="The tokens of all users, by their ids, a thousand at a time.",
        answer=_all_tokens,
        needs=ADMIN,
        parameters=(Parameter(name="after", about="The id of the last token seen."),),
        gives=_TOKENS,
    ),
    Route(
        method="POST",
        path=TOKENS,
        about="Make a token; it is shown this once.",
        answer=_create_token,
        needs="token",
        takes="json",
        body={
            "user": _TEXT,
            "scopes": {"type": "array", "items": {"enum": list(SCOPES)}},
            "expires": _TEXT,
            "dry_run": _FLAG,
        },
        required=("scopes",),
        gives={**_TOKEN, "token": _TEXT},
    ),
    Route(
        method="DELETE",
        path=TOKENS,
        about="Revoke a token.",
        answer=_revoke_token,
        needs="token",
        parameters=(Parameter(name="id", about="The token's id.", required=True), _DRY_RUN),
        gives=_TOKENS,
    ),
    Route(
        method="GET",
        path=WHOAMI,
        about="Whose token it is.",
        answer=_whoami,
        needs="token",
        gives={"user": _TEXT, "scopes": _TEXTS, "expires": _TEXT},
    ),
    Route(
        method="GET",
        path=f"{API}search",
        about="Find packs; those whose names say the words come first.",
        answer=_search,
        parameters=(
            Parameter(name="q", about="Words that all have to be said; all packs without."),
            Parameter(name="limit", about="How many.", schema={"type": "integer", "minimum": 0, "maximum": _PAGE}),
            Parameter(
                name="offset",
                about="How many to leave out.",
                schema={"type": "integer", "minimum": 0, "maximum": 10_000},
            ),
        ),
        gives={"packs": {"type": "array", "items": {"type": "object"}}, "total": _COUNT},
    ),
    Route(
        method="GET",
        path=f"{API}downloads",
        about="How often each version of a pack was fetched from this server.",
        answer=_downloads,
        parameters=(Parameter(name="name", about="The pack.", required=True, schema=_PACK_NAME),),
        gives={"name": _TEXT, "total": _COUNT, "versions": {"type": "object"}},
    ),
    Route(
        method="GET",
        path=f"{API}audit",
        about="Who did what, the oldest first, a thousand at a time.",
        answer=_audit,
        needs=ADMIN,
        parameters=(Parameter(name="after", about="The id of the last entry seen.", schema=_COUNT),),
        gives={"entries": {"type": "array", "items": {"type": "object"}}},
    ),
)
