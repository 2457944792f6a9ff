"""Writes down what a scan found: JSON, a table for the terminal, and a report in Markdown or HTML.

The JSON has one shape, given in `SHAPE`; keys are added in later versions, never taken away or given another meaning
without a new `version`.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from dataset_scan.brief import Brief
from dataset_scan.matching import Candidate, Match, twins
from dataset_scan.values import Dataset, Extent, Found, System
from dataset_scan.walk import Scan

VERSION = 1
SHAPE = """\
{"format": "arcgis-pack dataset scan", "version": 1,
 "roots": [folder, ...],
 "datasets": [{"root", "path", "layer", "format", "kind", "geometry", "count", "count_is_exact",
               "system": {"epsg", "name", "source", "certain", "reasons": [...]} or null,
               "extent": {"west", "south", "east", "north"} or null,
               "fields": [{"name", "type", "length"}], "size", "modified", "details": {...},
               "notes": [...], "needs_arcpy": [...]}],
 "matches": [{"need", "must", "verdict": "use" | "look" | "missing",
              "candidates": [{"dataset", "root", "score", "parts": [{"part", "weight", "mark", "known", "reason"}]}]}]
            or null without a brief,
 "brief_problems": [...], "twins": [[dataset, ...]],
 "problems": [{"path", "problem"}], "skipped": [{"path", "reason"}],
 "totals": {"datasets", "entries", "bytes_read"}}
