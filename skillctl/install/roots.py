"""The scopes of a user, so that the store knows which trees somebody can still come back to.

One file a scope, named by the digest of its path: two commands that begin to use two projects don't meet.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from skillctl.edges.disk.files import list_names, read_bytes, remove_file, write_atomic
from skillctl.install.scope import Scope

_PATH_BYTES = 64 * 1024


def remember_scope(scope: Scope, *, known: Path) -> None:
    """Note the state directory of a scope in the user's list."""
    written = os.fsencode(scope.state)
    file = known / hashlib.sha256(written).hexdigest()[:32]
    if not file.exists():
        write_atomic(file, written, stage=scope.own_stage)


def remembered_states(known: Path, *, forget: bool = True) -> Iterator[Path]:
    """The state directories of all scopes that are still there; the others are forgotten, unless it is a rehearsal."""
    for name in list_names(known):
        written = os.fsdecode(read_bytes(known / name, max_bytes=_PATH_BYTES) or b"")
        if os.path.isabs(written) and os.path.isdir(written):
            yield Path(written)
        elif forget:
            remove_file(known / name)
