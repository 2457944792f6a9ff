"""The skills of a pack, and the paths by which its manifest names things.

A skill is a folder with a SKILL.md. Its name is its folder's name, since that is what agents call it; a skill at the
pack's root is called like the pack.

Paths in a manifest are relative to the pack; `./` in front and `/` behind mean nothing there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from skillctl.core.names import unscoped
from skillctl.core.paths import path_problem
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.value import dataclass

ROOT_SKILL = "."
"""The path of a skill whose SKILL.md stands at the pack's root."""

_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class SkillEntry:
    """One skill of a pack."""

    path: str
    """Its folder, `skills/deploy`; `.` for the pack's root."""
    context_files: tuple[str, ...] | None = None
    """Globs of what goes to this skill instead of the pack's context files; None takes the pack's."""


def discovered_skills(paths: Iterable[str]) -> tuple[SkillEntry, ...]:
    """Every folder `skills/<name>` with a SKILL.md, by name; the root, if there is none and a SKILL.md stands there."""
    parted = [path.split("/") for path in paths if path.endswith(SKILL_FILE)]
    names = sorted(parts[1] for parts in parted if len(parts) == 3 and (parts[0], parts[2]) == ("skills", SKILL_FILE))
    if names:
        return tuple(SkillEntry(path=f"skills/{name}") for name in names)
    return (SkillEntry(path=ROOT_SKILL),) if [SKILL_FILE] in parted else ()


def skill_name(entry: SkillEntry, *, pack: str) -> str:
    """The skill's name: its folder's, or the pack's without the scope for a skill at the root."""
    return unscoped(pack) if entry.path == ROOT_SKILL else entry.path.rpartition("/")[2]


def skill_file_path(entry: SkillEntry) -> str:
    """The path of the skill's SKILL.md in the pack."""
    return SKILL_FILE if entry.path == ROOT_SKILL else f"{entry.path}/{SKILL_FILE}"


def tidy_path(text: str) -> str:
    """The path without `./` in front and `/` behind; `.` for the pack's root."""
    while text.startswith("./"):
        text = text[2:]
    return text.removesuffix("/") or ROOT_SKILL


def tidy_skill_path(text: str) -> str:
    """The folder of a skill, from its folder or its SKILL.md."""
    plain = tidy_path(text)
    return ROOT_SKILL if plain == SKILL_FILE else plain.removesuffix(f"/{SKILL_FILE}")


def module_path(text: str) -> str:
    """The file of a hooks module: `hooks.py` of `./hooks.py` and of `hooks`. Empty if the text is neither."""
    plain = tidy_path(text)
    if plain.endswith(".py"):
        return plain
    return f"{plain.replace('.', '/')}.py" if _MODULE.match(plain) else ""


def glob_problem(pattern: str) -> str | None:
    """The rule of paths (see `core.paths`) that a tidy glob breaks, or None."""
    return path_problem(pattern.replace("*", "x").replace("?", "x"))
