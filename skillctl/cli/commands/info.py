"""`skillctl info`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import Offline, Registry, UserScope
from skillctl.cli.page import Page, Row, bold, counted, dim, size, yellow
from skillctl.cli.parameter import argument
from skillctl.core.project import LOCAL_LABEL

if TYPE_CHECKING:
    from skillctl.app.info import InfoOutcome

_RELEASES = 10


def command(
    pack: Annotated[
        str,
        argument(
            metavar="PACK", help="A name, also with a version (`arcgis@1.2.0`), a pack's directory or an archive."
        ),
    ],
    user: UserScope = False,
    registry: Registry = "",
    offline: Offline = False,
) -> Answer:
    """Show all that is known of one pack.

    Its commands with what they cost an agent's context, what its skills run or ask for by themselves, what it needs,
    and its releases. Without a version the installed release is shown; where there is none, the latest.
    """
    from skillctl.app.info import info

    outcome = info(settings(registry=registry, offline=offline), here(), pack, user=user, registry=registry)
    return Answer(outcome, lambda page: _show(page, outcome))


def _show(page: Page, outcome: InfoOutcome) -> None:
    manifest = outcome.manifest
    page.line(bold(manifest.name), f" {manifest.version}  ", dim(_place(outcome)))
    page.line("  ", manifest.description)
    page.table(_facts(outcome), indent="  ")
    if outcome.yanked is not None:
        page.line(yellow("!"), " ", _yanked(outcome.yanked))
    if manifest.deprecated:
        page.line(yellow("!"), f" deprecated: {manifest.deprecated}")
    if outcome.said and not manifest.deprecated:
        page.line(yellow("!"), " ", outcome.said)
    _show_commands(page, outcome)
    if outcome.asks:
        from skillctl.cli.scope_change import ask_rows

        page.line()
        page.line(yellow("!"), " brings more than text:")
        page.table(ask_rows(outcome.asks), indent="  ")
    if manifest.dependencies:
        page.line()
        page.line("needs:")
        page.table(
            [(bold(name), str(each.constraint)) for name, each in sorted(manifest.dependencies.items())], indent="  "
        )
    _show_releases(page, outcome)


def _place(outcome: InfoOutcome) -> str:
    if outcome.place in ("directory", "archive", "repository"):
        return f"(the {outcome.place} {outcome.where})"
    said = [f"from {outcome.where}"] if outcome.where else []
    if outcome.signed is not None and outcome.where != LOCAL_LABEL:  # the user's own registry needs no keys
        said.append("signed" if outcome.signed else "unsigned")
    if outcome.installed:
        said.append("installed" if outcome.place == "installed" else f"{outcome.installed} is installed")
    return f"({', '.join(said)})"


def _facts(outcome: InfoOutcome) -> Iterator[Row]:
    manifest, requires = outcome.manifest, outcome.manifest.requires
    facts = {
        "author": manifest.author,
        "licence": manifest.license,
        "homepage": manifest.homepage,
        "repository": manifest.repository,
        "keywords": ", ".join(manifest.keywords),
        "can": ", ".join(manifest.capabilities),
        "made for": ", ".join(requires.agents),
        "needs programs": ", ".join(requires.bins),
        "needs variables": ", ".join(requires.env),
        "runs on": ", ".join(requires.os),
        "needs skillctl": str(requires.skillctl or ""),
        "plans": ", ".join(manifest.plans),
        "signed by": ", ".join(outcome.authors),
        "size": size(outcome.size),
        "tree": outcome.tree,
    }
    yield from ((dim(name), value) for name, value in facts.items() if value)


def _show_commands(page: Page, outcome: InfoOutcome) -> None:
    page.line()
    page.line(f"{counted(len(outcome.commands), 'slash command')}, estimated tokens:")
    for each in outcome.commands:
        cost = each.cost
        context = f", ~{cost.context_files:,} in context files" if cost.context_files else ""
        page.line(
            "  ", bold(f"/{cost.skill}"), f"  ~{cost.always_on:,} always on, ~{cost.on_demand:,} when used{context}"
        )
        if each.description:
            page.line("      ", each.description)


def _yanked(reason: str) -> str:
    return f"yanked: {reason or 'no reason was given'}"


def _show_releases(page: Page, outcome: InfoOutcome) -> None:
    if not outcome.releases:
        return
    page.line()
    page.line("releases:")
    rows: list[Row] = []
    for each in outcome.releases[:_RELEASES]:
        yanked = _yanked(each.yanked) if each.yanked is not None else ""
        installed = "installed" if str(each.version) == outcome.installed else ""
        rows.append((str(each.version), each.published[:10] or "-", ", ".join(filter(None, (installed, yanked)))))
    page.table(rows, indent="  ")
    if len(outcome.releases) > _RELEASES:
        page.line(f"  and {len(outcome.releases) - _RELEASES:,} older ones")
