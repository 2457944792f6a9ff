#!/usr/bin/env python3
"""Finds geographic datasets in folders and drives, and says which of them serve a project's brief.

Reads shapefiles, file geodatabases, GeoTIFF and other rasters, CSV with coordinates, GPX, LAS and LAZ, GeoJSON and
GeoPackage without arcpy; writes nothing but the report that it is asked for.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from dataset_scan.brief import Brief, read_brief
from dataset_scan.matching import Match, match
from dataset_scan.report import SHAPE, as_html, as_markdown, as_table, to_json
from dataset_scan.walk import Limits, Scan, scan

DONE, SOMETHING_MISSING, WRONG_USAGE = 0, 1, 2
STATUS = """\
Exit status: 0 scanned, and every layer that the brief must have has a candidate;
1 scanned, but one has none; 2 wrong usage, or a folder that is not there."""
EVERYTHING = 1_000_000
"""Megabytes: no limit that a file meets."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"The JSON of --json:\n\n{SHAPE}\n\n{STATUS}",
    )
    made.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="where to look; a .gdb folder is one too")
    made.add_argument("--brief", type=Path, metavar="FILE", help="BRIEF.md of the project: match the datasets to it")
    made.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    made.add_argument("--report", type=Path, metavar="FILE", help="write a report, .md or .html, too")
    made.add_argument("--title", default="Datasets found", help="title of the report")
    made.add_argument("--depth", type=_count, default=12, metavar="N", help="folders below each other (12)")
    made.add_argument("--limit-mb", type=_count, default=16, metavar="N", help="megabytes read of one file (16)")
    made.add_argument("--limit-files", type=_count, default=100_000, metavar="N", help="entries looked at (100000)")
    made.add_argument(
        "--skip", action="append", default=[], metavar="NAME", help="a folder name to leave out; repeatable"
    )
    made.add_argument("--full", action="store_true", help="read text files whole, in memory, for exact counts")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Scans, prints, and gives the exit status."""
    made = parser()
    asked = made.parse_args(arguments)
    for folder in asked.folders:
        if not _is_folder(folder):
            print(f"{made.prog}: `{folder}` is no folder that can be read", file=sys.stderr)
            return WRONG_USAGE
    if asked.report and asked.report.suffix.lower() not in (".md", ".html"):
        print(f"{made.prog}: a report ends in .md or .html", file=sys.stderr)
        return WRONG_USAGE
    brief = None
    if asked.brief:
        try:
            brief = read_brief(asked.brief.read_text(encoding="utf-8-sig", errors="replace"))
        except OSError as problem:
            print(f"{made.prog}: `{asked.brief}`: {problem.strerror}", file=sys.stderr)
            return WRONG_USAGE
    limits = Limits(
        depth=asked.depth,
        files=asked.limit_files,
        megabytes=EVERYTHING if asked.full else asked.limit_mb,
        skip=frozenset(name.lower() for name in asked.skip),
    )
    result = scan(asked.folders, limits)
    matches = match(brief, result.found) if brief else []
    if asked.json:
        roots = [folder.as_posix() for folder in asked.folders]
        _print(json.dumps(to_json(roots, result, brief, matches), indent=2, ensure_ascii=False))
    else:
        _print(as_table(result, brief, matches), end="")
    if asked.report and not _write_report(asked.report, asked.title, result, brief, matches):
        return WRONG_USAGE
    missing = any(each.need.must and each.verdict == "missing" for each in matches)
    return SOMETHING_MISSING if missing else DONE


def _write_report(path: Path, title: str, result: Scan, brief: Brief | None, matches: list[Match]) -> bool:
    write = as_html if path.suffix.lower() == ".html" else as_markdown
    text = write(title, result, brief, matches)
    try:
        path.write_bytes(text.encode("utf-8", "replace"))
    except OSError as problem:
        print(f"the report was not written: {problem.strerror}: {path}", file=sys.stderr)
        return False
    print(f"report: {path}", file=sys.stderr)
    return True


def _print(text: str, end: str = "\n") -> None:
    """In UTF-8 whatever the console says: names of files have every letter there is."""
    sys.stdout.buffer.write((text + end).encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _is_folder(path: Path) -> bool:
    try:
        next(path.iterdir(), None)
    except OSError:
        return False
    return True


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
