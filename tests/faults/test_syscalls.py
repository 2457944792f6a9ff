"""A kill, a full disk, a broken disk and a refusal at calls of the kernel: a sample; `make faults` tries every one.

After each of them every skill is old, new or absent, the next command works and makes the set the old or the new one,
the audit log verifies, and nothing of the person's is lost.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.runner import Runner
from tests.faults.syscalls import KINDS, NAMES, STORIES, Judge, sample, why_not
from tests.faults.world import new_world

pytestmark = pytest.mark.slow

SIZE = 20
"""Hits for each command: one of every kind at every sort of call."""


@pytest.mark.parametrize("story", STORIES)
def test_a_fault_at_a_call_of_the_kernel_heals_by_itself(story: str, runner: Runner, room: Path) -> None:
    if why_not():
        pytest.skip(why_not())
    judge = Judge(story, new_world(room / "world", runner))
    hits = sample(judge, SIZE)
    assert {each.kind for each in hits} == set(KINDS)
    assert {NAMES[each.call.name] for each in hits} == {NAMES[each.name] for each in judge.calls}
    found = [judge.judged(each) for each in hits]
    assert {"old", "new"} <= set(found)
    assert found.count("missed") <= 2, "the same command makes other calls each time"
