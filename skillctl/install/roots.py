"""The scopes of a user: whose state is to be believed, and which trees somebody can still come back to.

One file a scope in the user's own directory, named by a random id that every generation of the scope bears, and holding
the path of its state. A `.skillctl` that a repository brings bears no id of this user's and counts as none at all:
trust lies with the user, never in the project. A project that is moved takes its id along.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from skillctl.edges.disk.files import list_names, read_bytes, remove_file, write_atomic
from skillctl.install.scope import Scope

_PATH_BYTES = 64 * 1024
_ID = re.compile(r"[0-9a-f]{32}\Z")


def is_known(scope: Scope, owner: str) -> bool:
    """Whether that id is one of this user's scopes."""
    return _ID.match(owner) is not None and os.path.isfile(scope.known / owner)


def remember_scope(scope: Scope, owner: str) -> str:
    """Note where the scope lies, under its id or, if it has none, under a new one; the id."""
    name = owner or os.urandom(16).hex()
    written = os.fsencode(scope.state)
    file = scope.known / name
    if read_bytes(file, max_bytes=_PATH_BYTES) != written:
        write_atomic(file, written, stage=scope.own_stage)
    return name


def remembered_states(known: Path, *, forget: bool = True) -> Iterator[Path]:
    """The state directories of all scopes that are still there; the others are forgotten, unless it is a rehearsal."""
    for name, written in _written(known):
        if _is_there(written):
            yield Path(written)
        elif forget:
            remove_file(known / name)


def lost_states(known: Path) -> list[Path]:
    """Where scopes had their state that is not there any more."""
    return [Path(written) for _, written in _written(known) if not _is_there(written)]


def forget_lost_states(known: Path) -> None:
    """Take the scopes out of the list whose state is not there any more."""
    for _ in remembered_states(known):
        pass  # to look at them is to forget the others


def _is_there(written: str) -> bool:
    return os.path.isabs(written) and os.path.isdir(written)


def _written(known: Path) -> Iterator[tuple[str, str]]:
    for name in list_names(known):
        yield name, os.fsdecode(read_bytes(known / name, max_bytes=_PATH_BYTES) or b"")
