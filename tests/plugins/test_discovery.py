"""Where plugins come from, who may run, and where."""

from __future__ import annotations

import os
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.errors import PluginError
from skillctl.core.settings import PluginSettings
from skillctl_plugins import PluginManager
from skillctl_plugins.discovery import PackHooks, Places, digest_of, discover, file_subject, pack_subject
from skillctl_plugins.plugin import Plugin
from skillctl_plugins.trust import give_trust, is_trusted, take_trust

NOW = "2026-01-01T00:00:00Z"

CLASSIC = """
PLUGIN_NAME = "counter"
PLUGIN_DESCRIPTION = "Counts files and logs the project"
PLUGIN_VERSION = "1.2.0"
PLUGIN_CAPABILITIES = ["logging"]

def on_pre_execute(plan, **kwargs):
    print(len(plan["files"]), "files")
    return {**plan, "name": plan["name"].upper()}

def on_post_execute(plan, result, **kwargs):
    with open(result["project_dir"] + "/log.txt", "a") as log:
        log.write(result["project_dir"])

def register(manager):
    manager.add_hook("pre_execute", on_pre_execute, priority=50)
    manager.add_hook("post_execute", on_post_execute)
"""
WHERE = """
import os
def register(manager):
    manager.add_hook("pre_run", lambda project_dir: {"PID": str(os.getpid()), "LEAK": os.environ.get("TOKEN", "")})
"""


def places(room: Path, **settings: Any) -> Places:
    return Places(
        config=room / "config",
        state=room / "state",
        project=room / "project",
        settings=PluginSettings(**settings),
        environ={**os.environ, "TOKEN": "secret"},
    )


def put(folder: Path, name: str, code: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(code)
    return path


def by_name(plugins: tuple[Plugin, ...]) -> dict[str, Plugin]:
    return {each.name: each for each in plugins}


def test_a_file_dropped_into_the_users_directory_is_loaded_and_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "config/plugins", "my_counter", CLASSIC)
    with PluginManager() as manager:
        (plugin,) = manager.discover(places(tmp_path))
        assert (plugin.name, plugin.version, plugin.state, plugin.source) == ("counter", "1.2.0", "active", "user")
        assert (plugin.capabilities, plugin.hooks) == (("logging",), ("pre_execute", "post_execute"))
        plan: dict[str, Any] = {"name": "app", "files": [1, 2]}
        assert manager.chain("pre_execute", "plan", plan, accept=lambda value: value).value == {**plan, "name": "APP"}
        manager.fire("post_execute", plan=plan, result={"project_dir": str(tmp_path)})
    assert (tmp_path / "log.txt").read_text() == str(tmp_path)
    assert capsys.readouterr().err == "[counter] 2 files\n"
    assert not (tmp_path / "config/plugins/__pycache__").exists()


def test_an_absolute_plugin_dir_is_the_users_and_a_relative_one_the_projects(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "mine", WHERE)
    theirs = put(tmp_path / "project/plugins", "theirs", WHERE)
    with PluginManager() as manager:
        (mine,) = manager.discover(places(tmp_path, plugin_dir=str(tmp_path / "elsewhere")))
        assert (mine.state, mine.source) == ("active", "user")
    with PluginManager() as manager:
        (plugin,) = manager.discover(places(tmp_path, plugin_dir="plugins"))
        assert (plugin.state, plugin.source) == ("untrusted", "project")
        assert f"skillctl trust {theirs}" in plugin.problem
        assert manager.hooks("pre_run") == ()


def test_a_projects_plugin_runs_in_a_child_once_trusted_without_our_environment(tmp_path: Path) -> None:
    path = put(tmp_path / "project/plugins", "theirs", WHERE)
    where = places(tmp_path, plugin_dir="plugins")
    give_trust(where.state, file_subject(path), digest_of(path), now=NOW)
    with PluginManager() as manager:
        (plugin,) = manager.discover(where)
        assert (plugin.state, plugin.hooks) == ("active", ("pre_run",))
        (answer,) = manager.fire("pre_run", project_dir="/p").answers
        assert isinstance(answer, dict)
        assert answer["PID"] != str(os.getpid())
        assert answer["LEAK"] == ""
        pid = int(str(answer["PID"]))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_changed_file_must_be_trusted_again(tmp_path: Path) -> None:
    path = put(tmp_path / "project/plugins", "theirs", WHERE)
    where = places(tmp_path, plugin_dir="plugins")
    give_trust(where.state, file_subject(path), digest_of(path), now=NOW)
    path.write_text(WHERE + "\n")
    with PluginManager() as manager:
        assert [each.state for each in manager.discover(where)] == ["untrusted"]


