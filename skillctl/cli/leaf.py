"""One command as typer sees it, built when it is called and not before.

Building the whole tree of commands would import every command's module; a person calls one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

import typer
import typer.core
import typer.main

from skillctl.cli.parameter import Argument, Option
from skillctl.cli.streams import UnwrittenError
from skillctl.cli.table import ALIASES, ENTRIES, GROUPS, Entry, Group, members
from skillctl.core.errors import UsageError

if TYPE_CHECKING:
    from skillctl.cli.answer import Answer

_SETTINGS = {"help_option_names": ["-h", "--help"], "allow_extra_args": True, "max_content_width": 100}


def called(entry: Entry, arguments: Sequence[str]) -> Answer:
    """The command's answer to these arguments. Click's own exceptions come out of it, `usage` knows them."""
    command = leaf(entry)
    try:
        made = command.make_context(f"skillctl {entry.name}", list(arguments))
    except BrokenPipeError:
        raise
    except OSError as error:  # the help, which the parser prints by itself
        raise UnwrittenError(error) from error
    with made as context:
        if context.args:
            raise UsageError.of("E024", command=entry.name, arguments=tuple(context.args))
        answer: Answer = command.invoke(context)
        return answer


def leaf(entry: Entry) -> typer.core.TyperCommand:
    """The command with its own parameters and those that all commands share."""
    command = _single(entry.name.rpartition(" ")[2], import_module(entry.module).command)
    shared = _single("shared", _shared)
    command.params = [*command.params, *shared.params]
    return command


def tree() -> typer.core.TyperGroup:
    """All commands as one tree, aliases included and hidden: for the reference and for tests."""
    root = typer.core.TyperGroup(name="skillctl")
    for entry in ENTRIES:
        if " " not in entry.name:
            root.add_command(leaf(entry), entry.name)
    for group in GROUPS:
        root.add_command(_branch(group), group.name)
    for alias, words in ALIASES.items():
        entry = next(each for each in ENTRIES if each.name == words[0])
        command = leaf(entry)
        command.hidden = True
        root.add_command(command, alias)
    return root


def _branch(group: Group) -> typer.core.TyperGroup:
    branch = typer.core.TyperGroup(name=group.name, help=f"{group.about}.")
    for entry in members(group.name):
        branch.add_command(leaf(entry), entry.name.rpartition(" ")[2])
    return branch


def _single(name: str, function: Callable[..., object]) -> typer.core.TyperCommand:
    app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    app.command(name, context_settings=_SETTINGS)(_for_typer(function))
    command = typer.main.get_command(app)
    if not isinstance(command, typer.core.TyperCommand):
        raise TypeError(f"typer made a {type(command).__name__} of `{name}`")
    return command


def _for_typer(function: Callable[..., object]) -> Callable[..., object]:
    """The same function, whose parameters say in typer's words what they say in ours."""
    same = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    same.__kwdefaults__, same.__doc__ = function.__kwdefaults__, function.__doc__
    hints = get_type_hints(function, include_extras=True)
    same.__annotations__ = {name: _hint_for_typer(hint) for name, hint in hints.items()}
    return same


def _hint_for_typer(hint: Any) -> Any:
    """The type of a parameter with what typer is to know of it."""
    kind, *said = get_args(hint) or (hint,)
    match said:
        case [Option() as each]:
            return Annotated[kind, typer.Option(*each.names, help=each.help, metavar=each.metavar)]
        case [Argument() as each]:
            return Annotated[kind, typer.Argument(help=each.help, metavar=each.metavar)]
        case _:
            return hint


def _shared(
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON envelope on standard output.", expose_value=False)
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say only what the result is and what is wrong.", expose_value=False)
    ] = False,
) -> None:
    """What every command takes. `main` reads these two from the words themselves, since they count for errors too."""
