"""The signer: brings what the database has decided into the signed tree, as a batch, one at a time.

1. Whoever needs a change signed takes the right to sign: in this process a lock, between processes a lease in the
   database, which runs out by itself if its holder was killed.
2. He signs all that waits, not his own alone; the others find their changes signed.
3. The index file of each pack is made of the database's rows. What is there is read first, the rows then, and the
   commit compares: an old signer who wakes up late loses, whatever the lease says. The lease only saves work.
4. The database keeps what no row tells of the signed files (`remembering`), with the note that the changes are signed.
5. Then the catalog, which is advisory.

A change that was not signed because the server was killed waits in the database; the next start signs it.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import replace
from skillctl_registry.backends.lasting import put_missing
from skillctl_registry.catalog import CatalogEntry, refresh_entries
from skillctl_registry.index import index_path
from skillctl_registry.server import shelf
from skillctl_registry.server.database import Database
from skillctl_registry.server.remembering import recalled, remember_commit, remember_files
from skillctl_registry.server.shelf import PackChange
from skillctl_registry.server.tables import LEASES
from skillctl_registry.signing.remaking import Lasting, lasting, remake
from skillctl_registry.signing.upkeep import expiries, refresh
from skillctl_registry.signing.writer import Change, SignedBackend, SignedWriter
from skillctl_registry.trust.files import target_key
from skillctl_registry.trust.trusted import moment

if TYPE_CHECKING:
    from tuf.api.metadata import TargetFile

    from skillctl.core.release import Release
    from skillctl_registry.verified import VerifiedBackend

LEASE = "signer"
LEASE_SECONDS = 5.0
"""Of a batch; a signer that was killed is waited for so long. One that is slower loses nothing but work."""
PATIENCE = 15.0
"""Seconds until a publish gives up waiting; its release is taken then, and will be signed."""
BATCH = 1024

_LOOK = 0.02  # seconds between looks at what another process signs
_TRIES = 4  # of keeping what other processes keep just now; what is left is kept at the next look


class Signer:
    """Signs for one server process."""

    def __init__(
        self,
        database: Database,
        writer: SignedWriter,
        *,
        seconds: Callable[[], float],
        limits: Limits = LIMITS,
        patience: float = PATIENCE,
    ) -> None:
        """`seconds` gives the time since 1970, which the processes' machines should agree on."""
        self.backend = SignedBackend(writer)
        self.batches = 0
        """How often something was signed."""
        self._database = database
        self._writer = writer
        self._seconds = seconds
        self._limits = limits
        self._patience = patience
        self._holder = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._remembered = Lasting()
        self._expires: Mapping[str, str] = {}
        """Role -> RFC 3339, as far as it was looked at."""
        self._wanting: tuple[str, ...] = ()

    def settle(self, change: PackChange) -> None:
        """Have the change in the tree. RegistryError E735 if that takes too long: it is decided, and follows."""
        deadline = time.monotonic() + self._patience
        while not self._is_signed(change):
            if time.monotonic() >= deadline:
                raise RegistryError.of("E735", name=change.name)
            if self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
                try:
                    done = self._is_signed(change) or self._sign_waiting()
                finally:
                    self._lock.release()
                if not done:
                    time.sleep(_LOOK)

    def sign_waiting(self) -> bool:
        """Sign all that waits; False if another process is at it."""
        with self._lock:
            return self._sign_waiting()

    def keep_fresh(self) -> tuple[Problem, ...]:
        """Sign anew what expires before long; a warning W703 for each role that wants keys which are not here."""
        with self._lock:
            self._expires = expiries(self._writer)  # in any case: it may be that another process signs, or nobody can
            with self._leased() as mine:
                if mine:
                    done = refresh(self._writer)
                    self._expires, self._wanting = done.expires, done.wanting
            label = self.backend.label
            return tuple(
                problem("W703", role=each, registry=label, expires=self._expires[each]) for each in self._wanting
            )

    @property
    def good_for(self) -> float:
        """Seconds until the first signature expires, by the last look at them; no number (NaN) before the first."""
        if not self._expires:
            return math.nan
        return (moment(min(self._expires.values())) - moment(self._writer.now())).total_seconds()

    def remember(self) -> None:
        """Have the database know the signed files of now, whoever has signed them."""
        with self._lock:
            new = self._lasting()
            if new.timestamp != self._remembered.timestamp:
                with self._database.writing() as connection:
                    remember_commit(connection, new)
                self._remembered = new

    def rebuild(self, view: Callable[[], VerifiedBackend]) -> None:
        """Make the signed files again if anything is amiss with them, and every index file anew of the database.

        `view` is as `amiss` wants it. RegistryError E714 and E777 as `remake` has it, E735 if another process
        signs for too long.
        """
        with self._database.reading() as connection:
            known = recalled(connection)
        with self._lock:
            remake(self._writer, known, view, self._indexes)
        self.remember()
        with self._database.reading() as connection:
            changes = shelf.last_changes(connection)
        reader = self._writer.standing().reader
        # bin by bin, so that each bin is signed once or twice, and not by every batch
        changes.sort(key=lambda each: reader.bin_of(index_path(each.name)))
        done = [name for at in range(0, len(changes), BATCH) for name in self._signed(changes[at : at + BATCH])]
        self._refresh_catalog(done)

    def _signed(self, batch: Sequence[PackChange]) -> list[str]:
        """What `_sign` gives, as soon as no other process signs. RegistryError E735 if that takes too long."""
        deadline = time.monotonic() + self._patience
        while True:
            with self._lock, self._leased() as mine:
                if mine:
                    return self._sign(batch)
            if time.monotonic() >= deadline:
                raise RegistryError.of("E735", name=batch[0].name)
            time.sleep(_LOOK)

    def _indexes(self) -> Iterator[tuple[str, bytes]]:
        with self._database.reading() as connection:
            for name, data in shelf.index_files(connection):
                yield index_path(name), data

    def _sign_waiting(self) -> bool:
        with self._leased() as mine:
            if not mine:
                return False
            done: list[str] = []
            while batch := self._batch():
                done += self._sign(batch)
        self._refresh_catalog(done)
        return True

    def _batch(self) -> list[PackChange]:
        with self._database.reading() as connection:
            return shelf.waiting(connection, most=BATCH)

    def _sign(self, batch: Sequence[PackChange]) -> list[str]:
        """Commit what the changes come to; the names of the packs that are in order now."""
        keys = {change: index_path(change.name) for change in batch}
        reader = self._writer.standing().reader
        reader.prefetch([*keys.values()])
        before = {key: _digest(reader.find(key)) for key in keys.values()}
        with self._database.reading() as connection:  # after the tree, so that what is compared is older
            found = dict(shelf.index_files(connection, [each.name for each in batch]))
        changes: dict[str, Change] = {}
        for change, key in keys.items():
            wanted = found[change.name]
            if hashlib.sha256(wanted).hexdigest() == before[key]:
                put_missing(self._writer.backend, target_key(key, before[key]), wanted)  # what was lost comes back
            else:
                changes[key] = Change(expected=None, expected_sha256=before[key], new=wanted)
        lost = self._writer.commit(changes) if changes else frozenset()
        if changes:
            self.batches += 1
        done = [change for change, key in keys.items() if key not in lost]
        new = self._remembered
        with suppress(RegistryError):  # what is signed is noted as such, whatever else is wrong with the tree
            new = self._lasting()
        with self._database.writing() as connection:
            shelf.mark_signed(connection, done)
            remember_commit(connection, new)
        self._remembered = new
        return [change.name for change in done]

    def _lasting(self) -> Lasting:
        """What the database should know of the tree as it stands; of the files it does then."""
        known = self._remembered.files
        new = lasting(self._writer.backend, self._writer.standing(), self._remembered, now=self._writer.now())
        return replace(new, files={**known, **self._kept(new.files)})

    def _kept(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """Have the database keep these files; those of them that it has then."""
        missing = files
        for _ in range(_TRIES):
            if not missing:
                break
            try:
                with self._database.writing() as connection:
                    remember_files(connection, missing)
                missing = {}
            except IntegrityError:  # another process keeps some of them just now
                with self._database.reading() as connection:
                    there = recalled(connection).files
                missing = {key: data for key, data in missing.items() if there.get(key) != data}
        return {key: data for key, data in files.items() if key not in missing}

    def _refresh_catalog(self, names: Sequence[str]) -> None:
        def releases(name: str) -> Sequence[Release]:
            with self._database.reading() as connection:
                return shelf.releases_of(connection, name)

        def describe(release: Release) -> CatalogEntry:
            with self._database.reading() as connection:
                return shelf.entry_of(connection, release)

        refresh_entries(self.backend, names, releases, describe=describe, limits=self._limits)

    def _is_signed(self, change: PackChange) -> bool:
        with self._database.reading() as connection:
            return shelf.is_signed(connection, change)

    @contextmanager
    def _leased(self) -> Iterator[bool]:
        """Whether this process may sign, for a block."""
        mine = self._take_lease()
        try:
            yield mine
        finally:
            if mine:
                with suppress(RegistryError):
                    self._give_lease_back()

    def _take_lease(self) -> bool:
        now = self._seconds()
        values = {"holder": self._holder, "until": now + LEASE_SECONDS}
        try:
            with self._database.writing() as connection:
                if connection.execute(select(LEASES.c.name).where(LEASES.c.name == LEASE)).first() is None:
                    connection.execute(insert(LEASES).values(name=LEASE, **values))
                    return True
                # none lasts longer than its seconds: one that seems to is of a clock that was wrong
                free = (LEASES.c.until < now) | (LEASES.c.until > now + 2 * LEASE_SECONDS)
                free |= LEASES.c.holder == self._holder
                taken = connection.execute(update(LEASES).where(LEASES.c.name == LEASE, free).values(values))
                return taken.rowcount == 1
        except IntegrityError:
            return False

    def _give_lease_back(self) -> None:
        with self._database.writing() as connection:
            mine = (LEASES.c.name == LEASE) & (LEASES.c.holder == self._holder)
            connection.execute(update(LEASES).where(mine).values(until=0.0))


def _digest(target: TargetFile | None) -> str:
    """What is signed of an index file now; empty if there is none."""
    return "" if target is None else target.hashes.get("sha256", "")
