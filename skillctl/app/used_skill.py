"""Whether a skill is still what was installed: the digest of every file, compared when the skill is used.

What was put in place is recorded with digests in the scope's newest generation, in the user's own words: a state that a
repository brings is not believed. A file that somebody added to the skill is his; one that was changed, or is gone, or
is a link now, is not what was locked any more.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from skillctl.core.errors import SkillctlError
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.disk.below import read_below
from skillctl.edges.disk.files import link_text
from skillctl.edges.disk.look import kind_at
from skillctl.install.generation import Copied, Linked, Targets, installed_sha256
from skillctl.install.scope import Scope
from skillctl.install.state import read_state


@dataclass(frozen=True, kw_only=True, slots=True)
class UsedSkill:
    """A skill that skillctl put in place, as it is now."""

    name: str
    pack: str
    path: str
    """Its directory."""
    changed: tuple[str, ...]
    """What differs from what was installed; empty where nothing does."""


def used_skills(scope: Scope, settings: Settings, name: str, *, agent: str) -> Iterator[UsedSkill]:
    """The skill of that name in the directory of the agent, or, if the scope has none there, wherever it has one."""
    newest = read_state(scope).newest
    places = [directory for directory, skills in newest.targets.items() if name in skills]
    own = os.path.normpath(newest.agents.get(agent, ""))
    for directory in [each for each in places if str(scope.directory(each)) == own] or places:
        root = scope.directory(directory)
        changed = tuple(_changed(scope, settings, newest.targets, directory, name))
        yield UsedSkill(name=name, pack=newest.targets[directory][name].pack, path=str(root / name), changed=changed)


def _changed(scope: Scope, settings: Settings, targets: Targets, directory: str, name: str) -> Iterator[str]:
    placed = targets[directory][name]
    path = scope.directory(directory) / name
    if isinstance(placed, Linked):
        if link_text(path) != placed.text:
            yield str(path)
            return
        copy = Path(os.path.normpath(scope.directory(directory) / placed.text))
        for other, skills in targets.items():
            if scope.directory(other) == copy.parent and isinstance(skills.get(copy.name), Copied):
                yield from _changed(scope, settings, targets, other, copy.name)
        return
    if kind_at(str(path)) != "directory":
        yield str(path)
        return
    for file, recorded in placed.files.items():
        if _sha256(path, file, settings) != installed_sha256(recorded):
            yield file


def _sha256(root: Path, file: str, settings: Settings) -> str:
    try:
        found = read_below(root, file, max_bytes=settings.limits.file_bytes)
    except SkillctlError:  # too large, a link, unreadable: not what was put there
        return ""
    return "" if found is None else hashlib.sha256(found.data).hexdigest()
