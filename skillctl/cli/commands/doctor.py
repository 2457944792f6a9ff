"""`skillctl doctor`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import environment, here
from skillctl.cli.options import DryRun, Offline
from skillctl.cli.page import Page, Styled, bold, counted, green, red, yellow
from skillctl.cli.parameter import option

_COLOURS: Mapping[str, Callable[[object], Styled]] = {"ok": green, "warn": yellow, "fail": red}


def command(
    fix: Annotated[
        bool, option("--fix", help="Mend what can be mended without losing anything, and say what.")
    ] = False,
    offline: Offline = False,
    dry_run: DryRun = False,
) -> Answer:
    """Look whether this machine is as skillctl needs it.

    Configuration, directories, registries, agents, isolation, policy, audit log, plugins, hooks of clients, Patchwork,
    where it is, and the skills: links that lead nowhere, names that mean two skills or nearly the same, what killed
    commands left, damaged trees. Status 1 if anything fails; what is only worth knowing is a warning.
    """
    from skillctl.app.doctor import examine

    outcome = examine(environment(), here(), offline=offline, fix=fix, dry_run=dry_run)

    def shown(page: Page) -> None:
        plain = [each for each in outcome.checks if not each.code]  # the others are told as problems, with their codes
        page.table((_COLOURS[each.health](each.health), bold(each.name), each.detail) for each in plain)
        for what in outcome.mended:
            page.line(green("would mend" if dry_run else "mended"), f": {what}")
        if fix and not outcome.mended:
            page.line("there was nothing to mend")
        for each in plain:
            if each.hint:
                page.line(f"{each.name}: {each.hint}")
        bad = sum(each.health == "fail" for each in outcome.checks)
        page.say(f"{counted(len(outcome.checks), 'check')}, {bad} failed" if bad else "nothing has failed")

    return Answer(outcome, shown)
