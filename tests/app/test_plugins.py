"""Plugins as a person meets them: found, trusted, chosen, made."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skillctl.app.any_plugins import DIRECTORY, TRUST_FILE, has_plugins
from skillctl.app.audit import show_log
from skillctl.app.plugins import list_plugins, new_plugin, the_plugins, trust, untrust
from skillctl.core.errors import PluginError
from skillctl_plugins import discovery
from skillctl_plugins import trust as trust_store
from skillctl_plugins.plugin import Plugin
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack

NOW = "2026-01-01T00:00:00Z"
HOOKS = "def register(manager):\n    manager.add_hook('pre_run', lambda project_dir: {'FROM': 'gis'})\n"


@pytest.fixture
def hooked(machine: Machine) -> Machine:
    machine.publish(pack("gis", hooks_module="hooks.py", files={"hooks.py": HOOKS}))
    machine.install("gis", agents=("claude-code",))
    return machine


def plugins(machine: Machine) -> list[Plugin]:
    found = list_plugins(machine.settings(), machine.project).plugins
    return [each for each in found if each.source != "built-in"]


def answers(machine: Machine) -> tuple[object, ...]:
    with the_plugins(machine.settings(), machine.project) as manager:
        return manager.fire("pre_run", project_dir="/p").answers


def test_who_has_no_plugins_waits_for_none(machine: Machine) -> None:
    assert not has_plugins(machine.settings())
    (machine.config / "plugins").mkdir(parents=True)
    assert has_plugins(machine.settings())


def test_hooks_of_a_pack_stay_off_until_its_tree_is_trusted(hooked: Machine) -> None:
    (found,) = plugins(hooked)
    assert (found.name, found.state, found.source) == ("gis", "untrusted", "pack")
    assert "skillctl trust gis" in found.problem
    assert answers(hooked) == ()
    given = trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    assert (given.changed, given.contents) == (True, HOOKS)
    assert answers(hooked) == ({"FROM": "gis"},)
    untrust(hooked.settings(), hooked.project, "gis", dry_run=False)
    assert answers(hooked) == ()


def test_a_new_version_of_the_pack_must_be_trusted_again(hooked: Machine) -> None:
    trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    hooked.publish(pack("gis", "1.1.0", hooks_module="hooks.py", files={"hooks.py": HOOKS}))
    hooked.update()
    assert [each.state for each in plugins(hooked)] == ["untrusted"]


def test_hooks_come_from_the_store_and_an_edited_store_has_none(hooked: Machine) -> None:
    trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    for path in (hooked.project / ".claude").rglob("hooks.py"):
        path.write_text("raise SystemExit")
    assert answers(hooked) == ({"FROM": "gis"},)
    (module,) = (hooked.cache / "store/trees").glob("*/hooks.py")
    module.write_text(HOOKS.replace("gis", "evil"))
    assert answers(hooked) == ()


def test_a_rehearsed_trust_gives_none(hooked: Machine) -> None:
    trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=True)
    assert answers(hooked) == ()


def test_trust_is_recorded_when_it_is_given_and_when_it_is_taken_back(hooked: Machine) -> None:
    trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    untrust(hooked.settings(), hooked.project, "gis", dry_run=True)
    untrust(hooked.settings(), hooked.project, "gis", dry_run=False)
    records = [each for each in show_log(hooked.settings(), tail=0, run="").records if each.name == "trust"]
    assert [each.kind for each in records] == ["begin", "end", "begin", "end"]
    given = [effect for each in records for effect in each.effects]
    assert [(each["subject"], each["given"]) for each in given] == [("pack:gis", True), ("pack:gis", False)]
    assert given[0]["digest"] == given[1]["digest"] != ""


def test_trust_that_can_not_be_recorded_is_not_given(hooked: Machine) -> None:
    shutil.rmtree(hooked.state / "audit")
    (hooked.state / "audit").write_text("in the way")
    with pytest.raises(PluginError, match="E630"):
        trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    assert answers(hooked) == ()


def test_a_policy_may_refuse_trust_but_not_that_it_is_taken_back(hooked: Machine) -> None:
    trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    rule = "hooks:\n  deny:\n    - {name: gis, reason: not yet}\n"
    hooked.config.mkdir(parents=True, exist_ok=True)
    (hooked.config / "policy.yaml").write_text(rule)
    untrust(hooked.settings(), hooked.project, "gis", dry_run=False)
    with pytest.raises(PluginError, match=r"E610.*not yet"):
        trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    assert answers(hooked) == ()


def test_who_turned_the_log_off_is_told_when_trust_changes(hooked: Machine) -> None:
    hooked.configure(audit="off")
    given = trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    again = trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    taken = untrust(hooked.settings(), hooked.project, "gis", dry_run=False)
    assert [[each.code for each in outcome.problems] for outcome in (given, again, taken)] == [["N630"], [], ["N630"]]


@pytest.mark.parametrize("what", ["gis", "no-such-pack", "no_such.py", "plain"])
def test_what_brings_no_code_can_not_be_trusted(machine: Machine, what: str) -> None:
    machine.publish(pack("plain"))
    machine.install("plain", agents=("claude-code",))
    with pytest.raises(PluginError, match="E604"):
        trust(machine.settings(), machine.project, what, now=NOW, dry_run=False)
    with pytest.raises(PluginError, match="E605"):
        untrust(machine.settings(), machine.project, what, dry_run=False)


def test_a_plugin_that_was_made_works_and_its_test_passes(tmp_path: Path) -> None:
    made = new_plugin(tmp_path, "My Plugin", dry_run=False)
    assert made.files == ("my_plugin.py", "test_my_plugin.py")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", made.directory],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


def test_choosing_writes_the_configuration(machine: Machine, skillctl: Callable[..., Ran]) -> None:
    folder = machine.config / "plugins"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(HOOKS)
    assert [each.state for each in plugins(machine)] == ["active"]
    assert skillctl("plugins", "disable", "mine").status == 0
    assert [each.state for each in plugins(machine)] == ["disabled"]
    assert json.loads((machine.config / "config.json").read_text())["plugins"] == {"disabled": ["mine"], "enabled": []}
    assert skillctl("plugins", "enable", "mine").status == 0
    assert [each.state for each in plugins(machine)] == ["active"]


def test_the_list_is_what_the_bare_word_means(skillctl: Callable[..., Ran]) -> None:
    assert skillctl("plugins", "--json").envelope["command"] == "plugins list"
    assert skillctl("plugins", "info", "nobody", "--json").codes == ["E603"]


def test_patchwork_is_listed_whether_its_program_is_there_or_not(
    machine: Machine, skillctl: Callable[..., Ran]
) -> None:
    assert "inactive: program not found" in skillctl("plugins").out
    machine.program("patchwork")
    assert "active" in skillctl("plugins", "info", "patchwork").out
    assert skillctl("plugins", "disable", "patchwork").status == 0
    assert skillctl("plugins", "info", "patchwork", "--json").result["plugins"][0]["state"] == "disabled"


def test_the_quick_look_knows_the_names_of_the_room() -> None:
    assert (DIRECTORY, TRUST_FILE) == (discovery.DIRECTORY, trust_store.FILE)


SPY = """
import json
def register(manager):
    for event in ("pre_install", "post_install", "pre_remove", "post_sync", "pre_publish", "post_publish"):
        manager.add_hook(event, lambda event=event, **told: note(event, told))