kind: vector, raster, points, table, container (a geodatabase; its layers follow), other (listed, not read).
path: relative to its root, with `/`. dataset: path, and after a colon the layer. A number that is not known is null."""


def to_json(roots: Sequence[str], scan: Scan, brief: Brief | None, matches: Sequence[Match]) -> dict[str, object]:
    """The whole scan as JSON values."""
    return {
        "format": "arcgis-pack dataset scan",
        "version": VERSION,
        "roots": list(roots),
        "datasets": [_dataset(found) for found in scan.found],
        "matches": None if brief is None else [_match(each) for each in matches],
        "brief_problems": list(brief.problems) if brief else [],
        "twins": twins(scan.found),
        "problems": [{"path": path, "problem": words} for path, words in scan.problems],
        "skipped": [{"path": path, "reason": words} for path, words in scan.skipped],
        "totals": {"datasets": len(scan.found), "entries": scan.entries, "bytes_read": scan.bytes_read},
    }


def _dataset(found: Found) -> dict[str, object]:
    data = found.dataset
    return {
        "root": found.root,
        "path": found.path,
        "layer": data.layer,
        "format": data.format,
        "kind": data.kind,
        "geometry": data.geometry,
        "count": data.count,
        "count_is_exact": data.count_is_exact,
        "system": _system(data.system),
        "extent": _extent(data.extent),
        "fields": [{"name": each.name, "type": each.type, "length": each.length} for each in data.fields],
        "size": found.size,
        "modified": found.modified,
        "details": dict(data.details),
        "notes": list(data.notes),
        "needs_arcpy": list(data.needs_arcpy),
    }


def _system(system: System) -> dict[str, object] | None:
    if not system.source:
        return None
    return {
        "epsg": system.code or None,
        "name": system.name,
        "source": system.source,
        "certain": system.certain,
        "reasons": list(system.reasons),
    }


def _extent(extent: Extent | None) -> dict[str, float] | None:
    if extent is None:
        return None
    west, south, east, north = (round(value, 6) for value in (extent.west, extent.south, extent.east, extent.north))
    return {"west": west, "south": south, "east": east, "north": north}


def _match(each: Match) -> dict[str, object]:
    return {
        "need": each.need.name,
        "must": each.need.must,
        "verdict": each.verdict,
        "candidates": [_candidate(candidate) for candidate in each.candidates],
    }


def _candidate(candidate: Candidate) -> dict[str, object]:
    return {
        "dataset": candidate.found.label,
        "root": candidate.found.root,
        "score": candidate.score,
        "parts": [
            {
                "part": part.name,
                "weight": part.weight,
                "mark": round(part.mark, 3),
                "known": part.known,
                "reason": part.reason,
            }
            for part in candidate.parts
        ],
    }


# For people

_HEADINGS = ("dataset", "format", "what", "count", "system", "extent")


def as_table(scan: Scan, brief: Brief | None, matches: Sequence[Match]) -> str:
    """Everything as text for a terminal."""
    lines = _aligned([_HEADINGS, *map(_row, scan.found)])
    lines += ["", f"{len(scan.found)} datasets, {scan.entries} entries looked at, {_size(scan.bytes_read)} read"]
    for found in scan.found:
        lines += [f"  {found.label}: {note}" for note in _remarks(found.dataset)]
    if brief is not None:
        lines += ["", *_told_matches(matches), *(f"brief: {problem}" for problem in brief.problems)]
    for title, rows in _lists(scan):
        lines += ["", f"{title}:", *(f"  {row}" for row in rows)]
    return "\n".join(lines) + "\n"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  ".join(cell.ljust(widths[at]) for at, cell in enumerate(row)).rstrip() for row in rows]


def _row(found: Found) -> tuple[str, ...]:
    data = found.dataset
    return (found.label, data.format, _what(data), _count(data), _system_words(data.system), _extent_words(data))


def _what(data: Dataset) -> str:
    if data.kind == "raster":
        size = f"{data.details['width']} x {data.details['height']}" if "width" in data.details else ""
        cell = data.details.get("cell")
        return f"raster {size}" + (f" of {cell[0]:g}" if isinstance(cell, list) else "")
    return data.geometry or data.kind


def _count(data: Dataset) -> str:
    if data.count is None:
        return "?" if data.kind != "other" else ""
    unit = {"raster": " bands" if data.count != 1 else " band", "container": " layers"}.get(data.kind, "")
    return f"{'' if data.count_is_exact else 'about '}{data.count}{unit}"


def _system_words(system: System) -> str:
    if not system.source:
        return "-"
    code = f"EPSG:{system.code}" if system.code else system.name
    return code if system.certain else f"{code}?"


def _extent_words(data: Dataset) -> str:
    if data.extent is None:
        return "-"
    digits = 4 if abs(data.extent.east) <= 180 and abs(data.extent.north) <= 90 else 0
    box = (data.extent.west, data.extent.south, data.extent.east, data.extent.north)
    return " ".join(f"{value:.{digits}f}" for value in box)


def _remarks(data: Dataset) -> list[str]:
    guess = (
        [] if data.system.certain or not data.system.source else [f"system guessed: {'; '.join(data.system.reasons)}"]
    )
    needs = [f"needs arcpy: {', '.join(data.needs_arcpy)}"] if data.needs_arcpy else []
    return [*data.notes, *guess, *needs]


def _told_matches(matches: Sequence[Match]) -> list[str]:
    lines = []
    for each in matches:
        lines.append(f"{'must ' if each.need.must else 'helps'}  {each.need.name}: {each.verdict}")
        for candidate in each.candidates:
            lines.append(f"    {candidate.score:3d}  {candidate.found.label}")
            lines += [f"           {_mark(part.mark)} {part.name}: {part.reason}" for part in candidate.parts]
    return lines


def _mark(mark: float) -> str:
    return f"{mark:.2f}"


def _lists(scan: Scan) -> list[tuple[str, list[str]]]:
    same = [" = ".join(labels) for labels in twins(scan.found)]
    problems = [f"{path}: {words}" for path, words in scan.problems]
    skipped = [f"{path}: {words}" for path, words in scan.skipped]
    return [
        (title, rows)
        for title, rows in (("look like copies", same), ("problems", problems), ("left out", skipped))
        if rows
    ]


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{count / 1_000:.1f} kB"


# Reports


def as_markdown(title: str, scan: Scan, brief: Brief | None, matches: Sequence[Match]) -> str:
    """A report for a project folder."""
    lines = [f"# {title}", ""]
    if brief is not None:
        lines += [
            "## Needs",
            "",
            *_pipes([("need", "importance", "verdict", "best candidate", "score"), *map(_need_row, matches)]),
        ]
        for each in matches:
            lines += ["", f"### {each.need.name}", ""] if each.candidates else []
            for candidate in each.candidates:
                lines += [f"**{_safe(candidate.found.label)}** ({candidate.score})", ""]
                lines += [f"- {part.name} {_mark(part.mark)}: {_safe(part.reason)}" for part in candidate.parts]
                lines += [""]
        lines += [f"- brief: {_safe(problem)}" for problem in brief.problems]
    lines += ["", "## Datasets", "", *_pipes([_HEADINGS, *map(_row, scan.found)]), ""]
    for found in scan.found:
        lines += [f"- {_safe(found.label)}: {_safe(note)}" for note in _remarks(found.dataset)]
    for heading, rows in _lists(scan):
        lines += ["", f"## {heading.capitalize()}", "", *(f"- {_safe(row)}" for row in rows)]
    lines += ["", f"{len(scan.found)} datasets; {_size(scan.bytes_read)} read."]
    return "\n".join(lines) + "\n"


def _need_row(each: Match) -> tuple[str, ...]:
    best = each.candidates[0] if each.candidates else None
    name, score = (best.found.label, str(best.score)) if best else ("", "")
    return (each.need.name, "must" if each.need.must else "helps", each.verdict, name, score)


def _pipes(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(_safe(cell) for cell in row)} |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def _safe(text: str) -> str:
    """A cell or line of Markdown: names of files are anybody's."""
    plain = " ".join(text.split())
    return "".join(f"\\{char}" if char in "\\|`*_<>[]" else char for char in plain)


