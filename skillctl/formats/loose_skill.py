"""SKILL.md files as lenient clients read them: skills that somebody wrote for agents, not for this program.

Agents load front matter that is no YAML (an unquoted colon, an open bracket), and files without any. So such a skill
can be installed; what it is called and for is taken from its `name:` and `description:` lines, or from its first
paragraph. Refused is only what harms a reader: front matter that is too large or nests without end, aliases, tags and
control characters in it.
"""

from __future__ import annotations

import re

from skillctl.core.errors import ManifestError
from skillctl.core.limits import LIMITS
from skillctl.core.value import dataclass
from skillctl.formats.front_matter import read_skill_file

_FIELD = r"^{key}:[ \t]*(?P<first>[^\r\n]*)(?P<more>(?:\r?\n[ \t]+\S[^\r\n]*)*)"
_BLOCK_SIGN = re.compile(r"[>|][-+0-9]*\Z")
_OPENING = re.compile(r"\ufeff?---[ \t]*\r?\n")
_CLOSING = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)
_PARAGRAPHS = re.compile(r"\r?\n[ \t]*\r?\n")
_NO_PROSE = ("#", "---", "```", "<!--", "|", "![")
_LONGEST = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class LooseSkill:
    """What an agent makes of a SKILL.md."""

    name: str
    """Empty if it gives itself none."""
    description: str
    fault: ManifestError | None = None
    """Why it can't be read strictly; None if it can."""


def read_skill_loosely(data: bytes, *, file: str) -> LooseSkill:
    """The skill, however it is written. ManifestError E162, E164, E167 for what harms a reader."""
    try:
        skill = read_skill_file(data, file=file)
    except ManifestError as error:
        if error.code in ("E162", "E164", "E167"):
            raise
        return _loose(data[: LIMITS.front_matter_bytes].decode(errors="replace"), error)
    description = skill.description or _first_paragraph(skill.body[: LIMITS.front_matter_bytes])
    return LooseSkill(name=skill.name.strip(), description=description)


def _loose(text: str, fault: ManifestError) -> LooseSkill:
    opening = _OPENING.match(text)
    if opening is None:
        return LooseSkill(name="", description=_first_paragraph(text), fault=fault)
    closing = _CLOSING.search(text, opening.end())
    block = text[opening.end() : closing.start() if closing else len(text)]
    return LooseSkill(name=_field(block, "name"), description=_field(block, "description"), fault=fault)


def _field(block: str, key: str) -> str:
    """What stands behind the key, with the indented lines that follow."""
    match = re.search(_FIELD.format(key=key), block, re.MULTILINE)
    if match is None:
        return ""
    first = "" if _BLOCK_SIGN.match(match["first"].strip()) else match["first"]
    text = " ".join(f"{first} {match['more']}".split())
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if is_quoted else text


def _first_paragraph(text: str) -> str:
    """The first lines that are prose."""
    plain = (each.strip() for each in _PARAGRAPHS.split(text))
    return next((" ".join(each.split()) for each in plain if each and not each.startswith(_NO_PROSE)), "")[:_LONGEST]
