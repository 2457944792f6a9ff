"""Text from outside is shown as it is where it can be seen, and as code points where it can't."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.wording.escape import escaped

CASES = [
    ("plain text, ~!@#", "plain text, ~!@#"),
    ("Grüße, 地図 🗺", "Grüße, 地図 🗺"),
    ("two\nlines", "two\nlines"),
    ("a\x1b[31mred", "a\\x1b[31mred"),
    ("a\rb\tc\x00d\x7f", "a\\x0db\\x09c\\x00d\\x7f"),
    ("\x9b31m", "\\x9b31m"),
    ("txt.\u202egnp", "txt.\\u202egnp"),
    ("a\u200bb\u2060c\ufeff", "a\\u200bb\\u2060c\\ufeff"),
    ("line\u2028end\u2029", "line\\u2028end\\u2029"),
    ("tag\U000e0041", "tag\\U000e0041"),
    ("private\ue000", "private\\ue000"),
    ("lone\ud800", "lone\\ud800"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "shown"), CASES)
def test_what_can_not_be_seen_is_shown_as_its_code_point(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(st.text())
def test_nothing_hidden_is_left_and_nothing_visible_is_changed(text: str) -> None:
    shown = escaped(text)
    assert not {unicodedata.category(each) for each in shown if each != "\n"} & {
        "Cc",
        "Cf",
        "Co",
        "Cs",
        "Cn",
        "Zl",
        "Zp",
    }
    assert escaped(shown) == shown
    shown.encode()  # it can be printed
    visible = [each for each in text if each == "\n" or each.isprintable()]
    rest = iter(shown)
    assert all(each in rest for each in visible)
