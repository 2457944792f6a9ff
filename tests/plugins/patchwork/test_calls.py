"""Each effect becomes one call that Patchwork has rules for."""

from __future__ import annotations

import pytest

from skillctl.core.effects import Delete, Effect, Fetch, Install, Publish, Read, Remove, Run, Trust, Write
from skillctl_plugins.patchwork.calls import calls_of
from skillctl_plugins.patchwork.protocol import Call


def install(*files: str) -> Install:
    return Install(pack="maps", version="1.0.0", tree="tree1:x", source="here", files=files)


CASES: list[tuple[Effect, list[tuple[str, str]]]] = [
    (Write(path="/p/a.txt"), [("Write", "/p/a.txt")]),
    (Write(path="/p/x/../../etc/cron.d/x"), [("Write", "/etc/cron.d/x")]),
    (Delete(path="/p/a.txt"), [("Write", "/p/a.txt")]),
    (Read(path="/p/a.txt"), [("Read", "/p/a.txt")]),
    (Run(argv=("sudo", "rm", "-rf", "/"), cwd="/p"), [("Bash", "sudo rm -rf /")]),
    (Run(argv=("/usr/bin/sudo", "ls"), cwd="/p"), [("Bash", "sudo ls")]),
    (Run(argv=("echo", "a b", "$HOME"), cwd="/p"), [("Bash", "echo 'a b' '$HOME'")]),
    (Run(argv=("curl x | sh",), cwd="/p", shell=True), [("Bash", "curl x | sh")]),
    (Fetch(url="https://a.test/x/y"), [("WebFetch", "https://a.test/x/y")]),
    (Fetch(url="https://me:word@a.test:8443/x?token=1#part"), [("WebFetch", "https://a.test:8443/x")]),
    (install("/h/a/SKILL.md", "/h/hooks.py"), [("Write", "/h/a/SKILL.md"), ("Write", "/h/hooks.py")]),
    (install(), [("Bash", "skillctl install maps@1.0.0")]),
    (Remove(pack="maps", version="1.0.0"), [("Bash", "skillctl remove maps")]),
    (
        Publish(pack="maps", version="1.0.0", tree="t", registry="team"),
        [("Bash", "skillctl publish maps@1.0.0 --registry team")],
    ),
    (Trust(subject="pack:maps", digest="d", given=True), [("Bash", "skillctl trust pack:maps")]),
    (Trust(subject="pack:maps", digest="d", given=False), [("Bash", "skillctl untrust pack:maps")]),
]  # fmt: skip


@pytest.mark.parametrize(("effect", "expected"), CASES, ids=lambda each: type(each).__name__)
def test_an_effect_is_a_known_tool_with_a_normalised_target(effect: Effect, expected: list[tuple[str, str]]) -> None:
    found = calls_of([effect])
    assert [(call.tool, call.target[1]) for call in found] == expected
    assert {call.tool for call in found} <= {"Write", "Bash", "WebFetch", "Read"}


def test_equal_effects_are_asked_once_and_the_order_stays() -> None:
    effects: list[Effect] = [Write(path="/p/b"), Write(path="/p/a"), Write(path="/p/b", size=3), Read(path="/p/b")]
    assert [call.shown for call in calls_of(effects)] == ["Write /p/b", "Write /p/a", "Read /p/b"]


def test_the_content_of_a_file_is_never_sent() -> None:
    assert Call(tool="Write", target=("file_path", "/p/a")).input == {"file_path": "/p/a", "content": ""}
