"""The manifest of a pack, `skill.json`: what its author says of it.

`manifest_from_json` is the strict door: it gives a value that can't be wrong, or every problem of the file at once,
each with its path. It forgives what authors really write, and the value holds one form of each:

1. Only `name`, `version` and `description` are needed.
2. `null` is the same as leaving out, for the classic fields (author, dependencies, capabilities, skills, context_files,
   hooks_module), and so is an empty `author` or `hooks_module`.
3. `author` is a text or an object of name, email and url.
4. `dependencies` is a list of requirements or an object of name -> constraint. A name that a list has twice must meet
   both constraints.
5. An item of `skills` names the skill's folder or its SKILL.md, as a text or as `path` of an object with
   `context_files` of its own. `./` in front and `/` behind mean nothing, in every path.
6. Without `skills`, every `skills/<name>/SKILL.md` is a skill, and so is a SKILL.md at the root if there is none of
   those. An empty list means that there are none.
7. `hooks_module` is a file (`hooks.py`) or a dotted module (`pack.hooks`).
8. `validate.ignore` silences rules of the validator, each with a reason: `W113`, or `W113 skills/deploy/SKILL.md` in
   one file. Which rules can be silenced is `formats.silence`'s to say.

Keys that are not known are kept apart in `unknown`: worth a warning, and an error where validation is strict. A file of
a newer major `format` is refused as a whole, since nothing in it need mean what it seems to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import ManifestError
from skillctl.core.file_names import MANIFEST_FILE as MANIFEST_FILE
from skillctl.core.json_value import ROOT, JsonObject, JsonValue, item_path, key_path, kind_of
from skillctl.core.names import parse_pack_name, parse_skill_name
from skillctl.core.pack_skills import (
    ROOT_SKILL,
    discovered_skills,
    glob_problem,
    module_path,
    skill_file_path,
    tidy_path,
    tidy_skill_path,
)
from skillctl.core.pack_skills import SkillEntry as SkillEntry
from skillctl.core.pack_skills import skill_name as skill_name
from skillctl.core.paths import path_problem
from skillctl.core.requirements import Constraint, Requirement, parse_constraint, parse_requirement
from skillctl.core.value import dataclass, field, replace
from skillctl.core.versions import Version, parse_version

FORMAT = 1
"""The major format this program reads and writes."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

SYSTEMS = ("linux", "macos", "windows")

FIELDS = (
    *("$schema", "format", "name", "version", "description", "author", "license", "homepage", "repository"),
    *("keywords", "capabilities", "dependencies", "requires", "permissions", "skills", "context_files"),
    *("hooks_module", "plans", "files", "validate", "deprecated"),
)
"""Every field, in the order in which a manifest is written."""

_END = r"$(?!\n)"  # `$` alone would also match before a last line end
_WORDS = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_NUMBER = r"(?:0|[1-9][0-9]{0,3})"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"

PATTERNS: Mapping[str, str] = {
    "format": rf"^{_NUMBER}\.{_NUMBER}{_END}",
    "url": rf"^https?://[^\s/]\S*{_END}",
    "bin": rf"^[A-Za-z0-9_][A-Za-z0-9._+-]*{_END}",
    "env": rf"^[A-Za-z_][A-Za-z0-9_]*{_END}",
    "os": rf"^(?:{'|'.join(SYSTEMS)}){_END}",
    "agent": rf"^{_WORDS}{_END}",
    "rule": rf"^[EWN][0-9]{{3}}(?: \S.*)?{_END}",
    "host": rf"^(?:\*|(?:\*\.)?{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?){_END}",
}
"""Forms of plain texts; the published schema has the same."""

