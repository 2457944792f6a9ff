"""`skillctl registry list`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.page import Page, Row, bold

_WHOSE = {"project": "of the project", "user": "yours", "own": "yours", "shipped": "shipped"}


def command() -> Answer:
    """List the registries in the order in which names are looked for.

    Those of the project come first, then yours, then `local` and the packs that come with skillctl. It says which are
    signed, which scopes belong to one, and for which you have a token.
    """
    from skillctl.app.registry_entries import ListedRegistry, list_registries

    outcome = list_registries(settings(), here())

    def facts(each: ListedRegistry) -> str:
        said = ["signed" if each.signed else "unsigned"] if each.whose != "shipped" else []
        said += [", ".join(each.entry.scopes)] if each.entry.scopes else []
        said += ["token"] if each.has_token else []
        return "; ".join(said)

    def shown(page: Page) -> None:
        rows: list[Row] = [
            (bold(each.entry.name), each.entry.location, _WHOSE[each.whose], facts(each)) for each in outcome.registries
        ]
        page.table(rows)

    return Answer(outcome, shown)