_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #bbb;padding:.3em .5em;text-align:left;vertical-align:top}"
    "th{background:#eee}td.use{background:#d7ecff}td.look{background:#fff1cc}td.missing{background:#f4d9d0;font-weight:bold}"
    "small{color:#555}"
)


def as_html(title: str, scan: Scan, brief: Brief | None, matches: Sequence[Match]) -> str:
    """The same as a page that stands alone; nothing is loaded from anywhere."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
    ]
    if brief is not None:
        parts += ["<h2>Needs</h2>", _html_needs(matches), *_paragraphs("brief", brief.problems)]
    parts += ["<h2>Datasets</h2>", _html_table([_HEADINGS, *map(_row, scan.found)])]
    remarks = [f"{found.label}: {note}" for found in scan.found for note in _remarks(found.dataset)]
    if remarks:
        parts.append(_html_list(remarks))
    for heading, rows in _lists(scan):
        parts += [f"<h2>{heading.capitalize()}</h2>", _html_list(rows)]
    parts += [f"<p>{len(scan.found)} datasets; {_size(scan.bytes_read)} read.</p>", "</body></html>"]
    return "\n".join(parts) + "\n"


def _html_needs(matches: Sequence[Match]) -> str:
    rows = ["<table><tr><th>need</th><th>importance</th><th>verdict</th><th>candidates, with the reasons</th></tr>"]
    for each in matches:
        told = "".join(_html_candidate(candidate) for candidate in each.candidates) or "none"
        importance = "must" if each.need.must else "helps"
        name = html.escape(each.need.name)
        verdict = f'<td class="{each.verdict}">{each.verdict}</td>'
        rows.append(f"<tr><td>{name}</td><td>{importance}</td>{verdict}<td>{told}</td></tr>")
    return "\n".join([*rows, "</table>"])


def _html_candidate(candidate: Candidate) -> str:
    reasons = "; ".join(f"{part.name} {_mark(part.mark)}: {part.reason}" for part in candidate.parts)
    return (
        f"<p><b>{html.escape(candidate.found.label)}</b> {candidate.score}<br><small>{html.escape(reasons)}</small></p>"
    )


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in rows[0])
    body = "\n".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f"<table><tr>{head}</tr>\n{body}</table>"


def _html_list(rows: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(row)}</li>" for row in rows) + "</ul>"


def _paragraphs(source: str, texts: Iterable[str]) -> list[str]:
    return [f"<p>{html.escape(f'{source}: {text}')}</p>" for text in texts]
