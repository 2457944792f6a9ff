"""Twenty processes publish into one signed directory at once, and a key is changed meanwhile: nothing is lost, nothing
doubled, and whoever reads all the while sees only states that verify."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from skillctl_registry.remembered import BriefMemory, DirectoryMemory
from skillctl_registry.signing import upkeep
from skillctl_registry.signing.checking import check
from skillctl_registry.signing.founding import Wishes
from tests.registry.trust.signed import Signed

PUBLISHERS = 20


def start(directory: Path, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("publisher.py")), str(directory), str(number)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_twenty_publishers_at_once_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    signed = Signed(tmp_path, wishes=Wishes(bits=4))
    memory, kept = BriefMemory(), DirectoryMemory(tmp_path / "memory")
    publishers = [start(tmp_path, number) for number in range(PUBLISHERS)]
    counts = [0]
    while any(each.poll() is None for each in publishers):
        for reader in (memory, kept, None):
            source = signed.source(reader)
            counts.append(sum(len(source.releases(name) or ()) for name in source.names()))
        if len(counts) == 7:
            upkeep.rotate(signed.writer, "snapshot")
    answers = [each.communicate() for each in publishers]

    assert [(each.returncode, error) for each, (_, error) in zip(publishers, answers, strict=True)] == [
        (0, "") for _ in publishers
    ]
    assert counts == sorted(counts), "what was there is never away again"
    assert Counter(answer.strip() for answer, _ in answers) == {"won": 1, "E226": PUBLISHERS - 1}
    source = signed.source()
    found = sorted((name, str(each.version)) for name in source.names() for each in source.releases(name) or ())
    assert found == sorted(
        [
            *(("shared", f"1.{number}.0") for number in range(PUBLISHERS)),
            *((f"own-{number}", "1.0.0") for number in range(PUBLISHERS)),
            ("contested", "1.0.0"),
        ]
    )
    assert check(signed.directory, signed.view()).problems == ()
