"""Allowed is one answer and nothing else."""

from __future__ import annotations

import json

import pytest

from skillctl_plugins.patchwork.program import Said
from skillctl_plugins.patchwork.protocol import judged


def decision(word: object, **more: object) -> bytes:
    return json.dumps(
        {"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": word}, **more}
    ).encode()


@pytest.mark.parametrize("answer", [b"{}", b"{}\n", b" {\n} ", decision("allow")])
def test_these_are_a_yes(answer: bytes) -> None:
    assert judged(Said(stdout=answer)).allowed


@pytest.mark.parametrize(
    "answer",
    [
        *(b"", b"\n", b"ok", b"null", b"[]", b"true", b'"{}"', b"{} {}", b"{", b"\xff{}", b'{"allow": true}'),
        b'{"a":1,"a":2}',
        *(b'{"decision": "approve"}', b'{"hookSpecificOutput": null}', b'{"hookSpecificOutput": {}}'),
        *(decision("deny"), decision("ask"), decision("defer"), decision(True), decision("Allow"), decision(None)),
        *(decision("allow", decision="block"), decision("allow", **{"continue": False})),
    ],
)  # fmt: skip
def test_everything_else_is_a_no(answer: bytes) -> None:
    found = judged(Said(stdout=answer))
    assert not found.allowed
    assert found.reason


@pytest.mark.parametrize(
    "said", [Said(status=1, stdout=b"{}"), Said(status=-9, stdout=b"{}"), Said(stdout=b"{}", failure="slow")]
)
def test_a_yes_with_a_bad_end_is_a_no(said: Said) -> None:
    assert not judged(said).allowed


def test_the_reason_of_a_no_is_patchworks_own() -> None:
    said = {"permissionDecision": "deny", "permissionDecisionReason": "[Patchwork] No\x1b[31m"}
    found = judged(Said(stdout=json.dumps({"hookSpecificOutput": said}).encode()))
    assert (found.allowed, found.is_own, found.reason) == (False, True, "[Patchwork] No\x1b[31m")
