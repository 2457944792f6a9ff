"""The strict door of plans, and what is mended before it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.errors import ExecutionError, SkillctlError
from skillctl.core.paths import path_problem
from skillctl.formats.schema import schema_problems
from skillctl_runtime.plan import Check, Ready
from skillctl_runtime.plan_door import Parsed, parse_plan
from skillctl_runtime.slug import is_plain, slug

CLASSIC: dict[str, Any] = {
    "name": "Hello World",
    "files": [{"filename": "main.py", "code": "print('hi')\n"}],
    "run": "python main.py",
}


def rules(parsed: Parsed) -> list[str]:
    return [each.rule for each in parsed.repairs]


def test_the_classic_form_is_valid_as_it_stands() -> None:
    parsed = parse_plan(json.dumps(CLASSIC))
    assert (parsed.repairs, parsed.problems) == ((), ())
    assert parsed.plan.name == "Hello World"
    assert [(each.path, each.data) for each in parsed.plan.files] == [("main.py", b"print('hi')\n")]
    assert parsed.plan.run == ("python main.py",)


def test_the_extended_form_is_read_whole() -> None:
    value: dict[str, Any] = {
        **CLASSIC,
        "stack": "python",
        "dependencies": {"packages": ["fastapi"], "manager": "uv", "runtime_version": "3.11"},
        "ready": {"http": "/health", "status": 200, "timeout": 5},
        "checks": [{"type": "stdout", "contains": "hi"}],
        "timeouts": {"run": 3},
        "limits": {"memory_mb": 256},
        "network": {"allow": ["example.test"]},
    }
    plan = parse_plan(value).plan
    assert plan.stack == "python"
    assert plan.dependencies.packages == ("fastapi",)
    assert plan.ready == Ready(http="/health", status=200, timeout=5.0)
    assert plan.checks == (Check(kind="stdout", contains=("hi",)),)
    assert (plan.timeouts.run, plan.limits.memory_mb, plan.network, plan.allow) == (
        3.0,
        256,
        "registries",
        ("example.test",),
    )


def test_unknown_keys_warn_with_their_place() -> None:
    parsed = parse_plan({**CLASSIC, "mood": "sunny", "ready": {"prot": 1}})
    assert sorted(each.evidence["key"] for each in parsed.problems) == ["$.mood", "$.ready.prot"]  # type: ignore[type-var]
    assert {each.code for each in parsed.problems} == {"W500"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"```json\n{json.dumps(CLASSIC)}\n```", "code-fence"),
        ("\ufeff" + json.dumps(CLASSIC), "byte-order-mark"),
        ('{"files": [{"filename": "a", "code": ",]"},],}', "trailing-comma"),
        ('{"files": [{"path": "a", "content": ""}]}', "other-words"),
        ('{"files": {"a": "x"}}', "files-as-object"),
        ('{"files": {"a": {"content": "x"}}}', "files-as-object"),
        ('{"files": [{"filename": "a", "code": ""}], "dependencies": ["x"]}', "dependencies-as-list"),
        ('{"files": [{"filename": "a", "code": ""}], "run": ["python", "a"]}', "words-as-command"),
        ('{"files": [{"filename": "a", "code": ""}], "env": {"PORT": 80}}', "numbers-as-texts"),
        ('{"files": [{"filename": "a", "code": ""}], "ports": 80}', "one-port"),
        ('{"files": [{"filename": "./a", "code": ""}]}', "dot-slash"),
        ('{"files": [{"filename": "a.py", "code": "\\ufeffx"}]}', "byte-order-mark"),
        ('{"files": [{"filename": "a.py", "code": "```python\\nx\\n```"}]}', "code-fence"),
        ('{"files": [{"filename": "a.sh", "code": "ls\\r\\n"}]}', "line-ends"),
        ('{"files": [{"filename": "Makefile", "code": "a:\\r\\n\\tls\\r\\n"}]}', "line-ends"),
    ],
)
def test_what_models_get_wrong_is_mended_and_told(text: str, rule: str) -> None:
    parsed = parse_plan(text)
    assert rule in rules(parsed)
    assert all(each.what for each in parsed.repairs)


def test_a_comma_in_a_string_is_no_trailing_comma() -> None:
    parsed = parse_plan('{"files": [{"filename": "a", "code": "[1,]"},]}')
    assert parsed.plan.files[0].data == b"[1,]"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "```sh\nls\n```"),
        ("a.py", "x = '''\n```py\n```\n'''"),
        ("two.py", "```python\na\n```\n```python\nb\n```"),
        ("win.bat", "echo\r\n"),
        ("data.csv", "\ufeffa,b"),
    ],
)
def test_what_may_be_meant_so_stays(name: str, text: str) -> None:
    parsed = parse_plan({"files": [{"filename": name, "code": text}]})
    assert parsed.plan.files[0].data == text.encode()
    assert parsed.repairs == ()


def test_bytes_stay_as_they_are() -> None:
    data = b"\xef\xbb\xbf#!/bin/sh\r\n"
    entry = {"filename": "a.sh", "content_base64": base64.b64encode(data).decode()}
    assert parse_plan({"files": [entry]}).plan.files[0].data == data


def test_a_list_of_several_commands_stays_a_list() -> None:
    plan = parse_plan({"files": {"a": ""}, "run": ["npm ci", "npm start"]}).plan
    assert plan.run == ("npm ci", "npm start")


def test_all_problems_of_the_form_come_together() -> None:
    with pytest.raises(ExecutionError) as caught:
        parse_plan({"files": [{"code": 1}], "stack": "cobol", "ports": ["x"]}, where="p.json")
    assert {(each.code, each.place.path if each.place else "") for each in caught.value.problems} == {
        ("E501", "$.files[0].filename"),
        ("E501", "$.files[0].code"),
        ("E501", "$.stack"),
        ("E501", "$.ports[0]"),
    }


@pytest.mark.parametrize("text", ["", "nonsense", "[1", '{"files": [}', "\x00"])
def test_what_is_no_json_is_refused_with_a_place(text: str) -> None:
    with pytest.raises(SkillctlError) as caught:
        parse_plan(text, where="p.json")
    assert caught.value.problems[0].place is not None


def test_a_pattern_that_is_none_is_refused_before_anything_is_made() -> None:
    with pytest.raises(ExecutionError) as caught:
        parse_plan({**CLASSIC, "checks": [{"type": "stdout", "regex": "(a"}, {"type": "stdout", "regex": "(a)"}]})
    assert [(each.code, each.evidence["key"]) for each in caught.value.problems] == [("E501", "$.checks[0].regex")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 70000) | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_SOME_KEYS = st.sampled_from(
    [
        *("version", "name", "stack", "delete", "dependencies", "run", "args", "cwd", "env", "secrets", "stdin"),
        *("ports", "ready", "checks", "timeouts", "limits", "network"),
    ]
)


@settings(max_examples=150)
@given(st.dictionaries(_SOME_KEYS, JSON, max_size=3))
def test_any_value_is_read_or_refused_and_what_is_read_fits_the_schema(members: dict[str, Any]) -> None:
    plan = {"files": [{"filename": "a", "code": ""}], **members}
    parsed, codes = read_or_refused(plan)
    assert codes <= {"E501", "E511"}
    if parsed is not None and not parsed.repairs and not parsed.problems:
        assert schema_problems("plan", plan) == []


def read_or_refused(plan: dict[str, Any]) -> tuple[Parsed | None, set[str]]:
    try:
        return parse_plan(plan), set()
    except ExecutionError as error:
        return None, {each.code for each in error.problems}


@settings(max_examples=150)
@given(st.dictionaries(_SOME_KEYS, JSON, max_size=3))
def test_what_fits_the_schema_is_read(members: dict[str, Any]) -> None:
    plan = {"files": [{"filename": "a", "code": ""}], **members}
    if schema_problems("plan", plan) == []:
        parse_plan(plan)


@given(st.text(max_size=80))
def test_any_name_gives_a_directory_that_every_system_takes(name: str) -> None:
    made = slug(name)
    assert path_problem(made) is None
    assert "/" not in made
    assert slug(made) == made


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Hello World", "hello-world"),
        ("Café: Zürich!", "cafe-zurich"),
        ("../../etc", "etc"),
        ("con", "project-con"),
        ("", "project"),
        ("日本", "project-cf2abf0c"),
        ("...", "project-ab5df625"),
        ("a..b", "a-b"),
        ("v1.2_final", "v1.2_final"),
    ],
)
def test_names_become_slugs(name: str, made: str) -> None:
    assert slug(name) == made


def test_names_in_other_letters_keep_apart() -> None:
    assert slug("日本") != slug("中国")


def test_a_directory_that_is_called_otherwise_is_told() -> None:
    assert is_plain("Hello World")
    assert not is_plain("Café")
    assert "directory-name" in rules(parse_plan({**CLASSIC, "name": "Café: Zürich"}))
    assert rules(parse_plan(CLASSIC)) == []
