"""The terminal: whether somebody sits there, may be asked, and sees colours.

Rules:

1. A question needs a terminal to be read from and one to be asked on (stderr: stdout is for programs).
2. None in CI, and none inside an agent (`CLAUDECODE`, `AI_AGENT`): nobody would answer, and the command would hang.
3. Colour needs a terminal that has it, and no `NO_COLOR` (https://no-color.org: any value that is not empty).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from skillctl.core.value import dataclass

_AGENTS = ("CLAUDECODE", "AI_AGENT")
_OFF = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Terminal:
    """What the streams of the process and its environment say."""

    stdin: bool
    """Whether the stream is a terminal; so with the other two."""
    stdout: bool
    stderr: bool
    may_ask: bool
    colour: bool
    """Whether stderr, where talk goes, may be coloured."""


def look_at_terminal(environ: Mapping[str, str]) -> Terminal:
    """The terminal of this process."""
    stdin, stdout, stderr = (_is_terminal(stream) for stream in (sys.stdin, sys.stdout, sys.stderr))
    return judged(environ, stdin=stdin, stdout=stdout, stderr=stderr)


def judged(environ: Mapping[str, str], *, stdin: bool, stdout: bool, stderr: bool) -> Terminal:
    """What these streams and variables mean: the rules alone."""
    nobody = _is_on(environ.get("CI", "")) or any(_is_on(environ.get(name, "")) for name in _AGENTS)
    plain = environ.get("NO_COLOR", "") != "" or environ.get("TERM", "") == "dumb"
    return Terminal(
        stdin=stdin, stdout=stdout, stderr=stderr, may_ask=stdin and stderr and not nobody, colour=stderr and not plain
    )


def _is_terminal(stream: object) -> bool:
    """Streams may be missing (no console) or closed."""
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return False


def _is_on(value: str) -> bool:
    return value.strip().lower() not in _OFF
