"""What a command shows to a person: results on standard output, talk on standard error.

Every text is escaped here, so that nothing that came from outside reaches a terminal as a control sequence. Colour is a
help for the eye and never a carrier of meaning: it is there on a terminal only, and not with NO_COLOR.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TextIO

from skillctl.cli.streams import write_result
from skillctl.core.diagnostics import Diagnostic, Severity
from skillctl.core.value import dataclass
from skillctl.core.wording.escape import escaped


@dataclass(frozen=True, slots=True)
class Styled:
    """A text and the ANSI style it may be shown in."""

    style: str
    text: str


def bold(text: object) -> Styled:
    """For what the eye should find first."""
    return Styled("1", str(text))


def dim(text: object) -> Styled:
    """For what is only there for the sake of completeness."""
    return Styled("2", str(text))


def green(text: object) -> Styled:
    """For what was added."""
    return Styled("32", str(text))


def red(text: object) -> Styled:
    """For what was removed or failed."""
    return Styled("31", str(text))


def yellow(text: object) -> Styled:
    """For what changed or wants attention."""
    return Styled("33", str(text))


Part = str | Styled
Row = Sequence[Part]

_SEVERITY_STYLES: Mapping[Severity, str] = {"error": "1;31", "warning": "1;33", "note": "1;36"}


class Page:
    """Two streams that people read."""

    def __init__(
        self, out: TextIO, talk: TextIO, *, out_colour: bool = False, talk_colour: bool = False, quiet: bool = False
    ) -> None:
        self._out = out
        self._talk = talk
        self._out_colour = out_colour
        self._talk_colour = talk_colour
        self.is_quiet = quiet

    def line(self, *parts: Part) -> None:
        """One line of the result."""
        write_result(_painted(parts, self._out_colour) + "\n", self._out)

    def text(self, text: str) -> None:
        """A result of many lines: to a program or a file as it is, on a terminal with what can't be seen escaped."""
        lines = text if text.endswith("\n") or not text else text + "\n"
        write_result(escaped(lines) if self._out.isatty() else lines, self._out)

    def say(self, *parts: Part) -> None:
        """One line of talk: what a program that reads the result does not need. `--quiet` leaves it out."""
        if not self.is_quiet:
            self._write_talk(*parts)

    def table(self, rows: Iterable[Row], *, indent: str = "") -> None:
        """Lines of the result whose columns stand below each other."""
        kept = [[_Cell(part, self._out_colour) for part in row] for row in rows]
        columns = max(map(len, kept), default=0)
        widths = [max(row[at].width for row in kept if at < len(row)) for at in range(columns)]
        lines = []
        for row in kept:
            cells = [cell.text + " " * (width - cell.width) for cell, width in zip(row, widths, strict=False)]
            lines.append(f"{one_line(indent)}{'  '.join(cells)}".rstrip() + "\n")
        write_result("".join(lines), self._out)

    def problem(self, told: Diagnostic) -> None:
        """A problem: the sentence with its code, then where, then more, then what to do."""
        head = Styled(_SEVERITY_STYLES[told.severity], told.severity)
        self._write_talk(head, " ", Styled("1", told.code), ": ", told.title)
        if told.place is not None and str(told.place):
            self._write_talk("  at ", str(told.place))
        for line in told.detail.splitlines():
            # the bar keeps evidence of several lines from posing as a hint of ours
            self._write_talk("  | ", line)
        if told.hint:
            self._write_talk("  ", Styled("1", "hint"), ": ", told.hint)

    def _write_talk(self, *parts: Part) -> None:
        with suppress(OSError):  # who can't be told can't be told
            self._talk.write(_painted(parts, self._talk_colour) + "\n")


def one_line(text: str) -> str:
    """The text escaped and on one line, so that nothing from outside can pose as a line of its own."""
    return escaped(text).replace("\n", "\\n")


def size(count: int) -> str:
    """A number of bytes as people read it: `812 B`, `1.4 KiB`, `20.0 MiB`."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 pack`, `2 packs`, `1,000 packs`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def became(*, already: bool, dry_run: bool) -> str:
    """What joins a thing with its new state: `is already`, `would be` or `is`."""
    return "is already" if already else "would be" if dry_run else "is"


def _painted(parts: Iterable[Part], colour: bool) -> str:
    return "".join(_painted_part(part, colour) for part in parts).rstrip()


def _painted_part(part: Part, colour: bool) -> str:
    if isinstance(part, str):
        return one_line(part)
    text = one_line(part.text)
    return f"\x1b[{part.style}m{text}\x1b[0m" if colour and text else text


class _Cell:
    """A part of a table as it is shown; worked out once, since tables have thousands."""

    __slots__ = ("text", "width")

    def __init__(self, part: Part, colour: bool) -> None:
        self.text = _painted_part(part, colour)
        plain = self.text if isinstance(part, str) or not colour else one_line(part.text)
        self.width = _width(plain)


def _width(text: str) -> int:
    """Cells on a terminal, near enough: wide East Asian characters take two."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    joined = sum(unicodedata.combining(character) != 0 for character in text)
    return len(text) + wide - joined
