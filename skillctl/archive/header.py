"""The one form of a member's header: 512 bytes that follow from path, size and whether the file is executable.

Plain POSIX ustar, the bytes that GNU tar writes for a regular file with `--format=ustar --owner=0 --group=0
--numeric-owner --mtime=@0`. Because nothing in it is free, a reader needs no opinion on odd headers: it builds the
header anew and compares. By offset:

      0 name      100  the path, or what comes after the split; NUL bytes to the end
    100 mode        8  0000644 NUL, or 0000755 NUL for a file that begins with #!
    108 uid, gid   16  0000000 NUL, twice
    124 size       12  eleven octal digits, NUL
    136 mtime      12  00000000000 NUL
    148 checksum    8  six octal digits, NUL, space
    156 type        1  0
    157 link name 100  NUL bytes
    257 magic       8  ustar NUL 00
    265 names      64  NUL bytes (user and group)
    329 device     16  0000000 NUL, twice
    345 prefix    155  what comes before the split; NUL bytes to the end
    500            12  NUL bytes

A path of up to 100 bytes is not split. A longer one is split at its last slash that has at most 155 bytes before it;
if more than 100 bytes come after it, the path has no place in an archive.
"""

from __future__ import annotations

BLOCK = 512
END = bytes(2 * BLOCK)
"""Two zero blocks; nothing pads the archive to a longer record."""

_NAME = 100
_PREFIX = 155

_MODES = (b"0000644\0", b"0000755\0")
_OWNER = b"0000000\0" * 2
_MTIME = b"00000000000\0"
_MIDDLE = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2
_TAIL = bytes(12)

# The checksum counts its own field as eight spaces.
_CONSTANT_SUMS = tuple(sum(mode + _OWNER + _MTIME + b" " * 8 + _MIDDLE) for mode in _MODES)


def split_path(path: bytes) -> tuple[bytes, bytes] | None:
    """Prefix and name of a path in UTF-8, or None if it fits nowhere."""
    if len(path) <= _NAME:
        return b"", path
    cut = path.rfind(b"/", 0, _PREFIX + 1)
    if cut <= 0 or len(path) - cut - 1 > _NAME:
        return None
    return path[:cut], path[cut + 1 :]


def member_header(path: bytes, size: int, *, executable: bool) -> bytes | None:
    """The header of a file, or None if its path can't be split."""
    split = split_path(path)
    if split is None:
        return None
    prefix, name = split
    digits = b"%011o" % size
    checksum = _CONSTANT_SUMS[executable] + sum(name) + sum(prefix) + sum(digits)
    return b"".join(
        (
            name.ljust(_NAME, b"\0"),
            _MODES[executable],
            _OWNER,
            digits,
            b"\0",
            _MTIME,
            b"%06o\0 " % checksum,
            _MIDDLE,
            prefix.ljust(_PREFIX, b"\0"),
            _TAIL,
        )
    )


def stored_size(header: bytes) -> int | None:
    """The size that a header gives, or None if it isn't eleven octal digits."""
    digits = header[124:135]
    # int() would take signs, spaces and underscores as well
    return None if digits.translate(None, b"01234567") else int(digits, 8)


def padding_of(size: int) -> int:
    """How many zero bytes follow a member's data."""
    return -size % BLOCK
