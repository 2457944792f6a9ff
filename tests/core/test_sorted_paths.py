"""The paths in a folder, as a look at every path would find them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.sorted_paths import has_folder, paths_below

PARTS = st.lists(st.text("ab0./-é", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


@given(st.lists(PARTS, max_size=20), st.one_of(st.just(""), PARTS))
def test_the_paths_in_a_folder_are_those_that_begin_with_it(paths: list[str], folder: str) -> None:
    known = sorted(paths)
    expected = [path for path in known if path.startswith(f"{folder}/" if folder else "")]
    assert list(paths_below(known, folder)) == expected
    assert has_folder(known, folder) == bool(expected)
