"""`skillctl logout`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument, option


def command(
    registry: Annotated[
        str, argument(metavar="[REGISTRY]", help="The alias or the address of a registry; the only one if not given.")
    ] = "",
    llm: Annotated[bool, option("--llm", help="The key of the language model instead.")] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Keep a registry's token, or a key, no more.

    It goes out of this system's keyring. The registry still accepts it until it expires or is revoked there.
    """
    from skillctl.app.login import logout_of_model, logout_of_registry, registry_address
    from skillctl.core.errors import UsageError

    if llm and registry:
        raise UsageError.of("E028", one="--llm", other=registry)
    if llm:
        outcome = logout_of_model(dry_run=dry_run)
    else:
        found = settings()
        outcome = logout_of_registry(found, registry_address(found, here(), registry), dry_run=dry_run)

    def shown(page: Page) -> None:
        whose = "the language model" if llm else outcome.what
        if not outcome.was_kept:
            page.line(f"nothing is kept for {whose}")
        else:
            page.line(f"what is kept for {whose} would be forgotten" if dry_run else f"nothing is kept for {whose} now")

    return Answer(outcome, shown)
