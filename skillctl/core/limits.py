"""Every limit of the program, in one table that `skillctl config limits` prints.

Limits are enforced on real bytes while they stream, never on what a header promises.
"""

from __future__ import annotations

from skillctl.core.value import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What is still accepted; sizes in bytes."""

    archive_bytes: int = 20 * MIB
    """A pack's .tar.gz."""
    tree_bytes: int = 100 * MIB
    """All files of a pack together, unpacked."""
    file_bytes: int = 20 * MIB
    """One file of a pack."""
    tree_files: int = 2_000
    """Files in a pack."""
    compression_ratio: int = 200
    """Unpacked bytes for each packed byte; counted from the first MiB on."""
    path_depth: int = 12
    """Names in a path, the file's included."""
    path_bytes: int = 240
    """A path in UTF-8."""
    manifest_bytes: int = 256 * 1024
    """skill.json."""
    front_matter_bytes: int = 64 * 1024
    """The YAML block of a SKILL.md."""
    json_depth: int = 32
    """Nesting of any JSON that comes from outside."""
    project_bytes: int = 16 * MIB
    """skillctl.json and skillctl.lock."""
    index_bytes: int = 16 * MIB
    """One index file of a registry."""


LIMITS = Limits()
