"""Options that several commands share, said once so that they mean and read the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done and change nothing.")]
Offline = Annotated[bool, typer.Option("--offline", help="Use only what is on this machine.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that were edited by hand, after a backup.")]
UserScope = Annotated[
    bool, typer.Option("--global", "-g", help="Work on the user's own skills instead of this project's.")
]
Agents = Annotated[
    list[str] | None,
    typer.Option("--agent", "-a", metavar="AGENT", help="Agent to install for, such as claude-code; may be repeated."),
]
Registry = Annotated[
    str, typer.Option("--registry", metavar="REGISTRY", help="Use this registry alone: its alias, directory or URL.")
]
LinkModeText = Annotated[
    str,
    typer.Option(
        "--link-mode",
        metavar="MODE",
        help="How files come from the store: auto (a cheap copy where the file system has it), copy or hardlink.",
    ),
]
