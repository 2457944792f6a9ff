"""Where packs and skills lie in a tree that somebody else keeps, and which files are theirs: by the paths alone.

What the bytes say is for `skillctl_registry.found`, which has the order in which all this is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from skillctl.core.file_names import MANIFEST_FILE
from skillctl.core.layout import AGENT_CONFIGURATION
from skillctl.core.pack_skills import ROOT_SKILL
from skillctl.core.paths import folded
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.tree import is_ignored
from skillctl_registry.plugin_files import CLAUDE_FOLDER, PLUGIN_FILE, Plugin

_LICENSE = re.compile(r"(?:licen[cs]e|copying|notice)(?:[._-][a-z0-9._-]+)?\Z", re.IGNORECASE)
_AGENT_SKILL = re.compile(r"\.[A-Za-z0-9_-]+/skills/[^/]+\Z")
_SKILLS_FOLDER = re.compile(r"skills/(?:\.(?:curated|experimental|system)/)?[^/.][^/]*\Z")
_DEEPEST = 6  # folders above a SKILL.md that is looked for anywhere
_NOT_SEARCHED = frozenset({"dist", "build", "out", "target", "vendor", "test", "tests", "fixtures", "testdata"})


def pack_paths(paths: Collection[str]) -> set[str]:
    """Those of a tree's paths whose bytes `found.packs_in` may need: it finds the same with them as with all."""
    every = [path for path in paths if not is_ignored(path)]
    if MANIFEST_FILE in every:
        return set(every)
    folders = _with_skill_file(every)
    plugins = {path.removesuffix(PLUGIN_FILE).rstrip("/") for path in every if path.endswith(PLUGIN_FILE)}
    manifests = {folder for folder in map(manifest_folder, every) if folder}
    around = {each for folder in (*folders, *plugins) for each in _upwards(folder)}
    found = set()
    for path in every:
        folder, _, file = path.rpartition("/")
        is_told = CLAUDE_FOLDER in path.split("/") or file == ".mcp.json" or "/hooks/" in f"/{path}"
        is_part = is_told or (_LICENSE.match(file) and folder in around) or _is_command(path)
        if is_part or any(each in folders or each in manifests for each in _upwards(folder)):
            found.add(path)
    return found


def skill_folders(paths: Iterable[str]) -> list[str]:
    """The folders of the skills, the usual ones first, by rule 4 of `found`; the root is the empty text."""
    every = sorted(_with_skill_file(paths))
    usual = [folder for folder in every if _SKILLS_FOLDER.match(folder)]
    agents = [folder for folder in every if _AGENT_SKILL.match(folder)]
    if usual or agents:
        return usual + agents
    if "" in every:
        return [""]
    deep = [each for each in every if each.count("/") < _DEEPEST and _NOT_SEARCHED.isdisjoint(each.split("/"))]
    return _outermost(deep or every)


def manifest_folder(path: str) -> str:
    """The folder of a pack, for the path of its skill.json where packs of a repository lie; else empty."""
    parts = path.split("/")
    if parts[-1] != MANIFEST_FILE or len(parts) not in (2, 3):
        return ""
    return "/".join(parts[:-1]) if len(parts) == 2 or parts[0] == "packs" else ""


def plugin_skills(plugin: Plugin, paths: Collection[str]) -> list[str]:
    """The folders of a plugin's skills: those that it names, and those in `skills` unless only the named ones count."""
    folders = _with_skill_file(paths)
    found = [each for each in sorted(folders) if each.rpartition("/")[0] == "skills" and not plugin.only_named]
    for named in plugin.skills:
        found += [named] if named in folders else sorted(each for each in folders if each.rpartition("/")[0] == named)
    if not found and "" in folders:
        return [ROOT_SKILL]
    return [each or ROOT_SKILL for each in dict.fromkeys(found)]


def belongs(path: str, folders: Collection[str]) -> bool:
    """Whether the file is one of a skill, or a licence of them all."""
    return _holder(path, folders) is not None or ("/" not in path and _LICENSE.match(path) is not None)


def configures(path: str, folders: Collection[str]) -> bool:
    """Whether an agent would take the file, installed with its skill, for its own configuration."""
    holder = _holder(path, folders)
    inside = path[len(holder) + 1 :] if holder else path
    return any(folded(part) in AGENT_CONFIGURATION for part in inside.split("/"))


def _holder(path: str, folders: Collection[str]) -> str | None:
    """The outermost of the skills' folders that the file lies in, the root as the empty text; None if in none."""
    if "" in folders:
        return ""
    return next((each for each in reversed([*_upwards(path.rpartition("/")[0])]) if each and each in folders), None)


def _outermost(folders: Sequence[str]) -> list[str]:
    """Those that lie in no other: a SKILL.md in a skill's folder is a file of that skill."""
    every = set(folders)
    return [folder for folder in folders if not any(above in every for above in _upwards(folder.rpartition("/")[0]))]


def _upwards(folder: str) -> Iterator[str]:
    """The folder and all above it, to the root."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _is_command(path: str) -> bool:
    """Whether the file is a command or an agent of a plugin, which are told of and not used."""
    return any(part in ("commands", "agents") for part in path.split("/")[:-1]) and path.endswith(".md")


def _with_skill_file(paths: Iterable[str]) -> set[str]:
    """The folders that have a SKILL.md."""
    return {folder for folder, _, file in (path.rpartition("/") for path in paths) if file == SKILL_FILE}
