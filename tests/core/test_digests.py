from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.digests import (
    FileEntry,
    digest_hex,
    file_entry,
    is_sha256_digest,
    is_tree_digest,
    parse_sha256_digest,
    sha256_digest,
    tree_digest,
)
from skillctl.core.errors import RegistryError

_VECTORS = sorted((Path(__file__).parent.parent / "vectors" / "tree1").glob("*.json"))

_ENTRIES = st.dictionaries(st.text("ab/é😀～", min_size=1, max_size=4), st.binary(max_size=3), max_size=5).map(
    lambda files: [file_entry(path, data) for path, data in files.items()]
)


def bytes_of(file: dict[str, str]) -> bytes:
    return base64.b64decode(file["base64"]) if "base64" in file else file["text"].encode()


@pytest.mark.parametrize("path", _VECTORS, ids=lambda path: path.stem)
def test_the_published_vectors_hold(path: Path) -> None:
    vector: dict[str, Any] = json.loads(path.read_text("utf-8"))
    entries = [file_entry(file["path"], bytes_of(file)) for file in vector["files"]]
    ordered = sorted(entries, key=lambda entry: entry.path.encode())
    assert "".join(f"{each.sha256} {each.size} {each.path}\n" for each in ordered) == vector["listing"]
    assert tree_digest(entries) == vector["tree"]


def test_there_are_vectors() -> None:
    assert len(_VECTORS) >= 9


def test_the_worked_example_holds() -> None:
    text = "skillctl-tree-1\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 a\n"
    assert tree_digest([file_entry("a", b"")]) == "tree1:" + hashlib.sha256(text.encode()).hexdigest()


@given(_ENTRIES, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_the_files_means_nothing(entries: list[FileEntry], random: Any) -> None:
    mixed = entries.copy()
    random.shuffle(mixed)
    assert tree_digest(mixed) == tree_digest(entries)


@given(_ENTRIES, _ENTRIES)
@settings(max_examples=100)
def test_two_trees_have_one_digest_only_if_they_are_equal(first: list[FileEntry], second: list[FileEntry]) -> None:
    assert (tree_digest(first) == tree_digest(second)) == (set(first) == set(second))


def test_a_digest_is_parsed_to_itself() -> None:
    tree = tree_digest([])
    file = sha256_digest(b"")
    assert is_tree_digest(tree)
    assert parse_sha256_digest(file) == file == "sha256:" + hashlib.sha256(b"").hexdigest()
    assert digest_hex(file) == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tree1:",
        "tree1:" + "a" * 63,
        "tree1:" + "a" * 65,
        "tree1:" + "A" * 64,
        "tree1:" + "g" * 64,
        "tree1:" + "a" * 64 + "\n",
        " tree1:" + "a" * 64,
        "tree2:" + "a" * 64,
        "Tree1:" + "a" * 64,
        "tree1-" + "a" * 64,
        "tree1:" + "١" * 64,
        "a" * 64,
        "sha512:" + "a" * 64,
        "../../etc/passwd",
    ],
)
def test_what_is_no_digest_is_refused(text: str) -> None:
    assert not is_tree_digest(text)
    assert not is_sha256_digest(text)
    with pytest.raises(RegistryError) as caught:
        parse_sha256_digest(text)
    assert caught.value.code == "E210"


def test_the_two_kinds_of_digest_are_not_mixed_up() -> None:
    assert not is_tree_digest(sha256_digest(b""))
    assert not is_sha256_digest(tree_digest([]))
