"""The git program: how it is called, what it may not do, and what its complaints mean.

Every call is `git` with the settings of `_FORBIDDEN` in front, which come after the user's own and so win. Its messages
are asked for in English, to be told apart; they are shown as one line at most, and never with a password.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from skillctl.core.errors import ExecutionError, RegistryError
from skillctl.core.paths import shown_path
from skillctl.core.value import dataclass
from skillctl.edges.process.streaming import Caps, Command, stream

_URL = re.compile(r"(?:(?:https?|ssh)://(?!-)[!-.0-~][!-~]*|file:///[!-~]+)\Z")
_FORBIDDEN: Mapping[str, str] = {
    "protocol.ext.allow": "never",
    "protocol.fd.allow": "never",
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.alternateRefsCommand": "",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "no",
    "transfer.bundleURI": "false",
    "init.defaultRefFormat": "files",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    # a connection that says nothing for a minute is dead
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "60",
}
_OURS = ("GIT_TERMINAL_PROMPT", "GIT_NO_REPLACE_OBJECTS", "GIT_OPTIONAL_LOCKS", "LC_ALL")
# Where a command looks instead of in the repository that it is told, and what would be mixed into its answers
_DROPPED = frozenset(
    [
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_PREFIX"),
        *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_SHALLOW_FILE"),
        *("GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_TEMPLATE_DIR", "GIT_DEFAULT_HASH", "GIT_PROTOCOL"),
        *("GIT_REF_FORMAT", "GIT_DEFAULT_REF_FORMAT", "GIT_ATTR_SOURCE", "GIT_CEILING_DIRECTORIES", "LANGUAGE"),
    ]
)
_PROGRAMS = frozenset({"ext", "fd"})
_LONGEST_REASON = 300

MIB = 1024 * 1024
REMOTE = "skillctl"
"""What git knows the URL as, so that it is nowhere written down with a password in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A call of git that came to its end."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def done(self) -> bool:
        return self.status == 0


class Git:
    """The program, with the environment that it is called in."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._program = shutil.which("git", path=environment.get("PATH"))
        self._environment = git_environment(environment)

    def __call__(
        self, *words: str, directory: Path | str, url: str = "", stdin: bytes = b"", seconds: float, most: int = MIB
    ) -> Said:
        """What git says to these words in the bare repository; `url` is what it shall know as `REMOTE`.

        At most `most` bytes. RegistryError E265 without the program, E270 if it takes longer, E274 if it says more.
        """
        if self._program is None:
            raise RegistryError.of("E265")
        settings = dict(_FORBIDDEN) | ({f"remote.{REMOTE}.url": url} if url else {})
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        where = [] if words[0] == "init" else [f"--git-dir={directory}"]
        command = Command(
            argv=(self._program, *options, *where, *words),
            cwd=str(directory),
            env=self._environment,
            stdin=stdin,
            caps=Caps(seconds=seconds, output_bytes=most + MIB),
            keep_stdout=most + MIB,
        )
        try:
            ended = stream(command)
        except ExecutionError as error:
            raise RegistryError.of("E265") from error
        if ended.stopped == "time":
            raise RegistryError.of("E270", url=masked(url), seconds=int(seconds))
        if ended.stopped or ended.stdout_bytes > most:
            reason = "it was ended" if ended.stopped == "asked" else "its answer is too long"
            raise RegistryError.of("E274", url=masked(url), reason=reason)
        return Said(status=ended.status, stdout=ended.stdout, stderr=ended.stderr.decode(errors="replace"))


def git_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for git: the user's, without what leads it elsewhere, asks, or runs programs as transports."""
    kept = {key: value for key, value in environment.items() if key not in _DROPPED and not key.startswith("GIT_TRACE")}
    if "GIT_ALLOW_PROTOCOL" in kept:
        allowed = kept["GIT_ALLOW_PROTOCOL"].split(":")
        kept["GIT_ALLOW_PROTOCOL"] = ":".join(each for each in allowed if each not in _PROGRAMS)
    return kept | dict(zip(_OURS, ("0", "1", "0", "C"), strict=True))


def check_url(url: str) -> None:
    """RegistryError E279 for anything but a plain URL: other forms of git's could name a program or an option."""
    if not _URL.match(url):
        raise RegistryError.of("E279", url=shown_path(masked(url)))


def masked(text: str) -> str:
    """The text with the secrets of its URLs left out: passwords, and user names of http, which may be tokens."""
    return re.sub(r"(?i)\b([a-z][a-z0-9+.-]*://)([^\s/@'\"]+)@", _masked_user, text)


def _masked_user(match: re.Match[str]) -> str:
    scheme, user = match[1], match[2]
    if scheme.lower().startswith("http"):
        return f"{scheme}***@"
    name, colon, _ = user.partition(":")
    return f"{scheme}{name}:***@" if colon else match[0]


def fault(said: Said, url: str) -> RegistryError:
    """The error for what git said of a repository that it could not read: E266, E267, E269, E274, E276, E278."""
    text = said.stderr
    code = next((code for code, signs in _SIGNS if any(sign in text for sign in signs)), "E274")
    reason = _reason(text, url)
    return RegistryError.of(code, url=masked(url), reason=reason)


def refuses_hashes(said: Said) -> bool:
    """Whether the server only gives what it has a name for, or nothing but all."""
    return any(sign in said.stderr for sign in _REFUSALS)


_REFUSALS = (
    "does not allow request for unadvertised object",
    "dumb http transport does not support",
    "Server does not support",
)

_SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("E269", ("not our ref", "couldn't find remote ref", "no such remote ref")),
    ("E278", ("dubious ownership",)),
    (
        "E267",
        (
            *(
                "Authentication failed",
                "could not read Username",
                "could not read Password",
                "terminal prompts disabled",
            ),
            *("Permission denied", "returned error: 401", "returned error: 403", "access denied", "Access denied"),
            *("HTTP Basic: Access denied", "Host key verification failed"),
        ),
    ),
    (
        "E276",
        (
            *("Could not resolve", "Failed to connect", "Connection refused", "Connection timed out", "unreachable"),
            *("Connection reset", "Couldn't connect", "No route to host", "Operation timed out", "Operation too slow"),
            *("SSL", "certificate", "Temporary failure in name resolution", "returned error: 5"),
        ),
    ),
    (
        "E266",
        (
            *("Repository not found", "does not appear to be a git repository", "repository not found"),
            *("' not found", "returned error: 404", "does not exist", "No such file or directory"),
            *("could not be found", "not a git repository"),
        ),
    ),
)


def _reason(text: str, url: str) -> str:
    """The one line that says most, without secrets; what the other side says (`remote:`) is left out."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("remote:")]
    told = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    reason = masked(told[-1] if told else "it gave no reason")
    for secret in _secrets(url):
        reason = reason.replace(secret, "***")
    reason = reason.removeprefix("fatal: ").removeprefix("error: ")
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"


def _secrets(url: str) -> list[str]:
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return []
    return sorted({each for each in (password, unquote(password)) if each}, key=len, reverse=True)
