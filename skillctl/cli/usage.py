"""What the parser refuses, as problems of our own: a sentence, what was probably meant, a stable code."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from skillctl.cli.table import MEANT, words_after
from skillctl.core.errors import UsageError
from skillctl.core.names import near_names


def unknown_command(word: str, group: str = "") -> UsageError:
    """E020 for a word that is no command, with the nearest ones."""
    place = f"skillctl {group}".rstrip()
    if word.startswith("-"):
        return UsageError.of("E021", option=word, command=place, advice=f"`{place} --help` lists every command")
    if not group and word in MEANT:
        advice = f"`skillctl {MEANT[word]}` does that here"
    else:
        near = list(dict.fromkeys(MEANT.get(each, each) for each in near_names(word, words_after(group))))
        advice = f"did you mean {_either(near)}?" if near else f"`{place} --help` lists every command"
    return UsageError.of("E020", word=word, command=place, advice=advice)


def missing_command(group: str) -> UsageError:
    """E025 for a group without a command."""
    return UsageError.of("E025", group=group, commands=tuple(f"`{word}`" for word in words_after(group)))


def missing_any_command() -> UsageError:
    """E022 for `--json` with nothing behind it: a program that wants an envelope gets one."""
    return UsageError.of("E022", command="--json", wanted="a command", advice="`skillctl --help` lists every command")


def is_parser_error(error: Exception) -> bool:
    """Whether click, or typer's own copy of it, refused the command line."""
    return isinstance(error, _exceptions().UsageError)


def is_exit(error: Exception) -> bool:
    """Whether the parser has answered by itself, with a help text."""
    import typer

    return isinstance(error, typer.Exit)


def as_usage_error(error: Any, command: str) -> UsageError:
    """The parser's exception as ours."""
    kinds = _exceptions()
    help_advice = f"`skillctl {command} --help` lists the options"
    if isinstance(error, kinds.NoSuchOption):
        known = sorted({"--help", *(option for parameter in error.ctx.command.params for option in parameter.opts)})
        near = near_names(error.option_name, [option for option in known if option.startswith("-")])
        advice = f"did you mean {_either(near)}?" if near else help_advice
        return UsageError.of("E021", option=error.option_name, command=f"skillctl {command}", advice=advice)
    if isinstance(error, kinds.MissingParameter):
        return UsageError.of("E022", wanted=_name(error), command=command, advice=_usage_line(error) or help_advice)
    if isinstance(error, kinds.BadParameter):
        return UsageError.of("E023", option=_name(error), reason=_sentence(error.message))
    if isinstance(error, kinds.BadOptionUsage):
        return UsageError.of("E026", option=error.option_name, reason=_sentence(error.message), command=command)
    return UsageError.of("E027", command=command, reason=_sentence(error.message))


def _exceptions() -> Any:
    """Click's exceptions: older versions of typer import click, newer ones carry it inside."""
    import typer

    return import_module(typer.BadParameter.__module__)


def _name(error: Any) -> str:
    """The option or argument as a person knows it: `--agent`, `NAME`."""
    parameter = error.param
    if parameter is None:
        return str(error.param_hint or "an argument")
    if parameter.param_type_name == "argument":
        return str(parameter.human_readable_name).rstrip(".")
    return str(parameter.opts[0])


def _usage_line(error: Any) -> str:
    return f"write `{error.ctx.get_usage().removeprefix('Usage: ').strip()}`" if error.ctx is not None else ""


def _sentence(text: str) -> str:
    """The parser's words as part of a sentence of ours."""
    plain = re.sub(r"\s+", " ", text).strip().rstrip(".")
    return plain[:1].lower() + plain[1:]


def _either(words: list[str]) -> str:
    return " or ".join(f"`{word}`" for word in words)
