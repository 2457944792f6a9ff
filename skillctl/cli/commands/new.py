"""`skillctl new`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillctl.cli.answer import Answer
from skillctl.cli.options import DryRun


def command(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="The pack's name; `My Domain` becomes my-domain.")] = "",
    description: Annotated[
        str, typer.Option("--description", "-d", metavar="TEXT", help="What the pack makes an agent good at.")
    ] = "",
    author: Annotated[str, typer.Option("--author", metavar="NAME", help="Who writes it.")] = "",
    hooks: Annotated[bool, typer.Option("--hooks", help="With hooks.py: guardrails around an execution.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="With an execution plan.")] = False,
    template: Annotated[
        str, typer.Option("--template", metavar="DIRECTORY", help="Your own scaffold instead of the shipped one.")
    ] = "",
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A variable of the template; may be repeated."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take the defaults.")] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Make a new pack.

    In `packs/NAME/` where there is a packs directory, else in `NAME/`; an existing directory is never written into.
    """
    raise NotImplementedError
