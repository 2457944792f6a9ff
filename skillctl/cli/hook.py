"""`skillctl hook EVENT`: what an agent's client runs for each of its hooks, answered before a command line is parsed.

It runs before every tool that the agent uses, so what it loads is counted: no parser, no pages, no table of commands.
It reads the hook's JSON on standard input and writes the client's on standard output, with status 0. Where it can't
answer, what was about to happen is stopped: by an answer, or by status 2.
"""

from __future__ import annotations

import sys

from skillctl.cli.streams import flush_result, write_result

_HELP = """\
Usage: skillctl hook EVENT

  What agents' clients run; `skillctl hooks install` registers it with them.

  Reads the hook's JSON on standard input and answers in the client's form.
  EVENT is one of SessionStart, PreToolUse, UserPromptExpansion, PostToolUse, SessionEnd.
"""

REFUSED = 2
"""The status that a client takes for a no, whatever stands on standard output."""


def hook(words: list[str]) -> int:
    """Answer one hook; the exit status."""
    if words and words[0] in ("--help", "-h"):
        write_result(_HELP)
        return 0
    try:
        return _answered(words)
    except Exception as error:  # noqa: BLE001  a client takes any other end for a yes
        print(f"skillctl: the hook failed: {type(error).__name__}: {error}", file=sys.stderr)
        return REFUSED


def _answered(words: list[str]) -> int:
    from skillctl_plugins.clients.claude_code import event_named

    event = event_named(words[0]) if len(words) == 1 else None
    if event is None:
        print(_HELP, file=sys.stderr)
        return REFUSED
    import json

    from skillctl.app.hook import answer_hook
    from skillctl.cli.door import environment, here, now, settings

    data = sys.stdin.buffer.read() if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()
    answer = answer_hook(settings(), environment(), event, data, cwd=str(here()), now=now)
    write_result(json.dumps(answer) + "\n")
    flush_result()
    return 0
