"""Where the files of a signed registry lie, and how large they may be.

    metadata/timestamp.json        the only file that ever changes; to change it is the commit
    metadata/7.snapshot.json       which version of every other file belongs together
    metadata/1.root.json           whose keys count, and how many of them; each version is kept for good
    metadata/1.targets.json        delegates every index file to one of 256 bins by the hash of its name
    metadata/3.bin-4f.json         digest and length of the index files of one bin
    index/ar/<sha256>.arcgis       an index file, under its digest

Numbers and digests stand in front of the last name, as "consistent snapshots" of the TUF specification (section 3,
6.2) has it, so that what a snapshot names never changes under a reader.
"""

from __future__ import annotations

from urllib.parse import quote

from skillctl.core.limits import MIB

METADATA = "metadata/"
ROOT, TIMESTAMP, SNAPSHOT, TARGETS = "root", "timestamp", "snapshot", "targets"
BINS = "bins"
"""What people call the 256 roles, which share one key."""
BIT_LENGTH = 8
BIN_PREFIX = "bin"
CONFIG_TARGET = "config.json"
"""Signed by the top-level targets itself: the registry's id is signed offline, once and for all."""

MAX_BYTES = {ROOT: 512 * 1024, TIMESTAMP: 16 * 1024, SNAPSHOT: 2 * MIB}
MAX_TARGETS_BYTES = 5 * MIB
MAX_ROOT_ROTATIONS = 256
"""Roots that one refresh follows."""
MAX_DELEGATIONS = 32
"""Roles that one target is looked for in."""


def metadata_name(role: str, version: int | None) -> str:
    """The file of a role, `7.snapshot.json`; without a version `timestamp.json`.

    What a role is called is somebody else's choice, so it is quoted: no name leaves the directory.
    """
    quoted = quote(role, safe="")
    return f"{quoted}.json" if version is None else f"{version}.{quoted}.json"


def metadata_key(role: str, version: int | None = None) -> str:
    """The key of that file in a registry."""
    return METADATA + metadata_name(role, version)


def target_key(path: str, sha256: str) -> str:
    """The key of a target under its digest: `index/ar/<hex>.arcgis` for `index/ar/arcgis`."""
    directory, slash, name = path.rpartition("/")
    return f"{directory}{slash}{sha256}.{name}"


def max_bytes(role: str) -> int:
    """How large the file of a role may be."""
    return MAX_BYTES.get(role, MAX_TARGETS_BYTES)
