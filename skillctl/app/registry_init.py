"""Making a registry in a directory or an object store, signed or not."""

from __future__ import annotations

from collections.abc import Mapping

from skillctl.app.blobs import checked_place
from skillctl.app.outcome import Outcome
from skillctl.app.signing import Keys, check_apart, keys_directory
from skillctl.core.errors import RegistryError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field
from skillctl_registry.config import random_id, read_config
from skillctl_registry.index import INDEX
from skillctl_registry.opening import open_backend
from skillctl_registry.signing.founding import (
    Founded,
    Wishes,
    found_signed,
    found_unsigned,
    go_on,
    is_unfinished,
)
from skillctl_registry.signing.keys import DAYS, KeyStore

MOST_ROOT_KEYS = 16
MOST_DAYS = 3650


@dataclass(frozen=True, kw_only=True, slots=True)
class InitRequest:
    """Which registry."""

    location: str
    """An absolute directory, or an address of an object store."""
    signed: bool = False
    blobs: str = ""
    """Where its archives are to lie: `oci://host/repository`; empty: with the rest."""
    keys: Keys = field(default_factory=Keys)
    root_keys: int = 1
    threshold: int = 1
    in_keyring: bool = False
    expires: tuple[str, ...] = ()
    """`timestamp=14`: days that signatures of a role are good for."""
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class InitOutcome(Outcome):
    """The registry that is there now."""

    location: str
    id: str
    signed: bool
    root_sha256: str
    keys: str
    """The directory of the keys; empty for an unsigned registry."""
    blobs: str
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {
            "location": self.location,
            "id": self.id,
            "signed": self.signed,
            "root_sha256": self.root_sha256,
            "keys": self.keys,
            "blobs": self.blobs or None,
            "dry_run": self.dry_run,
        }


def init_registry(settings: Settings, request: InitRequest, *, now: str) -> InitOutcome:
    """Make an empty registry, or finish one whose founding was interrupted. `now` is RFC 3339.

    RegistryError E715 if one is there, E769 if one was begun and this can't finish it, E232 to E237 if the place holds
    something else, E716 if there are keys already; UsageError E022 for what only a signed one can have, E023 for
    numbers that make no sense, for a place where archives can't lie, and for keys in the registry.
    """
    wishes = _wishes(request)
    backend = open_backend(request.location, lock_timeout=settings.lock_timeout)
    begun = read_config(backend, limits=settings.limits)
    goes_on = request.signed and is_unfinished(backend, begun)
    if not goes_on and (begun is not None or next(iter(backend.list(INDEX)), None) is not None):
        raise RegistryError.of("E715", registry=request.location)
    made_id = begun.id if begun is not None else random_id()
    if request.signed and request.keys.directory is not None:
        check_apart(request.keys.directory, backend)
    store = KeyStore(request.keys.directory or keys_directory(settings, made_id), passphrase=request.keys.passphrase)
    if request.dry_run:
        founded = Founded(id="")
    elif begun is not None:
        founded = go_on(backend, store, begun, wishes, now=now)
    elif request.signed:
        founded = found_signed(backend, store, wishes, now=now, new_id=made_id)
    else:
        founded = found_unsigned(backend, blobs=wishes.blobs)
    return InitOutcome(
        location=request.location,
        id=founded.id,
        signed=request.signed,
        root_sha256=founded.root_sha256,
        keys=str(store.directory) if request.signed and not request.dry_run else "",
        blobs=wishes.blobs,
        dry_run=request.dry_run,
    )


def _wishes(request: InitRequest) -> Wishes:
    if not request.signed and (of_signed := _of_signed(request)):
        advice = f"{' and '.join(of_signed)} say how a registry is signed, and without it this one would not be"
        raise UsageError.of("E022", command="registry init", wanted="--signed", advice=advice)
    if not 1 <= request.root_keys <= MOST_ROOT_KEYS:
        raise _wrong("--root-keys", str(request.root_keys), f"a number from 1 to {MOST_ROOT_KEYS}")
    if not 1 <= request.threshold <= request.root_keys:
        raise _wrong("--threshold", str(request.threshold), f"a number from 1 to {request.root_keys}, the root's keys")
    return Wishes(
        root_keys=request.root_keys,
        threshold=request.threshold,
        in_keyring=request.in_keyring,
        blobs=checked_place(request.blobs),
        days=_days(request.expires),
    )


def _of_signed(request: InitRequest) -> list[str]:
    """The options given that mean nothing for an unsigned registry."""
    given = {
        "--root-keys": request.root_keys != 1,
        "--threshold": request.threshold != 1,
        "--keys": request.keys.directory is not None,
        "--keyring": request.in_keyring,
        "--expires": bool(request.expires),
    }
    return [f"`{name}`" for name, is_given in given.items() if is_given]


def _days(texts: tuple[str, ...]) -> Mapping[str, int]:
    days = dict(DAYS)
    for text in texts:
        role, _, number = text.partition("=")
        if role not in DAYS or not number.isdecimal() or not 1 <= int(number) <= MOST_DAYS:
            raise _wrong("--expires", text, f"ROLE=DAYS, with a role of {', '.join(DAYS)}")
        days[role] = int(number)
    return days


def _wrong(option: str, value: str, expected: str) -> UsageError:
    return UsageError.of("E023", option=option, reason=f"`{value}` is not {expected}")
