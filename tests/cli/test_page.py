"""Lines for people."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.cli.page import Page, bold, counted, one_line, size
from tests.cli.conftest import Terminal


def shown(*parts: str, colour: bool = False) -> str:
    out = io.StringIO()
    Page(out, io.StringIO(), out_colour=colour).line(*parts)
    return out.getvalue()


@given(st.text())
def test_a_line_is_one_line_and_moves_no_cursor(text: str) -> None:
    written = shown(text)
    assert written.count("\n") == 1
    assert len(written.splitlines()) == 1 or written == "\n"
    assert all(character.isprintable() or unicodedata.category(character) == "Zs" for character in written[:-1])


@given(st.text())
def test_escaping_twice_is_escaping_once(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)


def test_columns_of_a_table_stand_below_each_other() -> None:
    out = io.StringIO()
    Page(out, io.StringIO()).table(
        [(bold("arcgis"), "1.0.0", "maps"), ("日本", "10.2.0"), ("x", "", "end")], indent="  "
    )
    assert out.getvalue() == "  arcgis  1.0.0   maps\n  日本    10.2.0\n  x               end\n"


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (20 * 2**20, "20.0 MiB")])
def test_sizes_read_well(count: int, text: str) -> None:
    assert size(count) == text


def test_counts_read_well() -> None:
    assert [counted(1, "pack"), counted(2, "pack"), counted(1000, "entry", "entries")] == [
        "1 pack",
        "2 packs",
        "1,000 entries",
    ]


def test_a_text_of_many_lines_stays_as_it_is_for_programs_and_moves_no_cursor_on_a_terminal() -> None:
    out, terminal = io.StringIO(), Terminal()
    for stream in (out, terminal):
        Page(stream, io.StringIO()).text('{\n  "a": "\x1b[2J"\n}')
    assert out.getvalue() == '{\n  "a": "\x1b[2J"\n}\n'
    assert terminal.getvalue() == '{\n  "a": "\\x1b[2J"\n}\n'
