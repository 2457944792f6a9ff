"""Writes the arcpy script that creates a feature class or table and loads the rows, with every reject and its reason.

The script is text made from the schema and a fixed frame; every value goes in by `repr`, so that no name of a column
and no path can become code.
"""

from __future__ import annotations

from schema_helper.schema import Schema

FRAME = '''\
"""Creates {name} and loads it from {file}.

Written by infer_schema.py: read it, settle its questions, change what is wrong, then run it with ArcGIS Pro's Python.
Rows that do not fit are counted and written to a CSV beside the geodatabase, each with the reason; the source is only
read.
{questions}"""

import csv
import os
from datetime import datetime

import arcpy

SOURCE = {source}
GDB = {gdb}
NAME = {name_value}
REJECTED = os.path.join(os.path.dirname(GDB), NAME + "_rejected.csv")
{constants}
# target field, type, length, nullable, column of the source, form of its dates
FIELDS = [
{fields}
]
NONE = {{"", "NULL", "NA", "N/A", "#N/A", "NAN"}}


def create() -> str:
    """The new, empty {what} with its fields; stops if it is there already."""
    if not arcpy.Exists(GDB):
        arcpy.management.CreateFileGDB(os.path.dirname(GDB), os.path.basename(GDB))
    if arcpy.Exists(os.path.join(GDB, NAME)):
        raise SystemExit(f"{{NAME}} is there already: choose another name, or remove it yourself")
{create}
    for name, kind, length, nullable, alias, _ in FIELDS:
        if arcpy.ValidateFieldName(name, GDB) != name:
            print(f"ArcGIS would rather call {{name}} {{arcpy.ValidateFieldName(name, GDB)}}")
        arcpy.management.AddField(
            made, name, kind, field_length=length or None, field_alias=alias,
            field_is_nullable="NULLABLE" if nullable else "NON_NULLABLE",
        )
    return made


{rows}


def value(text: str, kind: str, length: int, date_format: str):
    """The cell as the field wants it. ValueError if it does not fit."""
    if text.upper() in NONE:
        return None
    if kind == "TEXT":
        if len(text) > length:
            raise ValueError(f"{{len(text)}} characters, {{length}} fit")
        return text
    if kind == "DATE":
        return datetime.strptime(text, date_format)
    number = text.replace(",", "")
    return float(number) if kind == "DOUBLE" else int(number)


def interpreted(row: dict) -> list:
    """One row of the target. ValueError with the reason why it is rejected."""
{even}    values = []
    for name, kind, length, nullable, column, date_format in FIELDS:
        try:
            one = value((row.get(column) or "").strip(), kind, length, date_format)
        except ValueError as problem:
            raise ValueError(f"{{column}}: {{problem}}") from None
        if one is None and not nullable:
            raise ValueError(f"{{column}} is empty")
        values.append(one)
{point}    return values


def main() -> None:
    made = create()
    names = {cursor_fields}
    taken, rejected = 0, []
    with arcpy.da.InsertCursor(made, names) as target:
        for number, row in enumerate(rows(), start=1):
            try:
                target.insertRow(interpreted(row))
                taken += 1
            except ValueError as reason:
                rejected.append((number, str(reason)))
    if rejected:
        with open(REJECTED, "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([("row", "reason"), *rejected])
    print(f"{{taken}} rows taken, {{len(rejected)}} rejected; the table has {{arcpy.management.GetCount(made)[0]}}")
{project}

if __name__ == "__main__":
    main()
'''

CSV_ROWS = '''\
def rows():
    """Each row of the source as column -> text."""
    strict = "strict" if ENCODING.startswith("utf") else "replace"
    with open(SOURCE, newline="", encoding=ENCODING, errors=strict) as source:
        for _ in range(LINES_BEFORE):
            next(source, "")
        yield from csv.DictReader(source, fieldnames=COLUMNS, delimiter=DELIMITER)'''

