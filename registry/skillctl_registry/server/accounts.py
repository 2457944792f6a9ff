"""Who somebody is to the server, and what he may do: tokens, users, owners of packs and scopes.

There are no passwords and no sign-up: a user is a name that tokens are made for. A token is known by its sha256; it is
long and random, so that no slow hash is needed. Packs in a scope belong to the owners of the scope, others to their
own.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.engine import RowMapping

from skillctl.core.diagnostics import problem
from skillctl.core.errors import RegistryError
from skillctl.core.likeness import too_alike
from skillctl.core.names import is_pack_name, scope_of
from skillctl.core.value import dataclass, replace
from skillctl_registry.endpoints.owners import Owners
from skillctl_registry.endpoints.tokens import SCOPES, TokenFacts, TokenWish
from skillctl_registry.server.database import in_order
from skillctl_registry.server.tables import AUDIT, OWNERS, PACKS, TOKENS

PREFIX = "skl_"
UNNAMED = "REGISTRY"
"""What a command calls the registry, for who can't be told its name: that is the reader's own."""
ADMIN = "admin"
_USER = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z")
_WHEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")
_ADMIN_TOKEN = re.compile(r"[!-~]{20,500}\Z")
_MOST_TOKENS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who asks."""

    user: str
    token: str
    """The token's id."""
    scopes: frozenset[str]
    expires: str = ""
    used: str = ""
    """When the token was used last, as far as that is written down."""

    @property
    def is_admin(self) -> bool:
        return ADMIN in self.scopes

    def may(self, scope: str) -> bool:
        """Whether the token is good for that."""
        return self.is_admin or scope in self.scopes


def new_token() -> str:
    """A token that nobody guesses: 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


def caller_of(connection: Connection, token: str, *, now: str) -> Caller:
    """Whose token it is. RegistryError E720 for one that is unknown, revoked or expired."""
    row = connection.execute(select(TOKENS).where(TOKENS.c.sha256 == _hashed(token))).first()
    if row is None or row.revoked:
        raise RegistryError.of("E720", registry=UNNAMED, reason="it is not known" if row is None else "it was revoked")
    if row.expires and row.expires <= now:
        raise RegistryError.of("E720", registry=UNNAMED, reason=f"it has expired on {row.expires}")
    scopes = frozenset(row.scopes.split())
    return Caller(user=row.owner, token=row.id, scopes=scopes, expires=row.expires, used=row.used)


def write_uses(connection: Connection, uses: Mapping[str, str]) -> None:
    """Write down when tokens, by their ids, were used last."""
    for token, when in sorted(uses.items()):
        connection.execute(update(TOKENS).where(TOKENS.c.id == token, TOKENS.c.used < when).values(used=when))


def keep_admin_token(connection: Connection, token: str, *, now: str) -> None:
    """Let the token be one of the administrator, if it is not yet.

    RegistryError E785 for one that could be guessed, since no slow hash stands before it, or that was revoked.
    """
    if not _ADMIN_TOKEN.match(token):
        raise RegistryError.of("E785", reason="it has to have 20 to 500 visible letters, none of them a space")
    row = connection.execute(select(TOKENS.c.revoked).where(TOKENS.c.sha256 == _hashed(token))).first()
    if row is None:
        _keep(connection, token, user=ADMIN, scopes=(ADMIN,), expires="", now=now)
    elif row.revoked:
        raise RegistryError.of("E785", reason=f"it was revoked on {row.revoked}")


def has_tokens(connection: Connection) -> bool:
    """Whether any token was ever made."""
    return connection.execute(select(TOKENS.c.id).limit(1)).first() is not None


def create_token(connection: Connection, caller: Caller, wish: TokenWish, *, now: str) -> tuple[TokenFacts, str]:
    """A new token, and itself, this once. RegistryError E721 for more than the caller may give, E737 for no user."""
    owner, expires = check_user(wish.user or caller.user), wish.expires
    wanted = tuple(each for each in SCOPES if each in wish.scopes)
    unknown = {*wish.scopes} - {*SCOPES}
    if unknown or not wanted:
        raise RegistryError.of("E737", what=f"scopes of {', '.join(SCOPES)}, one at least")
    if expires and not _WHEN.match(expires):
        raise RegistryError.of("E737", what="`expires` as RFC 3339 in UTC, such as 2027-01-31T00:00:00Z")
    if not caller.is_admin:
        if owner != caller.user:
            raise RegistryError.of("E721", user=caller.user, action="make tokens for others")
        if not {*wanted} <= caller.scopes:
            raise RegistryError.of("E721", user=caller.user, action="make tokens that may do more than itself")
        if caller.expires and (not expires or expires > caller.expires):
            raise RegistryError.of("E721", user=caller.user, action="make tokens that last longer than itself")
        if _good_tokens(connection, owner, now=now) >= _MOST_TOKENS:
            raise RegistryError.of("E721", user=caller.user, action=f"have more than {_MOST_TOKENS} tokens")
    token = new_token()
    facts = _keep(connection, token, user=owner, scopes=wanted, expires=expires, now=now)
    record(connection, caller, "token create", facts.id, f"{owner}: {' '.join(wanted)}", now=now)
    return facts, token


def tokens_of(connection: Connection, user: str) -> list[TokenFacts]:
    """The user's tokens, the oldest first."""
    found = connection.execute(select(TOKENS).where(TOKENS.c.owner == user).order_by(TOKENS.c.created, TOKENS.c.id))
    return [_facts(row) for row in found.mappings()]


