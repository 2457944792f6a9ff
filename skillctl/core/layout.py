"""Which files each skill of a pack is installed with, and where below the skill's directory they lie.

1. A skill is a directory with a SKILL.md; everything below the directory comes with it, under its path from there.
2. The skill's context files (files, folders, globs of the pack) come with it under their path in the pack, so that the
   text of the skill finds them from its own directory wherever that is installed.
3. The skill's name is the name of its directory; a pack that is itself the directory of its skill gives its own name.
4. Two skills of one name, a skill inside another, a context file that meets a file of the skill itself, and files that
   an agent would take for its own configuration are errors of the pack. Two paths meet where a system without letter
   case would keep one file for both, or where one is a file and the other needs a directory.

Worked example: `skills/map/SKILL.md`, `skills/map/run.py`, `CONTEXT.md`, and a skill {path: skills/map, context_files:
[CONTEXT.md]} give {map: {SKILL.md: skills/map/SKILL.md, run.py: skills/map/run.py, CONTEXT.md: CONTEXT.md}}.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import ManifestError
from skillctl.core.manifest import Manifest, SkillEntry, context_patterns, skill_entries, skill_name
from skillctl.core.pack_skills import ROOT_SKILL
from skillctl.core.paths import folded
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.tree import matches_any

AGENT_CONFIGURATION = frozenset(
    [".claude", ".claude-plugin", ".mcp.json", ".codex", ".cursor", ".gemini", ".opencode", ".vscode", "claude.md"]
)
"""Names that agents read as configuration wherever they meet them; compared without case."""


Layout = Mapping[str, Mapping[str, str]]
"""Skill -> path inside its directory -> path in the pack."""


def lay_out(manifest: Manifest, paths: Iterable[str]) -> Layout:
    """The layout of every skill of the pack. ManifestError with everything that breaks a rule (E140 to E144)."""
    layout, problems = examine_layout(manifest, paths)
    if problems:
        raise ManifestError(*problems)
    return layout


def examine_layout(manifest: Manifest, paths: Iterable[str]) -> tuple[Layout, list[Problem]]:
    """The layout as far as it goes, with everything that breaks a rule."""
    every = sorted(paths)
    entries = skill_entries(manifest, every)
    problems = list(_nested(manifest.name, entries))
    layout: dict[str, dict[str, str]] = {}
    origins: dict[str, str] = {}
    below = _below(entries, every)
    for entry in entries:
        skill = skill_name(entry, pack=manifest.name)
        if skill in origins:
            paths_of_both = [origins[skill], entry.path]
            problems.append(problem("E140", pack=manifest.name, skill=skill, paths=paths_of_both))
            continue
        origins[skill] = entry.path
        layout[skill] = dict(below[entry.path])
        problems.extend(_with_context(layout[skill], manifest, entry, every, skill))
        problems.extend(_refused(layout[skill], manifest.name, entry, skill))
    return layout, problems


def _below(entries: Sequence[SkillEntry], paths: Sequence[str]) -> dict[str, dict[str, str]]:
    """Folder of a skill -> path inside it -> path in the pack. One pass: a pack may have a thousand skills."""
    found: dict[str, dict[str, str]] = {entry.path: {} for entry in entries}
    for path in paths:
        if ROOT_SKILL in found:
            found[ROOT_SKILL][path] = path
        for folder in _parents(path):
            if folder in found:
                found[folder][path[len(folder) + 1 :]] = path
    return found


def _with_context(
    files: dict[str, str], manifest: Manifest, entry: SkillEntry, paths: Sequence[str], skill: str
) -> Iterator[Problem]:
    """Adds the skill's context files to its own; says which of them meet one."""
    patterns = context_patterns(manifest, entry)
    if not patterns:
        return
    own = {folded(path) for path in files}
    directories = {folded(parent): parent for path in files for parent in _parents(path)}
    for path in paths:
        if not matches_any(path, patterns) or files.get(path) == path:
            continue
        if _meets(path, own, directories):
            yield problem("E142", pack=manifest.name, skill=skill, path=path)
        else:
            files[path] = path


def _meets(path: str, files: set[str], directories: Mapping[str, str]) -> bool:
    """Whether the path can't stand beside these files, which are folded as their directories are."""
    if folded(path) in files or folded(path) in directories:
        return True
    return any(folded(each) in files or directories.get(folded(each), each) != each for each in _parents(path))


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _refused(files: Mapping[str, str], pack: str, entry: SkillEntry, skill: str) -> Iterator[Problem]:
    if SKILL_FILE not in files:
        yield problem("E141", pack=pack, skill=skill, path=f"{entry.path}/{SKILL_FILE}".removeprefix("./"))
    for path in files:
        part = next((part for part in path.split("/") if folded(part) in AGENT_CONFIGURATION), None)
        if part is not None:
            yield problem("E144", pack=pack, skill=skill, path=path, part=part)


def _nested(pack: str, entries: Sequence[SkillEntry]) -> Iterator[Problem]:
    folders = {entry.path: place for place, entry in enumerate(entries)}
    found: list[tuple[int, int, str, str]] = []
    for place, inner in enumerate(entries):
        if inner.path == ROOT_SKILL:
            continue
        outers = [each for each in (ROOT_SKILL, *_parents(inner.path)) if each in folders]
        found += [(folders[outer], place, outer, inner.path) for outer in outers]
    for _, _, outer, path in sorted(found):
        yield problem("E143", pack=pack, outer=outer, inner=path)
