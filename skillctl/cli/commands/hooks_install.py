"""`skillctl hooks install`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import ClientAgent, DryRun, UserSettings
from skillctl.cli.page import Page


def command(agent: ClientAgent = "claude-code", user: UserSettings = False, dry_run: DryRun = False) -> Answer:
    """Have an agent's client ask skillctl before it uses tools and skills.

    Puts entries into its settings, beside those that are there: at the beginning of a session the skills are synced
    with the lock, before a tool or skill is used policy and digests are checked, afterwards it is recorded. In a
    project the settings are meant to be committed, so everybody who works there needs skillctl on PATH.
    """
    from skillctl.app.hooks import install_hooks

    outcome = install_hooks(settings(), here(), agent=agent, user=user, dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "would be registered" if dry_run else "are registered" if outcome.changed else "were registered already"
        page.line(f"the hooks {verb}: {outcome.file}")

    return Answer(outcome, shown)
