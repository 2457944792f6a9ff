"""A program and all that it started, as Linux's /proc tells: what they use, where they listen, and their end.

The family of a program is its session and every descendant of it. A process that leaves both (it makes a session of
its own and lets its parent die) is still known by a variable with a random value that it inherited: `cookie`. Only a
process that also empties its environment is lost; inside a process namespace of its own not even that one.

Where there is no /proc the family is the program's process group, which can be ended but not looked at.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Collection, Iterable
from contextlib import suppress

from skillctl.core.value import dataclass

COOKIE = "SKILLCTL_RUN"
"""The variable that all of a family carry."""

_LISTENING = "0A"
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_ROUNDS = 5
_STATUS_FIELDS = 22


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One process."""

    pid: int
    parent: int
    group: int
    session: int
    memory: int
    """Bytes that it has in memory."""
    cpu: float
    """Seconds of processor time, those of its ended children included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a family uses together."""

    processes: int
    memory: int
    cpu: float


def family(root: int) -> list[Member]:
    """The program and all that it started, as far as /proc tells; the program first."""
    everybody = _everybody()
    kin = {root}
    grown = True
    while grown:
        more = {each.pid for each in everybody if each.pid not in kin and (each.parent in kin or each.session == root)}
        grown = bool(more)
        kin |= more
    return sorted((each for each in everybody if each.pid in kin), key=lambda each: (each.pid != root, each.pid))


def usage(members: Iterable[Member]) -> Usage:
    """What they use together."""
    found = list(members)
    return Usage(processes=len(found), memory=sum(each.memory for each in found), cpu=sum(each.cpu for each in found))


def listening_ports(members: Iterable[Member]) -> tuple[int, ...]:
    """The TCP ports that any of them listens on, in order."""
    pids = [each.pid for each in members]
    inodes: dict[str, int] = {}
    for pid in pids[-1:] + pids[:1]:  # the last one sees the network that the program has, the first one ours
        inodes |= _listening_inodes(pid)
    ports = {inodes[inode] for pid in pids for inode in _sockets(pid) if inode in inodes}
    return tuple(sorted(ports))


def end(root: int, cookie: str) -> None:
    """Kill the program's group, and whatever of its family left it. What has ended already is no error.

    Without a cookie nobody is looked for: with the process that made a box, all in the box are gone.
    """
    _kill_group(root)
    if not cookie or not os.path.isdir("/proc/self"):
        return
    for _ in range(_ROUNDS):
        left = {each.pid for each in family(root)} | _marked(cookie)
        left -= {root, os.getpid()}
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def send(root: int, number: int, *, boxed: bool) -> None:
    """Pass a signal on to the program's process group; into a box, past the two processes that make it."""
    if not boxed:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(root, number)
        return
    for group in {each.group for each in family(root)} - {root}:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def _kill_group(root: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(root, signal.SIGKILL)


def _everybody() -> list[Member]:
    found = []
    for name in _names("/proc"):
        if name.isdigit():
            member = _member(int(name))
            if member is not None:
                found.append(member)
    return found


def _member(pid: int) -> Member | None:
    """One process; None if it has ended (also as a zombie: nothing of it is left but its status)."""
    data = _bytes(f"/proc/{pid}/stat")
    words = data[data.rfind(b")") + 2 :].split()
    if len(words) < _STATUS_FIELDS or words[0] in (b"Z", b"X"):
        return None
    return Member(
        pid=pid,
        parent=int(words[1]),
        group=int(words[2]),
        session=int(words[3]),
        memory=int(words[21]) * os.sysconf("SC_PAGE_SIZE"),
        cpu=sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK"),
    )


def _listening_inodes(pid: int) -> dict[str, int]:
    """Inode of a listening socket -> its port, in the network that the process sees."""
    found = {}
    for name in ("tcp", "tcp6"):
        for line in _bytes(f"/proc/{pid}/net/{name}").decode("ascii", "replace").splitlines()[1:]:
            words = line.split()
            if len(words) > 9 and words[3] == _LISTENING:
                found[words[9]] = int(words[1].rpartition(":")[2], 16)
    return found


def _sockets(pid: int) -> Collection[str]:
    found = []
    for name in _names(f"/proc/{pid}/fd"):
        with suppress(OSError):
            match = _SOCKET.fullmatch(os.readlink(f"/proc/{pid}/fd/{name}"))
            if match:
                found.append(match[1])
    return found


def _marked(cookie: str) -> set[int]:
    """Processes that carry the cookie."""
    mark = f"{COOKIE}={cookie}".encode()
    pids = (int(name) for name in _names("/proc") if name.isdigit())
    return {pid for pid in pids if mark in _bytes(f"/proc/{pid}/environ").split(b"\0")}


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:  # it has ended, or belongs to somebody else
        return []


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.readall()
    except OSError:  # it has ended, or belongs to somebody else
        return b""
