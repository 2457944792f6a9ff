"""Options that several commands share, said once so that they mean and read the same everywhere."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.parameter import argument, option

DryRun = Annotated[bool, option("--dry-run", help="Show what would be done and change nothing.")]
PlanFile = Annotated[
    str, option("--plan", metavar="FILE", help="Write what would be done there, for `skillctl apply`, and do nothing.")
]
AllowHiddenText = Annotated[
    bool, option("--allow-hidden-text", help="Install skills with text that nobody sees and an agent reads, too.")
]
Offline = Annotated[bool, option("--offline", help="Use only what is on this machine.")]
Force = Annotated[bool, option("--force", help="Overwrite files that were edited by hand, after a backup.")]
UserScope = Annotated[bool, option("--global", "-g", help="Work on the user's own skills instead of this project's.")]
ClientAgent = Annotated[
    str, option("--agent", "-a", metavar="AGENT", help="The agent whose client it is: claude-code.")
]
UserSettings = Annotated[bool, option("--global", "-g", help="Work on the user's settings instead of this project's.")]
Agents = Annotated[
    list[str] | None,
    option("--agent", "-a", metavar="AGENT", help="Agent to install for, such as claude-code; may be repeated."),
]
OfProject = Annotated[bool, option("--project", help="In the project's skillctl.json instead of your configuration.")]
Registry = Annotated[
    str, option("--registry", metavar="REGISTRY", help="Use this registry alone: its alias, directory or URL.")
]
PackName = Annotated[str, argument(metavar="NAME", help="The pack.")]
PackVersion = Annotated[str, argument(metavar="VERSION", help="The version, X.Y.Z.")]
KeysDirectory = Annotated[
    str, option("--keys", metavar="DIR", help="Where the signing keys of a signed registry are, if not in their place.")
]
RegistryName = Annotated[
    str, argument(metavar="[REGISTRY]", help="The registry's alias or directory; your default one without.")
]
LinkModeText = Annotated[
    str,
    option(
        "--link-mode",
        metavar="MODE",
        help="How files come from the store: auto (a cheap copy where the file system has it), copy or hardlink.",
    ),
]
