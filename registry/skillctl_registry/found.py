"""Which packs lie in a tree that somebody else keeps: a repository, an archive, a directory. Bytes in, packs out.

Looked for in this order; the first that is there decides:

1. `skill.json` at the root: the tree is that pack. In folders (`packs/<folder>/skill.json`, `<folder>/skill.json`):
   each is a pack.
2. `.claude-plugin/marketplace.json`: each plugin that lies in the tree is a pack of its skills.
3. `.claude-plugin/plugin.json`: the tree is that one plugin.
4. SKILL.md files, all of them together one pack: those in `skills/<name>`, `skills/.curated/<name>` and such, and in
   the folders of agents (`.claude/skills/<name>`, `.agents/skills/<name>`, …); a SKILL.md at the root, if there is none
   of those; else those deeper in the tree, as `npx skills` finds them.

What has no skill.json gets its manifest inferred, and the tree of such a pack are the folders of its skills and the
licence files beside them, nothing else. What agents would take for their own configuration stays out of it.

Such skills were written for agents that are lenient, so what agents load is taken, with a warning. Refused are only
paths that no pack may have, trees over a limit, and front matter that harms its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from skillctl.archive.bounds import check_member_size, pack_over_limit
from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import ManifestError, RegistryError, SkillctlError
from skillctl.core.file_names import MANIFEST_FILE
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.manifest import (
    Manifest,
    SkillEntry,
    manifest_from_json,
    manifest_to_json,
    referred_patterns,
    skill_entries,
)
from skillctl.core.names import is_pack_name, is_skill_name, normalised_name
from skillctl.core.pack_skills import ROOT_SKILL, skill_file_path, skill_name
from skillctl.core.paths import check_paths, folded, path_problem, shown_path
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.sorted_paths import paths_below
from skillctl.core.tree import is_ignored, tree_files
from skillctl.core.value import dataclass, field, replace
from skillctl.core.versions import Version
from skillctl.formats.loose_skill import LooseSkill, read_skill_loosely
from skillctl_registry.pack_folders import belongs, configures, manifest_folder, plugin_skills, skill_folders
from skillctl_registry.packs import read_manifest
from skillctl_registry.plugin_files import (
    MARKETPLACE_FILE,
    PLUGIN_FILE,
    Plugin,
    read_marketplace,
    read_plugin,
    unused_parts,
)

NO_VERSION = Version(0, 0, 0)
"""The version in the manifest of a pack that has none."""

_LFS = b"version https://git-lfs.github.com/spec/"
_LFS_BYTES = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPack:
    """One pack of the tree."""

    name: str
    version: Version | None
    """None if nobody gave it one."""
    manifest: Manifest
    files: Mapping[str, bytes]
    """Path in the pack -> bytes, sorted; what the manifest leaves out is not among them."""
    inferred: Mapping[str, JsonValue] = field(default_factory=dict)
    """The manifest where no skill.json says it, without a version if there is none; else empty. `inferred_manifest`
    makes the manifest of it again."""
    subdirectory: str = ""
    """Where in the tree the pack lies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What lies in a tree."""

    packs: tuple[FoundPack, ...]
    """By their place in the tree; at least one."""
    problems: tuple[Problem, ...] = ()
    """Warnings."""


def packs_in(files: Mapping[str, bytes], *, name: str, where: str, limits: Limits = LIMITS) -> Found:
    """The packs of the tree (path -> bytes).

    `name` is what a pack is called that has no name of its own, normalised here; `where` is the tree in messages.
    RegistryError E275 if there is none, E200 to E206 for paths and limits; ManifestError for a manifest that is wrong,
    or front matter that is refused.
    """
    search = _Search(files, name=_pack_name(name), where=where, limits=limits)
    packs = search.packs()
    if not packs:
        raise RegistryError(problem("E275", place=Place(file=where), where=where), *search.problems)
    return Found(packs=tuple(packs), problems=tuple(search.problems))


def inferred_manifest(value: JsonObject, *, file: str) -> Manifest:
    """The manifest of a pack that has none of its own, from what a lock keeps of it (`FoundPack.inferred`).

    ManifestError if it is none; skills may be called what agents load, within the rules of paths.
    """
    said = {key: each for key, each in value.items() if key != "skills"}
    manifest = manifest_from_json({"version": "0.0.0", **said}, file=file)
    folders = value.get("skills")
    if not isinstance(folders, list) or not folders:
        raise ManifestError.of(
            "E105", place=Place(file=file, path="$.skills"), field="skills", expected="a list", found="another"
        )
    entries = []
    for index, folder in enumerate(folders):
        place = Place(file=file, path=f"$.skills[{index}]")
        if not isinstance(folder, str):
            raise ManifestError.of("E105", place=place, field=f"skills[{index}]", expected="a string", found="another")
        rule = None if folder == ROOT_SKILL else path_problem(folder)
        if rule is not None:
            raise ManifestError.of("E108", place=place, path=folder, rule=rule)
        entries.append(SkillEntry(path=folder))
    return replace(manifest, skills=tuple(entries))


class _Search:
    """One look through one tree."""

    def __init__(self, files: Mapping[str, bytes], *, name: str, where: str, limits: Limits) -> None:
        self.problems: list[Problem] = []
        self._files = {path: files[path] for path in sorted(files) if not is_ignored(path)}
        self._paths = list(self._files)
        self._name = name
        self._where = where
        self._limits = limits

    def packs(self) -> list[FoundPack]:
        """By the first rule of the module that finds something."""
        if MANIFEST_FILE in self._files:
            return [self._written("")]
        if folders := sorted({folder for folder in map(manifest_folder, self._files) if folder}):
            return self._written_in(folders)
        if MARKETPLACE_FILE in self._files:
            return self._marketplace()
        if PLUGIN_FILE in self._files:
            plugin = read_plugin(self._files[PLUGIN_FILE], file=self._file(PLUGIN_FILE), limits=self._limits)
            return self._plugins([plugin])
        return self._bare()

    # 1. Packs with a manifest

    def _written_in(self, folders: Sequence[str]) -> list[FoundPack]:
        """The packs in these folders; a broken one is told and hides no other."""
        packs: list[FoundPack] = []
        broken: list[SkillctlError] = []
        for folder in folders:
            try:
                packs.append(self._written(folder))
            except SkillctlError as error:
                broken.append(error)
                told = Place(file=self._file(f"{folder}/{MANIFEST_FILE}"))
                self.problems.append(problem("W211", place=told, folder=folder, reason=str(error)))
        if broken and not packs:
            raise broken[0]
        return packs

    def _written(self, folder: str) -> FoundPack:
        inside = self._below(folder)
        file = self._file(f"{folder}/{MANIFEST_FILE}" if folder else MANIFEST_FILE)
        manifest = read_manifest(inside[MANIFEST_FILE], file=file, limits=self._limits)
        always = referred_patterns(manifest, skill_entries(manifest, inside))
        paths = tree_files(inside, patterns=manifest.files, always=always)
        files = self._checked({path: inside[path] for path in paths}, manifest.name, most=self._limits.tree_files)
        return FoundPack(
            name=manifest.name, version=manifest.version, manifest=manifest, files=files, subdirectory=folder
        )

    # 2 and 3. Plugins

    def _marketplace(self) -> list[FoundPack]:
        data, file = self._files[MARKETPLACE_FILE], self._file(MARKETPLACE_FILE)
        plugins, problems = read_marketplace(data, self._files, file=file, limits=self._limits)
        self.problems += problems
        return self._plugins(plugins)

    def _plugins(self, plugins: Iterable[Plugin]) -> list[FoundPack]:
        packs: dict[str, FoundPack] = {}
        for plugin in plugins:
            inside = self._below(plugin.folder)
            entries = [SkillEntry(path=path) for path in plugin_skills(plugin, inside)]
            name = _pack_name(plugin.name, self._name)
            parts = unused_parts(inside)
            if parts:
                self.problems.append(problem("W207", place=Place(file=self._where), plugin=plugin.name, parts=parts))
            if not entries:
                self.problems.append(problem("W213", place=Place(file=self._where), plugin=plugin.name))
            elif name in packs:
                self.problems.append(problem("W209", place=Place(file=self._where), name=name, path=plugin.folder))
            else:
                packs[name] = self._inferred(name, plugin, entries, inside)
        return list(packs.values())

    # 4. Skills alone

    def _bare(self) -> list[FoundPack]:
        folders = self._one_of_each(skill_folders(self._files))
        if not folders:
            return []
        entries = [SkillEntry(path=folder or ROOT_SKILL) for folder in folders]
        name = self._name
        if folders == [""]:  # agents know it by the name that it gives itself, and there is no folder of its own
            own = self._loose(SKILL_FILE).name
            name = own if is_pack_name(own) else name
        return [self._inferred(name, Plugin(name=name), entries, self._files)]

    def _one_of_each(self, folders: Iterable[str]) -> list[str]:
        """The first folder of each skill's name; another one of that name is told, unless it is a copy."""
        found: dict[str, str] = {}
        for folder in folders:
            name = folded(folder.rpartition("/")[2])
            if name not in found:
                found[name] = folder
            elif self._below(folder) != self._below(found[name]):
                self.problems.append(problem("W209", place=Place(file=self._file(folder)), name=name, path=folder))
        return list(found.values())

    # What is inferred

    def _inferred(
        self, name: str, plugin: Plugin, entries: Sequence[SkillEntry], inside: Mapping[str, bytes]
    ) -> FoundPack:
        kept = self._named(entries, plugin.folder)
        files = self._checked(
            self._skill_files(kept, inside, plugin.folder), name, most=self._limits.tree_files * len(kept)
        )
        skills = {entry.path: self._loose(skill_file_path(entry), plugin.folder) for entry in kept}
        for entry in kept:
            self.problems += self._told(entry, skills[entry.path], name, plugin.folder)
        self.problems += self._pointers(files, plugin.folder)
        manifest = Manifest(
            name=name,
            version=plugin.version or NO_VERSION,
            description=plugin.description or _description(skills.values(), self._where),
            author=plugin.author,
            license=plugin.license,
            homepage=plugin.homepage,
            repository=plugin.repository,
            keywords=plugin.keywords,
            skills=tuple(kept),
        )
        inferred = dict(manifest_to_json(manifest))
        if plugin.version is None:
            del inferred["version"]
        return FoundPack(
            name=name,
            version=plugin.version,
            manifest=manifest,
            files=files,
            inferred=inferred,
            subdirectory=plugin.folder,
        )

    def _skill_files(self, entries: Iterable[SkillEntry], inside: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
        """The files of the skills and their licences; what agents would take for their configuration is told of."""
        folders = {"" if entry.path == ROOT_SKILL else entry.path for entry in entries}
        files: dict[str, bytes] = {}
        for path in sorted(path for path in inside if belongs(path, folders)):
            if configures(path, folders):
                self.problems.append(problem("W206", place=Place(file=self._file(path, folder)), path=path))
            else:
                files[path] = inside[path]
        return files

    def _named(self, entries: Sequence[SkillEntry], folder: str) -> list[SkillEntry]:
        """The skills whose names a folder may have. RegistryError E200 for the first of the others."""
        kept = sorted(entries, key=lambda entry: entry.path)
        for entry in kept:
            rule = path_problem(entry.path, self._limits) if entry.path != ROOT_SKILL else None
            if rule is not None:
                path = shown_path(entry.path)
                raise RegistryError.of("E200", place=Place(file=self._file(path, folder)), path=path, rule=rule)
        return kept

    def _told(self, entry: SkillEntry, skill: LooseSkill, pack: str, folder: str) -> Iterator[Problem]:
        """What other agents may dislike in a skill that is taken."""
        called = skill_name(entry, pack=pack)
        place = Place(file=self._file(skill_file_path(entry), folder))
        if skill.fault is not None:
            first = skill.fault.problems[0]
            line = first.place.line if first.place else 0
            place_there = Place(file=place.file, line=line)
            yield problem("W202", place=place_there, skill=called, reason=str(skill.fault).partition(" ")[2])
        if not is_skill_name(called):
            yield problem("W205", place=place, skill=called)
        elif skill.name and skill.name != called:
            yield problem("W203", place=place, skill=called, name=skill.name)
        if not skill.description:
            yield problem("W204", place=place, skill=called)

    def _pointers(self, files: Mapping[str, bytes], folder: str) -> Iterator[Problem]:
        for path, data in files.items():
            if len(data) < _LFS_BYTES and data.startswith(_LFS):
                yield problem("W200", place=Place(file=self._file(path, folder)), path=path)

    def _loose(self, path: str, folder: str = "") -> LooseSkill:
        whole = f"{folder}/{path}" if folder else path
        return read_skill_loosely(self._files[whole], file=self._file(whole))

    def _below(self, folder: str) -> dict[str, bytes]:
        """The files in the folder, by their paths from there."""
        start = len(folder) + 1 if folder else 0
        return {path[start:]: self._files[path] for path in paths_below(self._paths, folder)}

    # Bounds

    def _checked(self, files: dict[str, bytes], pack: str, *, most: int) -> dict[str, bytes]:
        """The files of a pack, within the rules of paths and the limits (RegistryError E200, E204 to E206)."""
        check_paths(files, pack=pack, limits=self._limits)
        for path, data in files.items():
            check_member_size(len(data), pack=pack, member=path, limits=self._limits)
        if len(files) > most:
            raise pack_over_limit(pack, "tree_files", allowed=most)
        if sum(map(len, files.values())) > self._limits.tree_bytes:
            raise pack_over_limit(pack, "tree_bytes", allowed=self._limits.tree_bytes)
        return files

    def _file(self, path: str, folder: str = "") -> str:
        """A file of the tree, as messages call it."""
        return shown_path(f"{self._where}: {folder}/{path}" if folder else f"{self._where}: {path}")


def _pack_name(*texts: str) -> str:
    """The nearest name of a pack to the first text that suggests one."""
    for text in texts:
        nearest = normalised_name(text)[:64].rstrip("-")
        for candidate in (nearest, f"{nearest}-pack"):
            if is_pack_name(candidate):
                return candidate
    return "unnamed-pack"


def _description(skills: Iterable[LooseSkill], where: str) -> str:
    told = list(skills)
    if len(told) == 1 and told[0].description:
        return told[0].description
    return f"The skill of {where}" if len(told) == 1 else f"{len(told)} skills of {where}"
