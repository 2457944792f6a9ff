"""The block in .gitignore: it is kept by us, everything else is somebody's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.install.ignore_block import BEGIN, END, with_block

OWN_LINES = st.lists(
    st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=20).filter(
        lambda line: line not in (BEGIN, END)
    ),
    max_size=6,
)
LINE_ENDS = st.sampled_from(["\n", "\r\n"])
PATHS = st.lists(st.from_regex(r"[a-z.]{1,8}(/[a-z-]{1,8}){0,2}/?", fullmatch=True), max_size=5)


@st.composite
def texts(draw: st.DrawFn) -> str:
    end = draw(LINE_ENDS)
    text = end.join(draw(OWN_LINES))
    return text + (end if draw(st.booleans()) else "")


def own_part(text: str) -> str:
    """The text with its one block cut out."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, text
    assert end, text
    assert BEGIN not in after
    return before + after.lstrip("\r").removeprefix("\n")


@given(texts(), PATHS)
def test_everything_outside_of_the_block_stays(text: str, paths: list[str]) -> None:
    kept = own_part(with_block(text, paths))
    assert kept.startswith(text)
    assert kept[len(text) :].strip("\r\n") == ""


@given(texts(), PATHS)
def test_twice_is_once(text: str, paths: list[str]) -> None:
    once = with_block(text, paths)
    assert with_block(once, paths) == once


@given(texts(), texts(), PATHS, PATHS)
def test_a_new_block_stands_where_the_old_one_stood(above: str, below: str, old: list[str], new: list[str]) -> None:
    text = with_block(above, old) + below
    changed = with_block(text, new)
    assert own_part(changed) == own_part(text)
    assert changed.index(BEGIN) == text.index(BEGIN)
    assert with_block(changed, old).replace("\r", "") == text.replace("\r", "")


@given(texts(), PATHS)
def test_the_block_has_the_line_ends_of_the_file(text: str, paths: list[str]) -> None:
    block = with_block(text, paths).partition(BEGIN)[2].partition(END)[0]
    ends_crlf = "\r\n" in text
    assert block.count("\r\n") == (block.count("\n") if ends_crlf else 0)


@given(PATHS)
def test_paths_are_anchored_sorted_and_named_once(paths: list[str]) -> None:
    lines = with_block(None, paths).splitlines()
    assert lines == [BEGIN, *sorted({f"/{path}" for path in paths}), END]


def test_a_file_that_has_other_lines_gets_an_empty_one_before_the_block() -> None:
    assert with_block("*.log", [".skillctl/"]) == f"*.log\n\n{BEGIN}\n/.skillctl/\n{END}\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"a\n{BEGIN}\n/x\nmine\n", "a\nmine\n"),
        (f"a\n{BEGIN}\n/x\n", "a\n"),
        (f"a\n{BEGIN}", "a\n"),
        (f"{BEGIN}\n/x\n\nmine\n{END}\n", f"\nmine\n{END}\n"),
    ],
    ids=["no end", "no end at the end of the file", "the beginning alone", "a line of a person inside"],
)
def test_a_broken_block_takes_nothing_with_it(text: str, kept: str) -> None:
    new = with_block(text, ["y"])
    assert new.replace(f"{BEGIN}\n/y\n{END}\n", "") == kept


def test_of_two_blocks_that_a_merge_left_one_remains() -> None:
    text = f"a\n{BEGIN}\n/x\n{END}\nb\n{BEGIN}\n/z\n{END}\nc\n"
    assert with_block(text, ["y"]) == f"a\n{BEGIN}\n/y\n{END}\nb\nc\n"


def test_a_line_that_only_speaks_of_the_block_is_none() -> None:
    text = f"see {BEGIN}\n{END} is the end\n"
    assert with_block(text, ["y"]).startswith(text)
