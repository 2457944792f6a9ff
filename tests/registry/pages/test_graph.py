"""The drawing of what a pack needs."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl_registry.pages.graph import HIGH, WIDE, Drawing, draw

Graph = dict[str, dict[str, str]]


def drawn(graph: Graph, root: str = "a") -> Drawing | None:
    return draw(root, "1.0.0", lambda name, _: graph.get(name, {}))


def test_a_pack_that_needs_nothing_has_no_drawing() -> None:
    assert drawn({}) is None


def test_what_is_needed_stands_to_the_right_of_all_that_need_it() -> None:
    found = drawn({"a": {"b": "1.0.0", "c": "1.0.0"}, "b": {"c": "1.0.0"}})
    assert found is not None
    x = {box.name: box.x for box in found.boxes}
    assert x["a"] < x["b"] < x["c"]
    assert set(found.arrows) == {("a", "b"), ("a", "c"), ("b", "c")}


def test_what_is_not_there_is_shown_as_such_and_not_followed() -> None:
    found = drawn({"a": {"gone": ""}, "gone": {"b": "1.0.0"}})
    assert found is not None
    assert [(box.name, box.state) for box in found.boxes] == [("a", "root"), ("gone", "missing")]


def test_what_is_beyond_its_bounds_is_counted() -> None:
    found = drawn({"a": {f"p{number:03}": "1.0.0" for number in range(100)}})
    assert found is not None
    assert len(found.boxes) + found.left_out == 101
    assert found.left_out > 0


def test_a_long_name_does_not_leave_its_box() -> None:
    found = drawn({"a": {"a-very-long-name-for-a-pack-indeed": "1.0.0"}})
    assert found is not None
    assert found.boxes[1].label.endswith("…")


_NAMES = st.sampled_from("abcdefgh")


@given(st.dictionaries(_NAMES, st.dictionaries(_NAMES, st.sampled_from(["1.0.0", ""]), max_size=4)))
@settings(max_examples=80)
def test_boxes_never_meet_and_stay_inside_whatever_needs_whatever(graph: Graph) -> None:
    found = drawn(graph)
    if found is None:
        return
    for box in found.boxes:
        assert 0 <= box.x <= found.width - WIDE
        assert 0 <= box.y <= found.height - HIGH
    for one, other in combinations(found.boxes, 2):
        assert abs(one.x - other.x) >= WIDE or abs(one.y - other.y) >= HIGH
    x = {box.name: box.x for box in found.boxes}
    assert all(x[one] < x[other] for one, other in found.arrows)
    assert len(found.lines) == len(found.arrows)
