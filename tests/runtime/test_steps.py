"""What a step's key counts: all that could change its result, and nothing of what could not."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillctl.core.value import replace
from skillctl_runtime.record import ProjectRecord
from skillctl_runtime.stack import Part, Step, Tool
from skillctl_runtime.steps import Circumstances, Ledger

HERE = Circumstances(platform="linux x86_64", isolation="bwrap", variables="none")
MAKER = Tool(name="maker", path="/usr/bin/maker", identity="maker 1 1")
STEP = Step(id="build", kind="build", argv=("maker", "all"), tools=(MAKER,), inputs=("*.c",), env={"MODE": "fast"})


def key(root: Path, step: Step = STEP, around: Circumstances = HERE, parent: str = "", **env: str) -> str:
    part = Part(folder="", stack="cpp")
    return Ledger(str(root), ProjectRecord(), ("a.c",), around).key(part, step, step.argv, env, parent)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a.c").write_text("int a;")
    return tmp_path


def test_the_same_step_has_the_same_key(root: Path) -> None:
    assert key(root) == key(root)


@pytest.mark.parametrize(
    "step",
    [
        replace(STEP, kind="install"),
        replace(STEP, argv=("maker", "some")),
        replace(STEP, argv=("maker all",)),
        replace(STEP, cwd="inner"),
        replace(STEP, env={"MODE": "slow"}),
        replace(STEP, tools=(replace(MAKER, identity="maker 2 2"),)),
        replace(STEP, network=True),
        replace(STEP, also=("a fact",)),
        replace(STEP, inputs=()),
    ],
)
def test_each_thing_that_a_step_says_counts(root: Path, step: Step) -> None:
    assert key(root, step) != key(root)


@pytest.mark.parametrize("what", ["platform", "isolation", "variables"])
def test_the_circumstances_count(root: Path, what: str) -> None:
    assert key(root, around=replace(HERE, **{what: "other"})) != key(root)


def test_the_plans_variables_and_the_step_before_count(root: Path) -> None:
    assert len({key(root), key(root, parent="other"), key(root, DEBUG="1")}) == 3


def test_contents_of_inputs_count_and_other_files_do_not(root: Path) -> None:
    before = key(root)
    (root / "notes.txt").write_text("new")
    assert key(root) == before
    (root / "a.c").write_text("int b;")
    assert key(root) != before


def test_a_name_and_how_often_it_is_looked_for_do_not_count(root: Path) -> None:
    assert key(root, replace(STEP, about="Building", timeout=5.0)) == key(root)