def note(event, told):
    with open({log!r}, "a") as log:
        log.write(json.dumps([event, told]) + "\\n")
"""


def spied(machine: Machine) -> list[tuple[str, dict[str, Any]]]:
    log = machine.room / "log"
    return [tuple(json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []


def with_plugin(machine: Machine, code: str) -> None:
    folder = machine.config / "plugins"
    folder.mkdir(parents=True)
    (folder / "spy.py").write_text(code)


def test_plugins_hear_of_installs_removes_and_syncs(machine: Machine) -> None:
    with_plugin(machine, SPY.format(log=str(machine.room / "log")))
    machine.publish(pack("gis"))
    machine.install("gis", agents=("claude-code",))
    shutil.rmtree(machine.project / ".claude")
    machine.sync()
    machine.remove("gis")
    heard = spied(machine)
    assert [event for event, _ in heard] == [
        *("pre_install", "post_install"),
        *("pre_install", "post_install", "post_sync"),
        "pre_remove",
    ]
    told = [[(each["name"], each["version"], each["tree"]) for each in more["packs"]] for _, more in heard]
    assert told == [[("gis", "1.0.0", told[0][0][2])]] * len(heard)
    assert heard[0][1]["project_dir"] == str(machine.project)


def test_a_plugin_that_blocks_an_install_leaves_everything_as_it_was(machine: Machine) -> None:
    with_plugin(
        machine,
        "def no(**_): raise RuntimeError('not today')\ndef register(manager): manager.add_hook('pre_install', no)",
    )
    machine.publish(pack("gis"))
    with pytest.raises(PluginError, match=r"E600.*spy.*not today"):
        machine.install("gis", agents=("claude-code",))
    assert not (machine.project / ".claude").exists()


def test_a_plugin_that_fails_afterwards_is_told_and_undoes_nothing(machine: Machine) -> None:
    with_plugin(
        machine,
        "def no(**_): raise RuntimeError('oh')\ndef register(manager): manager.add_hook('post_install', no)",
    )
    machine.publish(pack("gis"))
    outcome = machine.install("gis", agents=("claude-code",))
    assert "W600" in [each.code for each in outcome.problems]
    assert (machine.project / ".claude/skills/gis/SKILL.md").exists()


def test_plugins_hear_of_a_publish(machine: Machine, skillctl: Callable[..., Ran]) -> None:
    with_plugin(machine, SPY.format(log=str(machine.room / "log")))
    skillctl("new", "terraform", "-d", "About it", "--author", "Ada", "--yes")
    assert skillctl("publish", "terraform").status == 0
    assert [event for event, _ in spied(machine)] == ["pre_publish", "post_publish"]
    assert spied(machine)[0][1]["pack"] == "terraform"


def test_a_broken_plugin_is_told_and_the_rest_goes_on(machine: Machine) -> None:
    with_plugin(machine, SPY.format(log=str(machine.room / "log")))
    (machine.config / "plugins" / "broken.py").write_text("raise RuntimeError('oh')")
    machine.publish(pack("gis"))
    (told,) = [each for each in machine.install("gis", agents=("claude-code",)).problems if each.code == "W601"]
    assert told.evidence == {"plugin": "broken", "reason": "RuntimeError: oh"}
    assert [event for event, _ in spied(machine)] == ["pre_install", "post_install"]


@pytest.mark.parametrize(
    "code",
    [
        "PLUGIN_CAPABILITIES = ['guard']\nraise RuntimeError('oh')",
        "import no_such_module\nPLUGIN_CAPABILITIES = (\n    'audit',\n    'policy',\n)\n",
        "PLUGIN_CAPABILITIES: list[str] = ['guard'",
        "PLUGIN_CAPABILITIES = 'guard'\nPLUGIN_DEPENDENCIES = ['nobody']\ndef register(manager): pass",
    ],
)
def test_a_broken_plugin_that_guards_something_stops_what_it_would_have_judged(machine: Machine, code: str) -> None:
    with_plugin(machine, code)
    machine.publish(pack("gis"))
    with pytest.raises(PluginError, match=r"E606.*spy"):
        machine.install("gis", agents=("claude-code",))
    assert not (machine.project / ".claude").exists()
    assert [each.state for each in plugins(machine)] == ["broken"]


def test_who_is_not_trusted_any_more_is_told(hooked: Machine) -> None:
    trust(hooked.settings(), hooked.project, "gis", now=NOW, dry_run=False)
    hooked.publish(pack("base"), pack("gis", "1.1.0", hooks_module="hooks.py", files={"hooks.py": HOOKS}))
    hooked.update()
    told = [each for each in hooked.install("base", agents=("claude-code",)).problems if each.code == "W602"]
    assert [each.evidence for each in told] == [{"plugins": ("gis",)}]


def test_a_run_tells_of_plugins_that_are_left_out_and_of_a_log_that_is_off(
    machine: Machine, skillctl: Callable[..., Ran]
) -> None:
    machine.configure(audit="off")
    with_plugin(machine, "raise RuntimeError('oh')")
    plan = {"name": "demo", "files": [{"filename": "main.sh", "code": "echo hello\n"}], "run": "sh main.sh"}
    (machine.project / "plan.json").write_text(json.dumps(plan))
    assert {"W601", "N630"} <= set(skillctl("runtime", "execute", "plan.json", "--json").codes)
    assert {"W601", "N630"} <= set(skillctl("runtime", "run", "output/demo", "--json").codes)
    assert skillctl("hooks", "install", "--json").codes == ["N630"]
    assert skillctl("hooks", "install", "--json").codes == []
    assert skillctl("hooks", "uninstall", "--json").codes == ["N630"]
