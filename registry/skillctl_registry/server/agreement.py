"""The tree of a served registry beside its database: compared, and made again of it.

The database decides what is published, so nothing is asked of the tree but whether it says the same, and for that no
key is needed. Nothing is founded here: a database that knows of no registry, or files of another one, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice

from sqlalchemy import inspect

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.value import dataclass
from skillctl.core.wording import worded
from skillctl_registry.backends import is_too_long
from skillctl_registry.backends.lasting import put_missing
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.config import CONFIG, RegistryConfig, config_to_bytes, whole_config
from skillctl_registry.index import INDEX, blob_path, index_path, name_in_path
from skillctl_registry.server import shelf
from skillctl_registry.server.database import Database
from skillctl_registry.server.remembering import recalled
from skillctl_registry.server.serving import Facts, Parts, facts_of, other_registry, registry_writer
from skillctl_registry.server.signer import Signer
from skillctl_registry.server.standing import every_release
from skillctl_registry.signing.remaking import amiss
from skillctl_registry.signing.tidying import BLOBS
from skillctl_registry.signing.writer import SignedWriter
from skillctl_registry.trust.files import METADATA, target_key
from skillctl_registry.trust.reader import RootPin
from skillctl_registry.verified import VerifiedBackend

_AT_ONCE = 1024  # index files that are held at once
_SHOWN = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """An index file that is not what the database says."""

    name: str
    file: str
    what: str


class KnownRegistry:
    """A registry that its database knows."""

    def __init__(self, parts: Parts, facts: Facts, database: Database) -> None:
        self._parts = parts
        self._facts = facts
        self._database = database

    def packs(self) -> int:
        """How many names are taken."""
        with self._database.reading() as connection:
            return len(shelf.names(connection))

    def archives(self) -> frozenset[str]:
        """The keys of the archives of every release that can be had, also of those that nobody has signed yet."""
        with self._database.reading() as connection:
            return frozenset(blob_path(archive) for archive, _ in shelf.archives(connection))

    def differences(self) -> Sequence[Difference]:
        """What the tree says otherwise than the database, by name.

        Where its signed files can't be believed, that is all there is to tell: they say nothing of any pack then.
        """
        lost = [] if self._config() is not None else [Difference(name="", file=CONFIG, what="it is lost or damaged")]
        with self._database.reading() as connection:
            known = recalled(connection)
            view = self._view()
            wrong = amiss(view, known)
            if wrong is not None:
                return [*lost, Difference(name="", file=METADATA, what=worded(wrong.problems[0]).title)]
            signed = {path: target.hashes.get("sha256", "") for path, target in view.reader.targets().items()}
            found = lost
            files = shelf.index_files(connection)
            while wanted := {index_path(name): (name, data) for name, data in islice(files, _AT_ONCE)}:
                found += self._wrong(wanted, {key: signed.pop(key) for key in wanted if key in signed})
        strange = sorted(key for key in signed if key.startswith(INDEX))
        found += [
            Difference(name=name_in_path(key) or key, file=key, what="the database has no such pack") for key in strange
        ]
        return sorted(found, key=lambda each: each.name)

    def _wrong(self, wanted: Mapping[str, tuple[str, bytes]], signed: Mapping[str, str]) -> Iterator[Difference]:
        """What is wrong with these index files: key -> name and bytes, key -> digest that is signed."""
        lying = {key: target_key(key, sha256) for key, sha256 in signed.items()}
        self._parts.backend.prefetch([*lying.values()], max_bytes=self._parts.limits.index_bytes)
        for key, (name, data) in wanted.items():
            what = ""
            if key not in signed:
                what = "the tree has no such file" if data else ""
            elif f"sha256:{signed[key]}" != sha256_digest(data):
                what = "the database has other releases"
            else:
                what = self._damage(lying[key], data)
            if what:
                yield Difference(name=name, file=key, what=what)

    def _damage(self, key: str, data: bytes) -> str:
        """What is wrong with a file that should have these bytes; empty if nothing is."""
        try:
            there = self._parts.backend.get(key, max_bytes=self._parts.limits.index_bytes)
        except SkillctlError as error:
            if not is_too_long(error):
                raise
            return "its file is damaged"
        return "" if there == data else "its file is lost" if there is None else "its file is damaged"

    def check_keys(self) -> None:
        """The directory of keys is this registry's. RegistryError E711, E712 and E733 if not."""
        self._writer()

    def rebuild(self) -> tuple[Problem, ...]:
        """Make everything of the tree again that differs, but for archives.

        Archives that lie elsewhere get the names that people know them by; warnings for those that could not, and for
        those that are missing. RegistryError E711, E714 and E777 if the keys, or what others signed, are not here.
        """
        writer = self._writer()
        self._database.migrate()
        signer = Signer(
            self._database,
            writer,
            seconds=self._parts.seconds,
            limits=self._parts.limits,
            patience=self._parts.patience,
        )
        config = RegistryConfig(id=self._facts.id, signed=True, api=True, blobs=self._facts.blobs)
        signer.rebuild(self._view)
        put_missing(self._parts.backend, CONFIG, config_to_bytes(config))
        if not self._facts.blobs:
            return self._missing()
        blobs = blobs_of(self._parts.backend, self._parts.elsewhere, config=config, limits=self._parts.limits)
        with self._database.reading() as connection:
            packs = every_release(connection)
        return tuple(told for releases in packs.values() for each in releases for told in blobs.settle(each))

    def _missing(self) -> tuple[Problem, ...]:
        """A warning if archives are missing that lie beside the index: the database has them not."""
        there = set(self._parts.backend.list(BLOBS))
        with self._database.reading() as connection:
            lost = [release for archive, release in shelf.archives(connection) if blob_path(archive) not in there]
        label, shown = self._parts.backend.label, lost[:_SHOWN]
        return (problem("W708", registry=label, count=len(lost), releases=shown),) if lost else ()

    def _config(self) -> RegistryConfig | None:
        return whole_config(self._parts.backend, limits=self._parts.limits)

    def _writer(self) -> SignedWriter:
        writer = registry_writer(self._parts, self._facts.id)
        if writer.keys.signing.root_sha256 != self._facts.root_sha256:
            raise other_registry(self._parts)
        return writer

    def _view(self) -> VerifiedBackend:
        """The tree as it is believed by the root that the database knows; what has expired can be signed anew."""
        return VerifiedBackend(
            self._parts.backend,
            pin=RootPin(self._facts.root_sha256),
            now=self._parts.now(),
            tolerant=True,
            limits=self._parts.limits,
        )


@contextmanager
def known_registry(parts: Parts) -> Iterator[KnownRegistry]:
    """The registry over these parts, for a block. RegistryError E732, E733 and E748 if there is none."""
    database = Database(parts.database, may_make=False)
    try:
        with database.reading() as connection:
            facts = facts_of(connection) if inspect(connection).has_table("facts") else None
        if facts is None:
            raise RegistryError.of("E748", database=database.label)
        config = whole_config(parts.backend, limits=parts.limits)
        if config is not None and config.id != facts.id:
            raise other_registry(parts)
        yield KnownRegistry(parts, facts, database)
    finally:
        database.close()
