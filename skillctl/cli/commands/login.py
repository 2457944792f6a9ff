"""`skillctl login`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.ask import may_ask, missing, stdin_is_terminal
from skillctl.cli.door import here, settings, standard_input
from skillctl.cli.options import DryRun, Offline
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import argument, option


def command(
    registry: Annotated[
        str, argument(metavar="[REGISTRY]", help="The alias or the address of a registry; the only one if not given.")
    ] = "",
    llm: Annotated[bool, option("--llm", help="The key of the language model that makes plans instead.")] = False,
    dry_run: DryRun = False,
    offline: Offline = False,
) -> Answer:
    """Keep a registry's token, or a key, in the system's keyring.

    It is asked for on a terminal, and read from standard input else. It is never shown and never an argument, where
    others could see it. A token is kept for the origin of the registry (scheme, host, port), and shown to that alone.
    """
    from skillctl.app.login import login_to_model, login_to_registry, registry_address
    from skillctl.core.errors import UsageError
    from skillctl.core.web import origin_of

    if llm and registry:
        raise UsageError.of("E028", one="--llm", other=registry)
    if llm:
        outcome = login_to_model(_typed("Key of the language model", "the key"), dry_run=dry_run)
    else:
        found = settings(offline=offline)
        url = registry_address(found, here(), registry)
        token = _typed(f"Token for {origin_of(url)}", f"the token for {origin_of(url)}")
        outcome = login_to_registry(found, url, token, dry_run=dry_run)

    def shown(page: Page) -> None:
        what = "key" if llm else "token"
        page.line(f"the {what} would be kept" if dry_run else f"the {what} is kept in the system's keyring")
        if not llm:
            page.line("for ", bold(outcome.what), f", as {outcome.user}" if outcome.user else "")

    return Answer(outcome, shown)


def _typed(question: str, wanted: str) -> str:
    if may_ask():
        import getpass

        return getpass.getpass(f"{question}: ").strip()
    given = "" if stdin_is_terminal() else standard_input().decode(errors="replace").strip()
    if not given:
        raise missing(wanted, "standard input")
    return given
