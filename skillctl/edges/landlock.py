"""Landlock, the Linux kernel's own confinement, by its three system calls (kernel documentation, userspace-api).

A thread gives up rights for itself and for every program that it starts from then on; no privilege is needed and
nothing can give them back. What is allowed is listed; everything else is denied.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from skillctl.core.value import dataclass
from skillctl.edges.disk.look import place_handle

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every processor that has them
_VERSION = 1
_BENEATH = 1
_NO_NEW_PRIVILEGES = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _DEVICE = 1 << 13, 1 << 14, 1 << 15
_FIRST = (1 << 13) - 1
_TCP = (1 << 0) | (1 << 1)
_SCOPES = (1 << 0) | (1 << 1)  # abstract sockets and signals stay within
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE
_READING = _EXECUTE | _READ_FILE | _READ_DIR


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What stays allowed, by absolute paths and for all that is below them; what does not exist is passed over."""

    read: tuple[str, ...]
    write: tuple[str, ...]
    tcp: bool = True
    """May it use TCP? Other protocols can't be denied here."""


def version() -> int:
    """The version of the kernel's interface; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    found = _call(_CREATE, None, 0, _VERSION)
    return max(found, 0)


def confine(rules: Rules) -> None:
    """Bind the calling thread, and all that it starts, to the rules. OSError where the kernel refuses."""
    import ctypes

    known = version()
    rights = _FIRST | (_REFER if known > 1 else 0) | (_TRUNCATE if known > 2 else 0) | (_DEVICE if known > 4 else 0)
    network = 0 if rules.tcp or known < 4 else _TCP
    scopes = _SCOPES if known > 5 else 0
    attributes = (ctypes.c_uint64 * 3)(rights, network, scopes)
    length = 8 if known < 4 else 16 if known < 6 else 24
    handle = _done(_call(_CREATE, attributes, length, 0))
    try:
        _allow(handle, rules.read, _READING)
        _allow(handle, rules.write, rights)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "the kernel keeps new privileges possible")
        _done(_call(_RESTRICT, handle, 0))
    finally:
        os.close(handle)


def _allow(handle: int, paths: Iterable[str], rights: int) -> None:
    import ctypes
    import struct

    for path in paths:
        place = place_handle(path)
        if place is None:
            continue
        try:
            allowed = rights if os.path.isdir(path) else rights & _OF_FILES
            _done(_call(_ADD, handle, _BENEATH, ctypes.create_string_buffer(struct.pack("=Qi", allowed, place)), 0))
        finally:
            os.close(place)


def _call(number: int, *arguments: object) -> int:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_size_t(each) if isinstance(each, int) else each for each in arguments]
    found: int = libc.syscall(ctypes.c_long(number), *words)
    return found


def _done(result: int) -> int:
    import ctypes

    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
