"""Decides a schema from what the columns hold.

Rules:

1. A column of identifiers stays text, even if it looks like numbers: leading zeros, or a name that says so (ref,
   code, id, uprn, usrn, phone, postcode).
2. Whole numbers get the smallest type that holds them: SHORT, LONG, and beyond that BIGINTEGER (ArcGIS Pro 3.2 and
   later) in a geodatabase, DOUBLE in a shapefile, and text if a double would lose digits.
3. Numbers with decimals are DOUBLE. Dates are DATE if every filled cell has one and the same form; a shapefile keeps
   no time.
4. Text is as long as the longest cell and a quarter more, rounded up. A shapefile holds 254 characters.
5. A field may be null unless every row was seen and filled and no two are alike; a shapefile knows no null at all.
6. What the values cannot decide becomes a question, with what was assumed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from schema_helper.delimited import AMERICAN, Coordinates, Table, Values, columns_of, coordinates_of, plain_name
from schema_helper.naming import legal_names

STEPS = (10, 20, 30, 50, 80, 120, 200, 254, 500, 1_000, 2_000, 4_000)
LONGEST_KEY = 40
SHORT, LONG, EXACT_DOUBLE = 32_767, 2_147_483_647, 2**53
BRITAIN = (-8.82, 49.79, 1.92, 60.94)
GRID = (0.0, 0.0, 700_000.0, 1_300_000.0)
_IDENTIFIER = re.compile(r"(?:^|_)(?:id|ref|reference|code|uprn|usrn|toid|phone|tel|postcode|no|number|key)$")


@dataclass(frozen=True)
class FieldPlan:
    """One field of the target, and the column that feeds it."""

    name: str
    source: str
    type: str
    """A field type of AddField: TEXT, SHORT, LONG, BIGINTEGER, DOUBLE, DATE."""
    length: int
    """Characters of a TEXT, 0 else."""
    nullable: bool
    date_format: str
    remark: str


@dataclass(frozen=True)
class Schema:
    """The target, and what a person has to confirm."""

    fields: tuple[FieldPlan, ...]
    place: Coordinates | None
    system: int
    """EPSG code of the coordinates, 0 where there are none or nothing speaks for one."""
    system_reason: str
    is_in_britain: bool
    """Degrees, all inside the box of Great Britain: worth projecting to the National Grid."""
    keys: tuple[str, ...]
    """Fields whose values are all there and all different."""
    questions: tuple[str, ...]
    rows: int
    rows_are_all: bool


def infer_schema(table: Table, *, target: str, crs: int = 0, crs_reason: str = "as given") -> Schema:
    """The schema for `gdb` or `shapefile`; `crs` is the system if it is known, and `crs_reason` who says so."""
    columns = columns_of(table)
    places = coordinates_of(table, columns)
    place = next((each for each in places if each.box), None)
    questions = _about_the_table(table, places)
    names = legal_names([column.name for column in columns], target)
    fields = []
    for index, column in enumerate(columns):
        is_axis = place is not None and column.name in (place.x, place.y)
        field, asked = _field(column, names[index], target=target, table=table, is_axis=is_axis)
        fields.append(field)
        questions += asked
    system, reason = (crs, crs_reason) if crs and place else _system(place)
    if place and not crs:
        questions.append(f"is {place.x}, {place.y} in EPSG:{system}? {reason}" if system else _no_system(place))
    keys = tuple(names[at] for at, column in enumerate(columns) if _is_key(column, table))
    is_in_britain = system == 4326 and place is not None and _within(_box(place), BRITAIN)
    return Schema(
        tuple(fields), place, system, reason, is_in_britain, keys, tuple(questions), len(table.rows), table.complete
    )


def _about_the_table(table: Table, places: list[Coordinates]) -> list[str]:
    asked = []
    if not table.header:
        asked.append("no header: what are the columns called? column_1 and so on are assumed")
    if not table.encoding_is_sure:
        asked.append("the encoding is not UTF-8: is it cp1252, as assumed? Look at accents and pound signs")
    if table.uneven:
        asked.append(f"{table.uneven} rows have another number of cells than the header: they will be rejected")
    if places and not any(each.box for each in places):
        asked.append(f"only `{places[0].x}` places the rows: which postcode lookup is to be used?")
    for each in places:
        if each.swapped:
            asked.append(f"`{each.x}` holds latitudes and `{each.y}` longitudes: they are taken the other way round")
        if each.box and each.placed < len(table.rows):
            asked.append(f"{len(table.rows) - each.placed} rows have no coordinates: reject them, or look them up?")
    if sum(1 for each in places if each.box) > 1:
        asked.append("more than one pair of coordinates: the first is taken")
    return asked


def _field(column: Values, name: str, *, target: str, table: Table, is_axis: bool) -> tuple[FieldPlan, list[str]]:
    kind, length, remark, asked = ("DOUBLE", 0, _range(column), list[str]()) if is_axis else _type(column, target)
    if name != column.name:
        remark = "; ".join(part for part in (f"was `{column.name}`", remark) if part)
    if column.odd:
        asked.append(
            f"`{column.name}` is nearly all numbers, but has {', '.join(map(repr, column.odd))}: text is assumed"
        )
    nullable = target == "gdb" and not _is_key(column, table)
    return FieldPlan(name, column.name, kind, length, nullable, column.date_format, remark), asked


def _type(column: Values, target: str) -> tuple[str, int, str, list[str]]:
    """Type, length, remark and questions."""
    shapefile = target == "shapefile"
    if column.kind == "empty":
        return "TEXT", 50, "empty", [f"`{column.name}` is empty: is it needed? Text is assumed"]
    if column.kind == "date":
        asked = []
        if column.date_format == AMERICAN:
            asked.append(f"`{column.name}` has the month first: is the supplier American?")
        lost = "the time is lost" if shapefile and "%H" in column.date_format else ""
        return "DATE", 0, "; ".join(part for part in (f"as {column.date_format}", lost) if part), asked
    if column.kind == "number":
        return "DOUBLE", 0, _range(column), []
    if column.kind == "whole":
        return (*_whole_number(column, target), [])
    remark = "leading zeros" if column.leading_zeros else f"{column.different} different"
    if shapefile and column.longest > 254:
        question = f"`{column.name}` has {column.longest} characters, a shapefile holds 254: cut, or use a geodatabase?"
        return "TEXT", 254, remark, [question]
    return "TEXT", _text_length(column, target), remark, []


def _whole_number(column: Values, target: str) -> tuple[str, int, str]:
    if _IDENTIFIER.search(plain_name(column.name)):
        return "TEXT", _text_length(column, target), "an identifier: text keeps it as it is"
    most = max(abs(column.least or 0), abs(column.most or 0))
    if most <= LONG:
        return ("SHORT" if most <= SHORT else "LONG"), 0, _range(column)
    if target == "gdb":
        return "BIGINTEGER", 0, f"{_range(column)}; ArcGIS Pro 3.2 or later"
    if most < EXACT_DOUBLE:
        return "DOUBLE", 0, f"{_range(column)}; a shapefile has no larger whole number"
    return "TEXT", _text_length(column, target), "more digits than a double holds"


def _range(column: Values) -> str:
    return f"{column.least:.15g} to {column.most:.15g}"


def _text_length(column: Values, target: str) -> int:
    wanted = column.longest + column.longest // 4
    if target == "shapefile":
        wanted = min(wanted, 254)
    return next((step for step in STEPS if step >= wanted), wanted)


def _is_key(column: Values, table: Table) -> bool:
    """Seen whole, filled everywhere, no two alike, and short; numbers only if their name says that they identify."""
    named = bool(_IDENTIFIER.search(plain_name(column.name)))
    whole = table.complete and column.empty == 0 and column.filled > 1 and column.longest <= LONGEST_KEY
    return whole and column.different == column.filled and (named or column.kind == "text")


def _system(place: Coordinates | None) -> tuple[int, str]:
    if place is None or place.box is None:
        return 0, ""
    if place.kind == "degrees":
        return 4326, "degrees, inside the box of Great Britain" if _within(_box(place), BRITAIN) else "degrees"
    if _within(_box(place), GRID):
        return 27700, "metres within the National Grid; a local grid, or the Irish one, could look the same"
    return 0, ""


def _box(place: Coordinates) -> tuple[float, float, float, float]:
    """West, south, east, north, the right way round."""
    west, south, east, north = place.box or (0.0, 0.0, 0.0, 0.0)
    return (south, west, north, east) if place.swapped else (west, south, east, north)


def _within(inner: tuple[float, float, float, float], outer: tuple[float, float, float, float]) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def _no_system(place: Coordinates) -> str:
    return f"which system are {place.x}, {place.y} in? Their box {place.box} fits none that is known here"
