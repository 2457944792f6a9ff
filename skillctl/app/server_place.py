"""A registry that a server stands before: whether it is one, and where the database lies that decides for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillctl.app.meant_registry import WritableRegistry
from skillctl.app.serve import DATABASE_FILE, KEYS, Places
from skillctl.app.signing import Keys
from skillctl.core.errors import UsageError
from skillctl.core.settings import Settings
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.config import read_config, whole_config


def is_served(settings: Settings, target: WritableRegistry) -> bool:
    """Whether a server's database decides what is published; where config.json can't tell, whether one lies beside."""
    beside = _beside(target) is not None
    read = whole_config if beside else read_config
    config = read(target.backend, limits=settings.limits)
    return beside if config is None else config.api


def places_of(
    target: WritableRegistry,
    *,
    command: str,
    database: str = "",
    keys: Keys | None = None,
    environ: Mapping[str, str] | None = None,
) -> Places:
    """Where the server's things are: what was said to the command, else what lies beside its files.

    UsageError E022 if nobody said where the database is, and none lies there.
    """
    beside = _beside(target)
    if not (database or beside):
        advice = f"a server stands before {target.label}, and its database decides what is published"
        raise UsageError.of("E022", command=command, wanted="--db URL", advice=advice)
    directory = keys.directory if keys is not None else None
    return Places(
        database=database or f"sqlite:///{beside}",
        storage=target.location,
        keys=directory or (beside.with_name(KEYS) if beside else None),
        environ=environ or {},
    )


def _beside(target: WritableRegistry) -> Path | None:
    """The database that lies beside a server's files where it was told of no other place."""
    if not isinstance(target.backend, DirectoryBackend):
        return None
    path = target.backend.root.parent / DATABASE_FILE
    return path if path.is_file() else None
