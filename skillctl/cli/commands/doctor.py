"""`skillctl doctor`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from skillctl.cli.answer import Answer
from skillctl.cli.door import environment, here
from skillctl.cli.options import Offline
from skillctl.cli.page import Page, Styled, bold, counted, green, red, yellow

_COLOURS: Mapping[str, Callable[[object], Styled]] = {"ok": green, "warn": yellow, "fail": red}


def command(offline: Offline = False) -> Answer:
    """Look whether this machine is as skillctl needs it.

    Configuration, directories, registries, agents, installed skills, isolation, policy, audit log, plugins, hooks of
    clients, and Patchwork, where it is: it is asked questions whose answers are known. Status 1 if anything fails.
    """
    from skillctl.app.doctor import examine

    outcome = examine(environment(), here(), offline=offline)

    def shown(page: Page) -> None:
        page.table((_COLOURS[each.health](each.health), bold(each.name), each.detail) for each in outcome.checks)
        for each in outcome.checks:
            if each.hint:
                page.line(f"{each.name}: {each.hint}")
        bad = sum(each.health == "fail" for each in outcome.checks)
        page.say(f"{counted(len(outcome.checks), 'check')}, {bad} failed" if bad else "nothing has failed")

    return Answer(outcome, shown)
