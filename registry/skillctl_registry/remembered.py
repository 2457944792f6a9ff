"""What a client keeps of a signed registry: by it, a registry that goes back in time is found out, and read offline.

One directory for each address and pinned root, in the user's state: a mirror that lags behind is no rollback of the
registry it copies. It has the last root, timestamp, snapshot, targets and bins that were verified, under the names of
the specification without numbers, the index files by digest, and `.checked`, the time when all was in order last.

Everything is verified again when it is read, so a torn or changed file is as good as none. Each file is replaced by
renaming, and only if it is still the one that was read: of many processes at once, none puts something back that
another has moved forward, for it began from what the other has replaced.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from skillctl.core.errors import SkillctlError
from skillctl.edges.disk.files import read_bytes, write_atomic, write_new
from skillctl.edges.disk.locks import locked
from skillctl_registry.trust.files import MAX_TARGETS_BYTES

_CHECKED = ".checked"
_LOCK = ".lock"
_WAIT = 20.0


class BriefMemory:
    """A `Memory` of the trusted reader that ends with the process."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def read(self, name: str, *, max_bytes: int = MAX_TARGETS_BYTES) -> bytes | None:
        found = self._files.get(name)
        return found if found is not None and len(found) <= max_bytes else None

    def keep(self, name: str, data: bytes, *, instead_of: bytes | None) -> None:
        if self._files.get(name) == instead_of:
            self._files[name] = data

    def checked(self) -> str:
        return self._files.get(_CHECKED, b"").decode()

    def mark_checked(self, now: str) -> None:
        self._files[_CHECKED] = now.encode()


class DirectoryMemory:
    """A `Memory` of the trusted reader in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, name: str, *, max_bytes: int = MAX_TARGETS_BYTES) -> bytes | None:
        try:
            return read_bytes(f"{self._directory}/{name}", max_bytes=max_bytes)
        except SkillctlError:
            return None  # what can't be read is fetched again

    def keep(self, name: str, data: bytes, *, instead_of: bytes | None) -> None:
        path = self._directory / name
        try:
            if instead_of is None and "/" in name:  # under its digest: whoever else writes it writes the same
                write_atomic(path, data)
                return
            if instead_of is None and write_new(path, data):
                return  # the first of a name needs no lock: of two at once one is the first
            with locked(self._directory / _LOCK, timeout=_WAIT, purpose="keeping what was verified"):
                if self.read(name) == instead_of:
                    write_atomic(path, data)
        except SkillctlError:
            return  # a full or read-only disk: the work goes on, and next time it is fetched again

    def checked(self) -> str:
        return (self.read(_CHECKED, max_bytes=64) or b"").decode("ascii", "replace").strip()

    def mark_checked(self, now: str) -> None:
        if self.checked()[:16] == now[:16]:
            return  # to the minute is enough
        try:
            write_atomic(self._directory / _CHECKED, now.encode())
        except SkillctlError:
            return


def memory_directory(state: str, location: str, root_sha256: str) -> Path:
    """Where the memory of the registry at that address with that pinned root lies, in the user's state directory."""
    called = hashlib.sha256(f"{location.rstrip('/')}\n{root_sha256}".encode()).hexdigest()[:32]
    return Path(state) / "trust" / called
