"""`login`, `logout`, `whoami`: keys and tokens that the user gives skillctl to keep, and whose they are.

A token of a registry is kept under the origin of its address, which is shown before the token is asked for: that is
whom it will be shown to, whatever a project calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from skillctl.app.outcome import Outcome
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import RegistryError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl.core.web import check_address, checked_token, is_web, masked, origin_of

if TYPE_CHECKING:
    from skillctl_registry.endpoints.whoami import Identity


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginOutcome(Outcome):
    """A key that is kept now."""

    what: str
    """`llm`, or the origin of a registry."""
    user: str
    """Whose token it is, where the registry tells."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"kept": self.what, "user": self.user or None, "dry_run": self.dry_run}


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutOutcome(Outcome):
    """A key that is kept no more."""

    what: str
    was_kept: bool
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"forgotten": self.what, "was_kept": self.was_kept, "dry_run": self.dry_run}


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """One origin, and what is known of the token that is shown to it."""

    registry: str
    """The alias; the origin itself where there is none."""
    url: str
    origin: str
    token: Literal["environment", "keyring", ""]
    """Where it comes from; empty: there is none."""
    identity: Identity | None
    """Whose it is; None if nobody was asked, or the registry does not tell."""

    def to_json(self) -> JsonObject:
        """The account in an envelope."""
        who = self.identity
        return {
            "registry": self.registry,
            "origin": self.origin,
            "token": self.token or None,
            "user": who.user if who else None,
            "scopes": list(who.scopes) if who else None,
            "expires": (who.expires or None) if who else None,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class WhoamiOutcome(Outcome):
    """The accounts of the registries that have an address."""

    accounts: tuple[Account, ...]

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {"accounts": [each.to_json() for each in self.accounts]}


def login_to_model(key: str, *, dry_run: bool) -> LoginOutcome:
    """Keep the key of the language model. ExecutionError E549 if this system has no keyring."""
    from skillctl_runtime.model_key import keep_key

    if not dry_run:
        keep_key(key)
    return LoginOutcome(what="llm", user="", dry_run=dry_run)


def logout_of_model(*, dry_run: bool) -> LogoutOutcome:
    """Keep the key of the language model no more."""
    from skillctl_runtime.model_key import forget_key, is_key_kept

    was_kept = is_key_kept() if dry_run else forget_key()
    return LogoutOutcome(what="llm", was_kept=was_kept, dry_run=dry_run)


def registry_address(settings: Settings, cwd: Path, named: str) -> str:
    """The address of the registry of that alias, or the address itself; of the only one, where nothing is named.

    UsageError E035 if it has none, E005 if the project means another by it than the user, E036 if several have one and
    none is named; RegistryError E290 or E297 for one that can't be used.
    """
    if is_web(named):
        return check_address(named, insecure=settings.may_be_open(named))
    addresses = [*_addresses(settings, cwd)]
    meant = [url for alias, url in addresses if not named or alias == named]
    known = sorted({alias for alias, _ in addresses}) or ["none"]
    if named and not meant:
        raise UsageError.of("E035", name=named, known=known)
    if named and len({origin_of(each) for each in meant}) > 1:  # a project that comes from elsewhere may say the same
        raise UsageError.of("E005", registry=named, project=meant[0], user=meant[1])
    if len({origin_of(each) for each in meant}) != 1:
        raise UsageError.of("E036", count=len(addresses), known=known)
    return meant[0]


def login_to_registry(settings: Settings, url: str, token: str, *, dry_run: bool) -> LoginOutcome:
    """Keep the token for the origin of that address, once the registry has accepted it.

    A registry that only gives files accepts anything, and one that can't be reached now may later: then the token is
    kept as it is. UsageError E037 for what is no token; RegistryError E287 or E720 for one that the registry does not
    accept; ExecutionError E549 if this system has no keyring.
    """
    from skillctl.app.credentials import keep_token

    secret, origin = checked_token(token), origin_of(url)
    problems: tuple[Problem, ...] = ()
    identity = None
    if not settings.offline and not dry_run:
        try:
            identity = _asked(replace(settings, tokens=((origin, secret),)), url)
        except RegistryError as error:
            if _is_refusal(error):
                raise
            problems = error.as_warnings()
    if not dry_run:
        keep_token(settings, origin, secret)
    return LoginOutcome(what=origin, user=identity.user if identity else "", dry_run=dry_run, problems=problems)


def logout_of_registry(settings: Settings, url: str, *, dry_run: bool) -> LogoutOutcome:
    """Keep no token for the origin of that address any more."""
    from skillctl.app.credentials import forget_token, is_token_kept

    origin = origin_of(url)
    was_kept = is_token_kept(settings, origin) if dry_run else forget_token(settings, origin)
    return LogoutOutcome(what=origin, was_kept=was_kept, dry_run=dry_run)


def whoami(settings: Settings, cwd: Path, named: str) -> WhoamiOutcome:
    """Who the tokens stand for: of the registry that is named, else of all that have an address.

    One that can't be asked is a warning, unless it is the one that is named; one that knows no such token is a failure.
    """
    from skillctl.app.credentials import logins

    if named:
        addresses = [(named, registry_address(settings, cwd, named))]
    else:
        addresses = [*_addresses(settings, cwd)]
        known = {origin_of(url) for _, url in addresses}
        addresses += [(origin, origin) for origin in logins(settings) if origin not in known]
    problems: list[Problem] = []
    accounts: list[Account] = []
    for alias, url in addresses:
        account = _account(settings, alias, url)
        if account.token and not settings.offline:
            try:
                account = replace(account, identity=_asked(settings, url))
            except RegistryError as error:
                if named:
                    raise
                problems += error.problems if _is_refusal(error) else error.as_warnings()
        accounts.append(account)
    return WhoamiOutcome(accounts=tuple(accounts), problems=tuple(problems))


def _account(settings: Settings, alias: str, url: str) -> Account:
    from skillctl.app.credentials import logins

    origin = origin_of(url)
    token: Literal["environment", "keyring", ""] = "keyring" if origin in logins(settings) else ""
    if origin in dict(settings.tokens):
        token = "environment"
    shown = masked(alias) if is_web(alias) else alias
    return Account(registry=shown, url=url, origin=origin, token=token, identity=None)


def _asked(settings: Settings, url: str) -> Identity | None:
    """Whom the registry at that address takes us for.

    RegistryError for nobody whom it knows: E720 where its server says why, else E287.
    """
    from skillctl.app.network import open_http
    from skillctl.app.served import as_called_here
    from skillctl_registry.endpoints.problems import refusal
    from skillctl_registry.endpoints.whoami import whoami_request, whoami_response

    http = open_http(settings)
    response = http.send(whoami_request(url))
    if response.status in (401, 403):
        told = refusal(response, limits=settings.limits)
        raise as_called_here(told, masked(url)) if told.code == "E720" else http.refusal(response)
    return whoami_response(response, limits=settings.limits)


def _is_refusal(error: RegistryError) -> bool:
    """Whether the registry does not accept the token."""
    return error.code in ("E287", "E720")


def _addresses(settings: Settings, cwd: Path) -> Iterator[tuple[str, str]]:
    """Alias and address of every registry that has one, the project's first."""
    from skillctl.app.registry_entries import list_registries

    seen: set[tuple[str, str]] = set()
    for each in list_registries(settings, cwd).registries:
        alias, url = each.entry.name, each.entry.location
        if is_web(url) and (alias, url) not in seen:
            seen.add((alias, url))
            yield alias, url
    if is_web(settings.registry) and settings.registry not in {url for _, url in seen}:
        yield settings.registry, settings.registry
