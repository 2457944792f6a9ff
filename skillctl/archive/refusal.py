"""Why a header is refused: finds the plainest name for the first thing about 512 bytes that isn't canonical.

It runs only on headers that have been refused already, so it decides nothing; it tells an author of a broken packer,
and whoever looks at an attack, what was seen.
"""

from __future__ import annotations

from skillctl.archive.header import BLOCK, member_header, stored_size
from skillctl.core.diagnostics import Place
from skillctl.core.errors import RegistryError
from skillctl.core.limits import Limits
from skillctl.core.paths import path_problem, shown_path

# POSIX, GNU, Solaris, in that order; what is on nobody's list is `unknown-type`.
TYPES = {
    b"1": "hard-link",
    b"2": "symbolic-link",
    b"3": "character-device",
    b"4": "block-device",
    b"5": "directory",
    b"6": "fifo",
    b"7": "contiguous-file",
    b"x": "pax-header",
    b"g": "pax-global-header",
    b"\0": "old-style-file",
    b"D": "gnu-dump-directory",
    b"K": "gnu-long-link",
    b"L": "gnu-long-name",
    b"M": "gnu-continuation",
    b"N": "gnu-old-names",
    b"S": "gnu-sparse",
    b"V": "gnu-volume-label",
    b"A": "solaris-acl",
    b"E": "solaris-attributes",
    b"I": "solaris-inode",
    b"X": "solaris-extended-header",
}

# (rule, from, to), in the order in which a difference is named
_FIELDS = (
    ("magic", 257, 265),
    ("size-field", 124, 136),
    ("mode", 100, 108),
    ("owner", 108, 124),
    ("time", 136, 148),
    ("link-name", 157, 257),
    ("owner-name", 265, 329),
    ("device-number", 329, 345),
    ("path-split", 0, 100),
    ("path-split", 345, 500),
    ("header-padding", 500, 512),
)

_CHECKSUM = slice(148, 156)


def path_bytes(block: bytes) -> bytes:
    """The path that a header gives, as it stands there up to the zeros at its end."""
    name = block[:100].rstrip(b"\0")
    return block[345:500].rstrip(b"\0") + b"/" + name if block[345] else name


def shown_name(block: bytes) -> str:
    """A name for the member that can be printed, whatever bytes it has."""
    return shown_path(path_bytes(block).decode("utf-8", "backslashreplace"))


def refused_path(block: bytes, rule: str, *, pack: str) -> RegistryError:
    """The error E201 of a member whose path breaks a rule."""
    return _refusal("E201", block, rule, pack=pack)


def refused_form(block: bytes, rule: str, *, pack: str) -> RegistryError:
    """The error E203 of a member that isn't written in the canonical form."""
    return _refusal("E203", block, rule, pack=pack)


def refused_header(block: bytes, *, pack: str, limits: Limits) -> RegistryError:
    """The error E201, E202 or E203 of a header that isn't canonical."""
    if not _sum_is_right(block):
        return refused_form(block, "checksum", pack=pack)
    kind = block[156:157]
    if kind != b"0":
        return _refusal("E202", block, TYPES.get(kind, "unknown-type"), pack=pack)
    for field in (block[:100], block[345:500]):
        if b"\0" in field.rstrip(b"\0"):
            return refused_path(block, "control-character", pack=pack)
    try:
        path = path_bytes(block).decode()
    except UnicodeDecodeError:
        return refused_path(block, "not-utf-8", pack=pack)
    rule = path_problem(path, limits)
    if rule is not None:
        return refused_path(block, rule, pack=pack)
    return refused_form(block, _first_odd_field(block), pack=pack)


def _sum_is_right(block: bytes) -> bool:
    """Whether the checksum is the unsigned sum of the block, written as the canonical form writes it."""
    total = sum(block) - sum(block[_CHECKSUM]) + 8 * ord(" ")
    return block[_CHECKSUM] == b"%06o\0 " % total


def _first_odd_field(block: bytes) -> str:
    executable = block[100:108] == b"0000755\0"
    expected = member_header(path_bytes(block), stored_size(block) or 0, executable=executable) or bytes(BLOCK)
    return next((rule for rule, start, end in _FIELDS if block[start:end] != expected[start:end]), "header")


def _refusal(code: str, block: bytes, rule: str, *, pack: str) -> RegistryError:
    member = shown_name(block)
    return RegistryError.of(code, place=Place(file=pack, path=member), pack=pack, member=member, rule=rule)
