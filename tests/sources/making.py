"""What tests of packs from git repositories have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sources.conftest import Tools
from tests.support.packs import skill_text

Repositories = Callable[[str], Tools]


def skills(*names: str, text: str = "") -> dict[str, bytes | str | None]:
    """The files of a repository of skills without a skill.json."""
    return {f"skills/{name}/SKILL.md": skill_text(name, text) for name in names}


def codes(outcome: Any) -> list[str]:
    return [each.code for each in outcome.problems]
