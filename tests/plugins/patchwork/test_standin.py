"""The stand-in keeps to the contract, so that what holds with it holds with the real program."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.plugins.patchwork.conftest import STRICT, Installed


def call(patchwork: Installed, *words: str, told: str = "", closed: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {**patchwork.environ, **({"PATCHWORK_PRETOOL_FAIL_CLOSED": "1"} if closed else {})}
    program = str(patchwork.programs / "patchwork")
    return subprocess.run([program, *words], input=told, env=environment, capture_output=True, text=True, check=False)


def asked(patchwork: Installed, tool: str, *, use: str = "", **given: Any) -> str:
    members = {"session_id": "s", "cwd": str(patchwork.project), "tool_name": tool, "tool_input": given}
    return json.dumps({**members, "tool_use_id": use} if use else members)


def reason(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0
    said = json.loads(done.stdout)["hookSpecificOutput"]
    assert said["permissionDecision"] == "deny"
    return str(said["permissionDecisionReason"])


@pytest.mark.parametrize("told", ["", "not json", "[]", "{}"])
def test_garbage_is_nothing_with_status_0_and_a_no_where_it_fails_closed(patchwork: Installed, told: str) -> None:
    open_one = call(patchwork, "hook", "pre-tool", told=told, closed=False)
    assert (open_one.returncode, open_one.stdout) == (0, "")
    assert (
        reason(call(patchwork, "hook", "pre-tool", told=told)) == "[Patchwork] Hook internal error (fail-closed mode)"
    )


def test_an_unknown_event_is_nothing_even_where_it_fails_closed(patchwork: Installed) -> None:
    done = call(patchwork, "hook", "pre-nothing", told="{}")
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_allowed_is_an_empty_object_and_not_recorded(patchwork: Installed) -> None:
    assert call(patchwork, "hook", "pre-tool", told=asked(patchwork, "Read", file_path="/p/a")).stdout == "{}\n"
    assert not patchwork.log.exists()


def test_an_unknown_tool_is_allowed(patchwork: Installed) -> None:
    patchwork.policy(STRICT)
    told = asked(patchwork, "orchestrator:execute_plan", command="sudo rm -rf /")
    assert call(patchwork, "hook", "pre-tool", told=told).stdout == "{}\n"


def test_prefixes_look_at_the_beginning_alone(patchwork: Installed) -> None:
    patchwork.policy({**STRICT, "max_risk": "critical"})
    assert "No root" in reason(call(patchwork, "hook", "pre-tool", told=asked(patchwork, "Bash", command="sudo ls")))
    for command in ("cd /x && sudo rm -rf /y", "FOO=1 sudo ls", "/usr/bin/sudo ls"):
        assert call(patchwork, "hook", "pre-tool", told=asked(patchwork, "Bash", command=command)).stdout == "{}\n"


def test_a_no_is_recorded_once_for_an_id(patchwork: Installed) -> None:
    patchwork.policy(STRICT)
    for _ in range(2):
        reason(call(patchwork, "hook", "pre-tool", told=asked(patchwork, "Bash", use="u1", command="sudo ls")))
    assert [each["status"] for each in patchwork.events] == ["denied"]


def test_a_torn_log_takes_nothing_more_and_says_nothing(patchwork: Installed) -> None:
    patchwork.policy(STRICT)
    patchwork.log.write_text('{"torn')
    told = asked(patchwork, "Bash", command="sudo ls")
    assert call(patchwork, "hook", "pre-tool", told=told, closed=False).stdout == ""
    assert "internal error" in reason(call(patchwork, "hook", "pre-tool", told=told))
    done = call(patchwork, "hook", "post-tool", told=told)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert patchwork.log.read_text() == '{"torn'
    assert call(patchwork, "verify", "--json").returncode == 1


def test_parallel_appends_lose_records_without_a_word(patchwork: Installed) -> None:
    patchwork.behave(hold=0.4)
    environment = {**patchwork.environ, "PATCHWORK_PRETOOL_FAIL_CLOSED": "1"}
    program = [str(patchwork.programs / "patchwork"), "hook", "post-tool"]
    running = [
        subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(6)
    ]
    for number, each in enumerate(running):
        assert each.stdin is not None
        with each.stdin as pipe:
            pipe.write(asked(patchwork, "Bash", use=f"u{number}", command="ls"))
    for each in running:
        assert each.stdout is not None
        with each.stdout as pipe:
            assert pipe.read() == ""
        assert each.wait(30) == 0
    assert 0 < len(patchwork.events) < 6
    assert call(patchwork, "verify", "--json").returncode == 0


def test_a_tail_that_was_cut_off_is_found_only_with_a_seal(patchwork: Installed) -> None:
    for use in ("a", "b"):
        call(patchwork, "hook", "post-tool", told=asked(patchwork, "Bash", use=use, command="ls"))
    assert call(patchwork, "verify", "--json", "--strict", "--require-seal").returncode == 1
    call(patchwork, "seal", "--json")
    assert call(patchwork, "verify", "--json", "--strict", "--require-seal").returncode == 0
    patchwork.log.write_text(patchwork.log.read_text().splitlines(keepends=True)[0])
    assert call(patchwork, "verify", "--json").returncode == 1
    (patchwork.home / ".patchwork" / "seals.jsonl").unlink()
    assert call(patchwork, "verify", "--json").returncode == 0
    assert call(patchwork, "verify", "--json", "--strict", "--require-seal").returncode == 1
