"""The Python stack without any tool: cases as data, then the ladders, and what tools say when they fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skillctl.core.errors import ExecutionError
from skillctl_runtime.stacks.python import STACK
from tests.runtime.stacks.script_world import cases, check, python


@pytest.mark.parametrize("case", cases("python_cases.json"))
def test_a_project_in_python_becomes_what_its_case_says(case: dict[str, Any]) -> None:
    more = {key: case[key] for key in ("tools", "pythons", "run", "manager") if key in case}
    made = dict.fromkeys(case.get("made", ()), b"")
    check(case, python(case["files"], packages=tuple(case.get("packages", ())), made=made, **more))


POETRY = "[tool.poetry]\nname = 'a'\n[tool.poetry.dependencies]\npython = '^3.9'\nsix = '^1.16'\nidna = '~3.4'\n"


def test_repairs_come_to_an_end() -> None:
    project = python({"app.py": "import yaml\nfrom flask import Flask\napp = Flask(__name__)\n", "reqs.txt": "json\n"})
    first = project.repaired()
    assert STACK.repaired(project.site(first.plan)).plan == first.plan


def test_a_lock_that_a_tool_wrote_changes_no_command() -> None:
    project = python({"pyproject.toml": POETRY, "main.py": ""}, tools=("uv", "poetry"))
    before = [each.argv for each in project.worked()[0]]
    project.made = {"poetry.lock": b"[[package]]\n", "uv.lock": b""}
    assert [each.argv for each in project.worked()[0]] == before


def test_a_stale_lock_of_uv_is_no_end() -> None:
    project = python({"pyproject.toml": "[project]\nname = 'a'\n", "uv.lock": "", "main.py": ""})
    steps, _ = project.worked({"install": (2, "the lockfile needs to be updated")})
    assert [each.id for each in steps] == ["environment", "install", "install-again"]
    assert "--locked" not in steps[-1].argv
    assert not steps[-1].may_fail


def test_a_project_that_can_not_be_built_has_its_dependencies_all_the_same() -> None:
    toml = "[project]\nname = 'a'\ndependencies = ['six']\n[project.scripts]\na = 'a:main'\n"
    steps, start = python({"pyproject.toml": toml, "main.py": ""}).worked({"install": (1, "no such package")})
    assert [each.id for each in steps] == ["environment", "install", "install-dependencies"]
    assert steps[-1].argv[-2:] == ("-r", "pyproject.toml")
    assert start is not None
    assert start.argv == (".venv/bin/python", "main.py")


@pytest.mark.parametrize(
    "said",
    [
        "requests.exceptions.JSONDecodeError: no",
        "Expecting value: line 1 column 1",
        "…\nPackage six (1.16.0) not found.",
    ],
)
def test_an_index_that_poetry_can_not_read_is_read_by_the_others(said: str) -> None:
    project = python({"pyproject.toml": POETRY, "main.py": ""}, tools=("uv", "poetry"))
    steps, _ = project.worked({"install": (1, said)})
    assert [each.id for each in steps] == ["environment", "install", "install-without-poetry"]
    assert steps[-1].argv[-2:] == ("six>=1.16,<2", "idna>=3.4,<3.5")


def test_what_poetry_locked_is_what_the_others_install() -> None:
    lock = "[[package]]\nname = 'six'\nversion = '1.16.0'\ngroups = ['main']\n[[package]]\nname = 'x'\nversion = '1'\n"
    lock += "groups = ['dev']\n"
    project = python({"pyproject.toml": POETRY, "poetry.lock": lock, "main.py": ""}, tools=("uv", "poetry"))
    steps, _ = project.worked({"install": (1, "JSONDecodeError")})
    assert steps[-1].id == "install-without-poetry"
    assert steps[-1].argv[-1] == "six==1.16.0"


def test_an_answer_of_poetry_is_the_end() -> None:
    project = python({"pyproject.toml": POETRY, "main.py": ""}, tools=("uv", "poetry"))
    refused = (1, "Because a depends on six, version solving failed.")
    with pytest.raises(AssertionError, match="install-last failed"):
        project.worked({"install": refused, "install-last": refused})


def test_a_debian_without_ensurepip_still_gets_an_environment() -> None:
    project = python({"requirements.txt": "six\n", "main.py": ""}, tools=())
    steps, _ = project.worked({"environment": (1, "ensurepip is not available")})
    assert [each.id for each in steps] == ["environment", "environment-without-pip", "install"]
    assert steps[-1].argv[:5] == ("/usr/bin/python3.11.7", "-m", "pip", "--python", ".venv/bin/python")


@pytest.mark.parametrize(("file", "tool"), [("poetry.lock", "poetry"), ("pdm.lock", "pdm"), ("uv.lock", "uv")])
def test_a_lock_needs_its_tool(file: str, tool: str) -> None:
    project = python({"pyproject.toml": "[project]\nname = 'a'\n", file: "", "main.py": ""}, tools=())
    assert project.needed() == [(tool,)]


def test_without_any_python_there_is_a_need_for_one() -> None:
    assert python({"main.py": ""}, pythons=()).needed() == [("python3", "python")]


@pytest.mark.parametrize("package", ["--index-url=x", "six @ https://example.org/six.whl", "./six", "six; rm -rf"])
def test_a_package_of_the_plan_is_a_name_with_a_version(package: str) -> None:
    project = python({"main.py": ""}, packages=(package,))
    with pytest.raises(ExecutionError) as caught:
        STACK.needs(project.site())
    assert caught.value.code == "E535"


def test_an_index_that_pip_was_told_is_told_to_uv(tmp_path: Path) -> None:
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    settings = (
        "[global]\nindex-url = https://mirror.example.org/simple\ncert = /ca.pem\n[install]\ntrusted-host = a b\n"
    )
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(settings, encoding="utf-8")
    project = python({"requirements.txt": "six\n", "main.py": ""})
    project.machine.variables = {"HOME": str(tmp_path), "PIP_EXTRA_INDEX_URL": "https://more.example.org/simple"}
    env = project.step("install").env
    assert env["UV_DEFAULT_INDEX"] == env["PDM_PYPI_URL"] == "https://mirror.example.org/simple"
    assert env["UV_INDEX"] == "https://more.example.org/simple"
    assert env["UV_INSECURE_HOST"] == "a b"
    assert env["SSL_CERT_FILE"] == "/ca.pem"


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE"])
def test_what_uv_was_told_itself_counts_alone(name: str) -> None:
    project = python({"requirements.txt": "six\n", "main.py": ""})
    project.machine.variables = {name: "x", "PIP_INDEX_URL": "https://mirror.example.org/simple"}
    assert not {"UV_DEFAULT_INDEX", "PDM_PYPI_URL"} & project.step("install").env.keys()


def test_the_key_of_an_installation_has_interpreter_manager_and_manifests() -> None:
    project = python({"requirements.txt": "six\n", "main.py": ""})
    step = project.step("install")
    assert {each.name for each in step.tools} == {"uv", "python3.11.7"}
    assert "requirements*.txt" in step.inputs
    assert not any(each.endswith(".py") and "*" in each for each in step.inputs)
    assert step.network
    assert not project.step("environment").network


TRACEBACK = (
    "Traceback (most recent call last):\n" + "".join(f"  line {each}\n" for each in range(50)) + "KeyError: 'x'\n"
)


@pytest.mark.parametrize(
    ("output", "first", "last"),
    [
        (
            'noise\n  File "a.py", line 1\n    def (:\n        ^\nSyntaxError: invalid syntax\n',
            'File "a.py"',
            "SyntaxError",
        ),
        ("Resolved\n  × No solution found:\n  ╰─▶ Because six", "× No solution", "Because six"),
        ("Collecting\nERROR: No matching distribution\nWARNING: old pip\n", "ERROR: No", "ERROR: No"),
        (TRACEBACK, "Traceback", "KeyError: 'x'"),
        ("one\ntwo\n", "one", "two"),
    ],
    ids=["syntax", "uv", "pip", "traceback", "anything"],
)
def test_a_failure_is_told_in_the_lines_that_say_what_is_wrong(output: str, first: str, last: str) -> None:
    lines = STACK.complaint(output).splitlines()
    assert first in lines[0]
    assert last in lines[-1]
    assert len(lines) <= 20


@pytest.mark.parametrize(
    ("output", "package"),
    [
        ("ModuleNotFoundError: No module named 'cv2'", "opencv-python"),
        ("ModuleNotFoundError: No module named 'google.cloud.storage'", "google-cloud-storage"),
        ("ModuleNotFoundError: No module named 'nobody_knows_it'", ""),
        ('RuntimeError: Form data requires "python-multipart" to be installed.', "python-multipart"),
        ("ImportError: email-validator is not installed", "email-validator"),
        ("all is well", ""),
    ],
)
def test_a_module_that_was_missing_at_the_run_is_named_by_its_package(output: str, package: str) -> None:
    assert STACK.missing_module(output) == package
