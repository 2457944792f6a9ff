"""Templates to files: what is rendered, what is left out, and how a mistake in a template is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.errors import InstallError, SkillctlError
from skillctl.scaffold.render import complete_values, open_questions, render
from skillctl.scaffold.template import Template, Value, template_from_files

GIVEN: dict[str, Value] = {"name": "@acme/tools", "skill": "tools", "title": "Tools", "version": "0.1.0"}


def template(files: dict[str, str], **scaffold: Any) -> Template:
    content = {path: text.encode() for path, text in files.items()}
    if scaffold:
        content["scaffold.json"] = json.dumps(scaffold).encode()
    return template_from_files(content, place="template")


def rendered(template: Template, **values: Value) -> dict[str, str]:
    files = render(template, complete_values(template, {**GIVEN, **values}))
    return {path: data.decode() for path, data in files.items()}


def codes(error: SkillctlError) -> list[str]:
    return [problem.code for problem in error.problems]


def test_only_files_with_the_ending_are_rendered() -> None:
    files = {"a.md.jinja": "{{ title }} & <{{ skill }}>\n", "b.md": "{{ title }}\n"}
    assert rendered(template(files)) == {"a.md": "Tools & <tools>\n", "b.md": "{{ title }}\n"}


def test_bytes_that_are_no_template_are_copied_as_they_are() -> None:
    made = template_from_files({"logo.png": b"\x89PNG\r\n\xff"}, place="t")
    assert render(made, complete_values(made, GIVEN)) == {"logo.png": b"\x89PNG\r\n\xff"}


def test_variables_stand_in_paths_and_what_is_none_stays() -> None:
    files = {"skills/__skill__/__init__.py": "", "__skill__-__version__.txt": "", "__other__/x": ""}
    assert set(rendered(template(files))) == {"skills/tools/__init__.py", "tools-0.1.0.txt", "__other__/x"}


def test_the_scaffold_file_is_no_part_of_the_pack() -> None:
    assert set(rendered(template({"a": ""}, description="a template"))) == {"a"}


@pytest.mark.parametrize(("docker", "paths"), [(True, {"Dockerfile", "deploy/x", "a"}), (False, {"a"}), ("no", {"a"})])
def test_files_and_directories_are_left_out_unless_wanted(docker: Value, paths: set[str]) -> None:
    made = template(
        {"Dockerfile.jinja": "", "deploy/x": "", "a": ""},
        variables={"docker": {"type": "boolean", "default": False}},
        only_if={"Dockerfile.jinja": "docker", "deploy/": "docker"},
    )
    assert set(rendered(made, docker=docker)) == paths


def test_a_default_may_use_what_comes_before_it() -> None:
    made = template(
        {"a.jinja": "{{ table }}"},
        variables={"database": {"default": "{{ skill }}_db"}, "table": {"default": "{{ database }}.main"}},
    )
    assert rendered(made)["a"] == "tools_db.main"
    assert rendered(made, database="x")["a"] == "x.main"


def test_description_and_author_are_there_without_being_declared() -> None:
    made = template({"a.jinja": "{{ description }}|{{ author }}"})
    assert rendered(made)["a"] == "Tools|"
    assert rendered(made, description="d", author="me")["a"] == "d|me"


def test_everything_that_has_to_be_given_is_asked_for_at_once() -> None:
    made = template(
        {"a": ""},
        variables={
            "one": {"question": "Which one?"},
            "two": {"description": "the second"},
            "c": {"default": "{{ one }}"},
        },
    )
    with pytest.raises(InstallError) as caught:
        rendered(made, three="x")
    assert codes(caught.value) == ["E426", "E425", "E425"]
    assert caught.value.problems[1].evidence["question"] == "Which one?"


def test_a_boolean_takes_yes_and_no_and_nothing_else() -> None:
    made = template({"a.jinja": "{{ b }}"}, variables={"b": {"type": "boolean"}})
    assert rendered(made, b="yes")["a"] == "True"
    assert rendered(made, b="off")["a"] == "False"
    with pytest.raises(InstallError) as caught:
        rendered(made, b="maybe")
    assert codes(caught.value) == ["E441"]


def test_questions_are_those_that_nothing_answers() -> None:
    made = template(
        {"a": ""},
        variables={
            "author": {"question": "Who?", "default": ""},
            "database": {"question": "Which?", "default": "{{ skill }}_db"},
            "silent": {"default": "x"},
            "needed": {"question": "What?"},
        },
    )
    asked = [(each.variable, each.text, each.default) for each in open_questions(made, {**GIVEN, "author": "me"})]
    assert asked == [("database", "Which?", "tools_db"), ("needed", "What?", None)]


MISTAKES = [
    ("one\n{% if %}\n", "E423", 2),
    ("one\n\n{{ nothing }}\n", "E424", 3),
    ("{{ title.nothing }}", "E424", 1),
    ("{% include 'other' %}", "E423", 1),
    ("{{ 1 / 0 }}", "E423", 1),
    ("\n{{ range(10000000) | list }}", "E423", 2),
    ("{{ ''.__class__.__mro__ }}", "E423", 1),
    ("{{ title.format.__globals__ }}", "E423", 1),
    ("{% set x = [] %}{{ x.append(1) }}", "E423", 1),
]


@pytest.mark.parametrize(("text", "code", "line"), MISTAKES)
def test_a_mistake_in_a_template_is_told_with_file_and_line(text: str, code: str, line: int) -> None:
    with pytest.raises(InstallError) as caught:
        rendered(template({"docs/a.md.jinja": text}))
    place = caught.value.problems[0].place
    assert codes(caught.value) == [code]
    assert place is not None
    assert (place.file, place.line) == ("docs/a.md.jinja", line)


def test_a_path_that_no_pack_may_have_is_refused() -> None:
    made = template({"x/__target__": "", "ok": ""}, variables={"target": {}})
    for target in ("../../etc/passwd", "", "con", "a\\b"):
        with pytest.raises(InstallError) as caught:
            rendered(made, target=target)
        assert codes(caught.value) == ["E427"]


@pytest.mark.parametrize("files", [{"a.jinja": "", "a": ""}, {"A": "", "a": ""}, {"a/b": "", "A.jinja": ""}])
def test_two_files_of_one_path_are_refused(files: dict[str, str]) -> None:
    with pytest.raises(InstallError) as caught:
        rendered(template(files))
    assert codes(caught.value) == ["E427"]


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"variable": {}}, "E147"),
    ({"format": "2.0"}, "E148"),
    ({"variables": {"name": {}}}, "E146"),
    ({"variables": {"a b": {}}}, "E146"),
    ({"variables": {"a": {"type": "number"}}}, "E146"),
    ({"variables": {"a": {"type": "boolean", "default": "yes"}}}, "E146"),
    ({"variables": {"a": {"default": 1}}}, "E146"),
    ({"variables": {"a": {"choices": []}}}, "E147"),
    ({"variables": {"a": {}}, "only_if": {"missing": "a"}}, "E146"),
    ({"only_if": {"file": "a"}}, "E146"),
]


@pytest.mark.parametrize(("scaffold", "code"), BROKEN, ids=[json.dumps(each[0]) for each in BROKEN])
def test_a_scaffold_file_that_breaks_a_rule_is_refused(scaffold: dict[str, Any], code: str) -> None:
    with pytest.raises(SkillctlError) as caught:
        template({"file": ""}, **scaffold)
    assert codes(caught.value) == [code]
    assert caught.value.problems[0].place is not None
    assert caught.value.problems[0].place.file == "template/scaffold.json"


@given(st.text(max_size=40))
def test_any_text_written_as_json_is_read_back(text: str) -> None:
    made = template({"a.jinja": "{{ description | json }}"})
    if text.isprintable():  # lone surrogates can't be written at all
        assert json.loads(rendered(made, description=text)["a"]) == text


def test_the_same_input_gives_the_same_bytes() -> None:
    made = template({"b.jinja": "{{ title }}", "a": "x"})
    assert rendered(made) == rendered(made)
    assert list(rendered(made)) == ["a", "b"]
