from __future__ import annotations

import gzip
import io
import random
import tarfile
import tracemalloc
import zlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.archive.reader import Member, check_archive, check_tree, join_chunks, read_archive, read_tree
from skillctl.archive.writer import write_archive, write_tar
from skillctl.core.digests import file_entry, sha256_digest, tree_digest
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.paths import path_problem
from skillctl.core.wording import worded
from skillctl.core.wording.escape import escaped
from tests.archive.building import Case, archive_of, cases, packed

MIB = 1024 * 1024

SMALL_PACK = {
    "CONTEXT.md": b"# Facts\n",
    "scripts/run.py": b"#!/usr/bin/env python3\nprint(1)\n",
    "skill.json": b"{}",
    "skills/a/SKILL.md": b"x" * 513,
}


def refusal(archive: bytes | Iterator[bytes], limits: Limits = LIMITS) -> tuple[str, object]:
    """Code and rule of the refusal, which must be told in one line and name the pack."""
    with pytest.raises(RegistryError) as caught:
        read_tree(archive, pack="evil-1.0.0", limits=limits)
    for problem in caught.value.problems:
        words = worded(problem)
        assert "evil-1.0.0" in words.title
        assert str(problem.evidence["rule"]) in words.title
        assert "\n" not in words.title
        assert escaped(words.title) == words.title
    return caught.value.code, caught.value.problems[0].evidence["rule"]


def by_id(name: str) -> list[object]:
    return [pytest.param(case, id=case["id"]) for case in cases(name)]


def test_what_is_written_is_read() -> None:
    assert {each.path: each.data for each in read_archive(write_archive(SMALL_PACK), pack="p")} == SMALL_PACK


def test_members_come_in_the_order_of_their_bytes() -> None:
    files = dict.fromkeys(("b", "a/b", "a-b", "a.b", "C", "é", "😀", "～"), b"")
    assert [each.path for each in read_archive(write_archive(files), pack="p")] == sorted(files, key=str.encode)


def test_a_pack_may_come_in_chunks() -> None:
    archive = write_archive(SMALL_PACK)
    chunks = (archive[start : start + 7] for start in range(0, len(archive), 7))
    assert read_archive(chunks, pack="p") == read_archive(archive, pack="p")


def test_the_tree_comes_with_its_digests() -> None:
    tree = read_tree(write_archive(SMALL_PACK), pack="p")
    entries = [file_entry(path, data) for path, data in sorted(SMALL_PACK.items())]
    assert tree.entries == entries
    assert tree.digest == tree_digest(entries)
    assert tree.size == sum(map(len, SMALL_PACK.values()))


@pytest.mark.parametrize("case", [case for name in ("bad_paths", "bad_unicode") for case in by_id(name)])
def test_a_member_with_a_bad_path_is_refused(case: Case) -> None:
    path = {"path_hex": case["hex"]} if "hex" in case else {"path": case["path"]}
    archive = archive_of({"members": [{**path, "text": "evil"}]})
    assert refusal(archive) == ("E201", case["rule"])


@pytest.mark.parametrize("case", by_id("collisions"))
def test_members_that_collide_are_refused(case: Case) -> None:
    archive = archive_of({"members": [{"path": path, "text": "x"} for path in sorted(case["paths"])]})
    # one of a pair may be a bad path by itself, in another normal form
    alone = [rule for path in case["paths"] if (rule := path_problem(path))]
    assert refusal(archive) == (("E201", alone[0]) if alone else ("E206", case["rule"]))


@pytest.mark.parametrize("case", [case for name in ("types", "forms", "modes", "gzip") for case in by_id(name)])
def test_an_archive_in_another_form_is_refused(case: Case) -> None:
    assert refusal(archive_of(case)) == (case["code"], case["rule"])