def test_trust_is_given_and_taken(tmp_path: Path) -> None:
    give_trust(tmp_path, "pack:gis", "tree1:aa", now=NOW)
    assert is_trusted(tmp_path, "pack:gis", "tree1:aa")
    assert not is_trusted(tmp_path, "pack:gis", "tree1:bb")
    assert take_trust(tmp_path, "pack:gis")
    assert not take_trust(tmp_path, "pack:gis")
    assert not is_trusted(tmp_path, "pack:gis", "tree1:aa")


def test_hooks_of_a_pack_run_once_its_tree_is_trusted(tmp_path: Path) -> None:
    path = put(tmp_path / "store", "hooks", WHERE)
    pack = PackHooks(pack="gis", version="1.0.0", tree="tree1:aa", path=path, code=path.read_bytes())
    base = places(tmp_path)
    where = Places(
        config=base.config,
        state=base.state,
        project=base.project,
        settings=base.settings,
        environ=base.environ,
        packs=(pack,),
    )
    with PluginManager() as manager:
        assert [(each.name, each.state) for each in manager.discover(where)] == [("gis", "untrusted")]
    give_trust(where.state, pack_subject("gis"), "tree1:aa", now=NOW)
    with PluginManager() as manager:
        (plugin,) = manager.discover(where)
        assert (plugin.name, plugin.version, plugin.state, plugin.source) == ("gis", "1.0.0", "active", "pack")
        assert len(manager.fire("pre_run", project_dir="/p").answers) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def register(manager:", "SyntaxError"),
        ("raise RuntimeError('no')", "RuntimeError: no"),
        ("import sys; sys.exit(1)", "SystemExit"),
        ("x = 1", "register"),
        ("def register(manager): manager.add_hook('pre_run', 5)", "TypeError"),
    ],
)
def test_a_broken_plugin_is_reported_and_the_rest_go_on(tmp_path: Path, code: str, reason: str) -> None:
    put(tmp_path / "config/plugins", "a_broken", code)
    put(tmp_path / "config/plugins", "b_works", WHERE)
    with PluginManager() as manager:
        found = by_name(manager.discover(places(tmp_path)))
        assert found["a_broken"].state == "broken"
        assert reason in found["a_broken"].problem
        assert found["b_works"].state == "active"


def test_a_broken_plugin_in_a_child_is_reported_as_well(tmp_path: Path) -> None:
    for name, code in (("fails", "raise RuntimeError('no')"), ("dies", "import os; os._exit(3)")):
        path = put(tmp_path / "project/plugins", name, code)
        give_trust(tmp_path / "state", file_subject(path), digest_of(path), now=NOW)
    with PluginManager() as manager:
        found = by_name(manager.discover(places(tmp_path, plugin_dir="plugins")))
        assert {each.state for each in found.values()} == {"broken"}
        assert "RuntimeError: no" in found["fails"].problem


@pytest.mark.parametrize("said", ["no JSON", "[]", "{}", '{"plugin": [], "hooks": []}', '{"plugin": {}, "hooks": 5}'])
def test_a_child_that_speaks_in_our_name_is_broken_and_no_crash(tmp_path: Path, said: str) -> None:
    written = said.encode() + b"\n"
    code = f"import os\nfor each in range(3, 30):\n  try: os.write(each, {written!r})\n  except OSError: pass"
    path = put(tmp_path / "project/plugins", "liar", code)
    give_trust(tmp_path / "state", file_subject(path), digest_of(path), now=NOW)
    with PluginManager() as manager:
        assert [each.state for each in manager.discover(places(tmp_path, plugin_dir="plugins"))] == ["broken"]


def test_a_child_that_dies_in_a_callback_blocks_what_was_to_come(tmp_path: Path) -> None:
    code = "import os\ndef register(manager): manager.add_hook('pre_run', lambda **_: os._exit(1))"
    path = put(tmp_path / "project/plugins", "dies", code)
    give_trust(tmp_path / "state", file_subject(path), digest_of(path), now=NOW)
    with PluginManager() as manager:
        manager.discover(places(tmp_path, plugin_dir="plugins"))
        with pytest.raises(PluginError, match=r"E600.*dies"):
            manager.fire("pre_run", project_dir="/p")


def test_a_program_that_a_child_starts_neither_reads_nor_writes_what_we_say_to_each_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = """
import subprocess, sys
def start(**_):
    subprocess.run([sys.executable, "-c", "import sys; print('heard', repr(sys.stdin.read()))"], check=True)
    return {"A": "1"}
def register(manager):
    manager.add_hook("pre_run", start)
"""
    path = put(tmp_path / "project/plugins", "starts", code)
    give_trust(tmp_path / "state", file_subject(path), digest_of(path), now=NOW)
    with PluginManager() as manager:
        manager.discover(places(tmp_path, plugin_dir="plugins"))
        for _ in range(2):
            assert manager.fire("pre_run", project_dir="/p").answers == ({"A": "1"},)
    assert capfd.readouterr() == ("", "heard ''\n" * 2)


