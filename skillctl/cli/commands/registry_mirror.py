"""`skillctl registry mirror`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import directory_at, here, settings
from skillctl.cli.options import DryRun, Offline
from skillctl.cli.page import Page, bold, counted, size
from skillctl.cli.parameter import argument, option


def command(
    source: Annotated[str, argument(metavar="SOURCE", help="The registry: its alias, address or directory.")],
    directory: Annotated[str, argument(metavar="DIR", help="Where the mirror is, or is to be.")],
    packs: Annotated[
        list[str] | None, argument(metavar="[PACK]...", help="Only these packs, and what they need.")
    ] = None,
    trust: Annotated[
        str, option("--trust", metavar="ROOT", help="The root to trust: sha256:…, a file, or an address.")
    ] = "",
    offline: Offline = False,
    dry_run: DryRun = False,
) -> Answer:
    """Copy a registry, or some of its packs with what they need, into a directory.

    Everything is verified on the way. The mirror keeps the registry's id and signatures, so what is locked from the one
    installs from the other. Run it again to bring the mirror up to date; one that was stopped goes on.
    """
    from skillctl.app.mirror import MirrorOutcome, MirrorRequest, mirror_registry

    request = MirrorRequest(
        source=source,
        directory=directory_at(directory, option="DIR"),
        cwd=here(),
        packs=tuple(packs or ()),
        trust=trust,
        dry_run=dry_run,
    )
    outcome: MirrorOutcome = mirror_registry(settings(offline=offline), request)

    def shown(page: Page) -> None:
        done = outcome.done
        verb = "would mirror" if outcome.dry_run else "mirrored"
        page.line(f"{verb} {outcome.source} into ", bold(outcome.location))
        page.table(
            [
                ("packs", f"{done.packs}, {counted(done.releases, 'release')}"),
                ("to copy" if outcome.dry_run else "copied", f"{counted(done.copied, 'archive')}, {size(done.bytes)}"),
            ],
            indent="  ",
        )

    return Answer(outcome, shown)
