"""Print the slash commands that the real Claude Code client lists in a project: `python -m tests.clients.show PROJECT`.

It takes the client on PATH, else the one that the tests have fetched; it fetches nothing itself.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.clients.claude import PACKAGE, ClaudeClient, ClientFailedError, find_on_path
from tests.clients.npm import default_cache


def told(project: Path) -> str:
    """The client's own list, a line for each command; or why there is none."""
    program = find_on_path() or PACKAGE.program(default_cache(os.environ))
    if program is None:
        return "No Claude Code client here to ask: it is not on PATH, and `make test` has not fetched one yet."
    client = ClaudeClient(program)
    with tempfile.TemporaryDirectory() as home:
        try:
            commands = client.commands(project, home=Path(home))
            version = client.version(home=Path(home))
        except ClientFailedError as failure:
            return f"The Claude Code client could not be asked: {failure}"
    lines = [f"  /{each.name}  {_shortened(each.description)}" for each in commands]
    return "\n".join([f"The slash commands of this project, as Claude Code {version} lists them:", *lines])


def _shortened(text: str, width: int = 90) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


if __name__ == "__main__":
    print(told(Path(sys.argv[1]).resolve()))
