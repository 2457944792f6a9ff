"""Every name that the pack states exists, is spelt right, and is called as it can be called."""

from __future__ import annotations

import pytest

from tests.packs.arcgis.checker.allowed import without_allowed
from tests.packs.arcgis.checker.pack import PACK, check_script
from tests.packs.arcgis.loaded import allowed, findings, names, pages

FILES = sorted(path.relative_to(PACK).as_posix() for suffix in ("md", "py") for path in PACK.rglob(f"*.{suffix}"))


@pytest.mark.parametrize("name", FILES)
def test_a_file_states_nothing_that_the_lists_do_not_have(name: str) -> None:
    here = [finding for finding in findings() if finding.file == name]
    assert [str(finding) for finding in without_allowed(here, list(allowed()))] == []


def test_every_fence_is_closed_and_names_its_language() -> None:
    for page in pages():
        assert page.text.count("```") == 2 * len(page.blocks), f"{page.name}: a fence is open, or stands inside a line"
        for block in page.blocks:
            assert block.language, f"{page.name}:{block.line}: a block without a language"


def test_scripts_are_checked_as_blocks_are() -> None:
    found = list(check_script("import arcpy\narcpy.management.CopyFeature('a', 'b')\n", "x.py", names()))
    assert [finding.line for finding in found] == [2]


def test_the_pack_shows_a_good_part_of_arcpy() -> None:
    """A number to notice a loss by: the pages name so many tools, and more functions, classes and members."""
    findings()
    tools = {name for name in names().used if name.removeprefix("arcpy.") in names().tools}
    assert len(tools) >= 250
