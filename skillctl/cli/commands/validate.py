"""`skillctl validate`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillctl.cli.answer import Answer


def command(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...", help="A pack, a folder of packs, an archive or a skill.json; here, if none."
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as failures.")] = False,
) -> Answer:
    """Check packs: manifest, skills, files, sizes.

    Every problem is told at once, with file, place and code. Notes never fail a check.
    """
    raise NotImplementedError
