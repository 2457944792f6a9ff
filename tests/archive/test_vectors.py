from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from skillctl.archive.reader import read_tree
from skillctl.archive.writer import write_archive, write_tar
from skillctl.core.digests import sha256_digest

_VECTORS = sorted((Path(__file__).parent.parent / "vectors" / "tree1").glob("*.json"))


@pytest.mark.parametrize("path", _VECTORS, ids=lambda path: path.stem)
def test_the_published_vectors_hold_for_tar_and_archive(path: Path) -> None:
    vector: dict[str, Any] = json.loads(path.read_text("utf-8"))
    files = {
        file["path"]: base64.b64decode(file["base64"]) if "base64" in file else file["text"].encode()
        for file in vector["files"]
    }
    tar = write_tar(files)
    assert len(tar) == vector["tar_size"]
    assert sha256_digest(tar) == vector["tar_sha256"]
    assert read_tree(write_archive(files), pack="p").digest == vector["tree"]