@pytest.mark.parametrize("case", by_id("bombs"))
def test_a_bomb_is_stopped_in_little_memory(case: Case) -> None:
    limits = replace(LIMITS, **case.get("limits", {}))
    archive = (b"\x1f" * 65536 for _ in iter(int, 1)) if case.get("endless") else archive_of(case)
    tracemalloc.start()
    try:
        found = refusal(archive, limits)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == (case["code"], case["rule"])
    # the tree, kept until the last byte has been checked, and the file that is being read
    assert peak < limits.tree_bytes + 2 * limits.file_bytes + 4 * MIB


def test_a_bomb_costs_no_more_than_its_own_size_allows() -> None:
    archive = archive_of({"members": [{"raw_mib": 64}]})
    tracemalloc.start()
    try:
        refusal(archive)
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


def test_the_largest_pack_is_still_read() -> None:
    limits = replace(LIMITS, tree_files=3, tree_bytes=3000, file_bytes=2000, path_depth=2, path_bytes=9)
    files = {"a": bytes(2000), "b/c": bytes(1000), "d/efghijk": b""}
    assert len(read_archive(write_archive(files, limits=limits), pack="p", limits=limits)) == 3


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        *((kind, path) for kind in ("ustar", "gnu", "pax") for path in ("a.md", "é.md", "d" * 90 + "/" + "f" * 90)),
        ("gnu", "é" * 60),
        ("pax", "é" * 60),
    ],
)
def test_what_another_packer_writes_is_read_the_same_or_refused(kind: str, path: str) -> None:
    formats = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=formats[kind]) as tar:
        info = tarfile.TarInfo(path)
        info.size = 4
        tar.addfile(info, io.BytesIO(b"text"))
    try:
        members = read_archive(packed(buffer.getvalue()), pack="p")
    except RegistryError:
        return
    assert members == [Member(path, b"text")]


@pytest.mark.parametrize("path", ["a.md", "scripts/run.py", "é.md"])
def test_a_reader_of_tar_files_sees_the_same_members(path: str) -> None:
    files = {**SMALL_PACK, path: b"#!x"}
    with tarfile.open(fileobj=io.BytesIO(write_archive(files))) as tar:
        seen = {}
        for info in tar:
            stream = tar.extractfile(info)
            assert stream is not None
            seen[info.name] = stream.read()
    assert seen == files


def test_a_changed_byte_of_the_tar_is_refused_or_changes_the_digest() -> None:
    """The whole statement: every other tar is refused, or is the archive of another tree."""
    tar = write_tar(SMALL_PACK)
    digest = read_tree(packed(tar), pack="p").digest
    for at in range(len(tar)):
        changed = bytearray(tar)
        changed[at] ^= 1 << (at % 8)
        try:
            found = read_tree(packed(bytes(changed)), pack="p")
        except RegistryError:
            continue
        assert found.digest != digest, at
        assert write_tar({each.path: each.data for each in found.members}) == bytes(changed), at


def test_a_changed_byte_of_the_archive_is_refused_or_changes_nothing() -> None:
    """Deflate has bits that mean nothing; every other bit is under the header's rule or the CRC."""
    archive = write_archive(SMALL_PACK)
    members = read_archive(archive, pack="p")
    for at in range(len(archive)):
        for bit in range(8):
            changed = bytearray(archive)
            changed[at] ^= 1 << bit
            try:
                assert read_archive(bytes(changed), pack="p") == members, (at, bit)
            except RegistryError:
                continue


@given(st.integers(0, 600))
@settings(max_examples=40)
def test_every_cut_archive_is_refused(keep: int) -> None:
    archive = write_archive(SMALL_PACK)
    with pytest.raises(RegistryError):
        read_archive(archive[: min(keep, len(archive) - 1)], pack="p")


@given(st.binary(max_size=2000))
@settings(max_examples=100)
def test_any_bytes_are_the_canonical_tar_of_a_tree_or_refused(tar: bytes) -> None:
    try:
        members = read_archive(packed(tar), pack="p")
    except RegistryError:
        return
    assert write_tar({each.path: each.data for each in members}) == tar


