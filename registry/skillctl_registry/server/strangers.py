"""Releases that a tree has and its database does not know: what shows that a database is of before.

A release is decided in the database before it is signed, so the tree never has one that the database lacks, whenever a
server was killed. If it has, the database was brought back from an older copy: a server that goes on with it would give
names and versions out a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy import Connection

from skillctl.core.digests import sha256_digest
from skillctl.core.errors import SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl_registry.index import index_path, name_in_path, parse_index
from skillctl_registry.server import shelf
from skillctl_registry.server.database import Database
from skillctl_registry.signing.remaking import Lasting, newer_roles
from skillctl_registry.signing.writer import Standing
from skillctl_registry.verified import VerifiedBackend

_AT_ONCE = 1024  # index files that are held at once


def strangers(database: Database, standing: Standing, known: Lasting, *, limits: Limits = LIMITS) -> Iterator[str]:
    """Each release of the tree that the database has not, or has with other files: `terraform 0.1.0`.

    Only what was signed since the database remembers the tree is looked at. What can't be read there tells nothing.
    """
    reader = standing.reader
    newer = newer_roles(reader.trusted, known)
    if not newer.isdisjoint(reader.bins()):
        reader.targets()  # loads all bins at once
    signed = {
        path: target.hashes.get("sha256", "")
        for role in reader.bins()
        if role in newer
        for path, target in reader.role(role).targets.items()
        if name_in_path(path)
    }
    paths = sorted(signed)
    for first in range(0, len(paths), _AT_ONCE):
        some = {path: signed[path] for path in paths[first : first + _AT_ONCE]}
        with database.reading() as connection:
            names = [name for path in some if (name := name_in_path(path))]
            same = {
                index_path(name)
                for name, data in shelf.index_files(connection, names)
                if sha256_digest(data) == f"sha256:{some[index_path(name)]}"
            }
            for path in [path for path in some if path not in same]:
                yield from _not_in(connection, standing.view, path, limits)


def _not_in(connection: Connection, view: VerifiedBackend, path: str, limits: Limits) -> Iterator[str]:
    """The releases in that index file of the tree that the database has not as they are."""
    name = name_in_path(path) or ""
    with suppress(SkillctlError):
        data = view.get(path, max_bytes=limits.index_bytes) or b""
        for release in parse_index(data, name=name, file=path, limits=limits).releases:
            stored = shelf.find(connection, name, release.version)
            if stored is None or stored.release.tree != release.tree:
                yield f"{name} {release.version}"
