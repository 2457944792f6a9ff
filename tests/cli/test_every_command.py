"""What holds for every command, aliases included, found by walking the tree of commands.

A command that is added without a case here fails the first test.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from skillctl.cli.envelope import SCHEMA
from skillctl.cli.leaf import tree
from skillctl.cli.table import ALIASES, ENTRIES
from skillctl.core.config_file import LlmConfig
from skillctl_runtime.generate import question
from tests.cli.conftest import Bench, Ran
from tests.support.serving import ADMIN, Served, serving

INSTALL = ("install", "arcgis", "--agent", "claude-code")
NEW = ("new", "terraform", "-d", "Writes Terraform modules", "--author", "Ada", "--yes")
PUBLISH = ("publish", "terraform")
EXECUTE = ("runtime", "execute", "plan.json")
PLAN = {
    "plan.json": '{"name": "Hello", "stack": "shell", "files": [{"filename": "hello.sh", "code": "echo hello"}], '
    '"run": "sh hello.sh"}'
}
ADDED = (("registry", "init", "packs"), ("registry", "add", "acme", "./packs"))
SIGNED = ("registry", "init", "packs", "--signed")
PLUGIN = ("plugins", "new", "counter")


def kept_answer(prompt: str) -> dict[str, str]:
    """A key, and the answer of a model as it is kept: what `runtime generate` needs to ask nobody."""
    answer = {"made": int(time.time()), "plan": json.loads(PLAN["plan.json"])}
    name = f"{question(prompt, LlmConfig())}.json"
    return {"cloud_agent/apikey.txt": "key", f"../home/.cache/skillctl/answers/{name}": json.dumps(answer)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """Command lines that show a command at work and failing."""

    works: tuple[str, ...]
    """After those in `before`, in a new directory."""
    fails: tuple[str, ...]
    """A typical error, in an empty directory."""
    before: tuple[tuple[str, ...], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """What lies in the directory before."""
    typed: str = ""
    """What it reads from standard input."""
    changes: bool = False
    """Whether it changes something; then `--dry-run` shows it."""
    fetches: bool = False
    """Whether it may ask a registry; then there is `--offline`."""
    served: bool = False
    """Whether it speaks to a registry's server, `acme`, which has one pack, `harbour`."""


