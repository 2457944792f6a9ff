"""`registry export` as it is typed: what is written, what stays, what is refused, and what a kill leaves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from skillctl.app import view_files
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack
from tests.support.server import files_of, serving

Run = Callable[..., Ran]

KINDS = ("--marketplace", "--well-known")
ENTRY = {"--marketplace": ".claude-plugin/marketplace.json", "--well-known": ".well-known/agent-skills/index.json"}
NOTE = ".skillctl-export.json"


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.publish(pack("base"), pack("maps", "1.0.0", "base ^1", skills=["draw", "read"]))
    return machine


@pytest.fixture
def out(machine: Machine) -> Path:
    return machine.project / "out"


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_export_writes_nothing_at_all(machine: Machine, skillctl: Run, out: Path, kind: str) -> None:
    first = skillctl("registry", "export", "local", kind, "out", "--json").result
    assert first["packs"] == ["base", "maps"]
    assert ENTRY[kind] in first["written"]
    before = machine.seen(out)
    second = skillctl("registry", "export", "local", kind, "out", "--json").result
    assert (second["written"], second["removed"]) == ([], [])
    assert machine.seen(out) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_says_what_the_real_one_does(machine: Machine, skillctl: Run, out: Path, kind: str) -> None:
    tried = skillctl("registry", "export", "local", kind, "out", "--dry-run", "--json").result
    assert not out.exists()
    done = skillctl("registry", "export", "local", kind, "out", "--json").result
    assert {**tried, "dry_run": False} == done
    assert {*done["written"], NOTE} == {*files(out)}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_longer_there_goes_and_what_others_wrote_stays(
    machine: Machine, skillctl: Run, out: Path, kind: str
) -> None:
    (out / "plugins" / "theirs").mkdir(parents=True)
    (out / "plugins" / "theirs" / "a.txt").write_text("a", encoding="utf-8")
    (out / "README.md").write_text("# Ours\n", encoding="utf-8")
    skillctl("registry", "export", "local", kind, "out")
    machine.publish(pack("maps", "1.1.0", skills=["draw"]))
    machine.yank("base", "1.0.0")
    ran = skillctl("registry", "export", "local", kind, "out", "--json")
    assert (ran.status, ran.result["packs"]) == (0, ["maps"])
    assert ran.result["removed"]
    assert [path for path in files(out) if "read" in path or "base" in path] == []
    assert not (out / "plugins" / "base").exists()
    assert {"README.md", "plugins/theirs/a.txt"} <= {*files(out)}
    note = json.loads((out / NOTE).read_bytes())
    assert {*note["files"], NOTE, "README.md", "plugins/theirs/a.txt"} == {*files(out)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_was_edited_or_is_somebodys_is_in_the_way(
    machine: Machine, skillctl: Run, out: Path, kind: str
) -> None:
    out.mkdir()
    (out / ENTRY[kind]).parent.mkdir(parents=True)
    (out / ENTRY[kind]).write_text("{}", encoding="utf-8")
    before = machine.seen(out)
    ran = skillctl("registry", "export", "local", kind, "out", "--json")
    assert (ran.status, ran.codes) == (1, ["E772"])
    assert machine.seen(out) == before
    (out / ENTRY[kind]).unlink()
    skillctl("registry", "export", "local", kind, "out")
    edited = out / next(path for path in files(out) if "base" in path)
    edited.write_text("mine", encoding="utf-8")
    machine.publish(pack("base", "1.1.0"))
    machine.yank("base", "1.0.0")
    before = machine.seen(out)
    ran = skillctl("registry", "export", "local", kind, "out", "--json")
    assert (ran.status, ran.codes) == (1, ["E772"])
    assert machine.seen(out) == before


def test_a_signed_registry_is_shown_to_those_who_have_its_root(machine: Machine, skillctl: Run, out: Path) -> None:
    skillctl("new", "maps", "-d", "Draws maps", "--author", "Ada", "--yes")
    root = skillctl("registry", "init", "signed", "--signed", "--json").result["root_sha256"]
    skillctl("publish", "maps", "--registry", "./signed", "--no-test")
    ran = skillctl("registry", "export", "./signed", "--marketplace", "out", "--json")
    assert (ran.status, ran.codes, out.exists()) == (1, ["E709"], False)
    skillctl("registry", "add", "acme", "./signed", "--trust", root)
    ran = skillctl("registry", "export", "acme", "--marketplace", "out", "--json")
    assert (ran.status, ran.result["packs"]) == (0, ["maps"])


def test_a_view_never_becomes_empty(machine: Machine, skillctl: Run, out: Path) -> None:
    skillctl("registry", "export", "local", "--marketplace", "out")
    for name in ("base", "maps"):
        machine.yank(name, "1.0.0")
    before = machine.seen(out)
    ran = skillctl("registry", "export", "local", "--marketplace", "out", "--json")
    assert (ran.status, ran.codes, machine.seen(out)) == (1, ["E774"], before)


def test_a_directory_has_one_kind_of_view(skillctl: Run, machine: Machine, out: Path) -> None:
    skillctl("registry", "export", "local", "--marketplace", "out")
    before = machine.seen(out)
    assert skillctl("registry", "export", "local", "--well-known", "out", "--json").codes == ["E773"]
    assert machine.seen(out) == before


@pytest.mark.parametrize(
    "note",
    [
        "no json",
        "[]",
        '{"format": 2, "view": "marketplace", "files": {}}',
        '{"format": 1, "view": "marketplace", "files": {"../../other": "sha256:00"}}',
        '{"format": 1, "view": "marketplace", "files": {"a": 1}}',
    ],
)
def test_a_note_that_can_not_be_used_is_an_error(skillctl: Run, out: Path, note: str) -> None:
    out.mkdir()
    (out / NOTE).write_text(note, encoding="utf-8")
    ran = skillctl("registry", "export", "local", "--marketplace", "out", "--json")
    assert (ran.status, ran.codes, [*files(out)]) == (1, ["E773"], [NOTE])


def test_no_link_is_followed(skillctl: Run, out: Path, machine: Machine) -> None:
    elsewhere = machine.project / "elsewhere"
    elsewhere.mkdir()
    out.mkdir()
    (out / "plugins").symlink_to(elsewhere)
    ran = skillctl("registry", "export", "local", "--marketplace", "out", "--json")
    assert (ran.status, ran.codes) == (1, ["E513"])
    assert [*elsewhere.iterdir()] == []


def test_a_script_can_be_run(skillctl: Run, machine: Machine, out: Path) -> None:
    machine.publish(pack("tools", files={"skills/tools/run.sh": "#!/bin/sh\n"}))
    skillctl("registry", "export", "local", "--marketplace", "out")
    script = out / "plugins/tools/skills/tools/run.sh"
    assert os.access(script, os.X_OK)
    assert not os.access(script.with_name("SKILL.md"), os.X_OK)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_kill_leaves_is_completed_by_the_next_export(
    machine: Machine, skillctl: Run, out: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before each step of a change, and the next time before the step after."""
    skillctl("registry", "export", "local", kind, "out")
    old = files(out)[ENTRY[kind]]
    machine.publish(pack("maps", "1.1.0", skills=["draw"]), pack("tools"))
    machine.yank("base", "1.0.0")
    skillctl("registry", "export", "local", kind, "whole")
    whole = files(machine.project / "whole")
    expected = {path: data for path, data in whole.items() if path != NOTE}
    ran = None
    for step in count():
        with monkeypatch.context() as patch:
            killed = _killed_at(patch, step)
            ran = skillctl("registry", "export", "local", kind, "out", "--json")
        found = files(out)
        entry = found[ENTRY[kind]]
        assert entry in (old, whole[ENTRY[kind]])
        if kind == "--well-known":  # whichever index there is, all that it names is there
            named = {each["url"] for each in json.loads(entry)["skills"]}
            assert {f".well-known/agent-skills/{url}" for url in named} <= {*found}
        if not killed:
            break
    assert step > 0
    assert ran is not None
    assert ran.status == 0
    assert {path: data for path, data in files(out).items() if path != NOTE} == expected
    assert files(out)[NOTE] == whole[NOTE]


