"""A SKILL.md as a value: the front matter that agents list, and the body that they read on demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, Union

from skillctl.core.value import dataclass

FrontValue: TypeAlias = Union[str, tuple["FrontValue", ...], Mapping[str, "FrontValue"]]  # noqa: UP007
"""Every scalar is a string, as it is written: `1.10` stays `1.10`, and `no` stays `no`. A missing value is empty."""

SKILL_FILE = "SKILL.md"

SPECIFIED_FIELDS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
"""The fields of the Agent Skills specification; every client knows these, some refuse all others."""

CLAUDE_CODE_FIELDS = frozenset(
    [
        "when_to_use",
        "argument-hint",
        "arguments",
        "disable-model-invocation",
        "user-invocable",
        "disallowed-tools",
        "model",
        "effort",
        "context",
        "agent",
        "background",
        "hooks",
        "paths",
        "shell",
    ]
)
"""What Claude Code reads besides; other clients ignore them, strict ones refuse them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SkillFile:
    """One SKILL.md, read."""

    front: Mapping[str, FrontValue]
    """Field -> value, in the order of the file."""
    body: str
    body_line: int
    """The line of the file that the body begins on, from 1."""
    lines: Mapping[str, int]
    """Field -> the line of the file that it begins on."""
    flow: tuple[str, ...] = ()
    """Fields that hold a list or map in brackets, which some clients can't read."""

    @property
    def name(self) -> str:
        """The name it gives itself; empty if it gives none. The directory's name is what counts."""
        return self.text("name")

    @property
    def description(self) -> str:
        """What it is for and when to use it; empty if it does not say."""
        return self.text("description")

    def text(self, field: str) -> str:
        """A field's string; empty if it is missing or no string."""
        value = self.front.get(field, "")
        return value if isinstance(value, str) else ""
