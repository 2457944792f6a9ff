"""The limits that writer and reader share, so that nothing is packed which couldn't be unpacked again.

Each check takes what has really been seen so far, never what a header promises for later.
"""

from __future__ import annotations

from skillctl.core.diagnostics import Place
from skillctl.core.errors import RegistryError
from skillctl.core.limits import MIB, Limits


def unpacked_allowed(packed_bytes: int, limits: Limits) -> int:
    """How many bytes of tar an archive of this size may hold; the first MiB is free."""
    return max(MIB, packed_bytes * limits.compression_ratio)


def check_packed_size(size: int, *, pack: str, limits: Limits) -> None:
    """RegistryError E204 if the .tar.gz is too big."""
    if size > limits.archive_bytes:
        raise pack_over_limit(pack, "archive_bytes", allowed=limits.archive_bytes)


def check_ratio(unpacked_bytes: int, packed_bytes: int, *, pack: str, limits: Limits) -> None:
    """RegistryError E204 if so small an archive may not hold so much."""
    if unpacked_bytes > unpacked_allowed(packed_bytes, limits):
        raise pack_over_limit(pack, "compression_ratio", allowed=limits.compression_ratio)


def check_tree_size(files: int, total_bytes: int, *, pack: str, limits: Limits) -> None:
    """RegistryError E204 if the pack has too many files or too many bytes in them."""
    if files > limits.tree_files:
        raise pack_over_limit(pack, "tree_files", allowed=limits.tree_files)
    if total_bytes > limits.tree_bytes:
        raise pack_over_limit(pack, "tree_bytes", allowed=limits.tree_bytes)


def check_member_size(size: int, *, pack: str, member: str, limits: Limits) -> None:
    """RegistryError E205 if one file is too big."""
    if size > limits.file_bytes:
        raise RegistryError.of(
            "E205",
            place=Place(file=pack, path=member),
            pack=pack,
            member=member,
            rule="file_bytes",
            found=size,
            allowed=limits.file_bytes,
        )


def pack_over_limit(pack: str, rule: str, *, allowed: int) -> RegistryError:
    """The error E204 of a pack that goes over one of its limits."""
    return RegistryError.of("E204", place=Place(file=pack), pack=pack, rule=rule, allowed=allowed)