GPX_ROWS = '''\
def rows():
    """Each point of the source as column -> text."""
    tree = ElementTree.parse(SOURCE)
    numbers = {"trk": 0, "trkseg": 0, "rte": 0, "point": 0}
    for element in tree.iter():
        tag = element.tag.rpartition("}")[2]
        if tag in numbers:
            numbers[tag] += 1
            numbers["point"] = 0
            if tag == "trk":
                numbers["trkseg"] = 0
        if tag == POINTS:
            numbers["point"] += 1
            row = {"lon": element.get("lon"), "lat": element.get("lat"), "point": str(numbers["point"])}
            row.update(track=str(numbers["trk"]), segment=str(numbers["trkseg"]), route=str(numbers["rte"]))
            row.update({child.tag.rpartition("}")[2]: " ".join((child.text or "").split()) for child in element})
            yield row'''

EVEN = """\
    if None in row or None in row.values():
        raise ValueError("another number of cells than the header")
"""

POINT = """\
    x, y = ((row.get(column) or "").replace(",", "") for column in (X, Y))
    if not x or not y:
        raise ValueError("no coordinates")
    values.append((float(x), float(y)))
"""

# The first name came with Pro 3.2; releases before it have the same grid under a name with OSTN15 in it.
PROJECT = """\
    grid = arcpy.SpatialReference(27700)
    offered = arcpy.ListTransformations(arcpy.SpatialReference(SYSTEM), grid)
    ways = [name for name in offered if name == "OSGB36_to_WGS_1984_9" or "OSTN15" in name]
    if not ways:
        raise SystemExit(f"loaded, but not projected: no OSTN15 transformation among {offered}")
    projected = arcpy.management.Project(made, f"{made}_bng", grid, transform_method=ways[0])
    print(f"in British National Grid, by {ways[0]}: {projected[0]}")
"""


def loading_script(
    schema: Schema,
    *,
    source: str,
    gdb: str,
    name: str,
    encoding: str = "utf-8",
    delimiter: str = ",",
    header: bool = True,
    lines_before: int = 0,
    points: str = "",
) -> str:
    """The script. `points` is the element of a GPX file that the rows are, empty for text tables."""
    place = schema.place if schema.place and schema.system else None
    constants = []
    if place:
        x, y = (place.y, place.x) if place.swapped else (place.x, place.y)
        constants += [f"SYSTEM = {schema.system}", f"X, Y = {x!r}, {y!r}"]
    if points:
        constants.append(f"POINTS = {points!r}")
    else:
        columns = [field.source for field in schema.fields]
        constants += [f"ENCODING, DELIMITER = {encoding!r}, {delimiter!r}"]
        constants += [f"LINES_BEFORE = {lines_before + int(header)}", f"COLUMNS = {columns!r}"]
    script = FRAME.format(
        name=_plain(name),
        file=_plain(source.replace("\\", "/").rpartition("/")[2]),
        questions="".join(["\nStill open:\n", *(f"- {_plain(each)}\n" for each in schema.questions)])
        if schema.questions
        else "",
        source=repr(source),
        gdb=repr(gdb),
        name_value=repr(name),
        constants="\n".join(constants),
        fields="\n".join(f"    {_row(field)}," for field in _listed(schema)),
        what="feature class" if place else "table",
        create=_create(bool(place)),
        rows=GPX_ROWS if points else CSV_ROWS,
        even="" if points else EVEN,
        point=POINT if place else "",
        cursor_fields='[*(field[0] for field in FIELDS), "SHAPE@XY"]' if place else "[field[0] for field in FIELDS]",
        project=PROJECT if place and schema.is_in_britain else "",
    )
    if points:
        script = script.replace(
            "from datetime import datetime\n", "from datetime import datetime\nfrom xml.etree import ElementTree\n", 1
        )
    return script


def _create(placed: bool) -> str:
    if not placed:
        return "    made = arcpy.management.CreateTable(GDB, NAME)[0]"
    return (
        "    made = arcpy.management.CreateFeatureclass(\n"
        '        GDB, NAME, "POINT", spatial_reference=arcpy.SpatialReference(SYSTEM)\n'
        "    )[0]"
    )


def _listed(schema: Schema) -> list[tuple[object, ...]]:
    return [
        (field.name, field.type, field.length, field.nullable, field.source, field.date_format)
        for field in schema.fields
    ]


def _row(values: tuple[object, ...]) -> str:
    return f"({', '.join(map(repr, values))})"


def _plain(text: str) -> str:
    """Text that may stand in the script's own docstring."""
    return "".join(char if char.isprintable() and char not in '"\\' else "'" for char in text)
