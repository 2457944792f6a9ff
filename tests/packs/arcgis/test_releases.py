"""No release is invented: every version of ArcGIS Pro, its Python and its `arcgis` that the pack states is known."""

from __future__ import annotations

import re

import pytest

from tests.packs.arcgis.checker.names import read_list
from tests.packs.arcgis.loaded import pages

RELEASES: dict[str, list[str]] = read_list("types.json")["releases"]
UNSAMPLED = {"3.7"}
PRO = re.compile(r"\b(?:ArcGIS )?Pro (\d+\.\d+(?:\.\d+)?)")
PYTHON = re.compile(r"\bPython (\d+\.\d+(?:\.\d+)?)")
PACKAGE = re.compile(r"`arcgis` (?:package )?(\d+\.\d+(?:\.\d+)*)")
TABLE_ROW = re.compile(r"^\| (3\.\d+) \| (3\.\d+(?:\.\d+)?) \|(?: (2\.\d+(?:\.\d+)*) \|)?", re.MULTILINE)


def begins(whole: str, given: str) -> bool:
    return f"{whole}.".startswith(f"{given}.")


@pytest.mark.parametrize("name", [page.name for page in pages()])
def test_a_page_states_only_releases_that_exist(name: str) -> None:
    text = next(page.text for page in pages() if page.name == name)
    assert [each for each in PRO.findall(text) if each not in RELEASES and each not in UNSAMPLED] == []
    pythons = {python for python, _ in RELEASES.values()}
    assert [each for each in PYTHON.findall(text) if not any(begins(python, each) for python in pythons)] == []
    packages = {package for _, package in RELEASES.values()} | {"2.4.4"}
    stated = PACKAGE.findall(text)
    assert [each for each in stated if not any(begins(package, each) for package in packages)] == []


def test_tables_of_releases_agree_with_the_list() -> None:
    rows = [(page.name, row) for page in pages() for row in TABLE_ROW.findall(page.prose)]
    assert rows
    for name, (release, python, package) in rows:
        known_python, known_package = RELEASES[release]
        assert begins(known_python, python), (name, release, python)
        assert not package or begins(known_package, package), (name, release, package)