_FORMS = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
_VISIBLE = re.compile(r"\S")
_BEYOND_PRINTABLE_ASCII = re.compile(r"[^ -~]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Requires:
    """What must be there for the pack to work. Checked after solving; it never chooses a version."""

    bins: tuple[str, ...] = ()
    """Programs on the path."""
    env: tuple[str, ...] = ()
    """Environment variables."""
    os: tuple[str, ...] = ()
    """Systems it works on, of `linux`, `macos`, `windows`; empty is all."""
    agents: tuple[str, ...] = ()
    """Agents it is for, by id; empty is all."""
    skillctl: Constraint | None = None
    """Versions of this program."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Permissions:
    """What the pack's skills and hooks will use. A declaration for the person who installs, not a fence."""

    tools: tuple[str, ...] = ()
    """Tools of an agent, `Read`, `Bash(git:*)`."""
    network: tuple[str, ...] = ()
    """Hosts, `example.com`, `*.example.com`, `localhost:8080`, `*`."""
    paths: tuple[str, ...] = ()
    """What it reads or writes outside its own folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What a pack's author says of it; texts are empty where nothing is said."""

    name: str
    version: Version
    description: str
    author: str = ""
    """As one line, `Name <email> (url)`."""
    license: str = ""
    """An SPDX expression."""
    homepage: str = ""
    repository: str = ""
    keywords: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    dependencies: Mapping[str, Requirement] = field(default_factory=dict)
    """Name -> requirement; the constraint keeps its written text."""
    requires: Requires = field(default_factory=Requires)
    permissions: Permissions = field(default_factory=Permissions)
    skills: tuple[SkillEntry, ...] | None = None
    """None: not written, so they are found by `skill_entries`."""
    context_files: tuple[str, ...] = ()
    """Files, folders and globs that go to every skill without its own list."""
    hooks_module: str = ""
    """A file, `hooks.py`."""
    plans: Mapping[str, str] = field(default_factory=dict)
    """Name -> plan file."""
    files: tuple[str, ...] = ()
    """Globs of what belongs to the tree, with `!` in front of what does not; empty is everything."""
    silenced: Mapping[str, str] = field(default_factory=dict)
    """Rule of the validator, or rule and path -> why it does not count here."""
    deprecated: str = ""
    """The reason, and what to use instead."""
    unknown: tuple[str, ...] = ()
    """Paths of the keys that are not known, `$.licence`."""


def manifest_from_json(value: JsonValue, *, file: str = MANIFEST_FILE) -> Manifest:
    """The manifest that the JSON value writes. ManifestError with every problem (E101 to E109)."""
    manifest, problems = examine_manifest(value, file=file)
    if problems:
        raise ManifestError(*problems)
    return manifest


def examine_manifest(value: JsonValue, *, file: str = MANIFEST_FILE) -> tuple[Manifest, list[Problem]]:
    """The manifest with every problem of it. Where there are any, what is wrong is left out or blank in the value."""
    door = _Door(file)
    return door.manifest(value), door.problems


def manifest_to_json(manifest: Manifest) -> dict[str, JsonValue]:
    """The manifest's members, each in its one form; what says nothing is left out."""
    requires, permissions = manifest.requires, manifest.permissions
    members: dict[str, JsonValue] = {
        "name": manifest.name,
        "version": str(manifest.version),
        "description": manifest.description,
        "author": manifest.author,
        "license": manifest.license,
        "homepage": manifest.homepage,
        "repository": manifest.repository,
        "keywords": list(manifest.keywords),
        "capabilities": list(manifest.capabilities),
        "dependencies": {name: str(each.constraint) for name, each in manifest.dependencies.items()},
        "requires": requires_to_json(requires),
        "permissions": permissions_to_json(permissions),
        "skills": [_entry_to_json(entry) for entry in manifest.skills or ()],
        "context_files": list(manifest.context_files),
        "hooks_module": manifest.hooks_module,
        "plans": dict(manifest.plans),
        "files": list(manifest.files),
        "validate": {"ignore": dict(manifest.silenced)} if manifest.silenced else {},
        "deprecated": manifest.deprecated,
    }
    return {key: value for key, value in members.items() if value or (key == "skills" and manifest.skills is not None)}


def requires_to_json(requires: Requires) -> dict[str, JsonValue]:
    """What is required, as the manifest and the index write it."""
    members: dict[str, JsonValue] = {
        "bins": list(requires.bins),
        "env": list(requires.env),
        "os": list(requires.os),
        "agents": list(requires.agents),
        "skillctl": str(requires.skillctl or ""),
    }
    return {key: member for key, member in members.items() if member}


def permissions_to_json(permissions: Permissions) -> dict[str, JsonValue]:
    """What will be used, as the manifest and the index write it."""
    members: dict[str, JsonValue] = {
        "tools": list(permissions.tools),
        "network": list(permissions.network),
        "paths": list(permissions.paths),
    }
    return {key: member for key, member in members.items() if member}


def skill_entries(manifest: Manifest, paths: Iterable[str]) -> tuple[SkillEntry, ...]:
    """The pack's skills: those the manifest names or, where it has no `skills`, those found among its paths."""
    return discovered_skills(paths) if manifest.skills is None else manifest.skills


def context_patterns(manifest: Manifest, entry: SkillEntry) -> tuple[str, ...]:
    """The globs of the context files that go to one skill."""
    return manifest.context_files if entry.context_files is None else entry.context_files


def referred_patterns(manifest: Manifest, entries: Iterable[SkillEntry]) -> tuple[str, ...]:
    """Globs of everything that the manifest refers to, which its `files` can't leave out of the tree."""
    found = [*manifest.context_files, *manifest.plans.values()]
    for entry in entries:
        found += [skill_file_path(entry) if entry.path == ROOT_SKILL else entry.path, *(entry.context_files or ())]
    if manifest.hooks_module:
        found.append(manifest.hooks_module)
    return tuple(dict.fromkeys(found))


def _entry_to_json(entry: SkillEntry) -> JsonValue:
    if entry.context_files is None:
        return entry.path
    return {"path": entry.path, "context_files": list(entry.context_files)}


class _Door:
    """Reads a manifest and gathers what is wrong with it."""

    def __init__(self, file: str) -> None:
        self.problems: list[Problem] = []
        self._unknown: list[str] = []
        self._file = file

    def manifest(self, value: JsonValue) -> Manifest:
        """The manifest, as far as it can be read."""
        members = self._object(value, ROOT, FIELDS)
        if self._is_newer(members):
            members = {}
        elif isinstance(value, Mapping):
            for key in ("name", "version", "description"):
                if members.get(key) is None:
                    self._say("E104", key_path(ROOT, key), field=key)
        self._text(members, "$schema")
        classic = _classic(members)
        return Manifest(
            name=self._name(members),
            version=self._version(members),
            description=self._text(members, "description") if members.get("description") is not None else "",
            author=self._author(members),
            license=self._text(members, "license"),
            homepage=self._text(members, "homepage", form="url"),
            repository=self._text(members, "repository"),
            keywords=self._texts(members, "keywords"),
            capabilities=self._texts(classic, "capabilities"),
            dependencies=self._dependencies(classic),
            requires=self._requires(members),
            permissions=self._permissions(members),
            skills=self._skills(classic),
            context_files=self._globs(classic, "context_files"),
            hooks_module=self._hooks_module(members),
            plans=self._plans(members),
            files=self._globs(members, "files", negated=True),
            silenced=self._silenced(members),
            deprecated=self._text(members, "deprecated"),
            unknown=tuple(self._unknown),
        )

    # One field each

    def _is_newer(self, members: JsonObject) -> bool:
        text = self._text(members, "format", form="format")
        major = int(text.partition(".")[0]) if text else FORMAT
        if major > FORMAT:
            self._say("E107", "$.format", found=text, supported=FORMAT)
        return major > FORMAT

    def _name(self, members: JsonObject) -> str:
        text = self._text(members, "name") if members.get("name") is not None else ""
        return (self._parsed(parse_pack_name, text, "$.name") if text else None) or ""

    def _version(self, members: JsonObject) -> Version:
        text = self._text(members, "version") if members.get("version") is not None else ""
        return (self._parsed(parse_version, text, "$.version") if text else None) or Version(0, 0, 0)

    def _author(self, members: JsonObject) -> str:
        value = members.get("author")
        if value is None or isinstance(value, str):
            return value or ""
        path = "$.author"
        if not isinstance(value, Mapping):
            self._wrong(path, value, "a string or an object")
            return ""
        author = self._object(value, path, ("name", "email", "url"))
        if "name" not in author:
            self._say("E104", key_path(path, "name"), field="author.name")
        name, email, url = (self._text(author, key, path) for key in ("name", "email", "url"))
        return " ".join(part for part in (name, email and f"<{email}>", url and f"({url})") if part)

    def _dependencies(self, members: JsonObject) -> dict[str, Requirement]:
        value, path = members.get("dependencies"), "$.dependencies"
        found: dict[str, Requirement] = {}
        if isinstance(value, Mapping):
            for name, text in value.items():
                place = key_path(path, name)
                plain_name = self._parsed(parse_pack_name, name, place)
                constraint = self._parsed_ascii(parse_constraint, text, place)
                if plain_name and constraint:
                    found[plain_name] = Requirement(plain_name, constraint)
        elif value is not None and not isinstance(value, list):
            self._wrong(path, value, "a list or an object")
        else:
            for place, text in self._items(members, "dependencies"):
                requirement = self._parsed_ascii(parse_requirement, text, place)
                if requirement:
                    found[requirement.name] = _both(found.get(requirement.name), requirement)
        return found

    def _requires(self, members: JsonObject) -> Requires:
        path = "$.requires"
        requires = self._member(members, "requires", ("bins", "env", "os", "agents", "skillctl"))
        constraint = None
        if "skillctl" in requires:
            constraint = self._parsed_ascii(parse_constraint, requires["skillctl"], f"{path}.skillctl")
        return Requires(
            bins=self._texts(requires, "bins", path, form="bin"),
            env=self._texts(requires, "env", path, form="env"),
            os=self._texts(requires, "os", path, form="os"),
            agents=self._texts(requires, "agents", path, form="agent"),
            skillctl=constraint,
        )

    def _permissions(self, members: JsonObject) -> Permissions:
        path = "$.permissions"
        permissions = self._member(members, "permissions", ("tools", "network", "paths"))
        return Permissions(
            tools=self._texts(permissions, "tools", path),
            network=self._texts(permissions, "network", path, form="host"),
            paths=self._texts(permissions, "paths", path),
        )

    def _skills(self, members: JsonObject) -> tuple[SkillEntry, ...] | None:
        if "skills" not in members:
            return None
        entries = (self._skill(item, path) for path, item in self._items(members, "skills"))
        return tuple(entry for entry in entries if entry)

    def _skill(self, value: JsonValue, path: str) -> SkillEntry | None:
        context_files = None
        if isinstance(value, Mapping):
            skill = self._object(value, path, ("path", "context_files"))
            if "context_files" in skill:
                context_files = self._globs(skill, "context_files", path)
            if "path" not in skill:
                self._say("E104", key_path(path, "path"), field=key_path(path, "path").removeprefix("$."))
                return None
            path = key_path(path, "path")
            value = skill["path"]
        elif not isinstance(value, str):
            self._wrong(path, value, "a string or an object")
            return None
        text = self._checked(value, path)
        folder = tidy_skill_path(text)
        if not text or not (folder == ROOT_SKILL or self._is_skill_folder(folder, path)):
            return None
        return SkillEntry(path=folder, context_files=context_files)

    def _is_skill_folder(self, folder: str, place: str) -> bool:
        name = folder.rpartition("/")[2]
        return self._is_path(folder, place) and self._parsed(parse_skill_name, name, place) is not None

    def _globs(self, members: JsonObject, key: str, path: str = ROOT, *, negated: bool = False) -> tuple[str, ...]:
        globs = []
        for place, item in self._items(members, key, path):
            text = self._checked(item, place)
            sign = "!" if negated and text.startswith("!") else ""
            glob = sign + tidy_path(text.removeprefix(sign)) if text else ""
            rule = text and glob_problem(glob.removeprefix(sign))
            if rule:
                self._say("E108", place, path=text, rule=rule)
            elif glob:
                globs.append(glob)
        return tuple(globs)

    def _hooks_module(self, members: JsonObject) -> str:
        if members.get("hooks_module") in (None, ""):
            return ""
        text = self._text(members, "hooks_module")
        file = module_path(text)
        if text and not file:
            self._say("E109", "$.hooks_module", value=text, expected="a Python file or module")
        return file if file and self._is_path(file, "$.hooks_module") else ""

    def _plans(self, members: JsonObject) -> dict[str, str]:
        plans = {}
        for name, value in self._member(members, "plans", None).items():
            place = key_path("$.plans", name)
            is_name = self._parsed(parse_skill_name, name, place, kind="plan")
            text = self._checked(value, place)
            file = tidy_path(text)
            if text and self._is_path(file, place) and is_name:
                plans[name] = file
        return plans

    def _silenced(self, members: JsonObject) -> dict[str, str]:
        validation = self._member(members, "validate", ("ignore",))
        found = {}
        if "ignore" in validation:
            for rule, reason in self._object(validation["ignore"], "$.validate.ignore", None).items():
                place = key_path("$.validate.ignore", rule)
                text = self._checked(reason, place)
                if self._checked(rule, place, form="rule") and text:
                    found[rule] = text
        return found

    # What the fields are made of

    def _say(self, code: str, place: str, /, **evidence: object) -> None:
        self.problems.append(problem(code, place=Place(file=self._file, path=place), severity=None, **evidence))

    def _wrong(self, path: str, value: JsonValue, expected: str) -> None:
        self._say("E105", path, field=_field(path), expected=expected, found=kind_of(value))

    def _checked(self, value: JsonValue, path: str, *, form: str = "") -> str:
        """A string with something to see in it; empty where it is refused."""
        if not isinstance(value, str):
            self._wrong(path, value, "a string")
        elif not _VISIBLE.search(value):
            self._say("E106", path, field=_field(path))
        elif form and not _FORMS[form].match(value):
            self._say("E109", path, value=value, expected=_EXPECTED[form])
        else:
            return value
        return ""

    def _text(self, members: JsonObject, key: str, path: str = ROOT, *, form: str = "") -> str:
        return self._checked(members[key], key_path(path, key), form=form) if key in members else ""

    def _texts(self, members: JsonObject, key: str, path: str = ROOT, *, form: str = "") -> tuple[str, ...]:
        if key not in members:
            return ()
        texts = (self._checked(item, place, form=form) for place, item in self._items(members, key, path))
        return tuple(text for text in texts if text)

    def _items(self, members: JsonObject, key: str, path: str = ROOT) -> Iterator[tuple[str, JsonValue]]:
        """The items of a list, each with its path; none if the key is missing."""
        value = members.get(key, [])
        place = key_path(path, key)
        if not isinstance(value, list):
            self._wrong(place, value, "a list")
            return
        for index, item in enumerate(value):
            yield item_path(place, index), item

    def _member(self, members: JsonObject, key: str, known: Collection[str] | None) -> JsonObject:
        """The object under a key, empty if it is missing."""
        return self._object(members[key], key_path(ROOT, key), known) if key in members else {}

    def _object(self, value: JsonValue, path: str, known: Collection[str] | None) -> JsonObject:
        """The members of an object; those that are not known are remembered."""
        if not isinstance(value, Mapping):
            self._wrong(path, value, "an object")
            return {}
        if known is not None:
            self._unknown += [key_path(path, key) for key in value if key not in known]
        return value

    def _is_path(self, path: str, place: str) -> bool:
        rule = path_problem(path)
        if rule:
            self._say("E108", place, path=path, rule=rule)
        return rule is None

    def _parsed_ascii(self, parse: _Parser[T], value: JsonValue, path: str) -> T | None:
        """What a requirement or constraint parses to; only printable ASCII is looked at."""
        text = self._checked(value, path)
        if text and _BEYOND_PRINTABLE_ASCII.search(text):
            self._say("E103", path, requirement=text, reason="only printable ASCII characters belong in it")
            return None
        return self._parsed(parse, text, path) if text else None

    def _parsed(self, parse: _Parser[T], text: str, path: str, *, kind: str = "") -> T | None:
        """What the text parses to; None where it is refused."""
        try:
            return parse(text, place=Place(file=self._file, path=path))
        except ManifestError as error:
            self.problems += [_of_kind(each, kind) for each in error.problems] if kind else error.problems
            return None


class _Parser(Protocol[T_co]):
    def __call__(self, text: str, /, *, place: Place | None) -> T_co: ...


def _of_kind(problem: Problem, kind: str) -> Problem:
    return replace(problem, evidence={**problem.evidence, "kind": kind})


def _classic(members: JsonObject) -> JsonObject:
    """The members without nulls, which authors of classic manifests write for what they leave out."""
    return {key: value for key, value in members.items() if value is not None}


def _both(before: Requirement | None, requirement: Requirement) -> Requirement:
    """The requirement that holds where both hold."""
    if before is None or before.constraint.is_any:
        return requirement
    if requirement.constraint.is_any:
        return before
    return Requirement(before.name, parse_constraint(f"{before.constraint},{requirement.constraint}"))


def _field(path: str) -> str:
    return path.removeprefix("$.") if path != ROOT else "the manifest"


_EXPECTED = {
    "format": "a format version such as `1.0`",
    "url": "a URL with http:// or https://",
    "bin": "the name of a program",
    "env": "the name of an environment variable",
    "os": "one of `linux`, `macos`, `windows`",
    "agent": "the id of an agent such as `claude-code`",
    "rule": "a rule such as `W113`, or one in one file: `W113 skills/deploy/SKILL.md`",
    "host": "a host such as `example.com`, `*.example.com` or `localhost:8080`",
}
