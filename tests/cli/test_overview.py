"""Version and help, and what they cost."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from inspect import signature

import pytest

from skillctl.cli.leaf import leaf
from skillctl.cli.parameter import takes_nothing
from skillctl.cli.table import ALIASES, ENTRIES, GROUPS, MEANT, SECTIONS, Entry, entry_at, expanded
from skillctl.core.about import __version__
from tests.cli.conftest import Bench


@pytest.mark.parametrize("words", [["--version"], ["-V"], ["-q", "--version"]])
def test_the_version_is_told(skillctl: Bench, words: list[str]) -> None:
    assert skillctl(*words).out == f"skillctl {__version__}\n"


def test_the_version_comes_in_an_envelope_too(skillctl: Bench) -> None:
    assert skillctl("--version", "--json").result == {"skillctl": __version__}


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"], ["--quiet", "--help"]])
def test_the_overview_names_every_command_and_every_short_name(skillctl: Bench, words: list[str]) -> None:
    ran = skillctl(*words)
    assert ran.status == 0
    for entry in ENTRIES:
        assert entry.name.partition(" ")[0] in ran.out
    for short in ("add", "i", "rm", "uninstall", "ls", "find"):
        assert f", {short}" in ran.out


@pytest.mark.parametrize("group", [group.name for group in GROUPS])
def test_a_group_lists_its_commands(skillctl: Bench, group: str) -> None:
    ran = skillctl(group, "--help")
    assert ran.status == 0
    assert all(entry.name.partition(" ")[2] in ran.out for entry in ENTRIES if entry.name.startswith(f"{group} "))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_line_in_the_overview_begins_the_commands_own_help(entry: object) -> None:
    found = next(each for each in ENTRIES if each == entry)
    assert (leaf(found).help or "").startswith(f"{found.about}"), found.name


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_bare_call_gets_what_the_parser_would_find(entry: Entry) -> None:
    command = import_module(entry.module).command
    if not takes_nothing(command):
        return
    defaults = {name: each.default for name, each in signature(command).parameters.items()}
    with leaf(entry).make_context(entry.name, []) as context:
        assert {name: context.params[name] or None for name in defaults} == {
            name: value or None for name, value in defaults.items()
        }


def test_a_command_that_wants_an_argument_goes_to_the_parser() -> None:
    assert not takes_nothing(import_module("skillctl.cli.commands.remove").command)
    assert takes_nothing(import_module("skillctl.cli.commands.install").command)


def test_the_lines_of_the_overview_fit_a_terminal(skillctl: Bench) -> None:
    assert max(map(len, skillctl("--help").out.splitlines())) <= 100


def test_help_before_a_command_is_the_commands_help(skillctl: Bench) -> None:
    assert skillctl("help", "install").out == skillctl("install", "--help").out
    assert skillctl("help", "ls").out == skillctl("list", "--help").out


def test_aliases_stand_for_commands_and_hide_none() -> None:
    for alias, words in ALIASES.items():
        assert entry_at(words) is not None
        assert entry_at([alias]) is None
    for meaning in MEANT.values():
        assert entry_at(meaning.split()) is not None
    assert expanded(["list-packs", "--json"]) == ["list", "--available", "--json"]
    assert {entry.section for entry in ENTRIES} == set(SECTIONS)


@pytest.mark.parametrize("word", ["--version", "--help", "-V"])
def test_version_and_help_load_no_parser(word: str) -> None:
    code = (
        f"import sys; from skillctl.cli.main import main; main([{word!r}]); "
        "sys.exit(bool({'typer', 'click', 'rich', 'json', 'skillctl.cli.frame'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_a_command_loads_no_library_that_it_does_not_need() -> None:
    code = (
        "import sys; from skillctl.cli.main import main; main(['install', '--help']);"
        "heavy = {'rich', 'jsonschema', 'jinja2', 'yaml', 'httpx', 'importlib.metadata', 'packaging', 'platformdirs'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(bool(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
