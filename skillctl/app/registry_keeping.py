"""Keeping a registry in order: keys changed, signatures renewed, all of it checked and tidied."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from skillctl.app.blobs import writing_elsewhere
from skillctl.app.meant_registry import WritableRegistry, standing_registry
from skillctl.app.outcome import Outcome
from skillctl.app.registry_entries import root_digest
from skillctl.app.serve import default_storage, server_parts
from skillctl.app.server_place import is_served, places_of
from skillctl.app.signing import Keys, signed_writer
from skillctl.core.diagnostics import problem
from skillctl.core.errors import RegistryError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field
from skillctl.edges import clock
from skillctl_registry.config import read_config
from skillctl_registry.mirror_scope import has_blobs_here, is_mirror
from skillctl_registry.signing.belonging import catalog_problems
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
    strange: tuple[str, ...]
    """Files where only the registry's belong, of a form that no publish writes. E718 tells of the first."""

    def to_json(self) -> JsonObject:
        return {
            "registry": self.registry,
            "signed": self.signed,
            "root_sha256": self.root_sha256,
            "packs": self.packs,
            "releases": self.releases,
            "bytes": self.bytes,
            "loose": list(self.loose),
            "strange": list(self.strange),
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
    """Look at every signature, digest and file. `root` is the root to trust: its digest, its file or its address.

    Without one the pinned root of the registry's entry counts, then that of the keys here, then the first root that
    lies in the registry: so much the result tells. RegistryError E708 if the registry has not the root of the first
    two, E769 if it was begun and never finished; UsageError E038 for a root that is none.
    """
    given = root_digest(settings, root) if root else ""
    target = standing_registry(settings, request.cwd, request.registry, root=given)
    config = read_config(target.backend, limits=settings.limits)
    if is_unfinished(target.backend, config):
        advice = "run `registry init` again as it was begun, where its keys are"
        raise RegistryError.of("E769", registry=target.label, reason="it has no timestamp yet", advice=advice)
    signed = bool(target.roots) or (config is not None and config.signed)
    pin = _pin(settings, target, request) if signed else RootPin("")
    view = VerifiedBackend(target.backend, pin=pin, now=clock.now(), limits=settings.limits) if signed else None
    found = check(target.backend, view, elsewhere=writing_elsewhere(settings), limits=settings.limits)
    waiting = _for_gc(target, signed, settings) if found.loose or found.strange else 0
    return CheckOutcome(
        registry=target.label,
        signed=signed,
        root_sha256=pin.sha256,
        packs=found.packs,
        releases=found.releases,
        bytes=found.bytes,
        loose=found.loose,
        strange=found.strange,
        problems=(
            *found.problems,
            *catalog_problems(target.backend, found.names, found.latest, limits=settings.limits),
            *((problem("W702", registry=target.label, count=waiting),) if waiting else ()),
        ),
    )


def _for_gc(target: WritableRegistry, signed: bool, settings: Settings) -> int:
    """How many files `registry gc` would take away now: younger ones are the rule, and for nobody to see to."""
    if not isinstance(target.backend, Tidy):
        return 0
    with suppress(RegistryError):  # what is damaged is told already, and nothing is tidied before it is mended
        return len(tidy(target.backend, signed=signed, now=clock.seconds(), dry_run=True, limits=settings.limits).keys)
    return 0


def tidy_registry(
    settings: Settings, request: KeepingRequest, *, database: str = "", hours: float = GRACE_SECONDS / 3600
) -> TidyOutcome:
    """Take away what nothing refers to and is older than so many hours; nothing of archives that lie elsewhere.

    Behind a server its database refers to archives too: `database` is SQLAlchemy's URL of it; empty: the one beside the
    files. UsageError E022 if there is none; RegistryError E732, E733 and E748 if it can't be used, or is of another
    registry; E700 to E708 and E719 of `tidy`.
    """
    wanted = request.registry or (default_storage(settings) if database else "")
    target = standing_registry(settings, request.cwd, wanted)
    if not isinstance(target.backend, Tidy):
        raise RegistryError.of("E719", registry=target.label, reason="nothing can be taken away there")
    decided = _decided(settings, target, database)
    config = read_config(target.backend, limits=settings.limits)
    done = tidy(
        target.backend,
        signed=config is not None and config.signed,
        now=clock.seconds(),
        grace=hours * 3600,
        decided=decided,
        dry_run=request.dry_run,
        limits=settings.limits,
    )
    is_elsewhere = config is not None and config.blobs and not has_blobs_here(target.backend, limits=settings.limits)
    elsewhere = (problem("N760", blobs=config.blobs),) if config is not None and is_elsewhere else ()
    return TidyOutcome(
        registry=target.label, removed=done.keys, kept=done.kept, dry_run=request.dry_run, problems=elsewhere
    )


def _decided(settings: Settings, target: WritableRegistry, database: str) -> frozenset[str]:
    """The archives that a server's database has decided on: a server that was killed may not have signed all of them.

    A mirror of a served registry has the config.json of one, and no database of its own.
    """
    if not (database or (is_served(settings, target) and not is_mirror(target.backend, limits=settings.limits))):
        return frozenset()
    places = places_of(target, command="registry gc", database=database)
    parts = server_parts(settings, places)
    from skillctl_registry.server.agreement import known_registry

    with known_registry(parts) as known:
        return known.archives()


def _target(settings: Settings, request: KeepingRequest) -> WritableRegistry:
    return standing_registry(settings, request.cwd, request.registry)


def _signed(settings: Settings, request: KeepingRequest) -> tuple[WritableRegistry, SignedWriter]:
    target = _target(settings, request)
    writer = signed_writer(settings, target.backend, request.keys)
    if writer is None:
        raise RegistryError.of("E719", registry=target.label, reason="it is not signed")
    return target, writer


def _pin(settings: Settings, target: WritableRegistry, request: KeepingRequest) -> RootPin:
    if target.roots:
        return pin_root(target.roots[0])
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
