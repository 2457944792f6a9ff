"""The Python examples of the pages run as they stand, and lists in the pages are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from skillctl_runtime.isolation import HIDDEN
from skillctl_runtime.plan_door import FIELDS, FILE_FIELDS
from tests.checkout import IN_CHECKOUT, ROOT
from tests.docs.walk import World, outer_path

pytestmark = pytest.mark.skipif(not IN_CHECKOUT, reason="reads the source tree")

PAGES = ("docs/how-to/use-the-runtime-from-python.md", "docs/how-to/write-a-plugin.md")

_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def examples(page: str) -> list[str]:
    return _PYTHON.findall((ROOT / page).read_text(encoding="utf-8")) if IN_CHECKOUT else []


@pytest.mark.slow
@pytest.mark.parametrize(("page", "number"), [(page, at) for page in PAGES for at in range(len(examples(page)))])
def test_an_example_runs_as_it_stands(page: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path.resolve(), monkeypatch, outer_path())
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", outer_path())  # a Python, to make a project of
    monkeypatch.chdir(world.where)
    exec(compile(examples(page)[number], f"{page}, example {number + 1}", "exec"), {"__name__": "example"})


def test_every_masked_place_is_told() -> None:
    page = (ROOT / "docs/explanation/isolation.md").read_text(encoding="utf-8")
    homes = ("/home", "/root", "/Users")
    assert [place for place in HIDDEN if place not in homes and f"`{place}`" not in page] == []


def test_every_field_of_a_plan_is_told() -> None:
    page = (ROOT / "docs/reference/plan.md").read_text(encoding="utf-8")
    assert [name for name in (*FIELDS, *FILE_FIELDS) if f"`{name}`" not in page and name != "$schema"] == []
