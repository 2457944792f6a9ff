"""Generations: printed and read they are the same; what is none is refused with a code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.errors import ManifestError
from skillctl.formats.json_text import dump_json, load_json
from skillctl.install.generation import (
    Copied,
    Generation,
    Linked,
    generation_from_json,
    generation_to_json,
    installed_file,
    installed_sha256,
    installed_stamp,
)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
PATHS = TEXTS | st.text(st.characters() | st.characters(categories=["Cs"]), max_size=6) | st.just("bytes:61")
DIGESTS = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
STAMPS = st.builds("{} {}".format, st.integers(0, 2**40), st.integers(-(2**70), 2**70))
COPIES = st.builds(Copied, TEXTS, TEXTS, st.dictionaries(TEXTS, st.builds(installed_file, DIGESTS, STAMPS), max_size=3))
PLACED = COPIES | st.builds(Linked, TEXTS, TEXTS, PATHS)
GENERATIONS = st.builds(
    Generation,
    number=st.integers(0, 10**9),
    command=TEXTS,
    created=TEXTS,
    project=st.none() | TEXTS,
    lock=st.none() | TEXTS,
    replaced=st.tuples(DIGESTS | st.just(""), DIGESTS | st.just("")),
    before=st.none() | st.tuples(*[st.none() | PATHS] * 3),
    restores=st.integers(-1, 99),
    agents=st.dictionaries(TEXTS, PATHS, max_size=2),
    agents_named=st.booleans(),
    fresh=st.booleans(),
    skillctl=TEXTS,
    targets=st.dictionaries(PATHS, st.dictionaries(TEXTS, PLACED, max_size=2), max_size=2),
)


def read(data: bytes) -> Generation:
    return generation_from_json(load_json(data, file="1.json", max_bytes=1 << 20, max_depth=16), file="1.json")


@given(GENERATIONS)
def test_what_is_written_is_read(generation: Generation) -> None:
    data = dump_json(generation_to_json(generation))
    assert read(data) == generation
    assert dump_json(generation_to_json(read(data))) == data


def test_a_directory_that_can_not_have_been_written_so_is_read_as_it_stands() -> None:
    value = {**generation_to_json(Generation(number=3)), "agents": {"codex": "bytes:no"}}
    assert read(json.dumps(value).encode()).agents == {"codex": "bytes:no"}


@given(DIGESTS, STAMPS)
def test_a_recorded_file_gives_its_parts(sha256: str, stamp: str) -> None:
    file = installed_file(sha256, stamp)
    assert (installed_sha256(file), installed_stamp(file)) == (sha256, stamp)


def test_what_a_newer_program_added_is_passed_over() -> None:
    value = {**generation_to_json(Generation(number=3)), "format": "1.7", "mood": "sunny"}
    assert read(json.dumps(value).encode()) == Generation(number=3)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "2.0"}, "E148"),
        ({"number": "1"}, "E146"),
        ({"number": -1}, "E146"),
        ({"lock": 7}, "E146"),
        ({"replaced": ["a", 1]}, "E146"),
        ({"targets": []}, "E146"),
        ({"targets": {"d": {"s": {"pack": "p"}}}}, "E146"),
        ({"targets": {"d": {"s": {"pack": "p", "tree": "t", "files": {"a": 1}}}}}, "E146"),
        ({"agents": ["claude-code"]}, "E146"),
    ],
)
def test_what_is_no_generation_is_refused(change: dict[str, object], code: str) -> None:
    value = {**generation_to_json(Generation(number=1)), **change}
    with pytest.raises(ManifestError) as caught:
        read(json.dumps(value).encode())
    assert caught.value.code == code


@pytest.mark.parametrize("pair", [["a"], ["a", "b", "c"]])
def test_the_texts_that_were_replaced_are_two(pair: list[str]) -> None:
    value = {**generation_to_json(Generation(number=1)), "replaced": pair}
    with pytest.raises(ManifestError):
        read(json.dumps(value).encode())
