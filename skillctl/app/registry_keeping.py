"""Keeping a registry in order: keys changed, signatures renewed, all of it checked and tidied."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from skillctl.app.blobs import writing_elsewhere
from skillctl.app.meant_registry import WritableRegistry, writable_registry
from skillctl.app.outcome import Outcome
from skillctl.app.signing import Keys, signed_writer
from skillctl.core.diagnostics import problem
from skillctl.core.errors import RegistryError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field
from skillctl.edges import clock
from skillctl_registry.config import read_config
from skillctl_registry.mirror_scope import has_blobs_here
from skillctl_registry.signing.checking import check
from skillctl_registry.signing.founding import is_unfinished
from skillctl_registry.signing.keys import ROLES
from skillctl_registry.signing.tidying import GRACE_SECONDS, Tidy, tidy
from skillctl_registry.signing.upkeep import expiries, refresh, rotate
from skillctl_registry.signing.writer import SignedWriter
from skillctl_registry.trust.reader import RootPin, pin_root
from skillctl_registry.verified import VerifiedBackend, first_root


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepingRequest:
    """Which registry, and its keys."""

    registry: str
    """Alias or directory; empty: the user's default one."""
    cwd: Path
    keys: Keys = field(default_factory=Keys)
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedOutcome(Outcome):
    """What was signed anew."""

    registry: str
    roles: tuple[str, ...]
    expires: Mapping[str, str]
    """Role -> RFC 3339."""
    keyids: tuple[str, ...] = ()
    """Keys that were made."""
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        return {
            "registry": self.registry,
            "roles": list(self.roles),
            "expires": dict(self.expires),
            "keyids": list(self.keyids),
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOutcome(Outcome):
    """What was looked at; the problems tell what is wrong."""

    registry: str
    signed: bool
    root_sha256: str
    packs: int
    releases: int
    bytes: int
    loose: tuple[str, ...]
    """Files that nothing in the state of now refers to. W702 tells of those that are old enough to go."""

    def to_json(self) -> JsonObject:
        return {
            "registry": self.registry,
            "signed": self.signed,
            "root_sha256": self.root_sha256,
            "packs": self.packs,
            "releases": self.releases,
            "bytes": self.bytes,
            "loose": list(self.loose),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class TidyOutcome(Outcome):
    """What was taken away."""

    registry: str
    removed: tuple[str, ...]
    kept: int
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {
            "registry": self.registry,
            "removed": list(self.removed),
            "kept": self.kept,
            "dry_run": self.dry_run,
        }


def rotate_key(settings: Settings, request: KeepingRequest, role: str, *, in_keyring: bool) -> SignedOutcome:
    """Give a role a new key. UsageError E023 for an unknown role; RegistryError E714 without the keys for it."""
    if role not in ROLES:
        raise UsageError.of("E023", option="ROLE", reason=f"it is one of {', '.join(ROLES)}")
    target, writer = _signed(settings, request)
    made = () if request.dry_run else rotate(writer, role, in_keyring=in_keyring)
    return SignedOutcome(
        registry=target.label, roles=(role,), expires=expiries(writer), keyids=made, dry_run=request.dry_run
    )


def refresh_registry(settings: Settings, request: KeepingRequest) -> SignedOutcome:
    """Sign anew what is about to expire; timestamp and snapshot in any case."""
    target, writer = _signed(settings, request)
    if request.dry_run:
        return SignedOutcome(registry=target.label, roles=(), expires=expiries(writer), dry_run=True)
    done = refresh(writer)
    wanting = tuple(
        problem("W703", role=role, registry=target.label, expires=done.expires[role]) for role in done.wanting
    )
    return SignedOutcome(registry=target.label, roles=done.roles, expires=done.expires, problems=wanting)


def verify_registry(settings: Settings, request: KeepingRequest, *, root: str = "") -> CheckOutcome:
    """Look at every signature, digest and file. `root` is the sha256 of the root to trust.

    Without one the pinned root of the registry's entry counts, then that of the keys here, then the first root that
    lies in the registry: so much the result tells. RegistryError E769 for one that was begun and never finished.
    """
    target = _target(settings, request)
    config = read_config(target.backend, limits=settings.limits)
    signed = config is not None and config.signed
    if is_unfinished(target.backend, config):
        advice = "run `registry init` again as it was begun, where its keys are"
        raise RegistryError.of("E769", registry=target.label, reason="it has no timestamp yet", advice=advice)
    pin = _pin(settings, target, root, request) if signed else RootPin("")
    view = VerifiedBackend(target.backend, pin=pin, now=clock.now(), limits=settings.limits) if signed else None
    found = check(target.backend, view, elsewhere=writing_elsewhere(settings), limits=settings.limits)
    waiting = _for_gc(target, signed, settings) if found.loose else 0
    return CheckOutcome(
        registry=target.label,
        signed=signed,
        root_sha256=pin.sha256,
        packs=found.packs,
        releases=found.releases,
        bytes=found.bytes,
        loose=found.loose,
        problems=(*found.problems, *((problem("W702", registry=target.label, count=waiting),) if waiting else ())),
    )


def _for_gc(target: WritableRegistry, signed: bool, settings: Settings) -> int:
    """How many files `registry gc` would take away now: younger ones are the rule, and for nobody to see to."""
    if not isinstance(target.backend, Tidy):
        return 0
    with suppress(RegistryError):  # what is damaged is told already, and nothing is tidied before it is mended
        return len(tidy(target.backend, signed=signed, now=clock.seconds(), dry_run=True, limits=settings.limits).keys)
    return 0


def tidy_registry(settings: Settings, request: KeepingRequest, *, hours: float = GRACE_SECONDS / 3600) -> TidyOutcome:
    """Take away what nothing refers to and is older than so many hours; nothing of archives that lie elsewhere."""
    target = _target(settings, request)
    config = read_config(target.backend, limits=settings.limits)
    if not isinstance(target.backend, Tidy):
        raise RegistryError.of("E719", registry=target.label, reason="nothing can be taken away there")
    done = tidy(
        target.backend,
        signed=config is not None and config.signed,
        now=clock.seconds(),
        grace=hours * 3600,
        dry_run=request.dry_run,
        limits=settings.limits,
    )
    is_elsewhere = config is not None and config.blobs and not has_blobs_here(target.backend, limits=settings.limits)
    elsewhere = (problem("N760", blobs=config.blobs),) if config is not None and is_elsewhere else ()
    return TidyOutcome(
        registry=target.label, removed=done.keys, kept=done.kept, dry_run=request.dry_run, problems=elsewhere
    )


def _target(settings: Settings, request: KeepingRequest) -> WritableRegistry:
    return writable_registry(settings, request.cwd, request.registry)


def _signed(settings: Settings, request: KeepingRequest) -> tuple[WritableRegistry, SignedWriter]:
    target = _target(settings, request)
    writer = signed_writer(settings, target.backend, request.keys)
    if writer is None:
        raise RegistryError.of("E719", registry=target.label, reason="it is not signed")
    return target, writer


def _pin(settings: Settings, target: WritableRegistry, root: str, request: KeepingRequest) -> RootPin:
    if root:
        return pin_root(root)
    entries = [each.root_sha256 for each in settings.registries if each.name == target.label and each.root_sha256]
    if entries:
        return pin_root(entries[0])
    try:
        writer = signed_writer(settings, target.backend, request.keys)
    except RegistryError:
        writer = None
    if writer is not None:
        return pin_root(writer.keys.signing.root_sha256)
    data = first_root(target.backend)
    if data is None:
        raise RegistryError.of("E708", registry=target.label, sha256="of any kind", seen="it shows none")
    return pin_root(data)
