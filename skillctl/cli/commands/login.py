"""`skillctl login`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.ask import may_ask, missing, stdin_is_terminal
from skillctl.cli.door import standard_input
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page
from skillctl.cli.parameter import option


def command(
    llm: Annotated[bool, option("--llm", help="The key of the language model that makes plans.")] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Keep a key in the system's keyring.

    It is asked for on a terminal, and read from standard input else. It is never shown and never an argument, where
    others could see it.
    """
    from skillctl.app.login import login_to_model
    from skillctl.core.errors import UsageError

    if not llm:
        raise UsageError.of("E002", option="login", reason="say what the key is for: `--llm`")
    outcome = login_to_model(_key(), dry_run=dry_run)

    def shown(page: Page) -> None:
        page.line("the key would be kept" if dry_run else "the key is kept in the system's keyring")

    return Answer(outcome, shown)


def _key() -> str:
    if may_ask():
        import getpass

        return getpass.getpass("Key of the language model: ").strip()
    key = "" if stdin_is_terminal() else standard_input().decode(errors="replace").strip()
    if not key:
        raise missing("the key of the language model", "standard input")
    return key
