"""`skillctl registry index`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, keys_at, now, settings
from skillctl.cli.options import DryRun, KeysDirectory, RegistryName
from skillctl.cli.page import Page, bold, counted
from skillctl.cli.parameter import option


def command(
    registry: RegistryName = "",
    rebuild: Annotated[bool, option("--rebuild", help="Make again what can be made of the rest.")] = False,
    keys: KeysDirectory = "",
    dry_run: DryRun = False,
) -> Answer:
    """Make a registry's catalog again, and index files that are lost or damaged.

    An index file that can be read stays as it is. In a signed registry only the catalog is made again.
    """
    from skillctl.app.registry_keeping import KeepingRequest, RebuildOutcome, rebuild_index
    from skillctl.core.errors import UsageError

    if not rebuild:
        raise UsageError.of("E022", command="registry index", wanted="--rebuild", advice="it is all there is to do yet")
    request = KeepingRequest(registry=registry, cwd=here(), keys=keys_at(keys), dry_run=dry_run)
    outcome: RebuildOutcome = rebuild_index(settings(), request, now=now())

    def shown(page: Page) -> None:
        verb = "would be made again" if outcome.dry_run else "made again"
        page.line(bold(outcome.registry), f": the catalog of {counted(outcome.packs, 'pack')} {verb}")
        for name in outcome.rebuilt:
            page.line(f"  index of {name} {verb}")

    return Answer(outcome, shown)
