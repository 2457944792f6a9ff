"""Which files each skill of a pack is installed with, and where below the skill's directory they lie.

1. A skill is a directory with a SKILL.md; everything below the directory comes with it, under its path from there.
2. The skill's context files (files, folders, globs of the pack) come with it under their path in the pack, so that the
   text of the skill finds them from its own directory wherever that is installed.
3. The skill's name is the name of its directory; a pack that is itself the directory of its skill gives its own name.
4. Two skills of one name, a skill inside another, a context file that meets a file of the skill itself, and files that
   an agent would take for its own configuration are errors of the pack.

Worked example: `skills/map/SKILL.md`, `skills/map/run.py`, `CONTEXT.md`, and a skill {path: skills/map, context_files:
[CONTEXT.md]} give {map: {SKILL.md: skills/map/SKILL.md, run.py: skills/map/run.py, CONTEXT.md: CONTEXT.md}}.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import ManifestError
from skillctl.core.paths import folded
from skillctl.core.tree import matches_any

SKILL_FILE = "SKILL.md"

AGENT_CONFIGURATION = frozenset(
    [".claude", ".claude-plugin", ".mcp.json", ".codex", ".cursor", ".gemini", ".opencode", ".vscode", "claude.md"]
)
"""Names that agents read as configuration wherever they meet them; compared without case."""


@dataclass(frozen=True, slots=True)
class SkillEntry:
    """One skill as the manifest names it."""

    path: str
    """Its directory in the pack; empty where the pack itself is the skill."""
    context: Sequence[str] = ()
    """Globs of the context files that come with it."""


Layout = Mapping[str, Mapping[str, str]]
"""Skill -> path inside its directory -> path in the pack."""


def lay_out(pack: str, skills: Sequence[SkillEntry], paths: Iterable[str]) -> Layout:
    """The layout of every skill. ManifestError with everything that breaks a rule (E130 to E134)."""
    layout, problems = laid_out(pack, skills, sorted(paths))
    if problems:
        raise ManifestError(*problems)
    return layout


def laid_out(pack: str, skills: Sequence[SkillEntry], paths: Sequence[str]) -> tuple[Layout, list[Problem]]:
    """The layout as far as it goes, and what breaks a rule; for the validator, which wants to see both."""
    problems: list[Problem] = []
    layout: dict[str, dict[str, str]] = {}
    origins: dict[str, str] = {}
    for skill in skills:
        name = skill.path.rpartition("/")[2] or pack.rpartition("/")[2]
        if name in origins:
            problems.append(problem("E130", pack=pack, skill=name, paths=[origins[name], skill.path]))
            continue
        origins[name] = skill.path
        problems.extend(_nested(pack, skill, skills))
        layout[name] = _files_of(pack, name, skill, paths, problems)
    return layout, problems


def _files_of(pack: str, name: str, skill: SkillEntry, paths: Sequence[str], problems: list[Problem]) -> dict[str, str]:
    prefix = f"{skill.path}/" if skill.path else ""
    files = {path[len(prefix) :]: path for path in paths if path.startswith(prefix)}
    if SKILL_FILE not in files:
        problems.append(problem("E131", pack=pack, skill=name, path=f"{prefix}{SKILL_FILE}"))
    own = {folded(path) for path in files}
    for path in paths if skill.context else ():
        if not matches_any(path, skill.context) or path in files.values():
            continue
        if folded(path) in own:
            problems.append(problem("E132", pack=pack, skill=name, path=path))
        else:
            files[path] = path
    for path in files:
        part = next((part for part in path.split("/") if part.lower() in AGENT_CONFIGURATION), None)
        if part is not None:
            problems.append(problem("E134", pack=pack, skill=name, path=path, part=part))
    return files


def _nested(pack: str, skill: SkillEntry, skills: Sequence[SkillEntry]) -> Iterable[Problem]:
    for other in skills:
        inside = other.path.startswith(f"{skill.path}/") if skill.path else bool(other.path)
        if other is not skill and inside:
            yield problem("E133", pack=pack, skill=skill.path or ".", inner=other.path)
