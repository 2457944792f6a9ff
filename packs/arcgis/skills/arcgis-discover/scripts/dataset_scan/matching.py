"""How well a dataset serves a need, part by part, each with its reason.

A part is only judged where the brief asks for it. Its mark goes from 0 to 1; what cannot be known without arcpy
counts half, and is said. The score is the weighted mean of the marks, in percent. Three parts rule a dataset out when
their mark is 0: its name says nothing of the need, its kind is another, it lies elsewhere. A score orders candidates;
the reasons decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dataset_scan.brief import Brief, Need
from dataset_scan.systems import convert_extent
from dataset_scan.values import Extent, Found

WEIGHTS = {"words": 30, "kind": 25, "cover": 25, "fields": 10, "cell": 10, "system": 5, "date": 5}
RULES_OUT = ("words", "kind", "cover")
USE = 75
"""From this score on a candidate can be used as it is, once the reasons were read."""
LOOK = 40
"""Below this one it is no candidate."""
SHOWN = 5
UNKNOWN = 0.5
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_.]?(0[1-9]|1[0-2])?[-_.]?(0[1-9]|[12]\d|3[01])?(?!\d)")


@dataclass(frozen=True)
class Part:
    """One part of a score."""

    name: str
    mark: float
    reason: str
    known: bool = True

    @property
    def weight(self) -> int:
        return WEIGHTS[self.name]


@dataclass(frozen=True)
class Candidate:
    """A dataset, judged for one need."""

    found: Found
    score: int
    parts: tuple[Part, ...]

    @property
    def ruled_out(self) -> str:
        """The reason why it is none; empty if it may be one."""
        return next((part.reason for part in self.parts if part.name in RULES_OUT and part.mark == 0), "")


@dataclass(frozen=True)
class Match:
    """A need with its candidates, the best first."""

    need: Need
    candidates: tuple[Candidate, ...]

    @property
    def verdict(self) -> str:
        """`use`, `look` (a person has to) or `missing`."""
        if not self.candidates:
            return "missing"
        return "use" if self.candidates[0].score >= USE else "look"


def match(brief: Brief, found: Iterable[Found]) -> list[Match]:
    """The candidates for every need of the brief."""
    listed = [each for each in found if each.dataset.kind not in ("container", "other")]
    matches = []
    for need in brief.needs:
        judged = [judge(need, brief, each) for each in listed]
        good = [each for each in judged if not each.ruled_out and each.score >= LOOK]
        good.sort(key=lambda each: (-each.score, each.found.label))
        matches.append(Match(need, tuple(good[:SHOWN])))
    return matches


def judge(need: Need, brief: Brief, found: Found) -> Candidate:
    """One dataset for one need."""
    parts = [_words(need, found), _kind(need, found)]
    if brief.extent is not None:
        parts.append(_cover(need, brief, found))
    if need.fields:
        parts.append(_fields(need, found))
    if need.cell:
        parts.append(_cell(need, found))
    if brief.system:
        parts.append(_system(brief.system, found))
    if need.since:
        parts.append(_date(need.since, found))
    total = sum(part.weight for part in parts)
    score = round(100 * sum(part.weight * part.mark for part in parts) / total)
    out = any(part.name in RULES_OUT and part.mark == 0 for part in parts)
    return Candidate(found, 0 if out else score, tuple(parts))


def _words(need: Need, found: Found) -> Part:
    folder, _, name = found.path.rpartition("/")
    places = (
        (1.0, "the name", f"{name.rpartition('.')[0] or name} {found.dataset.layer}"),
        (0.6, "its folder", folder),
        (0.4, "its fields", " ".join(column.name for column in found.dataset.fields)),
    )
    for mark, place, text in places:
        for words in need.words:
            if says(text, words):
                return Part("words", mark, f"{place} says `{words}`")
    return Part("words", 0.0, f"nothing says {' or '.join(f'`{words}`' for words in need.words)}")


def says(text: str, words: str) -> bool:
    """Whether every word is in the text, in any case, singular or plural, run together or apart."""
    there, wanted = _tokens(text), _tokens(words)
    joined = "".join(there)
    return bool(wanted) and (set(wanted) <= set(there) or (len("".join(wanted)) > 5 and "".join(wanted) in joined))


def _tokens(text: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    words = re.findall(r"[^\W\d_]+|\d+", apart.lower())
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in words]


def _kind(need: Need, found: Found) -> Part:
    dataset = found.dataset
    is_form = dataset.geometry or {"raster": "raster", "points": "points", "table": "table"}.get(dataset.kind, "")
    form = "points" if dataset.kind == "points" else is_form
    if need.kind == "any":
        return Part("kind", 1.0, "any kind will do")
    if form == need.kind or (need.kind == "point" and form == "multipoint"):
        return Part("kind", 1.0, f"{form}, as needed")
    if not form or form == "mixed":
        return Part("kind", UNKNOWN, f"{need.kind} needed, the geometry is {form or 'not known'}", known=bool(form))
    if (need.kind, form) == ("raster", "points"):
        return Part("kind", 0.5, "raster needed: one can be made from the LiDAR points")
    if need.kind == "table":
        return Part("kind", 0.8, f"a table is enough, this is {form}")
    if need.kind == "point" and form == "table" and found.dataset.details.get("coordinates"):
        return Part("kind", 0.5, "points needed: the table can be placed by its postcodes")
    if need.kind == "point" and form == "polygon":
        return Part("kind", 0.5, "points needed: they can be made from the polygons")
    if need.kind == "raster" and form == "line" and says(found.label, "contour"):
        return Part("kind", 0.4, "raster needed: one can be interpolated from contours")
    return Part("kind", 0.0, f"{need.kind} needed, this is {form}")


def _cover(need: Need, brief: Brief, found: Found) -> Part:
    area, box, system = brief.extent, found.dataset.extent, found.dataset.system
    if area is None or box is None:
        return Part("cover", UNKNOWN, "its extent is not known", known=False)
    if not system.code or not brief.system:
        return Part("cover", UNKNOWN, "its system is not known, so its extent cannot be compared", known=False)
    inside = convert_extent(box, system.code, brief.system)
    if inside is None:
        return Part("cover", UNKNOWN, f"extents in EPSG:{system.code} cannot be compared here", known=False)
    wide = Extent(area.west - need.margin, area.south - need.margin, area.east + need.margin, area.north + need.margin)
    share = covered(wide, inside)
    guessed = "" if system.certain else ", if the guessed system is right"
    margin = f" with its margin of {need.margin:g}" if need.margin else ""
    if share == 0:
        return Part("cover", 0.0, f"lies outside the study area{guessed}")
    if found.dataset.kind in ("raster", "points") or share > 0.995:
        return Part("cover", share, f"its extent covers {share:.0%} of the study area{margin}{guessed}")
    # the box of features is smaller than what was surveyed: where there is no flood zone there is no feature
    mark = 0.5 + share / 2
    return Part("cover", mark, f"its features reach over {share:.0%} of the study area{margin}{guessed}")


def covered(needed: Extent, found: Extent) -> float:
    """Share of the needed box inside the found one; a needed box without area counts by its place."""
    wide = min(needed.east, found.east) - max(needed.west, found.west)
    high = min(needed.north, found.north) - max(needed.south, found.south)
    if wide < 0 or high < 0:
        return 0.0
    area = (needed.east - needed.west) * (needed.north - needed.south)
    return wide * high / area if area > 0 and wide * high > 0 else 0.001 if area > 0 else 1.0


def _fields(need: Need, found: Found) -> Part:
    columns = found.dataset.fields
    if not columns:
        return Part("fields", UNKNOWN, "its fields are not known", known=False)
    shapefile = found.dataset.format == "shapefile"
    there = {_plain(column.name) for column in columns}
    missing = [name for name in need.fields if not _has(there, name, cut=shapefile)]
    mark = 1 - len(missing) / len(need.fields)
    return Part("fields", mark, f"without {', '.join(missing)}" if missing else f"has {', '.join(need.fields)}")


def _has(there: set[str], name: str, *, cut: bool) -> bool:
    """Shapefiles cut names to ten characters, separators included, so eight that agree are enough there."""
    plain = _plain(name)
    return plain in there or (cut and any(len(each) >= 8 and plain.startswith(each) for each in there))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _cell(need: Need, found: Found) -> Part:
    cell = found.dataset.details.get("cell")
    if found.dataset.kind == "points":
        density = found.dataset.details.get("points_per_unit")
        if isinstance(density, float) and density > 0:
            return Part("cell", 1.0 if density * need.cell**2 >= 1 else 0.5, f"{density:g} points to a square unit")
        return Part("cell", UNKNOWN, "the density of the points is not known", known=False)
    if not isinstance(cell, list) or not cell[0] > 0:
        return Part("cell", UNKNOWN, "its cell size is not known", known=False)
    if found.dataset.system.code in (4326, 4258, 4277):
        return Part("cell", UNKNOWN, f"cells of {cell[0]:g} degrees: project it first", known=False)
    mark = min(1.0, need.cell / cell[0])
    word = "fine enough" if mark == 1 else f"coarser than {need.cell:g}"
    return Part("cell", mark, f"cells of {cell[0]:g}: {word}")


def _system(wanted: int, found: Found) -> Part:
    system = found.dataset.system
    if found.dataset.kind == "table":
        return Part("system", 1.0, "a table needs none")
    if not system.source:
        return Part("system", 0.0, "no coordinate system is stated, and the numbers fit none")
    if not system.certain:
        return Part("system", 0.4, f"EPSG:{system.code} is a guess: {'; '.join(system.reasons)}")
    if system.code == wanted:
        return Part("system", 1.0, f"EPSG:{wanted}, as the project")
    return Part("system", 0.7, f"in {system.name}: has to be projected")


def _date(since: str, found: Found) -> Part:
    """By a date in the name or the data; the day of the file says less, since copying sets it."""
    details = found.dataset.details
    times = details.get("times")
    told = [str(details.get(key, "")) for key in ("made", "changed")]
    told += [str(times[-1])] if isinstance(times, list) and times else []
    sources = ((f"{found.path} {found.dataset.layer}", "the name says"), *((text, "the data says") for text in told))
    for text, source in sources:
        years = [_day(each) for each in _YEAR.findall(text)]
        if years:
            newest = max(years)
            good = newest >= since[: len(newest)]
            return Part("date", 1.0 if good else 0.0, f"{source} {newest}, {since} or later is needed")
    if not found.modified:
        return Part("date", UNKNOWN, "nothing says its date", known=False)
    good = found.modified >= since
    return Part(
        "date", 0.6 if good else 0.2, f"only the file is dated, {found.modified}: copying sets that", known=False
    )


def _day(parts: tuple[str, str, str]) -> str:
    year, month, day = parts
    return "-".join(part for part in (year, month, day if month else "") if part)


def twins(found: Iterable[Found]) -> list[list[str]]:
    """Groups of datasets in different files that look like copies: the same kind, count, box and field names."""
    groups: dict[tuple[object, ...], dict[str, str]] = {}
    for each in found:
        data = each.dataset
        if data.extent is None or not data.count or data.kind in ("container", "other"):
            continue
        box = tuple(
            float(f"{value:.6g}")
            for value in (data.extent.west, data.extent.south, data.extent.east, data.extent.north)
        )
        cells = (data.details.get("width"), data.details.get("height"))
        key = (
            data.kind,
            data.geometry,
            data.count,
            box,
            cells,
            tuple(_plain(column.name)[:8] for column in data.fields),
        )
        groups.setdefault(key, {}).setdefault(f"{each.root}/{each.path}", each.label)
    return sorted(sorted(labels.values()) for labels in groups.values() if len(labels) > 1)