def test_a_trusted_plugin_is_found_through_a_link_and_through_dots(tmp_path: Path) -> None:
    path = put(tmp_path / "shared", "theirs", WHERE)
    (tmp_path / "project/plugins").mkdir(parents=True)
    (tmp_path / "project/plugins/theirs.py").symlink_to(path)
    give_trust(tmp_path / "state", file_subject(path), digest_of(path), now=NOW)
    for chosen in ("plugins", "../shared"):
        with PluginManager() as manager:
            (plugin,) = manager.discover(places(tmp_path, plugin_dir=chosen))
            assert plugin.state == "active"


def test_disabled_plugins_are_not_even_loaded(tmp_path: Path) -> None:
    put(tmp_path / "config/plugins", "off", f"open({str(tmp_path / 'ran')!r}, 'w')")
    with PluginManager() as manager:
        (plugin,) = manager.discover(places(tmp_path, disabled=("off",)))
        assert plugin.state == "disabled"
    assert not (tmp_path / "ran").exists()


def test_a_plugin_without_what_it_depends_on_is_left_out(tmp_path: Path) -> None:
    put(tmp_path / "config/plugins", "needs", "PLUGIN_DEPENDENCIES = ['base']\n" + WHERE)
    with PluginManager() as manager:
        (plugin,) = manager.discover(places(tmp_path))
        assert plugin.state == "broken"
        assert "base" in plugin.problem
        assert manager.hooks("pre_run") == ()
    put(tmp_path / "config/plugins", "base", WHERE)
    with PluginManager() as manager:
        assert {each.state for each in manager.discover(places(tmp_path))} == {"active"}


def test_who_needs_a_plugin_that_was_left_out_is_left_out_too(tmp_path: Path) -> None:
    for name, needed in (("a", "b"), ("b", "c"), ("c", "nowhere")):
        put(tmp_path / "config/plugins", name, f"PLUGIN_DEPENDENCIES = ['{needed}']\n" + WHERE)
    with PluginManager() as manager:
        assert [each.state for each in manager.discover(places(tmp_path))] == ["broken"] * 3


def test_two_plugins_of_one_name_are_both_shown_and_the_first_counts(tmp_path: Path) -> None:
    put(tmp_path / "config/plugins", "a", "PLUGIN_NAME = 'same'\n" + WHERE)
    put(tmp_path / "config/plugins", "b", "PLUGIN_NAME = 'same'\n" + WHERE)
    with PluginManager() as manager:
        states = [each.state for each in manager.discover(places(tmp_path))]
        assert sorted(states) == ["active", "broken"]
        assert len(manager.hooks("pre_run")) == 1


def test_installed_distributions_count_only_if_they_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "someones_plugin", WHERE)
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint(name="someones", value="someones_plugin:register", group="skillctl.plugins")
    asked: list[str] = []

    def entry_points(*, group: str) -> EntryPoints:
        asked.append(group)
        return EntryPoints((point,))

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    with PluginManager() as manager:
        assert discover(manager, places(tmp_path)) == ()
        assert asked == []
    with PluginManager() as manager:
        (plugin,) = discover(manager, places(tmp_path, enabled=("someones",)))
        assert (plugin.name, plugin.state, plugin.source) == ("someones", "active", "entry-point")


ASKS = """
def register(manager):
    manager.add_hook("how_much", lambda what, **_: 1)
    manager.add_hook("pre_run", lambda project_dir: {"ASKED": str(manager.fire("how_much", what="tea").answers)})
    manager.add_hook("count", lambda number, **_: number + 1)
"""


def test_custom_events_go_out_of_a_child_and_into_it(tmp_path: Path) -> None:
    path = put(tmp_path / "project/plugins", "asks", ASKS)
    give_trust(tmp_path / "state", file_subject(path), digest_of(path), now=NOW)
    put(tmp_path / "config/plugins", "answers", "def register(m): m.add_hook('how_much', lambda what, **_: what * 2)")
    with PluginManager() as manager:
        manager.discover(places(tmp_path, plugin_dir="plugins"))
        assert manager.fire("pre_run", project_dir="/p").answers == ({"ASKED": "(1, 'teatea')"},)
        assert manager.fire("count", number=4).answers == (5,)


def test_a_child_can_fire_no_event_of_ours(tmp_path: Path) -> None:
    fires = "m.fire('post_sync', project_dir='', packs=[]).answers"
    code = f"def register(m): m.add_hook('pre_run', lambda project_dir: {{'N': str({fires})}})"
    path = put(tmp_path / "project/plugins", "forges", code)
    give_trust(tmp_path / "state", file_subject(path), digest_of(path), now=NOW)
    put(tmp_path / "config/plugins", "hears", "def register(m): m.add_hook('post_sync', lambda **_: 'heard')")
    with PluginManager() as manager:
        manager.discover(places(tmp_path, plugin_dir="plugins"))
        assert manager.fire("pre_run", project_dir="/p").answers == ({"N": "()"},)
