"""`skillctl agents`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from skillctl.app.agents import AgentsOutcome, AgentView
from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import UserScope
from skillctl.cli.page import Page, bold, counted, dim
from skillctl.cli.parameter import argument, option

_WHY: Mapping[str, str] = {
    "project": "skillctl.json names the agents",
    "user": "your own setting `agents` names them",
    "found": "nobody names agents, so those found here",
    "default": "nobody names agents and none was found, so Claude Code",
}


def command(
    names: Annotated[
        list[str] | None, argument(metavar="[AGENT]...", help="Show these only, found or not: `codex`.")
    ] = None,
    user: UserScope = False,
    everyone: Annotated[bool, option("--all", help="Show every agent that skillctl knows.")] = False,
) -> Answer:
    """Show which agents are here, where each looks, and where skills would go.

    For each agent: what gives it away, the directories it reads in this project and for the user, and the environment
    variables that are set and count. Below, what an install here would write to, and why for these agents.
    """
    from skillctl.app.agents import look_at_agents

    outcome = look_at_agents(settings(), here(), names=tuple(names or ()), user=user, everyone=everyone)
    return Answer(outcome, lambda page: _show(page, outcome, tuple(names or ())))


def _show(page: Page, outcome: AgentsOutcome, names: Sequence[str]) -> None:
    for each in outcome.agents:
        _show_agent(page, each, outcome.root)
    found = sum(bool(each.evidence) for each in outcome.agents)
    if not names:
        page.say(f"{counted(outcome.known, 'agent')} known, {found} found here")
        page.line()
    page.line(f"{_WHY[outcome.chosen_by]}; an install {'for you' if outcome.scope == 'user' else 'here'} would write:")
    page.table(
        (
            (
                _shown(target.directory, outcome.root),
                "copies" if outcome.copies or target.kind == "copy" else "links to the copies",
                dim(f"for {', '.join(target.agents)}") if target.agents else "",
            )
            for target in outcome.targets
        ),
        indent="  ",
    )


def _show_agent(page: Page, each: AgentView, root: str) -> None:
    chosen = " (chosen)" if each.chosen else ""
    page.line(bold(each.agent.id), f"  {each.agent.name}{chosen}")
    signs = ", ".join(f"{'program' if sign.kind == 'program' else ''} {sign.what}".strip() for sign in each.evidence)
    rows = [
        ("found by", signs or "nothing: it was not found here"),
        ("project", ", ".join(_shown(path, root) for path in each.project)),
        ("user", ", ".join(each.user)),
        *((("set", ", ".join(f"{name}={value}" for name, value in each.overrides)),) if each.overrides else ()),
        *(() if each.agent.verified else (("", dim("its directories are its vendor's word, not seen in use")),)),
    ]
    page.table(rows, indent="  ")


def _shown(path: str, root: str) -> str:
    return path.removeprefix(f"{root}/")
