"""`skillctl registry export`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import directory_at, here, settings
from skillctl.cli.options import DryRun, Offline, RegistryName
from skillctl.cli.page import Page, bold, counted
from skillctl.cli.parameter import argument, option
from skillctl.core.errors import UsageError


def command(
    registry: RegistryName = "",
    packs: Annotated[
        list[str] | None, argument(metavar="[PACK]...", help="Only these packs, and what they need.")
    ] = None,
    marketplace: Annotated[
        str, option("--marketplace", metavar="DIR", help="As a marketplace of plugins, for Claude Code.")
    ] = "",
    well_known: Annotated[
        str, option("--well-known", metavar="DIR", help="As a site's index of skills, for npx skills and others.")
    ] = "",
    name: Annotated[
        str, option("--name", metavar="NAME", help="The marketplace's name, if not the registry's own.")
    ] = "",
    owner: Annotated[str, option("--owner", metavar="OWNER", help="Whose the marketplace is, if not its name.")] = "",
    offline: Offline = False,
    dry_run: DryRun = False,
) -> Answer:
    """Show a registry's packs to tools that do not know skillctl.

    Writes the latest release of each pack that is not yanked, in one of two forms. Run it again to bring the directory
    up to date: what it wrote before is replaced, what others wrote there stays.
    """
    from skillctl.app.export import ExportOutcome, ExportRequest, export_registry

    if well_known:
        for one, value in (("--marketplace", marketplace), ("--name", name), ("--owner", owner)):
            if value:
                raise UsageError.of("E028", one=one, other="--well-known")
    elif not marketplace:
        wanted, advice = (
            "`--marketplace DIR` or `--well-known DIR`",
            "a marketplace is for Claude Code, the other a web site",
        )
        raise UsageError.of("E022", command="registry export", wanted=wanted, advice=advice)
    request = ExportRequest(
        registry=registry,
        packs=tuple(packs or ()),
        kind="marketplace" if marketplace else "well-known",
        directory=directory_at(marketplace or well_known, option="--marketplace" if marketplace else "--well-known"),
        cwd=here(),
        name=name,
        owner=owner,
        dry_run=dry_run,
    )
    outcome: ExportOutcome = export_registry(settings(offline=offline), request)

    def shown(page: Page) -> None:
        verb = "would export" if outcome.dry_run else "exported"
        what = "the marketplace" if outcome.kind == "marketplace" else "the index of skills"
        page.line(f"{verb} {outcome.registry} as {what} in ", bold(outcome.directory))
        changes = "nothing, it is up to date"
        if outcome.written or outcome.removed:
            changes = f"{counted(len(outcome.written), 'file')} written, {len(outcome.removed)} removed"
        page.table(
            [
                ("packs", f"{len(outcome.packs)}, {counted(len(outcome.skills), 'skill')}"),
                ("changed", changes),
            ],
            indent="  ",
        )

    return Answer(outcome, shown)
