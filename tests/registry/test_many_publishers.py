"""Many processes publish to one directory at once: nothing is lost, nothing doubled, no reader sees a torn state."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.index import index_path
from skillctl_registry.sources.registry import RegistrySource

PUBLISHERS = 20
VERSIONS = 1


def start(registry: Path, number: int) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("publisher.py")
    return subprocess.Popen(
        [sys.executable, str(script), str(registry), str(number), str(VERSIONS)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_everything(registry: Path) -> int:
    """Read as a user would that came by at this moment; how many releases are there. Raises at anything unsound."""
    source = RegistrySource(DirectoryBackend(registry), label="local")
    assert source.id in ("", "test-registry")
    names = source.names()
    releases = [release for name in names for release in source.releases(name) or ()]
    for release in releases[-3:]:
        source.fetch(release)
    assert {entry.name for entry in source.catalog()} <= set(source.names())
    return len(releases)


@pytest.mark.slow
def test_twenty_publishers_at_once_lose_nothing_and_one_of_them_wins_a_contested_version(tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    publishers = [start(registry, number) for number in range(PUBLISHERS)]
    seen = [0]
    while any(each.poll() is None for each in publishers):
        seen.append(read_everything(registry))
    answers = [each.communicate() for each in publishers]

    assert [(each.returncode, error) for each, (_, error) in zip(publishers, answers, strict=True)] == [
        (0, "") for _ in publishers
    ]
    assert seen == sorted(seen), "a release that was there is never away again"
    assert Counter(answer.strip() for answer, _ in answers) == {"won": 1, "E226": PUBLISHERS - 1}

    source = RegistrySource(DirectoryBackend(registry), label="local")
    published = {
        (release.name, str(release.version)) for name in source.names() for release in source.releases(name) or ()
    }
    assert published == {
        *(("shared", f"1.{number}.{each}") for number in range(PUBLISHERS) for each in range(VERSIONS)),
        *((f"own-{number}", "1.0.0") for number in range(PUBLISHERS)),
        ("contested", "1.0.0"),
    }
    lines = (registry / index_path("shared")).read_bytes().splitlines()
    assert len(lines) == len(set(lines)) == PUBLISHERS * VERSIONS
    for name in source.names():
        for release in source.releases(name) or ():
            source.fetch(release)
    latest = {entry.name: str(entry.latest) for entry in source.catalog()}
    assert latest["shared"] == f"1.{PUBLISHERS - 1}.{VERSIONS - 1}"
