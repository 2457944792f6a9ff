"""`skillctl plugins list`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.page import Page, bold, counted, dim
from skillctl_plugins.plugin import Plugin


def command() -> Answer:
    """Show every plugin, what it hooks into, and what is wrong with it.

    Those of your configuration directory, of the project, of installed packs, and of installed distributions that
    `plugins.enabled` names.
    """
    from skillctl.app.plugins import list_plugins

    outcome = list_plugins(settings(), here())

    def shown(page: Page) -> None:
        page.say(counted(len(outcome.plugins), "plugin"))
        page.table(
            (bold(each.name), each.version or "-", each.source, _state(each), ", ".join(each.hooks) or "-")
            for each in outcome.plugins
        )
        if all(each.source == "built-in" for each in outcome.plugins):
            page.line("none of your own; `skillctl plugins new NAME` makes one")
        for each in outcome.plugins:
            if each.problem and each.state != "inactive":
                page.line(dim(f"{each.name}: {each.problem}"))

    return Answer(outcome, shown)


def _state(plugin: Plugin) -> str:
    return f"inactive: {plugin.problem}" if plugin.state == "inactive" and plugin.problem else plugin.state
