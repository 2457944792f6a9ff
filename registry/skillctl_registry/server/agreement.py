"""The index of a served registry beside its database: compared, and made again of it.

The database decides what is published, so nothing is asked of the tree but whether it says the same. Nothing is founded
here: a database that knows of no registry, or files of another one, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import inspect

from skillctl.core.diagnostics import Problem
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl_registry.blobs import OpenBlobs
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.config import CONFIG, RegistryConfig, config_to_bytes, read_config
from skillctl_registry.index import INDEX, index_path, name_in_path
from skillctl_registry.server import shelf
from skillctl_registry.server.database import Database
from skillctl_registry.server.serving import Facts, Parts, facts_of, other_registry, registry_writer
from skillctl_registry.server.signer import Signer
from skillctl_registry.signing.writer import SignedWriter
from skillctl_registry.trust.files import target_key


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """An index file that is not what the database says."""

    name: str
    file: str
    what: str


class KnownRegistry:
    """A registry that its database knows."""

    def __init__(
        self,
        facts: Facts,
        database: Database,
        writer: SignedWriter,
        signer: Signer,
        *,
        elsewhere: OpenBlobs,
        limits: Limits = LIMITS,
    ) -> None:
        """`elsewhere` opens the place of archives that do not lie with the files."""
        self._facts = facts
        self._elsewhere = elsewhere
        self._database = database
        self._writer = writer
        self._signer = signer
        self._limits = limits

    def packs(self) -> int:
        """How many names are taken."""
        with self._database.reading() as connection:
            return len(shelf.names(connection))

    def differences(self) -> Sequence[Difference]:
        """What the tree says otherwise than the database, by name. RegistryError if no state of the tree verifies."""
        reader = self._writer.standing().reader
        signed = {path: target.hashes.get("sha256", "") for path, target in reader.targets().items()}
        found: list[Difference] = []
        with self._database.reading() as connection:
            for name in shelf.names(connection):
                key = index_path(name)
                wanted = shelf.index_file(connection, name)
                what = self._wrong(key, wanted, signed.pop(key, None))
                found += [Difference(name=name, file=key, what=what)] if what else []
        strange = sorted(key for key in signed if key.startswith(INDEX))
        found += [
            Difference(name=name_in_path(key) or key, file=key, what="the database has no such pack") for key in strange
        ]
        return found

    def _wrong(self, key: str, wanted: bytes, signed: str | None) -> str:
        """What is wrong with an index file; empty if nothing is."""
        if signed is None:
            return "the tree has no such file" if wanted else ""
        if f"sha256:{signed}" != sha256_digest(wanted):
            return "the database has other releases"
        there = self._writer.backend.get(target_key(key, signed), max_bytes=self._limits.index_bytes)
        return "" if there == wanted else "its file is lost" if there is None else "its file is damaged"

    def rebuild(self) -> tuple[Problem, ...]:
        """Make every index file and its entry of the catalog again, and config.json as it was signed.

        Archives that lie elsewhere get the names that people know them by; warnings for those that could not.
        """
        config = RegistryConfig(id=self._facts.id, signed=True, api=True, blobs=self._facts.blobs)
        self._writer.backend.put_if_absent(CONFIG, config_to_bytes(config))
        self._signer.rebuild()
        blobs = blobs_of(self._writer.backend, self._elsewhere, config=config, limits=self._limits)
        with self._database.reading() as connection:
            releases = [each for name in shelf.names(connection) for each in shelf.releases_of(connection, name)]
        return tuple(problem for each in releases for problem in blobs.settle(each))


@contextmanager
def known_registry(parts: Parts) -> Iterator[KnownRegistry]:
    """The registry over these parts, for a block. RegistryError E732, E733 and E748 if there is none."""
    database = Database(parts.database, may_make=False)
    try:
        with database.reading() as connection:
            facts = facts_of(connection) if inspect(connection).has_table("facts") else None
        if facts is None:
            raise RegistryError.of("E748", database=database.label)
        config = read_config(parts.backend, limits=parts.limits)
        if config is not None and config.id != facts.id:
            raise other_registry(parts)
        writer = registry_writer(parts, facts.id)
        signer = Signer(database, writer, seconds=parts.seconds, limits=parts.limits, patience=parts.patience)
        yield KnownRegistry(facts, database, writer, signer, elsewhere=parts.elsewhere, limits=parts.limits)
    finally:
        database.close()
