"""`skillctl registry add`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, environment, here, settings
from skillctl.cli.options import DryRun, Offline, OfProject
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import argument, option


def command(
    name: Annotated[str, argument(metavar="NAME", help="What you call it: its alias.")],
    location: Annotated[str, argument(metavar="LOCATION", help="Where it is: https://…, file:///…, or a directory.")],
    scope: Annotated[
        list[str] | None,
        option("--scope", metavar="@SCOPE", help="A scope that is asked for there and nowhere else; may be repeated."),
    ] = None,
    trust: Annotated[
        str, option("--trust", metavar="ROOT", help="Its root of trust: sha256:…, a file, or an address.")
    ] = "",
    unsigned: Annotated[bool, option("--unsigned", help="Take it without signatures, knowing so.")] = False,
    insecure: Annotated[
        bool, option("--insecure", help="Ask it over http:// although it is not on this machine.")
    ] = False,
    project: OfProject = False,
    dry_run: DryRun = False,
    offline: Offline = False,
) -> Answer:
    """Add a registry to your configuration, or to the project.

    It comes behind those that are there; `skillctl registry use` puts it before them. One that is signed is taken with
    its root of trust, whose digest is pinned: compare it with what the registry's owner tells another way.
    """
    from skillctl.app.registry_entries import AddRequest, add_registry

    request = AddRequest(
        cwd=here(),
        name=name,
        location=location if "://" in location else str(at(location)),
        scopes=tuple(scope or ()),
        trust=trust,
        unsigned=unsigned,
        insecure=insecure,
        project=project,
        dry_run=dry_run,
    )
    outcome = add_registry(environment(), settings(offline=offline), request)

    def shown(page: Page) -> None:
        entry = outcome.entry
        page.line("would add " if dry_run else "added ", bold(entry.name), f" ({entry.location})")
        page.line(f"  {entry.root_sha256 or ('unsigned' if outcome.looked_at or unsigned else 'not looked at')}")
        if entry.scopes:
            page.line(f"  {', '.join(entry.scopes)} from there alone")
        page.say(outcome.file)

    return Answer(outcome, shown)
