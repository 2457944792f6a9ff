"""Coordinate systems, transformations and dataset slugs in any text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.packs.arcgis.checker import suggest
from tests.packs.arcgis.checker.names import Names

EPSG = re.compile(r"\bEPSG(?::{1,2}|%3A| )\s*(\d{4,6})\b", re.IGNORECASE)
TRANSFORMATION = re.compile(r"(?<![A-Za-z0-9_])(?:OSGB|ETRS|WGS_|TM65|TM75|IRENET|ED_19|Belfast_|Newlyn)\w*_[Tt]o_\w+")
WITH_CODE = re.compile(r"(?P<name>\w+_[Tt]o_\w+)`? *(?:\(|, )(?:(?:WKID|wkid|EPSG) *:? *)?(?P<code>\d{4,6})\)?")
DATASET = re.compile(r"(?:[?&]dataset=|planning\.data\.gov\.uk/dataset/)([a-z][a-z0-9-]+)")
SLUG = re.compile(r"[a-z]+[a-z0-9]*(?:-[a-z0-9]+)+")

Problem = tuple[int, str, str]
"""Line, kind, sentence."""


def check_text(names: Names, text: str, first_line: int, *, is_code: bool) -> Iterator[Problem]:
    for number, line in enumerate(text.splitlines(), start=first_line):
        for kind, sentence in check_line(names, line, is_code=is_code):
            yield number, kind, sentence


def check_line(names: Names, line: str, *, is_code: bool) -> Iterator[tuple[str, str]]:
    transformations: dict[str, bool] = names.uk["transformations"]
    for found in EPSG.finditer(line):
        if found[1] not in names.uk["crs"] and found[1] not in names.uk["wkids"]:
            yield "epsg", f"`EPSG:{found[1]}` is not among the coordinate systems of the list"
    for found in TRANSFORMATION.finditer(line):
        name = found[0]
        if name not in transformations:
            yield "transformation", f"there is no transformation `{name}`{suggest.among(name, transformations)}"
        elif transformations[name] and (is_code or "deprecated" not in line.lower()):
            yield "transformation", f"the transformation `{name}` is deprecated"
    for found in WITH_CODE.finditer(line):
        listed = names.uk["wkids"].get(found["code"])
        if found["name"] in transformations and listed not in (None, found["name"]):
            yield "transformation", f"{found['code']} is not `{found['name']}` but `{listed}`"
        elif found["name"] in transformations and listed is None:
            yield "transformation", f"{found['code']} is the code of no transformation of the list"
    for found in DATASET.finditer(line):
        yield from check_slug(names, found[1])


def check_slug(names: Names, slug: str) -> Iterator[tuple[str, str]]:
    datasets: dict[str, str] = names.uk["datasets"]
    if slug not in datasets:
        yield "slug", f"there is no dataset `{slug}`{suggest.among(slug, datasets)}"
    elif datasets[slug]:
        yield "slug", f"the dataset `{slug}` has ended on {datasets[slug]}"
