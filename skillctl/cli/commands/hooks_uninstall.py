"""`skillctl hooks uninstall`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import ClientAgent, DryRun, UserSettings
from skillctl.cli.page import Page


def command(agent: ClientAgent = "claude-code", user: UserSettings = False, dry_run: DryRun = False) -> Answer:
    """Take the hooks out of the settings of an agent's client.

    The settings are what they were before, byte for byte, unless somebody changed them meanwhile; then only the entries
    of skillctl go.
    """
    from skillctl.app.hooks import uninstall_hooks

    outcome = uninstall_hooks(settings(), here(), agent=agent, user=user, dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "would go" if dry_run else "are gone" if outcome.changed else "were not there"
        page.line(f"the hooks {verb}: {outcome.file}")

    return Answer(outcome, shown)
