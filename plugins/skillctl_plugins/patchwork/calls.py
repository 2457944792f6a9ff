"""Effects as the tool calls that Patchwork has rules for: one call for each effect, equal ones once.

| effect | call |
|---|---|
| a file is made or replaced | `Write` of its path |
| a file goes away | `Write` of its path: Patchwork knows no deletion, and its rules for the path are what has to hold |
| a file is read | `Read` of its path |
| a program is started | `Bash`, its words quoted as a shell would want them, the program's bare name first |
| a download | `WebFetch` of the address, without user, query and fragment, where secrets stand |
| a release is installed | `Write` of every SKILL.md and hooks file; with none of these, `Bash` as below |
| a release is removed or published, trust is given or taken | `Bash` with the command of skillctl that does it |

An unknown tool would be allowed without a look at any rule, so no other names are sent. Paths go absolute and
normalised, since Patchwork resolves nothing: `/p/../etc/x` would pass where `/etc/x` is denied. The program's bare name
goes first for the same reason: its rules look at the beginning of a command, and `/usr/bin/sudo` would pass for `sudo`.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit, urlunsplit

from skillctl.core.effects import Delete, Effect, Fetch, Install, Publish, Read, Remove, Run, Trust, Write
from skillctl_plugins.patchwork.protocol import Call


def calls_of(effects: Iterable[Effect]) -> tuple[Call, ...]:
    """The calls of these effects, in order, each once."""
    return tuple(dict.fromkeys(call for effect in effects for call in _calls(effect)))


def _calls(effect: Effect) -> Iterator[Call]:
    match effect:
        case Write(path=path) | Delete(path=path):
            yield _file("Write", path)
        case Read(path=path):
            yield _file("Read", path)
        case Run():
            yield _command(_line(effect))
        case Fetch(url=url):
            yield Call(tool="WebFetch", target=("url", _plain_url(url)))
        case Install(files=files) if files:
            yield from (_file("Write", path) for path in files)
        case Install():
            yield _command(shlex.join(("skillctl", "install", f"{effect.pack}@{effect.version}")))
        case Remove():
            yield _command(shlex.join(("skillctl", "remove", effect.pack)))
        case Publish():
            release = f"{effect.pack}@{effect.version}"
            yield _command(shlex.join(("skillctl", "publish", release, "--registry", _plain_url(effect.registry))))
        case Trust():
            yield _command(shlex.join(("skillctl", "trust" if effect.given else "untrust", effect.subject)))


def _file(tool: str, path: str) -> Call:
    return Call(tool=tool, target=("file_path", os.path.abspath(path)))


def _command(line: str) -> Call:
    return Call(tool="Bash", target=("command", line))


def _line(run: Run) -> str:
    if run.shell:
        return " ".join(run.argv)
    program, *words = run.argv
    return shlex.join((os.path.basename(program) or program, *words))


def _plain_url(url: str) -> str:
    """The address without what may be a secret: Patchwork's log keeps addresses as they are."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url.partition("?")[0].partition("#")[0]
    if not parts.scheme or not host:
        return url
    host = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))
