"""The rules of a SKILL.md that every agent can use: the Agent Skills specification, and what its readers disagree on.

Errors break the specification: an agent would refuse the skill or not find it. Warnings are what some agents can't
read: fields beyond the six, lists in brackets, `allowed-tools` that is no text of words, a body of 500 lines or more.
Notes are what one agent reads and others pass over, such as the fields of Claude Code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import ManifestError
from skillctl.core.names import parse_skill_name
from skillctl.core.skill_asks import placed_shell_blocks
from skillctl.core.skill_file import CLAUDE_CODE_FIELDS, SPECIFIED_FIELDS, SkillFile
from skillctl.core.tokens import estimated_tokens

DESCRIPTION_LENGTH = 1024
COMPATIBILITY_LENGTH = 500
BODY_LINES = 500
"""The body stays below this."""
BODY_TOKENS = 5_000

_LENGTHS = {"description": ("E114", DESCRIPTION_LENGTH), "compatibility": ("E115", COMPATIBILITY_LENGTH)}
_IN_PARENTHESES = re.compile(r"\([^()]*\)")


def check_skill_file(skill: SkillFile, *, file: str, name: str) -> Iterator[Problem]:
    """What in a SKILL.md breaks a rule; `name` is what the skill is called, its directory's name."""
    check = _Check(skill, file)
    yield from check.name(name)
    yield from check.description()
    yield from check.lengths()
    yield from check.shapes()
    yield from check.fields()
    yield from check.body()


class _Check:
    def __init__(self, skill: SkillFile, file: str) -> None:
        self._skill = skill
        self._file = file

    def name(self, directory: str) -> Iterator[Problem]:
        """Rule: required, in the grammar of names, the directory's name."""
        name = self._skill.name
        if not name:
            yield problem("E111", place=self._at("name"), directory=directory)
            return
        try:
            parse_skill_name(name, place=self._at("name"))
        except ManifestError as error:
            yield from error.problems
        else:
            if name != directory:
                yield problem("E112", place=self._at("name"), name=name, directory=directory)

    def description(self) -> Iterator[Problem]:
        """Rule: required, since an agent chooses by it."""
        value = self._skill.front.get("description", "")
        if isinstance(value, str) and not value.strip():
            yield problem("E113", place=self._at("description"))

    def lengths(self) -> Iterator[Problem]:
        """Rule: a description of at most 1,024 characters, a compatibility of at most 500."""
        for field, (code, limit) in _LENGTHS.items():
            length = len(self._skill.text(field))
            if length > limit:
                yield problem(code, place=self._at(field), length=length, limit=limit)

    def shapes(self) -> Iterator[Problem]:
        """Rule: texts are texts, metadata is a map of texts, allowed-tools a text of words."""
        front = self._skill.front
        for field in ("name", "description", "license", "compatibility"):
            if not isinstance(front.get(field, ""), str):
                yield problem("E116", place=self._at(field), field=field, expected="a text")
        metadata = front.get("metadata", {})
        if metadata != "" and not (
            isinstance(metadata, Mapping) and all(isinstance(value, str) for value in metadata.values())
        ):
            yield problem("E116", place=self._at("metadata"), field="metadata", expected="a map of texts")
        tools = front.get("allowed-tools", "")
        if not isinstance(tools, str) or "," in _IN_PARENTHESES.sub("", tools):
            yield problem("W112", place=self._at("allowed-tools"))
        for field in self._skill.flow:
            yield problem("W111", place=self._at(field), field=field)

    def fields(self) -> Iterator[Problem]:
        """Rule: the six fields and no others."""
        for field in self._skill.front:
            if field in CLAUDE_CODE_FIELDS:
                yield problem("N110", place=self._at(field), field=field)
            elif field not in SPECIFIED_FIELDS:
                yield problem("W110", place=self._at(field), field=field)

    def body(self) -> Iterator[Problem]:
        """Rule: something in it, below 500 lines and 5,000 tokens; commands that run at load are pointed out."""
        body, start = self._skill.body, self._skill.body_line
        if not body.strip():
            yield problem("W115", place=Place(file=self._file, line=start))
        lines = body.count("\n") + (not body.endswith("\n"))
        if lines >= BODY_LINES:
            yield problem("W113", place=Place(file=self._file, line=start), lines=lines, limit=BODY_LINES)
        tokens = estimated_tokens(body.encode())
        if tokens > BODY_TOKENS:
            yield problem("W114", place=Place(file=self._file, line=start), tokens=tokens, limit=BODY_TOKENS)
        if "!`" in body or "```!" in body:
            for line in sorted({start + body.count("\n", 0, place) for place, _ in placed_shell_blocks(body)}):
                yield problem("N113", place=Place(file=self._file, line=line))

    def _at(self, field: str) -> Place:
        return Place(file=self._file, line=self._skill.lines.get(field, 1))
