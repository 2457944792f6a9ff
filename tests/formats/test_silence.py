"""What an author may silence, in which words, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from skillctl.core.wording import worded
from skillctl.formats.checks import PackReport, examine_pack
from tests.support.packs import pack

SECRET = "password = 'q8Zr2LmW0vTnPx41LsKd77'\n"
FILES = {"notes.md": SECRET, ".env": "x\n"}


def looked_at(ignore: Mapping[str, str], files: Mapping[str, str] = FILES, agents: tuple[str, ...] = ()) -> PackReport:
    return examine_pack(pack("tiny", files=files, validate={"ignore": dict(ignore)}), agents=agents)


def codes(report: PackReport) -> list[str]:
    return [each.code for each in report.problems]


def test_a_warning_is_silenced_in_the_pack_or_in_one_file_and_shown_with_its_reason() -> None:
    assert codes(looked_at({})) == ["W122", "E122"]
    for rule in ("W122", "W122 .env"):
        report = looked_at({rule: "an example"})
        assert codes(report) == ["E122"]
        assert [(each.problem.code, each.reason) for each in report.silenced] == [("W122", "an example")]


def test_the_narrower_silence_counts() -> None:
    report = looked_at({"W122": "all", "W122 .env": "this one"})
    assert [each.reason for each in report.silenced] == ["this one"]
    assert codes(report) == ["W121", "E122"]


def test_what_looks_like_a_secret_is_silenced_in_one_file_by_name() -> None:
    report = looked_at({"E122 notes.md": "made up for the example", "W122": "an example"})
    assert codes(report) == []
    assert [each.problem.code for each in report.silenced] == ["W122", "E122"]
    other = looked_at({"E122 notes.md": "made up"}, {**FILES, "more.md": SECRET})
    assert [each.place.file for each in other.problems if each.place and each.code == "E122"] == ["more.md"]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("E122", "one file at a time"),
        ("E118", "errors count for everybody"),
        ("E120 notes.md", "errors count for everybody"),
        ("E142", "errors count for everybody"),
        ("W999", "no such rule"),
    ],
)
def test_what_protects_others_can_not_be_silenced(rule: str, reason: str) -> None:
    report = looked_at({rule: "because", "W122": "an example"})
    assert codes(report) == ["E123", "E122"]
    assert reason in worded(report.problems[0]).title
    assert report.problems[0].place is not None
    assert report.problems[0].place.line > 1


def test_a_silence_that_nothing_answers_to_is_told() -> None:
    assert codes(looked_at({"W113": "long ago"}, {})) == ["W121"]


def test_of_a_rule_that_was_not_looked_for_nothing_is_said() -> None:
    ignore = {"W127": "only meant for Claude Code"}
    assert codes(looked_at(ignore, {})) == []
    assert codes(looked_at(ignore, {}, agents=("codex",))) == ["W121"]


def test_a_note_can_be_silenced_and_a_reason_is_needed() -> None:
    files = {"skills/tiny/more.md": "x", "CONTEXT.md": "See `references/gone.md`.\n"}
    plain = examine_pack(pack("tiny", files=files, context_files=["CONTEXT.md"]))
    assert codes(plain) == ["N111"]
    quiet = examine_pack(
        pack("tiny", files=files, validate={"ignore": {"N111": "an example"}}, context_files=["CONTEXT.md"])
    )
    assert codes(quiet) == []
    assert codes(
        examine_pack(pack("tiny", files=files, validate={"ignore": {"N111": " "}}, context_files=["CONTEXT.md"]))
    ) == [
        "E106",
        "N111",
    ]
