"""What a command takes, as data: `leaf` makes a parser's options and arguments of it, if there is anything to parse.

A command line of the commonest kind, `skillctl install`, has nothing to parse, and typer costs as much as placing a
hundred skills. So a command's module does not import it, and its defaults are what a bare call gets.
"""

from __future__ import annotations

from collections.abc import Callable

from skillctl.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """An option; stands in the `Annotated` type of a parameter."""

    names: tuple[str, ...]
    help: str
    metavar: str | None


@dataclass(frozen=True, slots=True)
class Argument:
    """A word that stands by itself."""

    help: str
    metavar: str | None


def option(*names: str, help: str, metavar: str | None = None) -> Option:  # noqa: A002  the word that readers know
    """An option of these names, such as `--force`, `-f`."""
    return Option(names, help, metavar)


def argument(*, help: str, metavar: str | None = None) -> Argument:  # noqa: A002
    """An argument; it is required if its parameter has no default."""
    return Argument(help, metavar)


def takes_nothing(command: Callable[..., object]) -> bool:
    """Whether the command can be called without any argument."""
    code = command.__code__
    places, words = len(command.__defaults__ or ()), len(command.__kwdefaults__ or {})
    return (code.co_argcount, code.co_kwonlyargcount) == (places, words)
