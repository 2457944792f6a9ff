"""Whatever comes through a door of the command line is refused with a code, and leaves everything as it was."""

from __future__ import annotations

import re
import shutil
import time
import unicodedata
from dataclasses import replace

import pytest

from tests.faults.runner import Ended
from tests.faults.test_errors import everything
from tests.faults.world import World, differing
from tests.hostile.doors import DOORS, EVIL, Hostile

pytestmark = pytest.mark.slow

SECONDS = 5
FEWEST = {
    "archives in a registry": 300,
    "archives in the directory": 200,
    "archives of other tools": 280,
    "texts that are no json": 90,
    "manifests": 100,
    "front matter": 50,
    "project files": 70,
    "locks": 35,
    "words": 80,
    "plans": 150,
    "others": 60,
}
"""How many each door sees at least: a catalogue that is not found would make a test of nothing."""
_CODE = re.compile(r"^error (E\d{3}):", re.MULTILINE)
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


@pytest.mark.parametrize("door", DOORS)
def test_what_is_hostile_is_refused_with_a_code_and_nothing_is_written(door: str, world: World) -> None:
    wrongs = [(each, _wrongs(world, each)) for each in DOORS[door](world)]
    told = [f"{each.id} ({' '.join(each.words)}): {wrong}" for each, found in wrongs for wrong in found]
    assert not told, "\n".join(told)
    assert len(wrongs) >= FEWEST[door]


def test_fourteen_hundred_inputs_come_through_the_doors() -> None:
    assert FEWEST.keys() == DOORS.keys()
    assert sum(FEWEST.values()) > 1_400


def _wrongs(world: World, hostile: Hostile) -> list[str]:
    world.restore("old")
    shutil.rmtree(world.room / EVIL, ignore_errors=True)
    for path, data in hostile.files.items():
        world.room.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        world.room.joinpath(path).write_bytes(data)
    there = replace(world, more={"SKILLCTL_REGISTRY": hostile.registry}) if hostile.registry else world
    before = everything(world)
    begun = time.monotonic()
    ended = there(*hostile.words)
    seconds = time.monotonic() - begun
    wrong = _wrong_words(hostile, ended)
    if changed := differing(before, everything(world)):
        wrong.append(f"it wrote {changed[:5]}")
    if seconds > SECONDS:
        wrong.append(f"it took {seconds:.1f} seconds")
    return wrong


def _wrong_words(hostile: Hostile, ended: Ended) -> list[str]:
    said = ended.out + ended.err
    codes = set(_CODE.findall(ended.err))
    wrong = []
    if ended.status not in (1, 2) or not codes:
        wrong.append(f"it was not refused: status {ended.status}, {said[:300]!r}")
    elif hostile.codes and not hostile.codes & codes:
        wrong.append(f"it was refused with {sorted(codes)} instead of {sorted(hostile.codes)}: {said[:300]!r}")
    if "Traceback" in said or "E090" in codes:
        wrong.append(f"it crashed: {said[:2000]!r}")
    if any(letter != "\n" and unicodedata.category(letter) in _UNSEEN for letter in said):
        wrong.append(f"letters that nobody sees were printed: {said[:300]!r}")
    return wrong
