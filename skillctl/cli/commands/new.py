"""`skillctl new`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.ask import asked, may_ask, missing
from skillctl.cli.door import at, from_here, here, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, bold, dim
from skillctl.cli.parameter import argument, option
from skillctl.core.value import replace

if TYPE_CHECKING:
    from skillctl.app.new import NewRequest
    from skillctl.core.settings import Settings


def command(
    name: Annotated[str, argument(metavar="[NAME]", help="The pack's name; `My Domain` becomes my-domain.")] = "",
    description: Annotated[
        str, option("--description", "-d", metavar="TEXT", help="What the pack does, and when to use it.")
    ] = "",
    author: Annotated[str, option("--author", metavar="NAME", help="Who writes it.")] = "",
    hooks: Annotated[bool, option("--hooks", help="With hooks.py: guardrails around an execution.")] = False,
    plan: Annotated[bool, option("--plan", help="With an execution plan.")] = False,
    template: Annotated[
        str, option("--template", metavar="DIRECTORY", help="Your own scaffold instead of the shipped one.")
    ] = "",
    values: Annotated[
        list[str] | None,
        option("--set", metavar="NAME=VALUE", help="A variable of the template; may be repeated."),
    ] = None,
    yes: Annotated[bool, option("--yes", "-y", help="Ask nothing; take the defaults.")] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Make a new pack.

    In `packs/NAME/` where there is a packs directory, else in `NAME/`; an existing directory is never written into.
    """
    from skillctl.app.new import NewRequest, new

    asks = not yes and may_ask()
    if not name:
        if not asks:
            raise missing("the name of the pack", "it as an argument: `skillctl new NAME`")
        name = asked("What is the pack called?")
    flags: dict[str, str | bool] = {"description": description, "author": author, "hooks": hooks, "plan": plan}
    request = NewRequest(
        name=name,
        directory=here(),
        values={**{key: value for key, value in flags.items() if value}, **_set_values(values or [])},
        template=at(template) if template else None,
        dry_run=dry_run,
    )
    found = settings()
    if asks:
        request = _completed(found, request)
    outcome = new(found, request)

    def shown(page: Page) -> None:
        verb = "would be made in" if dry_run else "is in"
        page.line(bold(outcome.name), f" {verb} {outcome.directory}")
        for path in outcome.files:
            page.line("  ", path)
        if not dry_run:
            there = from_here(outcome.directory)
            then = f"then `skillctl validate {there}` and `skillctl publish {there}`"
            page.say(dim(f"next: edit CONTEXT.md and the SKILL.md, {then}"))

    return Answer(outcome, shown)


def _completed(found: Settings, request: NewRequest) -> NewRequest:
    """The request with the answers of the person at the terminal."""
    from skillctl.app.new import questions

    answers: dict[str, str | bool] = {}
    for question in questions(found, request):
        default = question.default
        if question.type == "boolean":
            answer = asked(f"{question.text} (y/n)", default="y" if default else "n")
            answers[question.variable] = answer.lower() in ("y", "yes")
        else:
            answers[question.variable] = asked(question.text, default=str(default or ""))
    return replace(request, values={**request.values, **answers})


def _set_values(pairs: list[str]) -> dict[str, str]:
    """`--set NAME=VALUE`; what the text means is the template's to say."""
    from skillctl.core.errors import UsageError

    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not name or not equals:
            raise UsageError.of("E023", option="--set", reason=f"`{pair}` is not of the form NAME=VALUE")
        found[name] = text
    return found