CASES = {
    "install": Case(works=INSTALL, fails=("install", "no-such-pack"), changes=True, fetches=True),
    "update": Case(before=(INSTALL,), works=("update",), fails=("update", "no-such-pack"), changes=True, fetches=True),
    "remove": Case(before=(INSTALL,), works=("remove", "arcgis"), fails=("remove", "no-such-pack"), changes=True),
    "sync": Case(before=(INSTALL,), works=("sync",), fails=("sync",), changes=True, fetches=True),
    "import": Case(
        files={
            "drawing/SKILL.md": "---\nname: drawing\ndescription: Draws maps. Use when a map is wanted\n---\nDraw.\n",
            "skills-lock.json": '{"version": 1, "skills": {"drawing": {"source": "./drawing", "sourceType": "local"}}}',
        },
        works=("import", "skills-lock.json"),
        fails=("import", "no-such-file.json"),
        changes=True,
        fetches=True,
    ),
    "apply": Case(
        before=((*INSTALL, "--plan", "plan.json"),),
        works=("apply", "plan.json"),
        fails=("apply", "no-such-plan.json"),
        changes=True,
        fetches=True,
    ),
    "history": Case(before=(INSTALL,), works=("history",), fails=("history",)),
    "undo": Case(before=(INSTALL,), works=("undo",), fails=("undo",), changes=True, fetches=True),
    "list": Case(before=(INSTALL,), works=("list",), fails=("list", "--registry", "no-such-registry"), fetches=True),
    "lock": Case(before=(INSTALL,), works=("lock",), fails=("lock", "--check"), changes=True, fetches=True),
    "outdated": Case(before=(INSTALL,), works=("outdated",), fails=("outdated",), fetches=True),
    "tree": Case(before=(INSTALL,), works=("tree",), fails=("tree",)),
    "why": Case(before=(INSTALL,), works=("why", "arcgis"), fails=("why", "arcgis")),
    "info": Case(works=("info", "arcgis"), fails=("info", "no-such-pack"), fetches=True),
    "diff": Case(works=("diff", "arcgis", "arcgis"), fails=("diff", "arcgis", "no-such-pack"), fetches=True),
    "verify": Case(
        before=(INSTALL,), works=("verify",), fails=("verify", "--no-such-option"), changes=True, fetches=True
    ),
    "search": Case(works=("search", "arcgis"), fails=("search", "x", "--registry", "no-such-registry"), fetches=True),
    "budget": Case(before=(INSTALL,), works=("budget",), fails=("budget",), fetches=True),
    "init": Case(works=("init",), fails=("init", "--agent", "no-such-agent"), changes=True),
    "new": Case(works=NEW, fails=("new", "--yes"), changes=True),
    "validate": Case(before=(NEW,), works=("validate", "terraform"), fails=("validate", "no-such-pack"), changes=True),
    "test": Case(before=(NEW,), works=("test", "terraform"), fails=("test", "no-such-pack"), fetches=True),
    "version": Case(
        before=(NEW,), works=("version", "patch", "--path", "terraform"), fails=("version", "patch"), changes=True
    ),
    "pack": Case(before=(NEW,), works=("pack", "terraform"), fails=("pack", "no-such-pack"), changes=True),
    "publish": Case(before=(NEW,), works=PUBLISH, fails=("publish", "no-such-pack"), changes=True),
    "yank": Case(
        before=(NEW, PUBLISH),
        works=("yank", "terraform", "0.1.0", "--reason", "it was too early"),
        fails=("yank", "terraform", "9.9.9"),
        changes=True,
    ),
    "runtime execute": Case(
        files=PLAN,
        works=("runtime", "execute", "plan.json"),
        fails=("runtime", "execute", "no-such.json"),
        changes=True,
    ),
    "runtime run": Case(
        files=PLAN, before=(EXECUTE,), works=("runtime", "run", "output/hello"), fails=("runtime", "run", "no-such")
    ),
    "runtime check": Case(
        files=PLAN, before=(EXECUTE,), works=("runtime", "check", "output/hello"), fails=("runtime", "check", "no-such")
    ),
    "runtime log": Case(
        files=PLAN, before=(EXECUTE,), works=("runtime", "log", "output/hello"), fails=("runtime", "log", "no-such")
    ),
    "runtime detect": Case(
        before=(NEW,),
        works=("runtime", "detect", "terraform"),
        fails=("runtime", "detect", "no-such-directory"),
    ),
    "runtime generate": Case(
        files=kept_answer("say hello"),
        works=("runtime", "generate", "say hello"),
        fails=("runtime", "generate", " "),
        changes=True,
    ),
    "runtime restore": Case(
        files={**PLAN, "other.json": PLAN["plan.json"].replace("echo hello", "echo bye")},
        before=(EXECUTE, ("runtime", "execute", "other.json")),
        works=("runtime", "restore", "output/hello"),
        fails=("runtime", "restore", "no-such"),
        changes=True,
    ),
    "runtime clean": Case(
        files=PLAN,
        before=(EXECUTE,),
        works=("runtime", "clean", "output/hello"),
        fails=("runtime", "clean", "no-such"),
        changes=True,
    ),
    "runtime plans": Case(
        before=(INSTALL,), works=("runtime", "plans"), fails=("runtime", "plans", "--no-such-option")
    ),
    "registry add": Case(
        before=(("registry", "init", "packs"),),
        works=("registry", "add", "acme", "./packs", "--scope", "@acme"),
        fails=("registry", "add", "acme", "./no-such-directory"),
        changes=True,
        fetches=True,
    ),
    "registry list": Case(works=("registry", "list"), fails=("registry", "list", "--no-such-option")),
    "registry remove": Case(
        before=ADDED,
        works=("registry", "remove", "acme"),
        fails=("registry", "remove", "no-such-registry"),
        changes=True,
    ),
    "registry use": Case(
        before=(*ADDED, ("registry", "add", "other", "./packs")),
        works=("registry", "use", "other"),
        fails=("registry", "use", "no-such-registry"),
        changes=True,
    ),
    "registry init": Case(
        works=("registry", "init", "packs", "--signed"),
        fails=("registry", "init", "packs", "--threshold", "2"),
        changes=True,
    ),
    "registry serve": Case(
        works=("registry", "serve", "--check"), fails=("registry", "serve", "--db", "no-such-kind://x", "--check")
    ),
    "registry token": Case(
        served=True,
        works=("registry", "token", "create", "--user", "bob", "--registry", "acme"),
        fails=("registry", "token", "lose"),
        changes=True,
    ),
    "registry delete": Case(
        served=True,
        works=("registry", "delete", "harbour", "9.0.0", "--registry", "acme", "--yes"),
        fails=("registry", "delete", "harbour", "9.0.0"),
        changes=True,
    ),
    "registry mirror": Case(
        before=(("registry", "init", "packs"),),
        works=("registry", "mirror", "./packs", "copy"),
        fails=("registry", "mirror", "./packs", "copy", "no-such-pack"),
        changes=True,
        fetches=True,
    ),
    "registry export": Case(
        before=(NEW, PUBLISH),
        works=("registry", "export", "local", "--marketplace", "plugins-for-claude"),
        fails=("registry", "export", "local", "--marketplace", "out", "--well-known", "out"),
        changes=True,
        fetches=True,
    ),
    "registry verify": Case(
        before=(SIGNED,), works=("registry", "verify", "./packs"), fails=("registry", "verify", "no-such-registry")
    ),
    "registry refresh": Case(
        before=(SIGNED,),
        works=("registry", "refresh", "./packs"),
        fails=("registry", "refresh", "no-such-registry"),
        changes=True,
    ),
    "registry rotate-key": Case(
        before=(SIGNED,),
        works=("registry", "rotate-key", "timestamp", "./packs"),
        fails=("registry", "rotate-key", "no-such-role"),
        changes=True,
    ),
    "registry gc": Case(
        before=(SIGNED,),
        works=("registry", "gc", "./packs"),
        fails=("registry", "gc", "no-such-registry"),
        changes=True,
    ),
    "registry index": Case(
        before=(SIGNED,),
        works=("registry", "index", "./packs", "--rebuild"),
        fails=("registry", "index", "./packs"),
        changes=True,
    ),
    "owner add": Case(
        served=True,
        works=("owner", "add", "harbour", "bob", "--registry", "acme"),
        fails=("owner", "add", "harbour", "bob", "--registry", "no-such-registry"),
        changes=True,
    ),
    "owner remove": Case(
        served=True,
        before=(("owner", "add", "harbour", "ada", "--registry", "acme"),),
        works=("owner", "remove", "harbour", "ada", "--registry", "acme"),
        fails=("owner", "remove", "harbour", "bob", "--registry", "no-such-registry"),
        changes=True,
    ),
    "owner list": Case(
        served=True,
        works=("owner", "list", "harbour", "--registry", "acme"),
        fails=("owner", "list", "harbour", "--registry", "no-such-registry"),
    ),
    "login": Case(works=("login", "--llm"), typed="sk-of-mine", fails=("login",), changes=True, fetches=True),
    "logout": Case(works=("logout", "https://packs.example"), fails=("logout", "no-such-registry"), changes=True),
    "whoami": Case(works=("whoami",), fails=("whoami", "no-such-registry"), fetches=True),
    "trust": Case(
        before=(PLUGIN,), works=("trust", "counter/counter.py"), fails=("trust", "no-such-pack"), changes=True
    ),
    "untrust": Case(
        before=(PLUGIN, ("trust", "counter/counter.py")),
        works=("untrust", "counter/counter.py"),
        fails=("untrust", "no-such-pack"),
        changes=True,
    ),
    "completion": Case(works=("completion", "bash"), fails=("completion", "no-such-shell")),
    "agents": Case(works=("agents",), fails=("agents", "no-such-agent")),
    "doctor": Case(works=("doctor", "--fix"), fails=("doctor", "--no-such-option"), changes=True, fetches=True),
    "hooks list": Case(works=("hooks", "list"), fails=("hooks", "list", "--no-such-option")),
    "hooks install": Case(
        works=("hooks", "install"), fails=("hooks", "install", "--agent", "no-such-agent"), changes=True
    ),
    "hooks uninstall": Case(
        before=(("hooks", "install"),),
        works=("hooks", "uninstall"),
        fails=("hooks", "uninstall", "--agent", "no-such-agent"),
        changes=True,
    ),
    "log show": Case(works=("log", "show"), fails=("log", "show", "--tail", "many")),
    "log verify": Case(works=("log", "verify"), fails=("log", "verify", "--no-such-option")),
    "log export": Case(works=("log", "export", "--format", "csv"), fails=("log", "export", "--format", "xml")),
    "policy check": Case(
        before=(NEW,), works=("policy", "check", "terraform"), fails=("policy", "check", "no-such-plan")
    ),
    "policy explain": Case(
        works=("policy", "explain", "write", "notes.txt"), fails=("policy", "explain", "no-such-effect", "x")
    ),
    "policy init": Case(works=("policy", "init"), fails=("policy", "init", "--from", "no-such-file.yml"), changes=True),
    "plugins list": Case(works=("plugins", "list"), fails=("plugins", "list", "--no-such-option")),
    "plugins info": Case(
        before=(PLUGIN, ("config", "set", "plugins.plugin_dir", "counter")),
        works=("plugins", "info", "counter"),
        fails=("plugins", "info", "no-such-plugin"),
    ),
    "plugins enable": Case(
        works=("plugins", "enable", "counter"), fails=("plugins", "enable", "--no-such-option"), changes=True
    ),
    "plugins disable": Case(
        works=("plugins", "disable", "counter"), fails=("plugins", "disable", "--no-such-option"), changes=True
    ),
    "plugins new": Case(works=PLUGIN, fails=("plugins", "new", "!"), changes=True),
    "config get": Case(works=("config", "get", "llm.model"), fails=("config", "get", "no.such.key")),
    "config set": Case(
        works=("config", "set", "llm.model", "some-model"), fails=("config", "set", "no.such.key", "1"), changes=True
    ),
    "config unset": Case(
        works=("config", "unset", "llm.model"), fails=("config", "unset", "no.such.key"), changes=True
    ),
    "config list": Case(works=("config", "list"), fails=("config", "list", "--no-such-option")),
    "config path": Case(works=("config", "path"), fails=("config", "path", "--no-such-option")),
    "config limits": Case(works=("config", "limits"), fails=("config", "limits", "--no-such-option")),
    "cache dir": Case(works=("cache", "dir"), fails=("cache", "dir", "--no-such-option")),
    "cache size": Case(before=(INSTALL,), works=("cache", "size"), fails=("cache", "size", "--no-such-option")),
    "cache prune": Case(
        before=(INSTALL,), works=("cache", "prune"), fails=("cache", "prune", "--no-such-option"), changes=True
    ),
    "cache clean": Case(
        before=(INSTALL,), works=("cache", "clean"), fails=("cache", "clean", "--no-such-option"), changes=True
    ),
}

