"""Delimited text (CSV, TSV and their kin): encoding, delimiter, header, kinds of columns, coordinates.

Rules:

1. Encoding: a byte order mark decides; else UTF-8 if the piece read is UTF-8; else cp1252, said as a guess.
2. Delimiter: of comma, semicolon, tab and bar, the one that cuts most of the first lines into the same number of
   parts, more than one. A line that is none of the table (a title, a note) costs it that line only.
3. Header: the first line is one if no cell of it is a number or a date, its cells differ, and none is empty but at
   the end.
4. Coordinates: by name first, then proved by the values; a pair whose values cannot be what the name says is told.
5. A postcode column gives a place only through a lookup; it is named, not used.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

ROWS = 20_000
"""Rows that are looked at when nothing else is asked for."""
COLUMNS = 2_000
CELL = 100_000

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][-+]?\d{1,3})?$")
_WHOLE = re.compile(r"[-+]?\d{1,18}$")
_ZEROS = re.compile(r"[-+]?0\d")
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$")
_NAMES = {
    "x": re.compile(r"(?:x|lon|long|lng|longitude|easting|eastings|east|geox|point_x|xcoord|x_coord|coord_x|osgb_e)$"),
    "y": re.compile(r"(?:y|lat|latitude|northing|northings|north|geoy|point_y|ycoord|y_coord|coord_y|osgb_n)$"),
    "postcode": re.compile(r"(?:post_?code|pcd\d?|pcds|zip)$"),
}
DATES = {
    "%Y-%m-%d": re.compile(r"\d{4}-\d{2}-\d{2}$"),
    "%d/%m/%Y": re.compile(r"\d{1,2}/\d{1,2}/\d{4}$"),
    "%d-%m-%Y": re.compile(r"\d{1,2}-\d{1,2}-\d{4}$"),
    "%d.%m.%Y": re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}$"),
    "%Y-%m-%dT%H:%M:%S": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"),
    "%Y-%m-%dT%H:%M:%SZ": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"),
    "%Y-%m-%dT%H:%M:%S.%fZ": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{1,6}Z$"),
    "%Y-%m-%d %H:%M:%S": re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"),
    "%d/%m/%Y %H:%M": re.compile(r"\d{1,2}/\d{1,2}/\d{4} \d{2}:\d{2}$"),
}
AMERICAN = "%m/%d/%Y"


@dataclass(frozen=True)
class Table:
    """How a text is cut, and its rows as far as they were read."""

    encoding: str
    encoding_is_sure: bool
    delimiter: str
    header: tuple[str, ...]
    """Empty if the first line is none; columns then are `column_1` and so on."""
    rows: tuple[tuple[str, ...], ...]
    lines_before: int
    """Lines in front of the header that are none of the table."""
    uneven: int
    """Rows with another number of cells than the header."""
    complete: bool
    """Whether these are all rows."""
    total: int
    """Rows of the text that was given, those that were only counted included."""

    @property
    def names(self) -> tuple[str, ...]:
        """One name for each column, those of the header or made ones."""
        width = max([len(self.header), *map(len, self.rows)], default=0)
        made = [f"column_{number}" for number in range(1, width + 1)]
        return (*self.header, *made[len(self.header) :])


@dataclass(frozen=True)
class Values:
    """What the cells of one column are."""

    name: str
    kind: str
    """`whole`, `number`, `date`, `text` or `empty`."""
    filled: int
    empty: int
    different: int
    longest: int
    least: float | None = None
    most: float | None = None
    date_format: str = ""
    leading_zeros: bool = False
    odd: tuple[str, ...] = ()
    """A few of the cells that keep the column from being of a narrower kind."""


@dataclass(frozen=True)
class Coordinates:
    """A pair of columns, or a postcode column, that places the rows."""

    x: str
    y: str
    kind: str
    """`degrees`, `metres` or `postcode`; a postcode stands in `x` and has no `y`."""
    box: tuple[float, float, float, float] | None
    placed: int
    """Rows with both numbers, and not both nought."""
    swapped: bool = False
    """The values say that the names are the wrong way round."""


def read_table(data: bytes, *, complete: bool = True, rows: int = ROWS) -> Table | None:
    """The table that the bytes write; None if they are no text or nothing in them is a table."""
    encoding, sure, text = decode(data, complete=complete)
    if text is None:
        return None
    if not complete:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    delimiter, before = delimiter_of(text)
    if not delimiter:
        return None
    body = "".join(text.splitlines(keepends=True)[before:])
    reader = _cells(body, delimiter)
    listed = list(islice(reader, rows + 1))
    counted = sum(1 for _ in reader)
    listed = [row for row in listed if row not in ((), ("",))]
    if not listed or len(listed[0]) > COLUMNS:
        return None
    header = listed[0] if is_header(listed[0]) else ()
    body_rows = listed[1:] if header else listed
    width = len(header) or len(listed[0])
    uneven = sum(1 for row in body_rows if len(row) != width)
    total = len(body_rows) + counted
    return Table(encoding, sure, delimiter, header, tuple(body_rows), before, uneven, complete and not counted, total)


def box_of_all(data: bytes, table: Table, pair: Coordinates) -> tuple[float, float, float, float] | None:
    """The box of a pair of columns over every row of the text, where `table` holds the first ones only."""
    text = decode(data, complete=table.complete)[2] or ""
    at, on = table.names.index(pair.x), table.names.index(pair.y)
    box: tuple[float, float, float, float] | None = None
    for row in _cells("".join(text.splitlines(keepends=True)[table.lines_before :]), table.delimiter):
        if len(row) > max(at, on) and is_number(row[at]) and is_number(row[on]):
            x, y = number_of(row[at]), number_of(row[on])
            if x or y:
                west, south, east, north = box or (x, y, x, y)
                box = (min(west, x), min(south, y), max(east, x), max(north, y))
    return box


def decode(data: bytes, *, complete: bool = True) -> tuple[str, bool, str | None]:
    """Encoding, whether it is sure, and the text; None for what is no text at all."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return name, True, data.decode(name, "replace")
    if b"\0" in data[:10_000]:
        return "", False, None
    try:
        # a piece of a longer text may end inside a character
        return "utf-8", True, codecs.getincrementaldecoder("utf-8")().decode(data, final=complete)
    except UnicodeDecodeError:
        pass
    return "cp1252", False, data.decode("cp1252", "replace")