def _killed_at(patch: pytest.MonkeyPatch, step: int) -> list[str]:
    """Let the export end before its step of that number; what was about to be done then."""
    steps = count()
    about: list[str] = []

    def before(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def act(directory: Path, path: str, *more: Any, **options: Any) -> Any:
            if next(steps) == step:
                about.append(f"{name} {path}")
                raise KeyboardInterrupt
            return real(directory, path, *more, **options)

        return act

    for name in ("write_below", "remove_below"):
        patch.setattr(view_files, name, before(name, getattr(view_files, name)))
    return about


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("local",), "E022"),
        (("local", "--marketplace", "a", "--well-known", "b"), "E028"),
        (("local", "--well-known", "out", "--name", "acme"), "E028"),
        (("local", "--marketplace", "out", "--name", "agent-skills"), "E770"),
        (("builtin", "--marketplace", "out"), "E770"),
        (("local", "no-such-pack", "--marketplace", "out"), "E771"),
        (("no-such-registry", "--marketplace", "out"), "E004"),
        (("./no-such-registry", "--marketplace", "out"), "E232"),
        (("local", "--marketplace", "s3://packs/out"), "E023"),
        (("local", "--well-known", "https://packs.example"), "E023"),
    ],
)
def test_what_can_not_be_done_is_said(skillctl: Run, out: Path, words: tuple[str, ...], code: str) -> None:
    ran = skillctl("registry", "export", *words, "--json")
    assert ran.codes == [code]
    assert ran.status == (2 if code < "E100" else 1)
    assert not out.exists()


@pytest.mark.parametrize(("registry", "name"), [("local", "local"), ("./My_Packs", "my-packs")])
def test_a_marketplace_is_called_as_its_registry(
    machine: Machine, skillctl: Run, out: Path, registry: str, name: str
) -> None:
    if registry == "./My_Packs":
        machine.publish(pack("maps"), to="my-packs").rename(machine.project / registry)
    assert skillctl("registry", "export", registry, "--marketplace", "out").status == 0
    assert json.loads((out / ENTRY["--marketplace"]).read_bytes())["name"] == name


def test_an_exported_site_is_installed_from_by_its_address(machine: Machine, skillctl: Run, out: Path) -> None:
    made: dict[str, Any] = {"files": {"CONTEXT.md": "# Tools\n"}, "context_files": ["CONTEXT.md"]}
    machine.publish(pack("tools", **made))
    skillctl("registry", "export", "local", "--well-known", "out")
    with serving(files_of(out)) as server:
        ran = skillctl("install", server.url, "--agent", "claude-code", "--json")
    assert (ran.status, ran.codes) == (0, ["N230"])  # a site says less than a pack
    assert machine.skills() == ["base", "draw", "read", "tools"]
    assert sorted(each.name for each in machine.skill("tools").parent.iterdir()) == ["CONTEXT.md", "SKILL.md"]