EVERY = pytest.mark.parametrize("name", CASES)
CHANGING = pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.changes])


def leaves() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of the tree with the words that call it."""
    root: Any = tree()
    for word, command in root.commands.items():
        inner = getattr(command, "commands", None)
        if inner is None:
            yield (word,), command
        else:
            yield from (((word, each), leaf) for each, leaf in inner.items())


LEAVES = dict(leaves())


@pytest.fixture(scope="module")
def schema() -> Any:
    text = files("skillctl.formats").joinpath("schemas/envelope.schema.json").read_text(encoding="utf-8")
    return json.loads(text)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served") / "room") as running:
        running.publish("harbour")
        running.publish("harbour", "9.0.0")
        yield running


@pytest.fixture(autouse=True)
def known_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a case speaks to a server, one is there, and the user knows it."""
    name = request.node.callspec.params.get("name") if hasattr(request.node, "callspec") else None
    if name in CASES and CASES[name].served:
        running: Served = request.getfixturevalue("server")
        monkeypatch.setenv("SKILLCTL_REGISTRY_SERVED", running.url)
        monkeypatch.setenv("SKILLCTL_TOKEN_SERVED", ADMIN)
        skillctl: Bench = request.getfixturevalue("skillctl")
        assert skillctl("registry", "add", "acme", running.url, "--trust", running.root).status == 0


