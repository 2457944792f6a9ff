"""`skillctl plugins list`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.page import Page, bold, counted, dim


def command() -> Answer:
    """Show every plugin, what it hooks into, and what is wrong with it.

    Those of your configuration directory, of the project, of installed packs, and of installed distributions that
    `plugins.enabled` names.
    """
    from skillctl.app.plugins import list_plugins

    outcome = list_plugins(settings(), here())

    def shown(page: Page) -> None:
        page.say(counted(len(outcome.plugins), "plugin"))
        if not outcome.plugins:
            page.line("no plugins; `skillctl plugins new NAME` makes one")
        page.table(
            (bold(each.name), each.version or "-", each.source, each.state, ", ".join(each.hooks) or "-")
            for each in outcome.plugins
        )
        for each in outcome.plugins:
            if each.problem:
                page.line(dim(f"{each.name}: {each.problem}"))

    return Answer(outcome, shown)
