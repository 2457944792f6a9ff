#!/usr/bin/env python3
"""Reads a CSV or GPX file and proposes a schema for a file geodatabase or a shapefile.

Field names made legal, types, lengths, nulls, dates, coordinates, and what a person has to confirm. Needs no arcpy;
the script that it writes with --script does.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from schema_helper.delimited import DELIMITERS, Table, read_table
from schema_helper.loader import loading_script
from schema_helper.naming import legal_table_name
from schema_helper.schema import Schema, infer_schema
from schema_helper.waypoints import LAYERS, NotGpxError, layers_of, read_gpx

DONE, QUESTIONS, WRONG_USAGE = 0, 1, 2
GPX_SYSTEM = 4326
LIMIT = 64_000_000
"""Bytes read of the file; beyond that the schema is of its beginning, and says so."""
SHAPE = """\
{"format": "arcgis-pack schema", "version": 1, "file", "target": "gdb" | "shapefile",
 "layer": waypoints, routes or tracks of a GPX file, empty for a table,
 "rows", "rows_are_all", "encoding", "delimiter", "header", "lines_before",
 "coordinates": {"x", "y", "kind", "swapped", "rows", "box"} or null, "epsg": code or null, "epsg_reason",
 "fields": [{"name", "source", "type", "length", "nullable", "date_format", "remark"}],
 "keys": [name, ...], "questions": [text, ...]}"""
STATUS = """\
Exit status: 0 a schema; 1 a schema with questions for a person; 2 wrong usage, or the file cannot be read."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"The JSON of --json:\n\n{SHAPE}\n\n{STATUS}",
    )
    made.add_argument("file", type=Path, metavar="FILE", help="a .csv, .tsv, .txt or .gpx file")
    made.add_argument(
        "--for", dest="target", choices=("gdb", "shapefile"), default="gdb", help="rules of which format (gdb)"
    )
    made.add_argument("--layer", choices=tuple(LAYERS), help="of a GPX file: which points (the first kind that it has)")
    made.add_argument(
        "--crs", type=int, default=0, metavar="EPSG", help="the system of the coordinates, where it is known"
    )
    made.add_argument("--sample", type=int, default=20_000, metavar="ROWS", help="rows looked at (20000)")
    made.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    made.add_argument("--script", type=Path, metavar="OUT.py", help="write an arcpy script that creates and loads")
    made.add_argument("--gdb", default=r"C:\work\job\job.gdb", metavar="PATH", help="geodatabase for the script")
    made.add_argument("--name", metavar="NAME", help="feature class or table for the script (from the file's name)")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Reads, decides, prints, and gives the exit status."""
    made = parser()
    asked = made.parse_args(arguments)
    if asked.script and asked.target != "gdb":
        return _wrong(made, "--script writes into a geodatabase: leave out --for shapefile")
    if asked.sample < 1:
        return _wrong(made, "--sample must be 1 or more")
    try:
        table, layer = _read(asked.file, asked.layer, asked.sample)
    except OSError as problem:
        return _wrong(made, f"`{asked.file}`: {problem.strerror}")
    except NotGpxError as problem:
        return _wrong(made, f"`{asked.file}`: {problem}")
    if table is None:
        return _wrong(made, f"`{asked.file}`: no table: not text, or without a delimiter")
    if layer and asked.crs not in (0, GPX_SYSTEM):
        return _wrong(made, f"--crs {asked.crs}: a GPX file is always in WGS 84")
    schema = _schema(asked, layer, table)
    if asked.json:
        _print(json.dumps(_as_json(asked.file, asked.target, layer, table, schema), indent=2, ensure_ascii=False))
    else:
        _print(_as_text(asked.file, table, schema))
    if asked.script:
        try:
            asked.script.write_bytes(_script(asked, layer, table, schema).encode("utf-8"))
        except OSError as problem:
            return _wrong(made, f"the script was not written: {problem.strerror}: {asked.script}")
        print(f"script: {asked.script} (needs the Python of ArcGIS Pro)", file=sys.stderr)
    return QUESTIONS if schema.questions else DONE


def _schema(asked: argparse.Namespace, layer: str, table: Table) -> Schema:
    if layer:
        return infer_schema(table, target=asked.target, crs=GPX_SYSTEM, crs_reason="GPX is always in WGS 84")
    return infer_schema(table, target=asked.target, crs=asked.crs)


def _script(asked: argparse.Namespace, layer: str, table: Table, schema: Schema) -> str:
    """The loading script for this file."""
    return loading_script(
        schema,
        source=str(asked.file),
        gdb=asked.gdb,
        name=legal_table_name(asked.name or (f"{asked.file.stem}_{layer}" if layer else asked.file.stem)),
        encoding=table.encoding,
        delimiter=table.delimiter,
        header=bool(table.header),
        lines_before=table.lines_before,
        points=LAYERS[layer] if layer else "",
    )


def _read(path: Path, layer: str | None, rows: int) -> tuple[Table | None, str]:
    """The table, and the layer if it is of a GPX file."""
    with path.open("rb") as source:
        data = source.read(LIMIT + 1)
    complete = len(data) <= LIMIT
    data = data[:LIMIT]
    if path.suffix.lower() == ".gpx":
        there = layers_of(data)
        chosen = layer or (there[0] if there else "waypoints")
        return read_gpx(data, chosen, rows=rows, complete=complete), chosen
    return read_table(data, complete=complete, rows=rows), ""


def _as_json(path: Path, target: str, layer: str, table: Table, schema: Schema) -> dict[str, object]:
    place = schema.place
    return {
        "format": "arcgis-pack schema",
        "version": 1,
        "file": path.name,
        "target": target,
        "layer": layer,
        "rows": schema.rows,
        "rows_are_all": schema.rows_are_all,
        "encoding": table.encoding,
        "delimiter": DELIMITERS[table.delimiter],
        "header": bool(table.header),
        "lines_before": table.lines_before,
        "coordinates": place
        and {
            "x": place.x,
            "y": place.y,
            "kind": place.kind,
            "swapped": place.swapped,
            "rows": place.placed,
            "box": list(place.box or ()),
        },
        "epsg": schema.system or None,
        "epsg_reason": schema.system_reason,
        "fields": [
            {
                "name": field.name,
                "source": field.source,
                "type": field.type,
                "length": field.length,
                "nullable": field.nullable,
                "date_format": field.date_format,
                "remark": field.remark,
            }
            for field in schema.fields
        ],
        "keys": list(schema.keys),
        "questions": list(schema.questions),
    }


def _as_text(path: Path, table: Table, schema: Schema) -> str:
    rows = [("field", "type", "length", "null", "remark")]
    for field in schema.fields:
        length = str(field.length) if field.length else ""
        rows.append((field.name, field.type, length, "yes" if field.nullable else "no", field.remark))
    widths = [max(len(row[at]) for row in rows) for at in range(5)]
    lines = ["  ".join(cell.ljust(widths[at]) for at, cell in enumerate(row)).rstrip() for row in rows]
    seen = f"{schema.rows} rows" if schema.rows_are_all else f"the first {schema.rows} rows"
    place = schema.place
    where = (
        f"{place.x}, {place.y} in EPSG:{schema.system} ({schema.system_reason})" if place and schema.system else "none"
    )
    told = [
        f"{path.name}: {seen}, {table.encoding}, {DELIMITERS[table.delimiter]}",
        f"coordinates: {where}",
        f"keys: {', '.join(schema.keys) or 'none'}",
    ]
    return "\n".join([*lines, "", *told, *(f"? {question}" for question in schema.questions)])


def _wrong(made: argparse.ArgumentParser, words: str) -> int:
    print(f"{made.prog}: {words}", file=sys.stderr)
    return WRONG_USAGE


def _print(text: str) -> None:
    """In UTF-8 whatever the console says."""
    sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
