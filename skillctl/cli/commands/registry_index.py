"""`skillctl registry index`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import environment, here, keys_at, now, settings
from skillctl.cli.options import DryRun, KeysDirectory, RegistryName
from skillctl.cli.page import Page, bold, counted
from skillctl.cli.parameter import option


def command(
    registry: RegistryName = "",
    rebuild: Annotated[bool, option("--rebuild", help="Make again what can be made of the rest.")] = False,
    check: Annotated[bool, option("--check", help="Only compare; each difference is an error.")] = False,
    db: Annotated[
        str, option("--db", metavar="URL", help="The server's database, if it does not lie beside the registry.")
    ] = "",
    keys: KeysDirectory = "",
    dry_run: DryRun = False,
) -> Answer:
    """Make a registry's index and catalog again, or compare them with their origin.

    Behind a server everything but archives is made of the database, what is signed too. Without one, index files that
    are lost or damaged are made of the archives, one that can be read stays as it is, and in a signed registry only the
    catalog is made again.
    """
    from skillctl.app.registry_index import IndexOutcome, IndexRequest, rebuild_index
    from skillctl.core.errors import UsageError

    if rebuild and check:
        raise UsageError.of("E028", one="--rebuild", other="--check")
    if not (rebuild or check):
        raise UsageError.of(
            "E022", command="registry index", wanted="--rebuild or --check", advice="the one writes, the other compares"
        )
    request = IndexRequest(
        registry=registry,
        cwd=here(),
        database=db,
        keys=keys_at(keys),
        check=check,
        dry_run=dry_run,
        environ=environment(),
    )
    outcome: IndexOutcome = rebuild_index(settings(), request, now=now())

    def shown(page: Page) -> None:
        verb = "would be made again" if outcome.dry_run else "made again"
        said = "compared" if check else f"the catalog {verb}"
        page.line(bold(outcome.registry), f": {said}, {counted(outcome.packs, 'pack')}")
        if outcome.signed:
            page.line(f"  what is signed {verb}, all of it")
        for name in outcome.rebuilt:
            page.line(f"  index of {name} {verb}")

    return Answer(outcome, shown)