def _good_tokens(connection: Connection, user: str, *, now: str) -> int:
    """How many of the user's tokens are neither revoked nor expired."""
    lasts = (TOKENS.c.expires == "") | (TOKENS.c.expires > now)
    good = (TOKENS.c.owner == user) & (TOKENS.c.revoked == "") & lasts
    return connection.execute(select(func.count()).select_from(TOKENS).where(good)).scalar_one()


def every_token(connection: Connection, *, after: str, most: int) -> list[TokenFacts]:
    """The tokens of all users by their ids, from the one behind `after` on."""
    found = connection.execute(select(TOKENS).where(TOKENS.c.id > after).order_by(TOKENS.c.id).limit(most))
    return [_facts(row) for row in found.mappings()]


def token_to_revoke(connection: Connection, caller: Caller, token_id: str) -> TokenFacts:
    """A token that the caller may end: itself, one of the same user that may do no more, an administrator anybody's.

    RegistryError E736 if there is none, E721 for one that may do more: a token that leaked out of a CI would lock its
    user out, the administrator too.
    """
    row = connection.execute(select(TOKENS).where(TOKENS.c.id == token_id)).mappings().first()
    if row is None or (row["owner"] != caller.user and not caller.is_admin):
        raise RegistryError.of("E736", what="token", name=token_id)
    found = _facts(row)
    if not caller.is_admin and found.id != caller.token and not {*found.scopes} <= caller.scopes:
        raise RegistryError.of("E721", user=caller.user, action="revoke tokens that may do more than itself")
    return found


def revoke_token(connection: Connection, caller: Caller, token_id: str, *, now: str) -> TokenFacts:
    """End a token, as it is then; one that was revoked before stays as it was. RegistryError E721 and E736 as above."""
    found = token_to_revoke(connection, caller, token_id)
    if found.revoked:
        return found
    connection.execute(update(TOKENS).where(TOKENS.c.id == token_id).values(revoked=now))
    record(connection, caller, "token revoke", token_id, found.user, now=now)
    return replace(found, revoked=now)


def owners_of(connection: Connection, name: str) -> tuple[str, ...]:
    """Who owns the pack itself, or the scope."""
    found = connection.execute(select(OWNERS.c.owner).where(OWNERS.c.name == name).order_by(OWNERS.c.owner))
    return tuple(found.scalars())


def owners_known(connection: Connection, name: str) -> tuple[str, ...]:
    """The owners of something that is there. RegistryError E736 if it is not."""
    holder = scope_of(check_owned(name)) or name
    owners = owners_of(connection, holder)
    if not owners and connection.execute(select(PACKS.c.name).where(PACKS.c.name == name)).first() is None:
        raise RegistryError.of("E736", what="scope" if holder.startswith("@") else "pack", name=name)
    return owners


def check_may_write(connection: Connection, caller: Caller, name: str) -> None:
    """The caller owns the pack or its scope. RegistryError E722 if not, E724 for a scope that nobody has."""
    holder = scope_of(name) or name
    owners = owners_of(connection, holder)
    if holder.startswith("@") and not owners:
        raise RegistryError.of("E724", scope=holder)
    if caller.user not in owners and not caller.is_admin:
        raise RegistryError.of("E722", user=caller.user, name=name, owners=owners or ("nobody",))


