"""The frame around every command: what it answers becomes text or an envelope, and an exit status.

Whatever happens inside, out of here come only: results or one envelope on standard output, sentences on standard error,
and a status. A traceback is shown to those who ask for one (`SKILLCTL_DEBUG=1`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, TextIO

from skillctl.cli.envelope import envelope
from skillctl.cli.page import Page
from skillctl.cli.parameter import takes_nothing
from skillctl.cli.streams import Manner, UnwrittenError, flush_result, silence_output, write_result
from skillctl.cli.table import Entry, entry_at, expanded, group_named
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import SkillctlError
from skillctl.core.wording import worded
from skillctl.edges.telling import Ear, listening

if TYPE_CHECKING:
    from skillctl.cli.answer import Answer
    from skillctl.core.json_value import JsonValue

DEBUG = "SKILLCTL_DEBUG"
INTERRUPTED = 130
_DONE_UNSEEN = "the command did its work; only what it had to tell is lost"
_GLOBAL = ("--json", "--quiet", "-q")


def run(words: Sequence[str]) -> int:
    """The exit status of the command line, everything printed."""
    options = _before_double_dash(words)
    voice = _Voice(json="--json" in options, quiet="--quiet" in options or "-q" in options)
    Manner.json, Manner.quiet = voice.is_json, "--quiet" in options or "-q" in options
    try:
        status = _guarded(list(words), voice)
        flush_result()
    except BrokenPipeError:
        # whoever read the result has enough of it
        silence_output()
        return voice.status
    except UnwrittenError as error:
        return unwritten(error, voice)
    return status


def unwritten(error: UnwrittenError, voice: _Voice | None = None) -> int:
    """Say on standard error that standard output took nothing, and whether the work is done nevertheless."""
    silence_output()
    return (voice or _Voice(json=False, quiet=False)).lose(str(error))


def _guarded(words: list[str], voice: _Voice) -> int:
    """The status, with a bug of ours turned into a sentence: the one place where that happens."""
    try:
        return _status(words, voice)
    except (BrokenPipeError, UnwrittenError):
        raise
    except Exception as error:  # noqa: BLE001
        return _bug(error, voice)


def _status(words: list[str], voice: _Voice) -> int:
    try:
        return _called(words, voice)
    except SkillctlError as error:
        return voice.refuse(error.problems, error.exit_status)
    except KeyboardInterrupt:
        return voice.refuse([problem("E091")], INTERRUPTED)


def _called(words: list[str], voice: _Voice) -> int:
    """Find the command, run it, show its answer."""
    while words and words[0] in _GLOBAL:
        words = words[1:]
    words = expanded(words)
    found = entry_at(words)
    if found is None:
        return _answered_without_command(words, voice)
    entry, length = found
    voice.command = entry.name
    answer = _answer(entry, words[length:])
    return 0 if answer is None else voice.show(answer)


def _answer(entry: Entry, arguments: Sequence[str]) -> Answer | None:
    """What the command gives back; None if the parser answered by itself. What takes long is told meanwhile."""
    with listening(_ear):
        return _answered(entry, arguments)


def _ear() -> Ear:
    from skillctl.cli.ear import TerminalEar

    return TerminalEar()


def _answered(entry: Entry, arguments: Sequence[str]) -> Answer | None:
    command: Callable[..., Answer] = import_module(entry.module).command
    if takes_nothing(command) and all(word in _GLOBAL for word in arguments):
        return command()  # its defaults are what a parser would find, and a parser takes long to load
    from skillctl.cli.leaf import called
    from skillctl.cli.usage import as_usage_error, is_exit, is_parser_error

    try:
        return called(entry, arguments)
    except SkillctlError:
        raise
    except Exception as error:
        if is_exit(error):
            return None
        if is_parser_error(error):
            raise as_usage_error(error, entry.name) from error
        raise


def _answered_without_command(words: list[str], voice: _Voice) -> int:
    from skillctl.cli.overview import group_help, program_help
    from skillctl.cli.usage import missing_any_command, missing_command, unknown_command

    if not words and voice.is_json:
        raise missing_any_command()
    first = words[0] if words else "--help"
    if first in ("--help", "-h"):
        write_result(program_help())
        return 0
    if first in ("--version", "-V"):
        from skillctl.core.about import __version__

        return voice.tell("--version", {"skillctl": __version__}, f"skillctl {__version__}")
    group = group_named(first)
    if group is None:
        raise unknown_command(first)
    rest = [word for word in words[1:] if word not in _GLOBAL]
    if rest and rest[0] in ("--help", "-h"):
        write_result(group_help(group))
        return 0
    voice.command = group.name
    raise unknown_command(rest[0], group.name) if rest else missing_command(group.name)


def _bug(error: Exception, voice: _Voice) -> int:
    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, OSError) and error.errno is not None:
        from skillctl.edges.disk.faults import disk_error

        # no place below made one of ours of it; what stands in the way is the system all the same
        return voice.refuse(disk_error(error, error.filename or "a place it does not name").problems, 1)
    kind = type(error).__name__
    return voice.refuse([problem("E090", kind=kind, words=str(error)[:400])], 1)


def _before_double_dash(words: Sequence[str]) -> Sequence[str]:
    return words[: words.index("--")] if "--" in words else words


def _may_colour(stream: TextIO) -> bool:
    """The rule for colour, which is told of the stream that talk goes to, asked of either."""
    from skillctl.edges.terminal import judged

    return judged(os.environ, stdin=False, stdout=False, stderr=stream.isatty()).colour


class _Voice:
    """How this command line is answered: for a program or for a person."""

    def __init__(self, *, json: bool, quiet: bool) -> None:
        self.command = ""
        self.status = 0
        self._is_answered = False
        self._problems_to_tell: Sequence[Problem] = ()
        self.is_json = json
        for stream in (sys.stdout, sys.stderr):
            # a name that the locale can't write must not stop the work
            if hasattr(stream, "reconfigure"):
                with suppress(OSError):  # it writes out what it still holds, and may not be able to
                    stream.reconfigure(errors="backslashreplace")
        out_colour, talk_colour = (_may_colour(stream) for stream in (sys.stdout, sys.stderr))
        self._page = Page(sys.stdout, sys.stderr, out_colour=out_colour, talk_colour=talk_colour, quiet=quiet)

    def show(self, answer: Answer) -> int:
        """The answer, and the status that it means."""
        outcome = answer.outcome
        self.status = outcome.status
        self._is_answered = outcome.ok
        self._problems_to_tell = outcome.problems
        if self.is_json:
            self._envelope(outcome.ok, outcome.to_json(), outcome.problems)
        else:
            answer.shown(self._page)
            flush_result()
            self._problems(outcome.problems)
        return self.status

    def tell(self, command: str, result: dict[str, str], line: str) -> int:
        """An answer that no use case gave."""
        self.command = command
        if self.is_json:
            self._envelope(True, result, ())
        else:
            self._page.line(line)
        return 0

    def refuse(self, problems: Sequence[Problem], status: int) -> int:
        """What stood in the way, and the status."""
        self.status = status
        self._problems_to_tell = problems
        if self.is_json:
            self._envelope(False, None, problems)
        else:
            self._problems(problems)
        return status

    def lose(self, reason: str) -> int:
        """What can't be written is told where talk goes: the problems, and that there would have been more."""
        self._problems(self._problems_to_tell)
        advice = _DONE_UNSEEN if self._is_answered else "give it an output that can be written"
        self._problems([problem("E092", reason=reason, advice=advice)])
        return self.status or 1

    def _envelope(self, ok: bool, result: JsonValue, problems: Sequence[Problem]) -> None:
        told = [worded(each) for each in problems]
        write_result(envelope(command=self.command, ok=ok, result=result, problems=told) + "\n")

    def _problems(self, problems: Sequence[Problem]) -> None:
        self._problems_to_tell = ()
        for each in problems:
            self._page.problem(worded(each))
