"""Hooks in the settings of a client: merged in, restored to the byte."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from skillctl.app.hooks import HooksChange, install_hooks, list_hooks, uninstall_hooks
from skillctl.core.errors import PluginError
from skillctl_plugins.clients.claude_code import EVENTS
from tests.support.machine import Machine

ODD = b'{ "model":"x",\r\n\t"hooks":{"Stop":[] , "PreToolUse":[{"hooks":[{"type":"command","command":"a"}]}]},"n":1.50}'


def install(machine: Machine, **options: Any) -> HooksChange:
    given = {"agent": "claude-code", "user": True, "dry_run": False, **options}
    return install_hooks(machine.settings(), machine.project, **given)


def uninstall(machine: Machine, **options: Any) -> HooksChange:
    given = {"agent": "claude-code", "user": True, "dry_run": False, **options}
    return uninstall_hooks(machine.settings(), machine.project, **given)


def states(machine: Machine) -> list[str]:
    return [each.state for each in list_hooks(machine.settings(), machine.project).registrations]


@pytest.fixture
def user_file(machine: Machine) -> Path:
    return machine.home / ".claude" / "settings.json"


@pytest.mark.parametrize("before", [b"{}", b"", b'{"hooks": {}}\n', ODD, '{"ü": "\u200b"}'.encode()])
def test_what_was_there_comes_back_byte_for_byte(machine: Machine, user_file: Path, before: bytes) -> None:
    user_file.parent.mkdir()
    user_file.write_bytes(before)
    assert install(machine).changed
    assert states(machine) == ["installed", "not installed"]
    change = uninstall(machine)
    assert (change.changed, change.exact) == (True, True)
    assert user_file.read_bytes() == before
    assert states(machine) == ["not installed", "not installed"]


def test_where_nothing_was_nothing_stays(machine: Machine, user_file: Path) -> None:
    install(machine)
    assert json.loads(user_file.read_bytes())["hooks"].keys() == set(EVENTS)
    uninstall(machine)
    assert not user_file.parent.exists()


def test_a_second_time_changes_nothing_and_still_restores(machine: Machine, user_file: Path) -> None:
    user_file.parent.mkdir()
    user_file.write_bytes(ODD)
    install(machine)
    once = user_file.read_bytes()
    assert not install(machine).changed
    assert user_file.read_bytes() == once
    uninstall(machine)
    assert user_file.read_bytes() == ODD
    assert not uninstall(machine).changed


def test_what_somebody_changed_meanwhile_stays(machine: Machine, user_file: Path) -> None:
    user_file.parent.mkdir()
    user_file.write_text('{"model": "old"}\n')
    install(machine)
    value = json.loads(user_file.read_bytes())
    value["model"] = "new"
    value["hooks"]["Stop"] = []
    user_file.write_text(json.dumps(value))
    install(machine)
    change = uninstall(machine)
    assert not json.loads(user_file.read_bytes()).keys() - {"model", "hooks"}
    assert json.loads(user_file.read_bytes()) == {"model": "new", "hooks": {"Stop": []}}
    assert change.changed


def test_a_dry_run_touches_nothing(machine: Machine) -> None:
    before = machine.seen()
    assert install(machine, dry_run=True).changed
    assert machine.seen() == before
    install(machine)
    before = machine.seen()
    assert uninstall(machine, dry_run=True).changed
    assert machine.seen() == before


@pytest.mark.parametrize("text", ["{", "[]", '{"hooks": []}', '{"hooks": {"PreToolUse": 1}}', '{"a": 1, "a": 2}'])
def test_settings_that_can_not_be_read_are_not_touched(machine: Machine, user_file: Path, text: str) -> None:
    user_file.parent.mkdir()
    user_file.write_text(text)
    for work in (install, uninstall):
        with pytest.raises(PluginError) as caught:
            work(machine)
        assert caught.value.code == "E673"
    assert user_file.read_text() == text


def test_private_settings_stay_private(machine: Machine, user_file: Path) -> None:
    user_file.parent.mkdir()
    user_file.write_text("{}")
    user_file.chmod(0o600)
    install(machine)
    assert stat.S_IMODE(user_file.stat().st_mode) == 0o600


def test_a_link_of_the_user_is_followed(machine: Machine, user_file: Path) -> None:
    real = machine.home / "dotfiles.json"
    real.write_text("{}")
    user_file.parent.mkdir()
    user_file.symlink_to(real)
    install(machine)
    assert user_file.is_symlink()
    assert "hooks" in json.loads(real.read_bytes())


def test_a_link_of_a_project_may_not_lead_out_of_it(machine: Machine) -> None:
    target = machine.home / "precious.json"
    target.write_text("{}")
    folder = machine.project / ".claude"
    folder.mkdir()
    (folder / "settings.json").symlink_to(target)
    with pytest.raises(PluginError) as caught:
        install(machine, user=False)
    assert caught.value.code == "E675"
    assert target.read_text() == "{}"


def test_settings_of_a_project_name_no_path_of_this_machine(machine: Machine) -> None:
    install(machine, user=False)
    text = (machine.project / ".claude" / "settings.json").read_text()
    assert '"skillctl hook PreToolUse || exit 2"' in text
    assert str(machine.room) not in text


def test_the_variable_of_the_client_moves_the_users_settings(machine: Machine) -> None:
    machine.environment["CLAUDE_CONFIG_DIR"] = str(machine.room / "elsewhere")
    install(machine)
    assert (machine.room / "elsewhere" / "settings.json").is_file()


def test_a_switch_that_turns_hooks_off_is_told(machine: Machine, user_file: Path) -> None:
    user_file.parent.mkdir()
    user_file.write_text('{"disableAllHooks": true}')
    assert [each.code for each in install(machine).problems] == ["W670"]
    assert [each.code for each in list_hooks(machine.settings(), machine.project).problems] == ["W670"]


def test_another_agent_has_no_hooks_of_ours(machine: Machine) -> None:
    with pytest.raises(PluginError) as caught:
        install(machine, agent="codex")
    assert caught.value.code == "E674"
