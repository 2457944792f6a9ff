"""What the server does when it is asked: each endpoint's work, between the database, the files and the signer.

Nothing here knows of HTTP. The order of a publish, so that a stop at any point leaves a registry that is whole, and the
publish can be repeated: the archive is checked; it is put under its digest, where nothing refers to it yet; the row of
the database decides; the signer brings it into the tree; the answer says so. Archives that lie in an OCI registry are
pushed there by the server; readers are told by config.json, and fetch them there themselves.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.exc import IntegrityError

from skillctl.archive.reader import Unpacked
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.names import parse_pack_name
from skillctl.core.release import AuthorSignature, Release
from skillctl.core.value import dataclass
from skillctl.core.versions import parse_version
from skillctl_registry.backends import Backend
from skillctl_registry.blobs import Blobs
from skillctl_registry.catalog import CatalogEntry
from skillctl_registry.config import CONFIG
from skillctl_registry.endpoints.releases import Taken
from skillctl_registry.publish import what_differs
from skillctl_registry.search import SearchIndex
from skillctl_registry.server import accounts, shelf
from skillctl_registry.server.accounts import Caller
from skillctl_registry.server.database import Database
from skillctl_registry.server.learned import forget, keep, learn
from skillctl_registry.server.signer import Signer
from skillctl_registry.server.taking import Arrived, arrived
from skillctl_registry.sources.registry import verified_tree
from skillctl_registry.trust.files import TIMESTAMP, max_bytes, metadata_key

REGISTRY = "the registry"

_MINUTE = len("2026-11-22T10:00")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a search found."""

    entries: Sequence[CatalogEntry]
    total: int


