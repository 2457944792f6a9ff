"""How a change of a scope is shown: what install, update, remove and sync have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from skillctl.cli.page import Page, Row, bold, counted, dim, green, red, yellow

if TYPE_CHECKING:
    from skillctl.app.commands import SlashCommand
    from skillctl.app.differences import PackAsked
    from skillctl.app.install import InstallOutcome, PackChange
    from skillctl.core.skill_asks import Ask

_TOLD_ONE_BY_ONE = 40
_SHOWN = 100  # characters of a command
_DONE = {"add": "added", "update": "updated", "repair": "repaired", "remove": "removed"}
_SIGNS = {"add": "+", "update": "~", "repair": "~", "remove": "-"}


def show_change(
    page: Page, outcome: InstallOutcome, *, nothing: str, rewritten: str = "", files: str = "", told: bool = False
) -> None:
    """The packs that changed, the skills that did, and the slash commands that there are now.

    `nothing` is said where nothing changed, `rewritten` where only skillctl.json did. `files` is the directory that it
    lies in, if that is not the root. With `told`, the packs that change stand above already.
    """
    if outcome.made_project and not outcome.dry_run:
        page.say(f"made skillctl.json in {files or outcome.root}")
    for change in outcome.changed:
        page.line(*pack_line(change))
    if not outcome.changed and not outcome.changes and not told:
        for line in _all_the_same(outcome, rewritten):
            page.line(line)
            nothing = ""
        if nothing and outcome.ok:
            page.line(nothing)
    _show_skills(page, outcome)
    show_asked(page, outcome.asked)
    _show_commands(page, outcome.commands, outcome.agents)
    if outcome.dry_run and (outcome.changed or outcome.changes or outcome.project_changed):
        page.say(dim("nothing was changed: this was a dry run"))


def _all_the_same(outcome: InstallOutcome, rewritten: str) -> Iterator[str]:
    """What is to be said where no pack and no skill changed, and yet not everything is as it should be, or was."""
    if outcome.project_changed:
        yield rewritten or f"{'would change' if outcome.dry_run else 'changed'} skillctl.json; nothing else differs"
    edited = sum(each.code in ("W401", "W402") for each in outcome.problems)
    if edited:
        yield f"{counted(edited, 'skill is', 'skills are')} not as the lock says"
    moved = sum(each.code == "W231" for each in outcome.problems)
    if moved:
        packs = counted(moved, "directory holds", "directories hold")
        yield f"the skills are as the lock says; {packs} something else by now"
    if any(each.code == "W404" for each in outcome.problems):
        yield "skillctl.lock is not what skillctl.json asks for"


def pack_line(change: PackChange) -> Row:
    """What became of a pack, on one line."""
    if not change.before:
        return (green("+"), " ", bold(change.name), f" {change.after}")
    if not change.after:
        return (red("-"), " ", bold(change.name), f" {change.before}")
    return (yellow("~"), " ", bold(change.name), f" {change.before} -> {change.after}")


def _show_skills(page: Page, outcome: InstallOutcome) -> None:
    """What changes on disk beyond what the packs' lines already say."""
    told = {change.name for change in outcome.changed}
    rest = [each for each in outcome.changes if each.pack not in told]
    if len(rest) > _TOLD_ONE_BY_ONE:
        done = Counter(each.action for each in rest)
        page.table([(_SIGNS[each], f"{counted(done[each], 'skill')} {_DONE[each]}") for each in done], indent="  ")
        return
    page.table(
        [(_SIGNS[each.action], f"{each.directory}/{each.skill}", f"({each.pack})") for each in rest], indent="  "
    )


def show_asked(page: Page, asked: Sequence[PackAsked]) -> None:
    """What packs do by themselves or ask for: a person who minds it can still take them out."""
    for pack in asked:
        page.line()
        page.line(yellow("!"), " ", bold(pack.name), f" {pack.version} brings more than text:")
        page.table(ask_rows(pack.asks), indent="  ")


def ask_rows(asks: Sequence[Ask]) -> list[Row]:
    """A line for each: the skill, what it does, and the command, tool or host."""
    if not asks:
        return []
    from skillctl.core.skill_asks import ASK_WORDS  # nearly no pack asks for anything

    return [(f"/{each.skill}" if each.skill else "it", ASK_WORDS[each.kind], short(each.what)) for each in asks]


def short(text: str) -> str:
    """The beginning of a command that may have many lines."""
    first, _, rest = text.partition("\n")
    more = " ..." if rest.strip() or len(first) > _SHOWN else ""
    return first[:_SHOWN] + more


def _show_commands(page: Page, commands: Sequence[SlashCommand], agents: Sequence[str]) -> None:
    if not commands:
        return
    page.line()
    page.line(f"{counted(len(commands), 'slash command')} for {', '.join(agents)}:")
    rows: list[Row] = [(bold(f"/{each.name}"), each.file, tokens(each.tokens)) for each in commands]
    if len(commands) > 1:
        rows.append(("together", "", tokens(sum(each.tokens for each in commands))))
    page.table(rows, indent="  ")


def tokens(count: int) -> str:
    """What a skill costs while it is not used: its name and description stand in every conversation."""
    return f"~{counted(count, 'token')} always on"
