"""The lists are what they claim to be, and small; the exceptions are few, used, and each has a source."""

from __future__ import annotations

import json
import re

import pytest

from tests.packs.arcgis.checker.names import DATA, read_list
from tests.packs.arcgis.checker.pack import check_page
from tests.packs.arcgis.derive import one_entry_a_line
from tests.packs.arcgis.loaded import allowed, findings, names, pages

DERIVED = ("arcpy.json", "cim.json", "uk.json", "arcgis_api.json", "types.json", "arguments.json")


@pytest.mark.parametrize("name", DERIVED)
def test_a_list_names_its_sources(name: str) -> None:
    assert read_list(name)["sources"]


@pytest.mark.parametrize("name", DERIVED)
def test_a_list_is_written_in_the_one_form_that_gives_small_diffs(name: str) -> None:
    assert (DATA / name).read_text(encoding="utf-8") == one_entry_a_line(read_list(name))


def test_all_lists_together_are_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 2_000_000


def test_the_lists_have_what_the_facts_had() -> None:
    found = names()
    assert len(found.tools) == 2323
    assert len([name for name in found.functions if name.startswith("arcpy.")]) == 186
    assert len([name for name in found.classes if name.startswith("arcpy.")]) == 363
    assert len(found.environments) == 70
    assert len(found.cim) == 973
    assert len(found.uk["datasets"]) == 113


def test_what_was_written_by_hand_speaks_of_names_that_exist() -> None:
    found, types = names(), read_list("types.json")
    arcgis = ("arcgis.", "describe")
    owners = {*types["members"], *types["more_members"]}
    assert {each for each in owners if not each.startswith(arcgis)} <= set(found.classes)
    unknown = [
        f"{owner}.{member}"
        for owner, members in types["members"].items()
        if not owner.startswith(arcgis)
        for member in members
        if found.member(owner, member) is None
    ]
    assert unknown == []
    called = {*types["calls"], *types["inits"], *types["required"]}
    assert [name for name in called if found.resolve(name) is None] == []
    for name, values in (*types["values"].items(), *types["columns"].items()):
        named = found.resolve(name)
        assert named is not None, name
        assert set(values) <= set(named.parameters or ()), name


def test_parameters_that_came_later_are_parameters_of_known_tools() -> None:
    for name, brought in read_list("arguments.json")["since"].items():
        assert set(brought) <= set(names().tools[name]["parameters"]), name
        assert set(brought.values()) <= {"3.3", "3.4", "3.5", "3.6"}, name


def test_types_are_classes_of_the_lists_or_known_words() -> None:
    words = {"str", "int", "float", "bool", "dict", "datetime", "open", "row", "walk", "nax-cursor"}
    words |= {"describe", "describe-keys"}
    types, found = read_list("types.json"), names()
    stated = {kind for members in types["members"].values() for kind in members.values()}
    stated |= {*types["calls"].values(), *types["variables"].values()}
    plain = {kind.strip("[]") for kind in stated}
    assert {
        kind
        for kind in plain - words
        if not kind.startswith("arcgis.") and kind not in found.classes and kind not in found.cim
    } == set()


def test_every_name_of_the_api_for_python_in_the_pack_is_in_the_list() -> None:
    """After a new use: `python -m tests.packs.arcgis.derive FACTS` writes the list anew."""
    missing = [
        str(each) for each in findings() if re.search(r"`arcgis\.[\w.]+` (?:is unknown|has no member)", str(each))
    ]
    assert missing == []


def test_the_list_of_the_api_for_python_holds_only_what_the_pack_names() -> None:
    text = "\n".join(page.text for page in pages())
    listed = read_list("arcgis_api.json")
    last = {name.rpartition(".")[2] for name in listed["functions"]}
    last |= {member for one in listed["classes"].values() for member in (*one["methods"], *one["properties"])}
    assert {name for name in last if name not in text} == set()


def test_every_exception_has_a_source_and_is_needed() -> None:
    for each in allowed():
        assert len(each.source) > 20, each.text
        assert any(each.covers(finding) for finding in findings()), f"nothing needs the exception for {each.text}"


def test_exceptions_are_few() -> None:
    assert len(allowed()) <= 25


def test_there_is_one_table_of_names_from_arcmap() -> None:
    """ArcMap names are found everywhere but there: without its heading the pages have findings of one page only."""
    bare = [page.__class__(page.name, re.sub(r"(?i)arcmap|migrat\w*", "x", page.text)) for page in pages()]
    at = {page.name for page in bare for finding in check_page(page, names(), frozenset()) if finding.kind == "legacy"}
    assert len(at) == 1


def test_the_lists_are_plain_json_of_text_numbers_and_lists() -> None:
    for path in DATA.glob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