class Service:
    """One registry, served by this process."""

    def __init__(
        self, database: Database, signer: Signer, blobs: Blobs, *, now: Callable[[], str], limits: Limits = LIMITS
    ) -> None:
        self.database = database
        self.signer = signer
        self._blobs = blobs
        self.limits = limits
        self._now = now
        self._downloads: Counter[tuple[str, str]] = Counter()
        self._uses: dict[str, str] = {}
        self._counts_lock = threading.Lock()
        self._catalog: tuple[int, list[CatalogEntry], SearchIndex] | None = None
        self._lines: Mapping[str, CatalogEntry] = {}
        """The catalog by its lines, so that of a large one what is new alone has to be understood."""
        self._catalog_lock = threading.Lock()

    @property
    def storage(self) -> Backend:
        """Where the files lie."""
        return self.signer.backend.writer.backend

    def now(self) -> str:
        """This moment, RFC 3339."""
        return self._now()

    def health(self) -> Mapping[str, bool]:
        """Whether the database answers, and whether the storage has the files that every reader begins with."""
        try:
            needed = {CONFIG: self.limits.manifest_bytes, metadata_key(TIMESTAMP): max_bytes(TIMESTAMP)}
            storage = all(self.storage.get(key, max_bytes=most) is not None for key, most in needed.items())
        except RegistryError:
            storage = False
        return {"database": self.database.is_well(), "storage": storage}

    def caller(self, token: str) -> Caller:
        """Whose token it is. That it was used is written down before long, once in a minute."""
        now = self._now()
        with self.database.reading() as connection:
            found = accounts.caller_of(connection, token, now=now)
        if found.used[:_MINUTE] != now[:_MINUTE]:
            with self._counts_lock:
                self._uses[found.token] = now
        return found

    # --- releases -------------------------------------------------------------------------------------------------

    def publish(self, caller: Caller, archive: bytes, signatures: Sequence[AuthorSignature], *, dry_run: bool) -> Taken:
        """Take a release, and have it signed; the same again is no error."""
        new = arrived(archive, signatures, now=self._now(), limits=self.limits)
        try:
            stands = self._published(new)
        except RegistryError:  # what stands there is the business of owners alone: others can't raise the version
            with self.database.reading() as connection:
                shelf.check_may_publish(connection, caller, new.release.name)
            raise
        if stands is None:
            with self.database.reading() as connection:
                shelf.check_may_publish(connection, caller, new.release.name)
            if dry_run:
                return Taken(release=new.release, already=False, problems=new.problems)
            self._blobs.put(new.release, archive)
            learned = learn(new.release, new.files, limits=self.limits)
            try:
                with self.database.writing() as connection:
                    change = shelf.add(
                        connection,
                        caller,
                        new.release,
                        new.entry,
                        alone=self.database.one_at_a_time,
                        now=self._now(),
                        limits=self.limits,
                    )
                    keep(connection, {new.release.archive: learned} if learned else {})
            except IntegrityError:
                stands = self._published(new)
                if stands is None:
                    raise RegistryError.of("E228", name=new.release.name, registry=REGISTRY, attempts=1) from None
            else:
                self.signer.settle(change)
                named = self._blobs.settle(new.release)
                return Taken(release=new.release, already=False, problems=(*new.problems, *named))
        if dry_run:
            return Taken(release=stands, already=True, problems=new.problems)
        self.signer.sign_waiting()
        if new.release.archive == stands.archive:
            self._blobs.put(stands, archive)  # what was lost or damaged comes back
        return Taken(release=stands, already=True, problems=(*new.problems, *self._blobs.settle(stands)))

    def yank(self, caller: Caller, name: str, version: str, reason: str | None, *, dry_run: bool) -> Taken:
        """Take a release out of the choice, or put it back."""
        pack, wanted = parse_pack_name(name), parse_version(version)
        if dry_run:
            with self.database.reading() as connection:
                accounts.check_may_write(connection, caller, pack)
                stands = shelf.find_open(connection, pack, wanted)
            return Taken(release=stands.yanked_for(reason), already=stands.yanked_for(reason) == stands)
        with self.database.writing() as connection:
            release, change = shelf.set_yanked(
                connection, caller, pack, wanted, reason, now=self._now(), limits=self.limits
            )
        if change is None:
            self.signer.sign_waiting()
        else:
            self.signer.settle(change)
        return Taken(release=release, already=change is None)

    def delete(self, caller: Caller, name: str, version: str, *, dry_run: bool = False) -> Taken:
        """Take a release out for good, and its archive with it; again is no error, and does what was left undone."""
        pack, wanted = parse_pack_name(name), parse_version(version)
        with self.database.reading() as connection:
            stands = shelf.find_ever(connection, pack, wanted)
        already = stands.deleted
        problems: tuple[Problem, ...] = ()
        if not dry_run:
            with self.database.writing() as connection:
                change = shelf.delete(connection, caller, pack, wanted, now=self._now())
                forget(connection, stands.release.archive)
            self.signer.settle(change)
            problems = self._blobs.remove(stands.release)
        return Taken(release=stands.release, already=already, problems=problems)

    def _published(self, new: Arrived) -> Release | None:
        """The release that stands, if it is the one that arrived. RegistryError E226 if it is another, E730 if gone."""
        wanted = new.release
        with self.database.reading() as connection:
            stored = shelf.find(connection, wanted.name, wanted.version)
        if stored is None:
            return None
        name, version = wanted.name, str(wanted.version)
        if stored.deleted:
            raise RegistryError.of("E730", name=name, version=version)
        if stored.release.tree == wanted.tree:
            return stored.release
        changes = what_differs(self._blobs, stored.release, new.files, limits=self.limits)
        raise RegistryError.of("E226", name=name, version=version, registry=REGISTRY, changes=changes)

    def unpacked(self, release: Release) -> Unpacked:
        """The files of a release, as it was published. RegistryError if its archive is away, or is another."""
        return verified_tree(self._blobs.get(release) or b"", release, limits=self.limits)

    # --- looking --------------------------------------------------------------------------------------------------

    def search(self, words: str, *, limit: int, offset: int) -> Found:
        """The best packs that say all the words."""
        _, entries, index = self._searchable()
        hits = index.search([words], limit=limit + offset)
        places = list(hits.places)[offset : offset + limit]
        return Found(entries=[entries[place] for place in places], total=hits.total)

    def catalog(self) -> Sequence[CatalogEntry]:
        """What search knows of every pack, by name."""
        return self._searchable()[1]

    def _searchable(self) -> tuple[int, list[CatalogEntry], SearchIndex]:
        with self.database.reading() as connection:
            number = shelf.last_change(connection)
            known = self._catalog
            if known is not None and known[0] == number:
                return known
            with self._catalog_lock:
                known = self._catalog
                if known is not None and known[0] >= number:  # whoever had the lock has made it
                    return known
                self._lines = shelf.entries(connection, self._lines)
                entries = sorted(self._lines.values(), key=lambda each: each.name)
                self._catalog = (number, entries, SearchIndex(entries))
                return self._catalog

    # --- what is counted ------------------------------------------------------------------------------------------

    def downloaded(self, archive: str) -> None:
        """An archive was given; it is counted before long."""
        with self._counts_lock:
            self._downloads[archive, self._now()[:10]] += 1

    def write_counts(self) -> None:
        """Write down what was counted since the last time: downloads, and the use of tokens."""
        with self._counts_lock:
            counts, self._downloads = dict(self._downloads), Counter()
            uses, self._uses = self._uses, {}
        if not (counts or uses):
            return
        try:
            self._write_counts(counts, uses)
        except BaseException:
            with self._counts_lock:  # they are written the next time
                self._downloads.update(counts)
                self._uses = {**uses, **self._uses}
            raise

    def _write_counts(self, counts: Mapping[tuple[str, str], int], uses: Mapping[str, str]) -> None:
        for is_last in (False, True):
            try:
                with self.database.writing() as connection:
                    shelf.count_downloads(connection, counts)
                    accounts.write_uses(connection, uses)
            except IntegrityError:  # another process began the same day's row
                if is_last:
                    raise
            else:
                return

    def downloads(self, name: str) -> dict[str, int]:
        """How often each version of a pack was fetched."""
        self.write_counts()
        with self.database.reading() as connection:
            return shelf.downloads_of(connection, parse_pack_name(name))
