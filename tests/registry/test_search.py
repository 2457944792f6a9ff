"""Search: every word must be said, the plainest comes first, and a hundred thousand packs are no hindrance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.versions import Version
from skillctl_registry.catalog import CatalogEntry
from skillctl_registry.search import SearchIndex


def entry(name: str, description: str = "", deprecated: str = "", **tags: tuple[str, ...]) -> CatalogEntry:
    return CatalogEntry(
        name=name,
        latest=Version(1, 0, 0),
        description=description,
        keywords=tags.get("keywords", ()),
        capabilities=tags.get("capabilities", ()),
        skills=tags.get("skills", ()),
        deprecated=deprecated,
    )


def found(entries: list[CatalogEntry], *words: str, limit: int = 0) -> list[str]:
    entries = sorted(entries, key=lambda each: each.name)
    hits = SearchIndex(entries).search(words, limit=limit)
    return [entries[place].name for place in hits.places]


PACKS = [
    entry("raster"),
    entry("raster-tools"),
    entry("my-raster"),
    entry("@acme/raster"),
    entry("by-keyword", keywords=("raster",)),
    entry("by-command", skills=("raster",)),
    entry("superraster"),
    entry("by-part", capabilities=("raster-analysis",)),
    entry("by-text", "Works on Raster data"),
    entry("nothing", "of the kind"),
]


def test_the_plainest_comes_first() -> None:
    assert found(PACKS, "raster") == [
        "raster",
        "raster-tools",
        "@acme/raster",
        "my-raster",
        "by-command",
        "by-keyword",
        "superraster",
        "by-part",
        "by-text",
    ]


def test_letter_case_means_nothing() -> None:
    assert found(PACKS, "RASTER") == found(PACKS, "raster")


def test_every_word_must_be_said_somewhere() -> None:
    assert found(PACKS, "raster", "tools") == ["raster-tools"]
    assert found(PACKS, "raster data") == ["by-text"]
    assert found(PACKS, "raster", "unheard-of") == []


def test_words_that_together_are_the_name_are_the_name() -> None:
    packs = [entry("raster-tools"), entry("raster", "tools"), entry("tools", keywords=("raster",))]
    assert found(packs, "raster", "tools")[0] == "raster-tools"


def test_without_words_there_is_everything_by_name() -> None:
    assert found(PACKS) == sorted(each.name for each in PACKS) == found(PACKS, " ")


def test_the_signs_that_keep_fields_apart_are_found_nowhere() -> None:
    assert found(PACKS, "\x01") == found(PACKS)
    assert found([entry("ab", keywords=("cd",))], "ab\x02cd") == []


WORDS = st.sampled_from(["a", "b", "ab", "ba", "abb"])
ENTRIES = st.lists(
    st.builds(
        entry,
        st.lists(WORDS, min_size=1, max_size=3).map("-".join),
        st.lists(WORDS, max_size=3).map(" ".join),
        keywords=st.lists(WORDS, max_size=2).map(tuple),
    ),
    max_size=12,
    unique_by=lambda each: each.name,
)


@given(ENTRIES, st.lists(WORDS, max_size=3), st.integers(1, 5))
def test_a_limit_gives_the_beginning_of_everything(entries: list[CatalogEntry], words: list[str], limit: int) -> None:
    assert found(entries, *words, limit=limit) == found(entries, *words)[:limit]


@given(ENTRIES, st.lists(WORDS, min_size=1, max_size=3))
def test_exactly_the_packs_that_say_all_the_words_are_found(entries: list[CatalogEntry], words: list[str]) -> None:
    said = {
        each.name
        for each in entries
        if all(any(word in text for text in (each.name, each.description, *each.keywords)) for word in words)
    }
    assert set(found(entries, *words)) == said


@given(ENTRIES, WORDS)
def test_the_pack_of_that_name_is_first(entries: list[CatalogEntry], word: str) -> None:
    assert word not in [each.name for each in entries] or found(entries, word, limit=1) == [word]


@pytest.mark.parametrize("limit", [1, 20])
def test_the_total_counts_what_the_limit_leaves_out(limit: int) -> None:
    entries = [entry(f"pack-{number:03}") for number in range(100)]
    assert SearchIndex(entries).search(["pack"], limit=limit).total == 100


def test_what_is_deprecated_stands_behind_the_others_of_its_rank() -> None:
    packs = [entry("raster-a", deprecated="use raster-b"), entry("raster-b"), entry("my-raster")]
    assert found(packs, "raster") == ["raster-b", "raster-a", "my-raster"]
    assert found(packs, "raster", limit=1) == ["raster-b"]
