"""`skillctl registry rotate-key`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, keys_at, settings
from skillctl.cli.options import DryRun, KeysDirectory, RegistryName
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import argument, option


def command(
    role: Annotated[str, argument(metavar="ROLE", help="root, targets, bins, snapshot or timestamp.")],
    registry: RegistryName = "",
    keys: KeysDirectory = "",
    keyring: Annotated[bool, option("--keyring", help="Keep the new key in the system's keyring.")] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Give a role of a signed registry a new key in place of the old one.

    The root's keys sign the change, for bins those of targets, so these have to be here. Readers follow by themselves,
    and everything verifies at every moment.
    """
    from skillctl.app.registry_keeping import KeepingRequest, SignedOutcome, rotate_key

    request = KeepingRequest(registry=registry, cwd=here(), keys=keys_at(keys), dry_run=dry_run)
    outcome: SignedOutcome = rotate_key(settings(), request, role, in_keyring=keyring)

    def shown(page: Page) -> None:
        verb = "would get" if outcome.dry_run else "has"
        page.line(bold(role), f" of {outcome.registry} {verb} a new key")
        page.table([("key", each) for each in outcome.keyids], indent="  ")

    return Answer(outcome, shown)