@st.composite
def _dented_tars(draw: st.DrawFn) -> bytes:
    tar = bytearray(write_tar(SMALL_PACK))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(tar) - 1))
        match draw(st.sampled_from(["set", "drop", "double", "sum"])):
            case "set":
                tar[at : at + 1] = draw(st.binary(min_size=1, max_size=12))
            case "drop":
                del tar[at // 512 * 512 : at // 512 * 512 + 512]
            case "double":
                block = at // 512 * 512
                tar[block:block] = tar[block : block + 512]
            case _:
                header = at // 512 * 512
                blank = tar[header : header + 148] + b" " * 8 + tar[header + 156 : header + 512]
                tar[header + 148 : header + 156] = b"%06o\0 " % sum(blank)
        if not tar:
            break
    return bytes(tar)


@given(_dented_tars())
@settings(max_examples=150)
def test_a_dented_tar_is_the_canonical_tar_of_a_tree_or_refused(tar: bytes) -> None:
    try:
        members = read_archive(packed(tar), pack="p")
    except RegistryError:
        return
    assert write_tar({each.path: each.data for each in members}) == tar


def test_bytes_after_an_archive_are_seen_wherever_it_ends() -> None:
    """An archive of exactly the bytes that are fed to zlib at a time, so that zlib itself sees nothing after it."""
    noise = random.Random(1).randbytes(70_000)
    size = 64_000
    while (missing := 65_536 - len(archive := write_archive({"a": noise[:size]}))) != 0:
        size += missing
    assert len(read_archive(archive, pack="p")) == 1
    assert refusal(archive + b"x") == ("E208", "data-after-gzip")


def test_gzip_from_another_packer_is_refused_by_its_header() -> None:
    assert refusal(gzip.compress(write_tar(SMALL_PACK), mtime=1)) == ("E203", "gzip-header")


def test_other_compressed_bytes_of_the_same_tar_are_the_same_tree() -> None:
    tar = write_tar(SMALL_PACK)
    archive = write_archive(SMALL_PACK)
    packer = zlib.compressobj(0, zlib.DEFLATED, -15)
    other = archive[:10] + packer.compress(tar) + packer.flush() + archive[-8:]
    assert other != archive
    assert read_tree(other, pack="p") == read_tree(archive, pack="p")


def test_an_archive_without_files_is_an_empty_tree() -> None:
    assert read_archive(write_archive({}), pack="p") == []


def test_a_download_ends_as_soon_as_it_is_too_large() -> None:
    taken = []

    def chunks() -> Iterator[bytes]:
        while True:
            taken.append(1)
            yield bytes(1000)

    with pytest.raises(RegistryError):
        join_chunks(chunks(), pack="p", limits=replace(LIMITS, archive_bytes=10_000))
    assert len(taken) == 11


def test_an_archive_is_checked_against_the_index_before_it_is_opened() -> None:
    archive = write_archive(SMALL_PACK)
    check_archive(archive, pack="p", sha256=sha256_digest(archive), size=len(archive))
    with pytest.raises(RegistryError) as caught:
        check_archive(archive + b"x", pack="p", sha256=sha256_digest(archive), size=len(archive))
    assert [(each.code, each.evidence["rule"]) for each in caught.value.problems] == [
        ("E209", "archive-size"),
        ("E209", "archive-sha256"),
    ]
    assert caught.value.problems[0].evidence["expected"] == len(archive)
    assert caught.value.problems[0].evidence["found"] == len(archive) + 1


def test_a_tree_other_than_the_locked_one_is_refused() -> None:
    tree = read_tree(write_archive(SMALL_PACK), pack="p")
    check_tree(tree, pack="p", digest=tree.digest)
    other = read_tree(write_archive({**SMALL_PACK, "extra.md": b""}), pack="p")
    with pytest.raises(RegistryError) as caught:
        check_tree(other, pack="p", digest=tree.digest)
    assert caught.value.code == "E209"
    assert caught.value.problems[0].evidence["expected"] == tree.digest
    assert caught.value.problems[0].evidence["found"] == other.digest
