"""What was worked out is kept for as long as there is room."""

from __future__ import annotations

from skillctl_registry.server.kept import Kept


def test_what_is_kept_is_not_made_again() -> None:
    kept: Kept[str] = Kept(10, len)
    assert kept.of("a", lambda: "one") == "one"
    assert kept.of("a", lambda: "other") == "one"


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    kept: Kept[str] = Kept(6, len)
    for key in ("a", "b", "a", "c"):
        kept.of(key, lambda key=key: key * 3)  # type: ignore[misc]
    assert kept.of("a", lambda: "new") == "aaa"
    assert kept.of("b", lambda: "new") == "new"


def test_what_is_larger_than_all_room_is_made_each_time() -> None:
    kept: Kept[str] = Kept(2, len)
    assert kept.of("a", lambda: "long") == "long"
    assert kept.of("a", lambda: "longer") == "longer"


def test_what_is_too_large_drives_nothing_else_out() -> None:
    kept: Kept[str] = Kept(4, len)
    for key, made in (("a", "one"), ("b", "longer")):
        kept.of(key, lambda made=made: made)  # type: ignore[misc]
    assert kept.of("a", lambda: "new") == "one"