def delimiter_of(text: str) -> tuple[str, int]:
    """The delimiter, empty if there is none, and the number of lines in front of the table."""
    lines = text.splitlines()[:60]
    best, chosen, before = 0, "", 0
    for delimiter in DELIMITERS:
        widths = [len(row) for row in (_first_row(line, delimiter) for line in lines)]
        wide = [width for width in widths if width > 1]
        if not wide:
            continue
        usual = max(set(wide), key=lambda width: (wide.count(width), width))
        fits = wide.count(usual) * 1_000 + usual
        if fits > best:
            best, chosen, before = fits, delimiter, widths.index(usual)
    if not chosen and any(line.strip() for line in lines):
        return (",", 0) if len(lines) > 1 else ("", 0)
    return chosen, before


def _first_row(line: str, delimiter: str) -> tuple[str, ...]:
    return next(_cells(line, delimiter), ())


def _cells(text: str, delimiter: str) -> Iterator[tuple[str, ...]]:
    """The rows; one whose quoting is broken, or whose cell is endless, ends the table."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield tuple(cell.strip()[:CELL] for cell in row)
    except csv.Error:
        return


def is_header(row: tuple[str, ...]) -> bool:
    """Whether a first row names columns instead of being one of them."""
    named = [cell for cell in row if cell]
    if not named or row[0] == "" or any(is_number(cell) or date_format_of([cell]) for cell in named):
        return False
    return len(set(named)) == len(named) or len(named) > 2


def is_number(cell: str) -> bool:
    """Whether the cell is a number as people write them, thousands marked or not."""
    return bool(_NUMBER.match(cell)) and any(char.isdigit() for char in cell.split("e")[0].split("E")[0])


def number_of(cell: str) -> float:
    return float(cell.replace(",", ""))


def date_format_of(cells: Iterable[str]) -> str:
    """The form in which all cells are dates; day before month unless a value forbids it; empty if there is none."""
    sample = [cell for cell in cells if cell]
    for form, pattern in DATES.items():
        if sample and all(pattern.match(cell) for cell in sample):
            if all(_is_date(cell, form) for cell in sample):
                return form
            if form == "%d/%m/%Y" and all(_is_date(cell, AMERICAN) for cell in sample):
                return AMERICAN
    return ""


def _is_date(cell: str, form: str) -> bool:
    try:
        datetime.strptime(cell, form)  # noqa: DTZ007 - only asked whether it is one
    except ValueError:
        return False
    return True


def columns_of(table: Table) -> list[Values]:
    """What each column holds."""
    return [
        values_of(name, [row[index] if index < len(row) else "" for row in table.rows])
        for index, name in enumerate(table.names)
    ]


def values_of(name: str, cells: list[str]) -> Values:
    """What these cells are: the narrowest kind that all filled ones fit."""
    filled = [cell for cell in cells if cell and cell.upper() not in ("NULL", "NA", "N/A", "#N/A", "NAN")]
    empty = len(cells) - len(filled)
    longest = max(map(len, filled), default=0)
    different = len(set(filled))
    zeros = any(_ZEROS.match(cell) and not re.match(r"[-+]?0\d*\.\d", cell) for cell in filled)
    numbers = [cell for cell in filled if is_number(cell)]
    odd = tuple(dict.fromkeys(cell for cell in filled if not is_number(cell)))[:3]
    if not filled:
        return Values(name, "empty", 0, empty, 0, 0)
    if len(numbers) == len(filled) and not zeros:
        figures = [number_of(cell) for cell in numbers]
        whole = all(_WHOLE.match(cell.replace(",", "")) for cell in numbers)
        kind = "whole" if whole else "number"
        return Values(name, kind, len(filled), empty, different, longest, min(figures), max(figures))
    form = date_format_of(filled)
    if form:
        return Values(name, "date", len(filled), empty, different, longest, date_format=form)
    mostly = odd if numbers and len(numbers) >= 0.8 * len(filled) else ()
    return Values(name, "text", len(filled), empty, different, longest, leading_zeros=zeros and not odd, odd=mostly)


def coordinates_of(table: Table, columns: list[Values]) -> list[Coordinates]:
    """Every way in which the columns place the rows, the surest first."""
    found = []
    for x, y in _pairs(columns):
        pair = _pair(table, x, y)
        if pair:
            found.append(pair)
    for column in columns:
        named = _NAMES["postcode"].match(plain_name(column.name))
        if (named or column.kind == "text") and _holds_postcodes(table, column.name):
            found.append(Coordinates(column.name, "", "postcode", None, column.filled))
    return found


def plain_name(name: str) -> str:
    """Lower case, with one underscore for whatever is no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _pairs(columns: list[Values]) -> Iterator[tuple[Values, Values]]:
    numeric = [column for column in columns if column.kind in ("whole", "number")]
    across = [column for column in numeric if _NAMES["x"].match(_axis(column.name))]
    up = [column for column in numeric if _NAMES["y"].match(_axis(column.name))]
    for index, x in enumerate(across[: len(up)]):
        yield x, up[index]


