"""Reads what a project needs from its BRIEF.md.

Two sections count, whatever else the file holds:

    ## Study area
    - Extent: 429000, 561000, 434000, 567000        west, south, east, north
    - Coordinate system: EPSG:27700

    ## Layers needed
    | need | words | kind | importance | margin | fields | since | cell |
    |---|---|---|---|---|---|---|---|
    | flood zones | flood zone; flood risk | polygon | must | 1000 | flood-risk-level | 2024 | |

`words`: ways to say it, with semicolons; the need itself counts too. `kind`: point, line, polygon, raster, points
(LiDAR), table, any. `importance`: must or helps. `margin`: units round the extent that must be covered as well.
`fields`: with semicolons. `since`: a year or a day. `cell`: the coarsest that will do. Columns may be left out and
stand in any order; what cannot be understood is a problem with its line, and the rest is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dataset_scan.systems import BY_CODE, is_plausible
from dataset_scan.values import Extent, extent_of

KINDS = ("point", "line", "polygon", "raster", "points", "table", "any")
COLUMNS = ("need", "words", "kind", "importance", "margin", "fields", "since", "cell")
_SAME = {
    "layer": "need",
    "name": "need",
    "geometry": "kind",
    "attributes": "fields",
    "resolution": "cell",
    "date": "since",
}
_CELLS = re.compile(r"(?<!\\)\|")
_NUMBER = r"[-+]?\d+(?:\.\d+)?"


@dataclass(frozen=True)
class Need:
    """One layer that the project needs."""

    name: str
    words: tuple[str, ...]
    kind: str = "any"
    must: bool = True
    margin: float = 0.0
    fields: tuple[str, ...] = ()
    since: str = ""
    """`2024` or `2024-05-01`."""
    cell: float = 0.0


@dataclass(frozen=True)
class Brief:
    """Study area, system and needs."""

    needs: tuple[Need, ...]
    extent: Extent | None = None
    system: int = 0
    problems: tuple[str, ...] = ()


def read_brief(text: str) -> Brief:
    """The brief, with a problem line for everything that cannot be understood."""
    problems: list[str] = []
    extent: Extent | None = None
    system = 0
    needs: list[Need] = []
    header: list[str] = []
    for number, section, line in _lines(text):
        if section == "study area":
            key, value = _pair(line)
            if key == "extent":
                extent = _extent(value, number, problems)
            elif key in ("coordinate system", "system", "crs"):
                system = _system(value, number, problems)
        elif section == "layers needed" and line.startswith("|"):
            cells = [cell.strip().replace("\\|", "|") for cell in _CELLS.split(line.strip().strip("|"))]
            if not header:
                header = [_SAME.get(cell.lower(), cell.lower()) for cell in cells]
                problems += [f"line {number}: column `{name}` is not known" for name in header if name not in COLUMNS]
            elif not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                need = _need({name: cells[at] for at, name in enumerate(header[: len(cells)])}, number, problems)
                needs += [need] if need else []
    if not needs:
        problems.append("no table of needs below a heading `Layers needed`")
    if extent and system and not is_plausible(extent, system):
        problems.append(f"the extent does not lie where EPSG:{system} has coordinates")
    return Brief(tuple(needs), extent, system, tuple(problems))


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Number, section and line; comments of HTML, in which the template explains itself, are left out."""
    plain = re.sub(r"<!--.*?-->", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    section = ""
    for number, line in enumerate(plain.splitlines(), start=1):
        heading = re.match(r"#+\s+(?:\d+[.)]?\s+)?(.+?)\s*#*$", line)
        if heading:
            section = heading[1].strip().lower()
        elif line.strip():
            yield number, section, line.strip()


def _pair(line: str) -> tuple[str, str]:
    key, _, value = line.lstrip("-* ").replace("**", "").partition(":")
    return key.strip().lower(), value.strip().strip("`")


def _extent(value: str, number: int, problems: list[str]) -> Extent | None:
    if not value:
        return None
    numbers = [float(each) for each in re.findall(_NUMBER, value)]
    box = extent_of(numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == 4 else None
    if box is None:
        problems.append(f"line {number}: the extent is not west, south, east, north")
    return box


def _system(value: str, number: int, problems: list[str]) -> int:
    found = re.search(r"\b(\d{4,6})\b", value)
    if not found:
        if value:
            problems.append(f"line {number}: no EPSG code in `{value}`")
        return 0
    code = int(found[1])
    if code not in BY_CODE:
        problems.append(f"line {number}: extents in EPSG:{code} cannot be compared here, only {_codes()}")
    return code


def _codes() -> str:
    return ", ".join(str(code) for code in sorted(BY_CODE))


def _need(cells: dict[str, str], number: int, problems: list[str]) -> Need | None:
    name = cells.get("need", "")
    if not name:
        problems.append(f"line {number}: a row without a need")
        return None
    kind = cells.get("kind", "").lower().strip("`") or "any"
    if kind not in KINDS:
        problems.append(f"line {number}: kind `{kind}` is none of {', '.join(KINDS)}")
        kind = "any"
    since = cells.get("since", "")
    day = re.search(r"\b(\d{4}(?:-\d{2}-\d{2})?)\b", since)
    if since and not day:
        problems.append(f"line {number}: `{since}` is neither a year nor a day")
    words = [name, *_several(cells.get("words", ""))]
    return Need(
        name,
        tuple(dict.fromkeys(words)),
        kind,
        must=not cells.get("importance", "must").lower().startswith(("help", "would", "option", "nice")),
        margin=_number(cells.get("margin", ""), "margin", number, problems),
        fields=_several(cells.get("fields", "")),
        since=day[1] if day else "",
        cell=_number(cells.get("cell", ""), "cell", number, problems),
    )


def _several(value: str) -> tuple[str, ...]:
    parts = (part.strip().strip("`").strip() for part in value.split(";"))
    return tuple(part for part in parts if part and part not in ("-", "any", "none"))


def _number(value: str, column: str, number: int, problems: list[str]) -> float:
    found = re.match(_NUMBER, value.replace(",", ""))
    if value and value != "-" and not found:
        problems.append(f"line {number}: {column} `{value}` is no number")
    return abs(float(found[0])) if found else 0.0
