"""`skillctl registry refresh`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, keys_at, settings
from skillctl.cli.options import DryRun, KeysDirectory, RegistryName
from skillctl.cli.page import Page, bold


def command(registry: RegistryName = "", keys: KeysDirectory = "", dry_run: DryRun = False) -> Answer:
    """Sign a registry anew before its signatures expire.

    Timestamp and snapshot are signed each time, the rest when less than a third of its time is left. Run it every day,
    from a timer: readers refuse what has expired.
    """
    from skillctl.app.registry_keeping import KeepingRequest, SignedOutcome, refresh_registry

    request = KeepingRequest(registry=registry, cwd=here(), keys=keys_at(keys), dry_run=dry_run)
    outcome: SignedOutcome = refresh_registry(settings(), request)

    def shown(page: Page) -> None:
        verb = "would be signed anew" if outcome.dry_run else f"signed anew: {', '.join(outcome.roles)}"
        page.line(bold(outcome.registry), f" {verb}")
        page.table([(role, f"until {expires}") for role, expires in outcome.expires.items()], indent="  ")

    return Answer(outcome, shown)
