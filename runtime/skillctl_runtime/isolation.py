"""What a command may see and change: bubblewrap where it works, else Landlock, else nothing, and it is always said.

Rules:

1. Everything may be read but what is hidden: homes, sockets of daemons, keys and secrets of the system (`HIDDEN`), and
   skillctl's own directories. Toolchains, and in install and build the configuration of package managers, are shown
   again although they lie in a home.
2. Only the project, a `/tmp` of its own, and in install and build skillctl's caches can be written. In the project
   `.skillctl` is read-only, but for the home of the run phase (bubblewrap; Landlock can't except a part, so nothing in
   there is believed to lead inside: `state`).
3. Which way there is, is found out by trying, and kept for the day by the identity of kernel, user and tool.
4. What a way can't do is told: `unheld` says in a sentence what of a wish for the network it does not hold.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal, get_args

from skillctl.core.effects import Network
from skillctl.core.errors import ExecutionError
from skillctl.core.json_value import JsonObject
from skillctl.core.value import dataclass

Backend = Literal["bwrap", "landlock", "none"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)
Wish = Literal["auto", "required", "bwrap", "landlock", "none"]

HIDDEN = (
    *("/home", "/root", "/Users"),
    *("/run/secrets", "/var/run/secrets", "/run/user", "/run/keys", "/run/credentials"),
    *("/run/docker.sock", "/run/containerd", "/run/podman", "/run/crio", "/run/libvirt", "/run/dbus"),
    *("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d"),
    *("/etc/ssl/private", "/etc/pki/tls/private", "/etc/krb5.keytab", "/etc/wireguard", "/etc/openvpn"),
    *("/etc/kubernetes", "/etc/docker", "/etc/rancher", "/etc/letsencrypt", "/etc/NetworkManager/system-connections"),
    *("/var/lib/docker", "/var/lib/kubelet", "/var/lib/containers", "/var/lib/sss", "/var/spool/cron", "/var/mail"),
)
"""Places outside the home that hold secrets, or lead to daemons that would do anything for whoever asks."""

_HOST_KEYS = ("/etc/ssh", "ssh_host_", "_key")


@dataclass(frozen=True, kw_only=True, slots=True)
class Isolation:
    """The way that is used here."""

    backend: Backend
    detail: str = ""
    """Of the way: its version."""
    passed_over: tuple[str, ...] = ()
    """Why the stronger ways are not used, a sentence each."""
    program: str = ""
    """The path of bwrap."""

    def to_json(self) -> JsonObject:
        """For results and the journal."""
        return {"backend": self.backend, "detail": self.detail, "passed_over": self.passed_over}


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """The walls around a command."""

    project: str
    hidden: tuple[str, ...]
    shown: tuple[str, ...]
    """To be read although they lie in something hidden."""
    writable: tuple[str, ...]
    """Beside the project."""
    network: Network = "all"
    state: str = ""
    """The directory of ours in the project; it is read-only where that can be done."""
    home: str = ""
    """The home of the run phase, writable; empty: there is none."""
    temporary: str = ""
    """The directory that is `/tmp` inside, or stands for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Boxed:
    """A call inside its walls."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    confine: Callable[[], None] | None = None
    is_boxed: bool = False


def chosen(wish: Wish, found: Isolation) -> Isolation:
    """What works here, if that is enough. ExecutionError E521 if isolation is required and there is none."""
    if wish == "required" and found.backend == "none":
        raise ExecutionError.of("E521", reasons=found.passed_over or ("this system has neither",))
    return found


def probed(wish: Wish, *, bwrap: str, try_out: Callable[[Sequence[str]], tuple[int, str]]) -> Isolation:
    """The strongest way that works here. `try_out` runs a command and gives its status and what it said."""
    from skillctl.edges import landlock

    reasons: list[str] = []
    if wish in ("auto", "required", "bwrap"):
        if not bwrap:
            reasons.append("bubblewrap (`bwrap`) is not installed")
        else:
            status, said = try_out([bwrap, *_FLAGS, "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"])
            if status == 0:
                return Isolation(backend="bwrap", program=bwrap)
            told = said.strip().splitlines()
            reasons.append(f"bubblewrap can't be used here: {told[-1] if told else f'it ends with status {status}'}")
    if wish in ("auto", "required", "landlock"):
        version = landlock.version()
        if version:
            return Isolation(backend="landlock", detail=f"version {version}", passed_over=tuple(reasons))
        reasons.append("this kernel has no Landlock")
    if wish == "none":
        reasons.append("the settings ask for none")
    return Isolation(backend="none", passed_over=tuple(reasons))


def unheld(isolation: Isolation, network: Network | None) -> str:
    """What of the wish for the network is not held, as a sentence; empty: nothing."""
    if network in (None, "all"):
        return ""
    if isolation.backend == "none":
        return "without isolation the network can't be closed"
    if network == "registries":
        return "the hosts of registries can't be told from others here, so the network is open"
    if isolation.backend == "landlock":
        return (
            "Landlock closes TCP alone, other protocols stay open"
            if network == "none"
            else "Landlock can't tell this machine from others, so the network is open"
        )
    return ""


def boxed(isolation: Isolation, box: Box, argv: Sequence[str], cwd: str, env: Mapping[str, str]) -> Boxed:
    """The call inside the walls, as this way makes them."""
    match isolation.backend:
        case "bwrap":
            return Boxed(argv=(*_bwrap(isolation, box, cwd), *argv), env=env, is_boxed=True)
        case "landlock":
            from skillctl.edges import landlock

            rules = landlock.Rules(
                read=_all_but(box.hidden, (*box.shown, box.project)),
                # not the temporary directory: it lies in the project, and a link put in its place would open another
                write=(box.project, *box.writable, "/dev"),
                tcp=box.network != "none",
            )
            return Boxed(argv=tuple(argv), env=_with_tmp(env, box), confine=partial(landlock.confine, rules))
        case "none":
            return Boxed(argv=tuple(argv), env=_with_tmp(env, box))


def hidden_places(homes: Iterable[str], own: Iterable[str]) -> tuple[str, ...]:
    """What is hidden here: of the list what exists, the homes, skillctl's own directories."""
    from skillctl.edges.disk.files import list_names

    folder, start, end = _HOST_KEYS
    keys = [f"{folder}/{name}" for name in list_names(Path(folder)) if name.startswith(start) and name.endswith(end)]
    real = (os.path.realpath(each) for each in (*HIDDEN, *homes, *own, *keys) if each not in ("", "/"))
    return tuple(sorted({each for each in real if each != "/" and os.path.exists(each)}))


