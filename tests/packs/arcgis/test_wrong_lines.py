"""The checker finds what is wrong and is silent about what is right: `data/wrong.json` and `data/right.json`.

A case is a piece of Python (`arcpy` is imported for it) or a page of Markdown. Of a wrong one the kind of the finding
is stated: it is not enough that something is found.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.packs.arcgis.checker.finding import Finding
from tests.packs.arcgis.checker.markdown import Page
from tests.packs.arcgis.checker.names import read_list
from tests.packs.arcgis.checker.pack import check_page
from tests.packs.arcgis.loaded import names


@dataclass(frozen=True, slots=True)
class Case:
    """A page, and the kind of what is wrong with it."""

    page: str
    kind: str | None
    about: str


def cases(name: str) -> list[Case]:
    listed = read_list(f"{name}.json")[name]
    return [
        Case(
            page=each["page"] if "page" in each else f"# Page\n\n```python\nimport arcpy\n{each['code']}\n```\n",
            kind=each.get("kind"),
            about=each.get("about", each.get("code", each.get("page"))),
        )
        for each in listed
    ]


def found_in(case: Case) -> list[Finding]:
    return list(check_page(Page("page.md", case.page), names(), frozenset({"arcgis"})))


WRONG, RIGHT = cases("wrong"), cases("right")


def test_there_are_at_least_a_hundred_wrong_lines() -> None:
    assert len(WRONG) >= 100
    assert len({each.page for each in WRONG}) == len(WRONG)


@pytest.mark.parametrize("case", WRONG, ids=lambda case: f"{case.kind}: {case.about}"[:70])
def test_a_wrong_line_is_found(case: Case) -> None:
    kinds = {finding.kind for finding in found_in(case)}
    assert case.kind in kinds, f"{case.page}\nfound {kinds or 'nothing'}"


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.about[:70])
def test_a_right_line_is_not_reported(case: Case) -> None:
    assert [str(finding) for finding in found_in(case)] == []


def test_a_finding_says_file_line_and_what_exists_instead() -> None:
    page = "# Page\n\ntext\n\n```python\nimport arcpy\n\narcpy.analysis.CopyFeatures('a', 'b')\n```\n"
    (finding,) = found_in(Case(page, None, ""))
    assert str(finding) == (
        "page.md:8: `arcpy.analysis.CopyFeatures` is unknown (there is arcpy.management.CopyFeatures) [unknown]"
    )
