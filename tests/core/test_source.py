"""Origins: what people write on the command line and in the project file, and what is refused there and then."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.errors import ManifestError, UsageError
from skillctl.core.requirements import ANY, Constraint
from skillctl.core.source import (
    REGISTRIES,
    Origin,
    Wanted,
    parse_request,
    wanted_from_json,
    wanted_to_json,
)
from skillctl.formats.json_places import located
from skillctl.formats.json_text import dump_json

DATA = Path(__file__).parents[1] / "data" / "sources"
LINE: dict[str, Any] = json.loads((DATA / "command_line.json").read_bytes())
ENTRIES: dict[str, Any] = json.loads((DATA / "entries.json").read_bytes())
FILE = "skillctl.json"


# The command line


@pytest.mark.parametrize("case", LINE["names"], ids=lambda case: case["text"])
def test_a_name_is_asked_for_in_the_registries(case: dict[str, Any]) -> None:
    request = parse_request(case["text"])
    assert (request.name, request.constrained) == (case["name"], case["constrained"])
    assert request.wanted == Wanted(constraint=Constraint(case["constraint"]), origin=REGISTRIES, skills=None)
    assert request.text == case["text"]


@pytest.mark.parametrize("case", LINE["elsewhere"], ids=lambda case: case["text"])
def test_anything_else_says_where_the_pack_lies(case: dict[str, Any]) -> None:
    request = parse_request(case["text"])
    origin = Origin(
        kind=case["kind"],
        location=case["location"],
        ref=case.get("ref", ""),
        subdirectory=case.get("subdirectory", ""),
        sha256=case.get("sha256", ""),
    )
    constraint = Constraint(case["constraint"]) if "constraint" in case else ANY
    assert request.wanted == Wanted(constraint=constraint, origin=origin)
    assert (request.name, request.pick) == (None, case.get("pick", ""))
    assert request.constrained == ("constraint" in case)


@pytest.mark.parametrize("case", LINE["refused"], ids=lambda case: repr(case["text"]))
def test_what_can_not_be_installed_is_wrong_usage_with_the_reason(case: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_request(case["text"])
    (problem,) = caught.value.problems
    assert problem.code == "E001"
    assert "secret" not in str(caught.value)
    assert problem.evidence["argument"] in (case["text"], re.sub("//[^/]*@", "//…@", case["text"]))
    assert case["reason"] in str(problem.evidence["reason"])
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("case", LINE["elsewhere"], ids=lambda case: case["text"])
def test_what_the_command_line_takes_the_project_file_takes(case: dict[str, Any]) -> None:
    wanted = parse_request(case["text"]).wanted
    assert wanted_from_json("maps", wanted_to_json(wanted), file=FILE) == wanted


@given(st.text(max_size=30) | st.text(st.sampled_from("abC01/@#:.+-~\\ git"), max_size=24))
@settings(max_examples=300)
def test_any_argument_is_wrong_usage_or_something_that_the_project_file_takes(text: str) -> None:
    try:
        request = parse_request(text)
    except UsageError:
        return
    name = request.name or "maps"
    assert wanted_from_json(name, wanted_to_json(request.wanted), file=FILE) == request.wanted


# The project file


@pytest.mark.parametrize("case", ENTRIES["read"], ids=lambda case: json.dumps(case["value"]))
def test_an_entry_is_read_and_written_in_its_shortest_form(case: dict[str, Any]) -> None:
    keys = ("kind", "location", "ref", "subdirectory", "sha256", "editable")
    origin = {key: case[key] for key in keys if key in case}
    skills = tuple(case["skills"]) if "skills" in case else None
    wanted = Wanted(constraint=Constraint(case.get("constraint", "*")), origin=Origin(**origin), skills=skills)
    assert wanted_from_json("maps", case["value"], file=FILE) == wanted
    assert wanted_to_json(wanted) == case.get("written", case["value"])


@pytest.mark.parametrize("case", ENTRIES["refused"], ids=lambda case: case["case"])
def test_every_problem_of_an_entry_is_told_with_its_path(case: dict[str, Any]) -> None:
    with pytest.raises(ManifestError) as caught:
        wanted_from_json(case.get("name", "maps"), case["value"], file=FILE)
    problems = [[each.code, each.place and each.place.path] for each in caught.value.problems]
    assert problems == case["problems"]
    assert {each.place.file for each in caught.value.problems if each.place} == {FILE}
    assert str(caught.value)  # it has words, and the evidence fills them


@pytest.mark.parametrize("case", ENTRIES["refused"], ids=lambda case: case["case"])
def test_the_path_of_a_problem_is_found_in_the_file(case: dict[str, Any]) -> None:
    name = case.get("name", "maps")
    with pytest.raises(ManifestError) as caught:
        wanted_from_json(name, case["value"], file=FILE)
    text = dump_json({"packs": {name: case["value"]}})
    for each in located(caught.value.problems, text):
        assert each.place
        last = re.search(r"\.([\w-]+)$|\[(\".*\")\]$", each.place.path)
        assert last
        assert (last[2] or f'"{last[1]}"') in text.decode().splitlines()[each.place.line - 1]


words = st.text(st.sampled_from("abcxyz0189-_./ "), min_size=1, max_size=12)
hosts = st.from_regex(r"[a-z][a-z0-9.-]{0,8}(/[a-z0-9.-]{1,6}){0,2}", fullmatch=True)
parts = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,5}", fullmatch=True), min_size=1, max_size=3)
names = st.from_regex(r"[a-z][a-z0-9]{1,5}", fullmatch=True)
digests = st.just("sha256:" + "a" * 64)
origins = st.one_of(
    st.just(REGISTRIES),
    st.builds(Origin, kind=st.just("registry"), location=names),
    st.builds(Origin, kind=st.just("path"), location=words, editable=st.booleans()),
    st.builds(Origin, kind=st.just("archive"), location=words, sha256=st.just("") | digests),
    st.builds(
        Origin,
        kind=st.just("git"),
        location=hosts.map("https://{}".format),
        ref=st.just("") | parts.map("/".join),
        subdirectory=st.just("") | parts.map("/".join).filter(lambda path: "con" not in path and "nul" not in path),
    ),
    st.builds(Origin, kind=st.just("site"), location=hosts.map("https://{}".format)),
    st.builds(Origin, kind=st.just("oci"), location=hosts.map("oci://{}".format)),
)
skill_lists = st.none() | st.sets(names.filter(lambda name: name not in ("con", "nul")), min_size=1).map(sorted).map(
    tuple
)
constraints = st.sampled_from(["*", "^1", "~1.2.3", ">=1, <2", "1.x"]).map(Constraint)
wishes = st.builds(Wanted, constraint=constraints, origin=origins, skills=skill_lists)


@given(wishes)
def test_what_is_wanted_reads_back_from_what_is_written(wanted: Wanted) -> None:
    written = wanted_to_json(wanted)
    assert wanted_from_json("maps", written, file=FILE) == wanted
    assert wanted_to_json(wanted_from_json("maps", json.loads(json.dumps(written)), file=FILE)) == written


# Origins as values


def test_an_origin_is_shown_as_where_it_is() -> None:
    assert str(REGISTRIES) == "the registries"
    assert str(Origin(location="acme")) == "acme"
    assert str(Origin(kind="git", location="https://h/x", ref="main")) == "https://h/x#main"
    assert str(Origin(kind="path", location="../x")) == "../x"
