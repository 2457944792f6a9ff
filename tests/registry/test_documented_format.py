"""The examples of docs/reference/registry-format.md are what the code writes and reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from skillctl_registry.catalog import entry_line, parse_shard
from skillctl_registry.config import config_from_bytes, config_to_bytes
from skillctl_registry.index import parse_index, release_line, status_line
from tests.checkout import IN_CHECKOUT

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "registry-format.md"

pytestmark = pytest.mark.skipif(not IN_CHECKOUT, reason="reads the documentation")


def examples() -> list[bytes]:
    """Every JSON block of the page, with whole digests."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [block.replace("1:…", "1:" + "0" * 64).replace("256:…", "256:" + "0" * 64).encode() for block in blocks]


def test_the_examples_are_to_the_letter_what_is_written() -> None:
    config, release, status, entry = examples()
    assert config_to_bytes(config_from_bytes(config, file="config.json")) == config
    index = parse_index(release + status, name="arcgis", file="arcgis")
    assert index.status is not None
    assert release_line(index.releases[0]) + status_line(index.name, index.status) == release + status
    assert b"".join(map(entry_line, parse_shard(entry))) == entry
