"""CSV files as datasets: a table, placed where its columns are coordinates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dataset_scan.delimited import DELIMITERS, Coordinates, Table, box_of_all, columns_of, coordinates_of, read_table
from dataset_scan.reading import Files
from dataset_scan.systems import likely_system
from dataset_scan.values import Column, Dataset, Extent, System, UnreadableError, extent_of

_KINDS = {"whole": "whole number", "number": "number", "date": "date", "text": "text", "empty": "empty"}


def read_text_table(path: Path, files: Files) -> list[Dataset]:
    """The table of one file. UnreadableError if it is no text, or no table."""
    with files.open(path) as source:
        data = source.head()
        complete, size = not source.is_longer_than_limit, source.size
    table = read_table(data, complete=complete)
    if table is None:
        raise UnreadableError("empty" if not data.strip() else "no table: not text, or without a delimiter")
    return [dataset_of(table, data, size=size)]


def dataset_of(table: Table, data: bytes, *, size: int) -> Dataset:
    """The table as a dataset; `data` is what was read of `size` bytes."""
    columns = columns_of(table)
    places = coordinates_of(table, columns)
    pair = next((place for place in places if place.box), None)
    whole = len(data) >= size
    if pair and table.total > len(table.rows):
        pair = replace(pair, box=box_of_all(data, table, pair) or pair.box)
    extent = _extent(pair) if pair else None
    count = table.total if whole or not data else round(table.total * size / len(data))
    return Dataset(
        "CSV",
        "vector" if pair else "table",
        geometry="point" if pair else "",
        system=_system(pair, extent) if pair else System(),
        extent=extent,
        count=count,
        count_is_exact=whole,
        fields=tuple(
            Column(each.name, _KINDS[each.kind], each.longest if each.kind == "text" else 0) for each in columns
        ),
        details={
            "delimiter": DELIMITERS[table.delimiter],
            "encoding": table.encoding if table.encoding_is_sure else f"{table.encoding} (guessed)",
            "header": bool(table.header),
            "coordinates": [_told(place) for place in places],
        },
        notes=tuple(_notes(table, places, whole=whole)),
    )


def _extent(pair: Coordinates) -> Extent | None:
    if pair.box is None:
        return None
    west, south, east, north = pair.box
    return extent_of(south, west, north, east) if pair.swapped else extent_of(west, south, east, north)


def _system(pair: Coordinates, extent: Extent | None) -> System:
    return likely_system(extent, names=(pair.x, pair.y))


def _told(place: Coordinates) -> dict[str, object]:
    if place.kind == "postcode":
        return {"postcode": place.x, "rows": place.placed}
    return {"x": place.x, "y": place.y, "kind": place.kind, "rows": place.placed}


def _notes(table: Table, places: list[Coordinates], *, whole: bool) -> list[str]:
    notes = []
    if table.lines_before:
        notes.append(f"{table.lines_before} lines in front of the table")
    if not table.header:
        notes.append("no header: the columns have no names")
    if table.uneven:
        notes.append(f"{table.uneven} rows with another number of cells")
    for place in places:
        if place.swapped:
            notes.append(f"{place.x} and {place.y} are the wrong way round")
        if place.box and place.placed < len(table.rows):
            seen = "" if table.complete else f" of the first {len(table.rows)}"
            notes.append(f"{len(table.rows) - place.placed} rows{seen} without coordinates")
    if places and all(place.kind == "postcode" for place in places):
        notes.append("placed by postcode only: a lookup such as Code-Point Open is needed")
    if not whole:
        notes.append("only the beginning was read: count and extent are estimates")
    return notes
