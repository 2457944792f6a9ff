"""What a person can't see is found wherever a pack may hold it: names, descriptions, texts, file names."""

from __future__ import annotations

import pytest

from skillctl.core.wording import worded
from skillctl.formats.checks import check_pack
from tests.support.packs import pack

CLASSES = {
    "tag": "\U000e0041",
    "bidi override": "\u202e",
    "bidi isolate": "\u2066",
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "word joiner": "\u2060",
    "variation selector": "\ufe01",
    "variation selector supplement": "\U000e0101",
    "private use": "\ue000",
    "private plane": "\U000f0001",
    "byte order mark": "\ufeff",
    "terminal escape": "\x1b",
    "C1 control": "\x9b",
    "bell": "\x07",
}
PLACES = ("name", "description", "SKILL.md", "CONTEXT.md", "file name")


def hostile(place: str, character: str) -> dict[str, bytes]:
    """A pack with the character at that place."""
    files = pack("tiny", files={"CONTEXT.md": "# Context\n"}, context_files=["CONTEXT.md"])
    if place == "name":
        files["skill.json"] = files["skill.json"].replace(b'"tiny"', f'"ti{character}ny"'.encode(), 1)
    elif place == "description":
        files["skill.json"] = files["skill.json"].replace(b"About tiny", f"About {character} tiny".encode())
    elif place == "SKILL.md":
        files["skills/tiny/SKILL.md"] += f"Do {character} it.\n".encode()
    elif place == "CONTEXT.md":
        files["CONTEXT.md"] += f"More {character} of it.\n".encode()
    else:
        files[f"notes{character}.md"] = b"# Notes\n"
    return files


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", CLASSES)
def test_it_is_an_error_wherever_it_stands_and_shown_as_a_code_point(kind: str, place: str) -> None:
    character = CLASSES[kind]
    problems = check_pack(hostile(place, character))
    errors = [each for each in problems if each.severity == "error"]
    assert errors
    for each in map(worded, problems):
        assert character not in f"{each.title}{each.detail}{each.hint}"
    if place in ("SKILL.md", "CONTEXT.md"):
        assert [each.code for each in errors] == ["E120"]
        assert f"U+{ord(character):04X}" in worded(errors[0]).title


@pytest.mark.parametrize("kind", CLASSES)
def test_it_can_not_be_silenced(kind: str) -> None:
    files = hostile("CONTEXT.md", CLASSES[kind])
    ignore = b'{"validate": {"ignore": {"E120": "I like it", "E120 CONTEXT.md": "I like it"}}, '
    files["skill.json"] = ignore + files["skill.json"].lstrip(b"{ \n")
    assert sorted(each.code for each in check_pack(files)) == ["E120", "E123", "E123"]
