from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skillctl.core import paths as rules
from skillctl.core.diagnostics import Place
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS
from skillctl.core.paths import (
    Collision,
    check_paths,
    find_collision,
    find_collisions,
    folded,
    path_problem,
)
from skillctl.core.unicode14 import HIDDEN, UNASSIGNED, UNICODE_VERSION, is_assigned, is_hidden
from skillctl.core.wording import worded

_TESTS = Path(__file__).parent.parent
VECTORS: dict[str, Any] = json.loads((_TESTS / "vectors" / "paths.json").read_text("utf-8"))

_ODD = './\\:*?"<>|~ $#\0\nnulNULcomCOM1¹aA\u00e9e\u0301\u200b\ufe0f\U0001fae8ßſ\ud800'
_TEXTS = st.text(st.sampled_from(_ODD), max_size=14) | st.text(max_size=20)


@pytest.mark.parametrize("path", VECTORS["accepted"])
def test_a_portable_path_is_accepted_unchanged(path: str) -> None:
    assert path_problem(path) is None
    check_paths([path], pack="p")


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: ascii(case["path"]))
def test_another_path_is_refused_by_the_rule(case: dict[str, str]) -> None:
    assert path_problem(case["path"]) == case["rule"]


@given(_TEXTS)
@settings(max_examples=400)
@example("con")
@example("CON.x/a")
@example("a/nul .b")
@example("a/")
@example("console")
@example("a.\n")
@example("a\n")
def test_the_quick_way_accepts_only_what_the_rules_accept(text: str) -> None:
    slow = rules._character_problem(text, LIMITS) or rules._part_problem(text, LIMITS)
    assert path_problem(text) == slow
    if slow is None and text.isascii():
        assert rules._PLAIN_PATH.match(text), "correct, but not quick"


@given(_TEXTS)
@settings(max_examples=200)
def test_an_accepted_path_stays_below_its_directory(text: str) -> None:
    if path_problem(text) is not None:
        return
    assert text.encode().decode() == text
    assert unicodedata.normalize("NFC", text) == text
    assert not {"", ".", ".."} & set(text.split("/"))
    assert not set("\\:\0\n") & set(text)


def test_limits_count_bytes_and_parts() -> None:
    limits = replace(LIMITS, path_bytes=4, path_depth=2)
    assert path_problem("éé", limits) is None
    assert path_problem("ééa", limits) == "too-long"
    assert path_problem("abcde", limits) == "too-long"
    assert path_problem("a/b", limits) is None
    assert path_problem("a/b/c", replace(limits, path_bytes=9)) == "too-deep"


def test_a_refusal_carries_the_path_the_rule_and_the_place() -> None:
    with pytest.raises(RegistryError) as caught:
        check_paths(["../x"], pack="p")
    (problem,) = caught.value.problems
    assert (problem.code, problem.evidence) == ("E200", {"path": "../x", "rule": "parent-part"})
    assert problem.place == Place(file="p", path="../x")


@pytest.mark.parametrize("path", ["a\nb", "a\u202eb", "a\x1b[2Jb", "a\ud800b", "a\u2028b"])
def test_a_refused_path_is_told_in_one_visible_line(path: str) -> None:
    with pytest.raises(RegistryError) as caught:
        check_paths([path], pack="p")
    title = worded(caught.value.problems[0]).title
    assert title.isprintable()
    assert "\\" in title


def test_all_problems_of_a_tree_are_told_together() -> None:
    with pytest.raises(RegistryError) as caught:
        check_paths(["a:b", "fine", "c."], pack="p")
    assert [each.evidence["rule"] for each in caught.value.problems] == ["colon", "trailing-dot-or-space"]
    with pytest.raises(RegistryError) as caught:
        check_paths(["A", "a", "b", "b/c"], pack="p")
    assert [each.code for each in caught.value.problems] == ["E206", "E206"]
    check_paths(["a", "b/c", "b/d"], pack="p")


@pytest.mark.parametrize("case", VECTORS["collisions"], ids=lambda case: ascii(case["paths"]))
def test_paths_collide_in_either_order(case: dict[str, Any]) -> None:
    first = find_collision(case["paths"])
    assert first is not None
    assert first.rule == case["rule"]
    turned = find_collision(reversed(case["paths"]))
    assert turned is not None
    assert turned.rule == case["rule"]


def test_a_collision_names_both_paths() -> None:
    assert find_collision(["x", "A/b", "a/c"]) == Collision("a", "A", "same-when-folded")
    assert find_collision(["x", "a/b", "A"]) == Collision("A", "a", "file-and-directory")


def test_every_collision_is_found() -> None:
    assert [each.path for each in find_collisions(["a", "A", "b", "b/c", "d/e", "D/f"])] == ["A", "b/c", "D"]


def test_paths_that_only_share_a_beginning_do_not_collide() -> None:
    assert find_collisions(["a", "a.md", "ab/c", "ab/d", "ab/e/f", "abc", "b/a", "b/ab"]) == []


def _collide_by_definition(paths: list[str]) -> bool:
    """Slow and plain: on a disk that folds, is each path one file, and each directory above it spelled one way?"""
    spellings: dict[str, set[str]] = {}
    kinds: dict[str, list[str]] = {}
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            piece = "/".join(parts[:depth])
            spellings.setdefault(folded(piece), set()).add(piece)
            kind = "file" if depth == len(parts) else "directory"
            kinds.setdefault(folded(piece), []).append(kind)
    return any(len(each) > 1 for each in spellings.values()) or any(
        each.count("file") > 1 or len(set(each)) > 1 for each in kinds.values()
    )


@given(
    st.lists(st.lists(st.sampled_from(["a", "A", "b", "ß", "ss"]), min_size=1, max_size=3).map("/".join), max_size=5)
)
@settings(max_examples=300)
def test_collisions_are_what_the_definition_says(paths: list[str]) -> None:
    assert (find_collision(paths) is not None) == _collide_by_definition(paths)


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="this Python has another Unicode than the tables")
def test_the_tables_are_those_of_unicode_14() -> None:
    assert UNICODE_VERSION == "14.0"
    hidden_categories = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"}
    for number in range(0x80, 0x110000):
        category = unicodedata.category(chr(number))
        assert is_assigned(chr(number)) == (category != "Cn"), hex(number)
        if category in hidden_categories:
            assert is_hidden(chr(number)), hex(number)


def test_the_tables_are_sorted_and_apart() -> None:
    spans = []
    for table in (HIDDEN, UNASSIGNED):
        pairs = [item.partition("-") for item in table.split()]
        table_spans = [(int(first, 16), int(last or first, 16)) for first, _, last in pairs]
        assert table_spans == sorted(table_spans)
        spans += table_spans
    spans.sort()
    assert all(first[1] < second[0] for first, second in pairwise(spans))


def test_what_later_unicode_assigns_is_newer_on_every_python() -> None:
    assert path_problem("\U0001fae8") == "newer-character"
    assert path_problem("\ua7dc") == "newer-character"
