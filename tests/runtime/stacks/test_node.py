"""The Node stack without any tool: cases as data, then the ladders, and what tools say when they fail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skillctl.core.errors import ExecutionError
from skillctl_runtime.stacks.node import STACK
from skillctl_runtime.stacks.node_versions import meets
from tests.runtime.stacks.script_world import cases, check, node


@pytest.mark.parametrize("case", cases("node_cases.json"))
def test_a_project_for_node_becomes_what_its_case_says(case: dict[str, Any]) -> None:
    more = {key: case[key] for key in ("tools", "run", "manager") if key in case}
    made = dict.fromkeys(case.get("made", ()), b"")
    check(case, node(case["files"], packages=tuple(case.get("packages", ())), made=made, **more))


LOCKED = {"package.json": '{"dependencies": {"ms": "2"}}', "package-lock.json": "{}", "index.js": ""}


def test_repairs_come_to_an_end() -> None:
    files = {"vite.config.js": "import r from '@vitejs/plugin-react'\n", "src/a.jsx": "import React from 'react'\n"}
    project = node(files)
    first = project.repaired()
    assert STACK.repaired(project.site(first.plan)).plan == first.plan


def test_a_lock_that_a_tool_wrote_changes_no_command() -> None:
    for package in ('{"dependencies": {"ms": "2"}}', '{"packageManager": "yarn@4.5.0", "dependencies": {"ms": "2"}}'):
        project = node({"package.json": package, "index.js": ""})
        before = [each.argv for each in project.worked()[0]]
        project.made = {"package-lock.json": b"{}", "yarn.lock": b"__metadata:\n"}
        assert [each.argv for each in project.worked()[0]] == before


def test_a_lock_that_does_not_fit_any_more_is_no_end() -> None:
    steps, _ = node(LOCKED).worked({"install": (1, "npm error code EUSAGE"), "install-anew": (1, "ERESOLVE")})
    assert [each.id for each in steps] == ["install", "install-anew", "install-with-old-peers"]
    assert [each.argv[1] for each in steps] == ["ci", "install", "install"]
    assert "--legacy-peer-deps" in steps[-1].argv
    assert not steps[-1].may_fail


def test_scripts_of_known_packages_are_run_and_those_of_others_are_told() -> None:
    packages = {f"node_modules/{name}": {"hasInstallScript": True} for name in ("esbuild", "evil", "fsevents")}
    record = json.dumps({"packages": {**packages, "node_modules/ms": {}}}).encode()
    steps, start = node(LOCKED, made={"node_modules/.package-lock.json": record}).worked()
    assert [each.id for each in steps] == ["install", "install-scripts"]
    assert steps[1].argv[1:] == ("rebuild", "esbuild")
    assert start is not None
    assert [(each.rule, "evil" in each.what) for each in start.advice] == [("install-scripts", True)]


def test_the_plan_may_trust_a_package_by_name() -> None:
    record = json.dumps({"packages": {"node_modules/needed": {"hasInstallScript": True}}}).encode()
    package = json.dumps({"dependencies": {"needed": "1"}, "trustedDependencies": ["needed"]})
    project = node({"package.json": package, "index.js": ""}, made={"node_modules/.package-lock.json": record})
    assert project.step("install-scripts").argv[-1] == "needed"


def test_the_projects_own_postinstall_is_run() -> None:
    package = json.dumps({"dependencies": {"ms": "2"}, "scripts": {"postinstall": "node setup.js"}})
    assert node({"package.json": package, "index.js": ""}).step("postinstall").argv[1:] == ("run", "postinstall")


def test_packages_are_linked_where_node_finds_them_unless_the_project_says_otherwise() -> None:
    package = '{"packageManager": "yarn@4.5.0", "dependencies": {"ms": "2"}}'
    assert node({"package.json": package}).step("install").env["YARN_NODE_LINKER"] == "node-modules"
    own = node({"package.json": package, ".yarnrc.yml": "nodeLinker: pnp\n"}).step("install")
    assert "YARN_NODE_LINKER" not in own.env
    assert [each.path for each in own.outputs] == [".pnp.cjs"]


def test_node_and_a_way_to_the_manager_are_needed() -> None:
    package = '{"packageManager": "pnpm@9.0.0"}'
    assert node({"package.json": package, "index.js": ""}, tools=()).needed() == [("node",), ("pnpm", "npx")]
    assert node({"package.json": package, "index.js": ""}).needed() == []


@pytest.mark.parametrize("package", ["--registry=x", "git+https://example.org/a.git", "../a", "a b", "fs"])
def test_a_package_of_the_plan_is_a_name_with_a_range(package: str) -> None:
    project = node({"index.js": ""}, packages=(package,))
    with pytest.raises(ExecutionError) as caught:
        STACK.repaired(project.site())
    assert caught.value.code == "E535"


def test_a_package_json_that_is_none_is_left_to_npm() -> None:
    project = node({"package.json": "{ nothing", "index.js": "require('express')\n"})
    assert project.rules() == []
    assert project.text("package.json") == "{ nothing"


@pytest.mark.parametrize(
    ("files", "strength"),
    [
        ({"package.json": "{}"}, "manifest"),
        ({"server.mjs": ""}, "entry"),
        ({"deep/down/tool.ts": ""}, "extension"),
        ({"index.html": "", "script.js": "document.title = 1\n"}, None),
        ({"index.html": "", "server.js": "require('http').createServer()\n"}, "entry"),
        ({"main.py": ""}, None),
    ],
    ids=["package", "entry", "ending", "page", "server", "python"],
)
def test_a_manifest_an_entry_or_endings_speak_for_node(files: dict[str, str], strength: str | None) -> None:
    found = STACK.evidence(node(files).site().files)
    assert (found.strength if found else None) == strength


@pytest.mark.parametrize(
    ("said", "met"),
    [
        ("20", True),
        ("v20.20.2", True),
        ("20.x", True),
        (">=18", True),
        (">=18 <20", False),
        ("^20.19.0 || >=22.12.0", True),
        ("~20.19", False),
        ("18 - 20", True),
        ("lts/iron", True),
        ("lts/jod", False),
        ("*", True),
        ("latest", True),
        (">22", False),
    ],
)
def test_a_range_of_node_versions_is_read_as_npm_reads_it(said: str, met: bool) -> None:
    assert meets((20, 20, 2), said) is met


@pytest.mark.parametrize(
    ("output", "first"),
    [
        ("> a@1 build\n> tsc\n\nindex.ts(1,7): error TS2322: Type\n", "index.ts(1,7): error TS2322"),
        ("npm warn old\nnpm error code ERESOLVE\nnpm error could not resolve\n", "npm error code ERESOLVE"),
        ("vite v5\n\x1b[31merror during build:\x1b[39m\nCould not resolve './x'\n", "error during build:"),
        ("one\ntwo\n", "one"),
    ],
    ids=["tsc", "npm", "vite", "anything"],
)
def test_a_failure_is_told_in_the_lines_that_say_what_is_wrong(output: str, first: str) -> None:
    lines = STACK.complaint(output).splitlines()
    assert lines[0].startswith(first)
    assert len(lines) <= 20


@pytest.mark.parametrize(
    ("output", "package"),
    [
        ("Error: Cannot find module 'express'", "express"),
        (
            "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@vitejs/plugin-vue' imported from x",
            "@vitejs/plugin-vue",
        ),
        ("Error: Cannot find module 'lodash/fp'", "lodash"),
        ("Error: Cannot find module './local'", ""),
        ("Error: Cannot find module 'never-heard-of-it'", ""),
        ('Failed to resolve import "axios" from "src/a.js"', "axios"),
    ],
)
def test_a_module_that_was_missing_at_the_run_is_named_by_its_package(output: str, package: str) -> None:
    assert STACK.missing_module(output) == package