def add_owner(connection: Connection, caller: Caller, name: str, user: str, *, now: str) -> Owners:
    """One owner more, with a warning if nobody of that name is known. A scope that nobody has is an administrator's to
    begin.

    RegistryError E723 for one that looks like another's scope.
    """
    holder = scope_of(check_owned(name)) or name
    begins = caller.is_admin and holder.startswith("@")
    owners = _owners_for(connection, caller, name, holder, may_be_none=begins)
    if not owners:
        _refuse_alike_scope(connection, holder, user)
    if check_user(user) not in owners:
        connection.execute(insert(OWNERS).values(name=holder, owner=user))
        record(connection, caller, "owner add", holder, user, now=now)
    is_known = connection.execute(select(TOKENS.c.id).where(TOKENS.c.owner == user).limit(1)).first() is not None
    return Owners(names=owners_of(connection, holder), problems=() if is_known else (problem("W709", user=user),))


def _refuse_alike_scope(connection: Connection, scope: str, user: str) -> None:
    """Refuse a new scope that people may take for one that is not the user's: whole packs would look alike then."""
    scopes = connection.execute(select(OWNERS.c.name).where(OWNERS.c.name.startswith("@")).distinct()).scalars()
    for other in sorted(scopes):
        if too_alike(scope.removeprefix("@"), other.removeprefix("@")) and user not in owners_of(connection, other):
            raise RegistryError.of("E723", name=scope, other=other)


def remove_owner(connection: Connection, caller: Caller, name: str, user: str, *, now: str) -> tuple[str, ...]:
    """One owner less. RegistryError E738 for the last one."""
    holder = scope_of(check_owned(name)) or name
    owners = _owners_for(connection, caller, name, holder)
    if user not in owners:
        raise RegistryError.of("E736", what="owner", name=user)
    if len(owners) == 1:
        raise RegistryError.of("E738", name=holder, user=user)
    connection.execute(delete(OWNERS).where(OWNERS.c.name == holder, OWNERS.c.owner == user))
    record(connection, caller, "owner remove", holder, user, now=now)
    return owners_of(connection, holder)


def _owners_for(
    connection: Connection, caller: Caller, name: str, holder: str, *, may_be_none: bool = False
) -> tuple[str, ...]:
    """The owners, for who may change them. RegistryError E736 if there are none, E722 if he is none of them."""
    owners = owners_of(connection, holder)
    if not owners and not may_be_none:
        raise RegistryError.of("E736", what="scope" if holder.startswith("@") else "pack", name=name)
    if caller.user not in owners and not caller.is_admin:
        raise RegistryError.of("E722", user=caller.user, name=name, owners=owners)
    return owners


def check_owned(name: str) -> str:
    """The name of a pack or a scope. RegistryError E737 if it is neither."""
    if not is_pack_name(name) and not (name.startswith("@") and is_pack_name(f"{name}/xx")):
        raise RegistryError.of("E737", what="the name of a pack, or a scope such as @acme")
    return name


def check_user(user: str) -> str:
    """The name of a user. RegistryError E737 if it is none."""
    if not _USER.match(user):
        raise RegistryError.of("E737", what="a user's name of 1 to 64 lower-case letters, digits, `.`, `_` and `-`")
    return user


def record(connection: Connection, caller: Caller, action: str, subject: str, detail: str, *, now: str) -> None:
    """Write down who did what, in the very change that it is.

    The numbers of the log are in the order in which changes are done, so that who has seen one has seen all before it.
    """
    in_order(connection)
    connection.execute(
        insert(AUDIT).values(
            at=now, who=caller.user, token=caller.token, action=action, subject=subject[:200], detail=detail
        )
    )


def _keep(
    connection: Connection, token: str, *, user: str, scopes: tuple[str, ...], expires: str, now: str
) -> TokenFacts:
    facts = TokenFacts(id=secrets.token_hex(6), user=user, scopes=scopes, created=now, expires=expires)
    connection.execute(
        insert(TOKENS).values(
            id=facts.id,
            sha256=_hashed(token),
            owner=user,
            scopes=" ".join(scopes),
            created=now,
            expires=expires,
            revoked="",
            used="",
        )
    )
    return facts


def _facts(found: RowMapping) -> TokenFacts:
    return TokenFacts(
        id=found["id"],
        user=found["owner"],
        scopes=tuple(found["scopes"].split()),
        created=found["created"],
        expires=found["expires"],
        revoked=found["revoked"],
        used=found["used"],
    )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