def prepared(skillctl: Bench, case: Case) -> None:
    for path, text in case.files.items():
        (skillctl.project / path).parent.mkdir(parents=True, exist_ok=True)
        (skillctl.project / path).write_text(text, encoding="utf-8")
    for words in case.before:
        ran = skillctl(*words)
        assert ran.status == 0, ran.err


def options_of(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


def is_plain(ran: Ran) -> bool:
    return "\x1b" not in ran.out + ran.err and "Traceback" not in ran.out + ran.err


def test_there_is_a_case_for_every_command_and_the_tree_holds_them_all() -> None:
    assert list(CASES) == [entry.name for entry in ENTRIES]
    assert {" ".join(words) for words in LEAVES} == {*CASES, *ALIASES}


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_help_explains_and_never_acts(skillctl: Bench, words: tuple[str, ...]) -> None:
    before = skillctl.seen()
    for extra in ([], ["something"], ["--json"]):
        ran = skillctl(*words, *extra, "--help")
        assert ran.status == 0
        assert ran.out.startswith("Usage: skillctl ")
        assert "--json" in ran.out
        assert ran.err == ""
        assert is_plain(ran)
    assert skillctl.seen() == before


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_and_argument_is_explained(words: tuple[str, ...]) -> None:
    for parameter in LEAVES[words].params:
        assert parameter.help, parameter.name
        assert parameter.help.endswith("."), parameter.name


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_an_unknown_option_is_a_wrong_call(skillctl: Bench, words: tuple[str, ...], schema: Any) -> None:
    before = skillctl.seen()
    told = skillctl(*words, "--no-such-option")
    assert told.status == 2
    assert told.out == ""
    assert "error E021: " in told.err
    assert "hint: " in told.err
    assert is_plain(told)
    ran = skillctl(*words, "--no-such-option", "--json")
    assert (ran.status, ran.codes) == (2, ["E021"])
    jsonschema.validate(ran.envelope, schema)
    assert skillctl.seen() == before


@EVERY
def test_work_gives_an_envelope_that_keeps_to_the_schema(skillctl: Bench, name: str, schema: Any) -> None:
    prepared(skillctl, CASES[name])
    ran = skillctl(*CASES[name].works, "--json", typed=CASES[name].typed)
    assert ran.status == 0, ran.out + ran.err
    jsonschema.validate(ran.envelope, schema)
    assert ran.envelope["schema"] == SCHEMA
    assert ran.envelope["command"] == name
    assert ran.envelope["ok"] is True


@EVERY
def test_failure_gives_an_envelope_with_a_code_and_a_status(skillctl: Bench, name: str, schema: Any) -> None:
    ran = skillctl(*CASES[name].fails, "--json")
    assert ran.status in (1, 2)
    jsonschema.validate(ran.envelope, schema)
    assert ran.envelope["command"] == name
    assert ran.envelope["ok"] is False
    assert ran.envelope["problems"]
    assert not {"E090", "E091"} & set(ran.codes), ran.out


@EVERY
def test_failure_is_a_sentence_on_standard_error(skillctl: Bench, name: str) -> None:
    ran = skillctl(*CASES[name].fails)
    assert ran.status in (1, 2)
    assert ran.err.startswith(("error ", "warning ", "note "))
    assert is_plain(ran)


@EVERY
def test_a_person_is_shown_something(skillctl: Bench, name: str) -> None:
    prepared(skillctl, CASES[name])
    ran = skillctl(*CASES[name].works, typed=CASES[name].typed)
    assert ran.status == 0
    assert ran.out.strip()
    assert is_plain(ran)


@pytest.mark.slow
@EVERY
def test_no_color_is_honoured_on_a_terminal(skillctl: Bench, name: str) -> None:
    environment = {"NO_COLOR": "1", "CI": "true"}
    assert is_plain(skillctl(*CASES[name].fails, terminal=True, environment=environment))
    prepared(skillctl, CASES[name])
    assert is_plain(skillctl(*CASES[name].works, terminal=True, environment=environment))


class Unanswered:
    """A standard input that nobody types into: to read from it would be to wait for ever, unless something is in it."""

    def __init__(self, terminal: bool, typed: str = "") -> None:
        self._terminal = terminal
        self._typed = "" if terminal else typed

    def isatty(self) -> bool:
        return self._terminal

    def readline(self) -> str:
        raise AssertionError("a question was asked")

    def read(self) -> str:
        return self._typed or self.readline()


@pytest.mark.slow
@EVERY
@pytest.mark.parametrize("nobody", [{}, {"CLAUDECODE": "1"}], ids=["no terminal", "inside an agent"])
def test_no_question_is_asked_where_nobody_answers(
    skillctl: Bench, name: str, nobody: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin, terminal = Unanswered(terminal=bool(nobody)), bool(nobody)
    assert skillctl(*CASES[name].fails, stdin=stdin, terminal=terminal, environment=nobody).status in (1, 2)
    prepared(skillctl, CASES[name])
    case = CASES[name]
    given = Unanswered(terminal=terminal, typed=case.typed)
    ran = skillctl(*case.works, stdin=given, terminal=terminal, environment=nobody)
    assert ran.status == (2 if case.typed and terminal else 0)


@CHANGING
def test_a_dry_run_shows_and_changes_nothing(skillctl: Bench, name: str) -> None:
    prepared(skillctl, CASES[name])
    before = skillctl.seen(caches=False)
    ran = skillctl(*CASES[name].works, "--dry-run", typed=CASES[name].typed)
    assert ran.status == 0, ran.err
    assert ran.out.strip()
    assert skillctl.seen(caches=False) == before


def test_dry_run_and_offline_are_where_they_belong() -> None:
    for name, case in CASES.items():
        options = options_of(LEAVES[tuple(name.split())])
        assert ("--dry-run" in options) == case.changes, name
        assert ("--offline" in options) == case.fetches, name


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_does_what_it_stands_for(skillctl: Bench, alias: str) -> None:
    name, *preset = ALIASES[alias]
    case = CASES[name]
    prepared(skillctl, case)
    ran = skillctl(alias, *case.works[1:], "--json")
    assert ran.status == 0, ran.out
    assert ran.envelope["command"] == name
    assert preset in ([], ["--available"])
