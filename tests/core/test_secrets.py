"""Secrets in texts are found and never told; what only looks like one is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.cli.envelope import envelope
from skillctl.core.diagnostics import Place, problem
from skillctl.core.secrets import masked, may_hold_secrets, secrets_in
from skillctl.core.wording import worded
from skillctl.formats.checks import check_pack
from skillctl.formats.sarif import findings_as_sarif
from tests.support.packs import pack

DATA = Path(__file__).parents[1] / "data" / "secrets"
SEEDED: list[dict[str, Any]] = json.loads((DATA / "secrets.json").read_bytes())["cases"]
LOOK_ALIKES: list[dict[str, str]] = json.loads((DATA / "look_alikes.json").read_bytes())["cases"]
LONGEST_SHOWN = 8


def text_of(case: dict[str, Any]) -> str:
    return "".join(case["text"])


def parts_of_a_secret(text: str) -> list[str]:
    """Pieces of the secret that stands in the text, none of which may be told."""
    (found,) = secrets_in(text)
    secret = "".join(line for line in text[found.offset : found.end].splitlines() if "-----" not in line)
    return [secret[at : at + LONGEST_SHOWN] for at in range(4, len(secret) - LONGEST_SHOWN, 4)]


SEEDED_CASES = pytest.mark.parametrize("case", SEEDED, ids=[f"{n} {case['kind']}" for n, case in enumerate(SEEDED)])


def test_there_are_enough_of_either() -> None:
    assert min(len(SEEDED), len(LOOK_ALIKES)) >= 40


@SEEDED_CASES
def test_a_secret_is_found_with_its_kind(case: dict[str, Any]) -> None:
    text = text_of(case)
    assert may_hold_secrets(text.encode())
    assert [each.kind for each in secrets_in(text)] == [case["kind"]]


@SEEDED_CASES
def test_it_stops_validation_at_its_place_and_is_told_nowhere(case: dict[str, Any]) -> None:
    text = text_of(case)
    files = pack("tiny", files={case["file"]: f"# A file\n\n{text}"} if "SKILL" not in case["file"] else {})
    if "SKILL" in case["file"]:
        files["skills/tiny/SKILL.md"] += text.encode()
    (found,) = (each for each in check_pack(files) if each.code == "E122")
    assert found.severity == "error"
    assert found.place is not None
    assert found.place.line >= 3
    told = [envelope(command="x", ok=False, result=None, problems=[worded(found)]), findings_as_sarif([found], [])]
    for part in parts_of_a_secret(text):
        assert not any(part in each for each in told)


@SEEDED_CASES
def test_whatever_is_printed_masks_it(case: dict[str, Any]) -> None:
    text = text_of(case)
    shown = worded(problem("E109", value=text, expected="x")).title
    for part in parts_of_a_secret(text):
        assert part not in masked(text)
        assert part not in shown


@pytest.mark.parametrize("neighbour", [each for each in SEEDED if each["kind"] in ("secret", "GitHub token")][:3])
@SEEDED_CASES
def test_what_is_found_does_not_depend_on_what_else_stands_there(
    case: dict[str, Any], neighbour: dict[str, Any]
) -> None:
    alone = [each.kind for each in secrets_in(text_of(case))]
    together = secrets_in(text_of(neighbour) + "\n" + text_of(case))
    assert [each.kind for each in together] == [neighbour["kind"], *alone]


@pytest.mark.parametrize("case", LOOK_ALIKES, ids=[f"{n} {case['why']}" for n, case in enumerate(LOOK_ALIKES)])
def test_what_only_looks_like_a_secret_is_left_alone(case: dict[str, str]) -> None:
    assert secrets_in(case["text"]) == []
    assert masked(case["text"]) == case["text"]
    files = pack("tiny", files={"CONTEXT.md": case["text"]})
    assert [each.code for each in check_pack(files) if each.code == "E122"] == []


@given(st.text(max_size=200))
def test_a_text_without_a_secret_is_masked_as_itself(text: str) -> None:
    if not secrets_in(text):
        assert masked(text) == text


@given(st.sampled_from(SEEDED), st.text(alphabet=" \n.,;:!?()#", max_size=20))
def test_a_secret_is_found_wherever_it_stands(case: dict[str, Any], around: str) -> None:
    text = f"{around}\n{text_of(case)}\n{around}"
    assert [each.kind for each in secrets_in(text)] == [case["kind"]]


@pytest.mark.parametrize(
    ("path", "is_told"),
    [
        (".env", True),
        ("config/.env.production", True),
        (".env.example", False),
        ("keys/id_ed25519", True),
        ("id_ed25519.pub", False),
        ("store.p12", True),
        (".npmrc", True),
        ("environment.md", False),
    ],
)
def test_a_file_that_holds_secrets_by_its_name_is_told(path: str, is_told: bool) -> None:
    codes = [each.code for each in check_pack(pack("tiny", files={path: "x\n"}))]
    assert ("W122" in codes) == is_told


@SEEDED_CASES
def test_a_key_or_a_path_that_is_a_secret_is_masked_in_its_place(case: dict[str, Any]) -> None:
    text = text_of(case)
    told = worded(problem("W100", place=Place(file=f"notes/{text}", path=f'$["{text}"]'), key=text))
    for part in parts_of_a_secret(text):
        assert part not in str(told)