_FLAGS = ("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session")


def _bwrap(isolation: Isolation, box: Box, cwd: str) -> list[str]:
    """The words before the command. Later mounts lie over earlier ones, so what contains comes before what it holds."""
    words = [isolation.program, *_FLAGS]
    if box.network in ("none", "loopback"):
        words.append("--unshare-net")
    words += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    mounts: dict[str, tuple[str, ...]] = {}
    for place in box.hidden:
        mounts[place] = ("--tmpfs", place) if os.path.isdir(place) else ("--ro-bind", "/dev/null", place)
    for place in box.shown:
        if _is_covered(place, (*box.hidden, "/tmp")):
            mounts[place] = ("--ro-bind-try", place, place)
    mounts["/tmp"] = ("--bind", box.temporary, "/tmp") if box.temporary else ("--tmpfs", "/tmp")
    for place in (box.project, *box.writable):
        mounts[place] = ("--bind", place, place)
    if box.state:
        mounts[box.state] = ("--ro-bind-try", box.state, box.state)
    if box.home:
        mounts[box.home] = ("--bind", box.home, box.home)
    for place in sorted(mounts, key=lambda each: (each.count("/"), each)):
        words += mounts[place]
    return [*words, "--chdir", cwd, "--"]


def _is_covered(place: str, hidden: Iterable[str]) -> bool:
    return any(place == each or place.startswith(f"{each}/") for each in hidden)


@lru_cache(maxsize=16)
def _all_but(hidden: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
    """The largest places that together hold everything but the hidden ones, and what is shown again."""
    from skillctl.edges.disk.files import list_names

    found: list[str] = []
    apart = {*hidden, "/tmp"}

    def descend(place: str) -> None:
        if place in apart:
            return
        if not any(each.startswith(place if place == "/" else f"{place}/") for each in apart):
            found.append(place)
            return
        for name in list_names(Path(place)):
            inner = os.path.join(place, name)
            if not os.path.islink(inner):  # what a link leads to has its own place, and is allowed there or not
                descend(inner)

    descend("/")
    return (*found, *shown)


def _with_tmp(env: Mapping[str, str], box: Box) -> Mapping[str, str]:
    return {**env, "TMPDIR": box.temporary} if box.temporary else env
