"""Archives that other tools made: what all readers read alike is read, everything else is refused."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.archive.foreign import read_foreign
from skillctl.archive.writer import write_archive
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.wording import worded
from skillctl.core.wording.escape import escaped
from tests.archive.building import Case, archive_of, cases, packed
from tests.archive.zip_building import zip_of, zip_with

MIB = 1024 * 1024


def by_id(*names: str) -> list[object]:
    return [pytest.param(case, id=case["id"]) for name in names for case in cases(name)]


def refusal(archive: bytes, limits: Limits = LIMITS) -> tuple[str, object]:
    """Code and rule of the refusal, which must be told in one printable line and name the archive."""
    with pytest.raises(RegistryError) as caught:
        read_foreign(archive, file="evil.zip", limits=limits)
    words = worded(caught.value.problems[0])
    assert "evil.zip" in words.title
    assert "\n" not in words.title
    assert escaped(words.title) == words.title
    return caught.value.code, caught.value.problems[0].evidence["rule"]


def contents(case: Case) -> dict[str, bytes]:
    return {path: text.encode() for path, text in case["files"].items()}


# The rules


@pytest.mark.parametrize("case", by_id("foreign_zip"))
def test_a_zip_that_breaks_a_rule_is_refused(case: Case) -> None:
    tracemalloc.start()
    begun = time.perf_counter()
    assert refusal(zip_of(case)) == (case["code"], case["rule"])
    assert time.perf_counter() - begun < 5
    assert tracemalloc.get_traced_memory()[1] < 200 * MIB
    tracemalloc.stop()


@pytest.mark.parametrize("case", by_id("foreign_tar"))
def test_a_tar_that_breaks_a_rule_is_refused(case: Case) -> None:
    assert refusal(archive_of(case)) == (case["code"], case["rule"])


@pytest.mark.parametrize("case", by_id("good_foreign_zip"))
def test_a_zip_of_a_usual_form_is_read(case: Case) -> None:
    assert read_foreign(zip_of(case), file="good.zip") == contents(case)


@pytest.mark.parametrize("case", by_id("good_foreign_tar"))
def test_a_tar_of_a_usual_form_is_read(case: Case) -> None:
    assert read_foreign(archive_of(case), file="good.tar.gz") == contents(case)


# Paths: the same grammar as in our own archives; only `./` in front means nothing


def raw(case: Case) -> bytes:
    return bytes.fromhex(case["hex"]) if "hex" in case else str(case["path"]).encode()


PATHS = [case for name in ("bad_paths", "bad_unicode") for case in cases(name)]
LEFT_OUT = [case for case in PATHS if case["rule"] == "ignored-file"]
REFUSED = [case for case in PATHS if case["rule"] != "ignored-file" and not raw(case).startswith(b"./")]


def parametrized(found: list[Case]) -> list[object]:
    return [pytest.param(each, id=each["id"]) for each in found]


@pytest.mark.parametrize("case", parametrized([each for each in REFUSED if not raw(each).endswith(b"/")]))
def test_a_bad_path_in_a_zip_is_refused(case: Case) -> None:
    code, rule = refusal(zip_with(raw(case)))
    assert (code, rule) in (("E201", case["rule"]), ("E211", "name-mismatch"))


@pytest.mark.parametrize("case", parametrized([each for each in REFUSED if b"\0" not in raw(each)]))
def test_a_bad_path_in_a_tar_is_refused(case: Case) -> None:
    archive = archive_of({"members": [{"path_hex": raw(case).hex(), "text": "evil"}]})
    assert refusal(archive) == ("E201", case["rule"])


@pytest.mark.parametrize("case", parametrized(LEFT_OUT))
def test_what_never_belongs_to_a_tree_is_left_out(case: Case) -> None:
    good = {"path": "good.md", "text": "good"}
    members = [{"hex": raw(case).hex(), "path_hex": raw(case).hex(), "text": "evil"}, good]
    assert read_foreign(zip_of({"members": members}), file="a.zip") == {"good.md": b"good"}
    assert read_foreign(archive_of({"members": members}), file="a.tar.gz") == {"good.md": b"good"}


@pytest.mark.parametrize("path", ["./../evil", "././../../evil", "./", ".//evil", "././/etc/passwd", "./C:/evil"])
def test_dots_in_front_hide_nothing(path: str) -> None:
    files = [{"path": path, "text": "evil"}, {"path": "good.md", "text": "good"}]
    assert refusal(archive_of({"members": files}))[0] == "E201"
    assert refusal(zip_of({"members": files}))[0] in ("E201", "E211")


def test_enough_shapes_of_paths_are_tried() -> None:
    assert len(REFUSED) >= 80


# Limits


def test_limits_hold_on_what_really_comes_out() -> None:
    many = {f"f{number}": b"" for number in range(60)}
    small = Limits(tree_files=5)
    assert refusal(write_archive(many), small) == ("E204", "tree_files")
    assert refusal(zipped(many), small) == ("E204", "tree_files")
    assert refusal(zipped({"a": b"x" * 20}), Limits(tree_bytes=19)) == ("E204", "tree_bytes")
    assert refusal(zipped({"a": b"x" * 20}), Limits(file_bytes=19)) == ("E205", "file_bytes")
    assert refusal(zipped({"a": b"x" * 20}), Limits(archive_bytes=19)) == ("E204", "archive_bytes")


@pytest.mark.parametrize(
    "data", [b"", b"<!DOCTYPE html>", b"BZh91AY", b"\xfd7zXZ\0", b"Rar!\x1a\7", b"7z\xbc\xaf\x27\x1c"]
)
def test_other_formats_are_refused(data: bytes) -> None:
    assert refusal(data) == ("E213", "unknown-format")


def test_a_million_empty_members_are_refused_quickly() -> None:
    header = archive_of({"members": [{"path": "a"}]})
    block = gzip.decompress(header)[:512]
    begun = time.perf_counter()
    assert refusal(packed(block * 40_000 + bytes(1024)))[0] in ("E204", "E206")
    assert time.perf_counter() - begun < 5


# Other readers


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def tarred(files: dict[str, bytes], form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for path, data in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


NAMES = st.text("abcdeü.-", min_size=1, max_size=6).filter(lambda text: text[-1] not in ".-" and text[0] != ".")
TREES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(max_size=60), min_size=1, max_size=4
).map(lambda files: {"1": b"one", "2/x": b"two"} | {f"3/{path}": data for path, data in files.items()})


def read_or_refused(data: bytes) -> dict[str, bytes] | None:
    try:
        return read_foreign(data, file="any")
    except RegistryError:
        return None


def zipfile_reads(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {each.filename: archive.read(each) for each in archive.infolist() if not each.is_dir()}


def tarfile_reads(data: bytes) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for each in archive:
            if each.isreg():
                file = archive.extractfile(each)
                assert file is not None
                found[each.name] = file.read()
    return found


@settings(max_examples=40, deadline=None)
@given(files=TREES, method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_a_zip_of_python_is_read_as_python_reads_it_or_refused(files: dict[str, bytes], method: int) -> None:
    data = zipped(files, method)
    assert read_or_refused(data) in (zipfile_reads(data), None)


@settings(max_examples=40, deadline=None)
@given(files=TREES, form=st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_a_tar_of_python_is_read_as_python_reads_it_or_refused(files: dict[str, bytes], form: int) -> None:
    data = tarred(files, form)
    assert read_or_refused(gzip.compress(data)) in (tarfile_reads(data), None)


CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True), st.sampled_from(["set", "cut", "insert", "repeat"]), st.binary(max_size=4)
    ),
    min_size=1,
    max_size=3,
)


def changed(data: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    for where, kind, piece in changes:
        at = int(where * len(data))
        if kind == "set":
            data = data[:at] + piece + data[at + len(piece) :]
        elif kind == "cut":
            data = data[:at] + data[at + len(piece) :]
        elif kind == "insert":
            data = data[:at] + piece + data[at:]
        else:
            data = data[:at] + data[at - 46 : at] + data[at:]
    return data


@settings(max_examples=150, deadline=None)
@given(files=TREES, changes=CHANGES)
def test_a_zip_that_was_tampered_with_is_read_as_python_reads_it_or_refused(
    files: dict[str, bytes], changes: list[tuple[float, str, bytes]]
) -> None:
    data = changed(zipped(files, zipfile.ZIP_STORED), changes)
    ours = read_or_refused(data)
    if ours is not None:
        assert ours == {path.removeprefix("./"): each for path, each in zipfile_reads(data).items()}


@settings(max_examples=150, deadline=None)
@given(
    files=TREES, changes=CHANGES, form=st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
)
def test_a_tar_that_was_tampered_with_is_read_as_python_reads_it_or_refused(
    files: dict[str, bytes], changes: list[tuple[float, str, bytes]], form: int
) -> None:
    data = changed(tarred(files, form), changes)
    ours = read_or_refused(gzip.compress(data, 1))
    if ours is not None:
        theirs = {path.removeprefix("./"): each for path, each in tarfile_reads(data).items()}
        assert ours == theirs