def _axis(name: str) -> str:
    """`site_easting`, `Lat (WGS84)`: the part that names an axis."""
    plain = plain_name(name)
    words = [word for word in plain.split("_") if word]
    for word in words:
        if _NAMES["x"].match(word) or _NAMES["y"].match(word):
            return word
    return plain


def _pair(table: Table, x: Values, y: Values) -> Coordinates | None:
    names = table.names
    at, on = names.index(x.name), names.index(y.name)
    points = []
    for row in table.rows:
        cells = (row[at] if at < len(row) else "", row[on] if on < len(row) else "")
        if all(is_number(cell) for cell in cells):
            across, up = (number_of(cell) for cell in cells)
            if across or up:
                points.append((across, up))
    if not points:
        return None
    box = (min(x for x, _ in points), min(y for _, y in points), max(x for x, _ in points), max(y for _, y in points))
    west, south, east, north = box
    degrees = _spans(west, east, 180) and _spans(south, north, 90)
    turned = not degrees and _spans(west, east, 90) and _spans(south, north, 180)
    called = f"{x.name} {y.name}".lower()
    in_britain = west >= 49 and east <= 61 and south >= -9 and north <= 2
    swapped = turned or (degrees and in_britain and "lat" not in plain_name(x.name))
    kind = "degrees" if degrees or turned else "metres"
    if "east" in called and kind == "degrees" and box[2] - box[0] > 2:
        kind = "metres"
    return Coordinates(x.name, y.name, kind, box, len(points), swapped)


def _spans(least: float, most: float, bound: float) -> bool:
    return least >= -bound and most <= bound


def _holds_postcodes(table: Table, name: str) -> bool:
    at = table.names.index(name)
    cells = [row[at].upper() for row in table.rows[:500] if at < len(row) and row[at]]
    return bool(cells) and sum(1 for cell in cells if _POSTCODE.match(cell)) >= 0.8 * len(cells)
