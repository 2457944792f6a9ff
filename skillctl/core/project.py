"""The project file, skillctl.json: what a project wants, as people write it.

Unknown keys are refused, since a person wrote them and meant something by them. A file of a newer major `format` is
refused before anything else in it is looked at, since nothing in it need mean what it seems to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from skillctl.core.budget import Budget, budget_from_fields, budget_to_json
from skillctl.core.diagnostics import Problem
from skillctl.core.digests import is_sha256_digest
from skillctl.core.errors import ManifestError, SkillctlError
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonValue
from skillctl.core.names import is_pack_name, parse_pack_name
from skillctl.core.requirements import Constraint, parse_constraint
from skillctl.core.source import Wanted, wanted_from_json, wanted_to_json
from skillctl.core.value import dataclass, field, replace

FORMAT = "1.0"

LOCAL_LABEL = "local"
"""The registry that `publish` makes and fills unless it is told another."""
BUILTIN_LABEL = "builtin"
"""The packs that come with skillctl."""

_KEYS = ("$schema", "format", "skillctl", "packs", "agents", "vendor", "copy", "registries", "policy", "budget")
_LOCATION = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+\Z")
_REGISTRY_KEYS = ("name", "location", "scopes", "root_sha256")
_OWN_REGISTRY_KEYS = (*_REGISTRY_KEYS, "insecure")


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryEntry:
    """A registry as a project or a user configures it."""

    name: str
    """The alias, which means something in this file alone."""
    location: str
    """A directory or a URL, as written; a relative one counts from the file."""
    scopes: tuple[str, ...] = ()
    """`@acme`: the scopes that belong to it; asked for there and nowhere else."""
    root_sha256: str = ""
    """The digest of its trust root, where it is signed, as `sha256:<hex>`."""
    insecure: bool = False
    """Whether it may be asked over http:// beyond this machine: only a user can say so, no project."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectFile:
    """What a project wants."""

    schema: str = ""
    """The `$schema` that editors complete from."""
    packs: Mapping[str, Wanted] = field(default_factory=dict)
    agents: tuple[str, ...] = ()
    """Ids of agents; empty: those detected, else Claude Code."""
    vendor: bool = False
    """Whether installed skills are plain copies that are committed with the project."""
    copy: bool = False
    """Whether every agent's directory has copies of its own, in place of links to one copy."""
    registries: tuple[RegistryEntry, ...] = ()
    """In order of preference."""
    skillctl: Constraint | None = None
    """The versions of skillctl that may work on the project."""
    policy: JsonValue = None
    budget: Budget | None = None
    """How much of an agent's context the skills may take."""

    def with_pack(self, name: str, wanted: Wanted) -> ProjectFile:
        """The project wanting that, in place of what it wanted under the name."""
        return replace(self, packs={**self.packs, name: wanted})

    def without_packs(self, names: frozenset[str]) -> ProjectFile:
        """The project no longer wanting these."""
        return replace(self, packs={name: wanted for name, wanted in self.packs.items() if name not in names})

    def inputs(self) -> JsonValue:
        """What a lock is solved from: two projects of equal inputs may share one lock."""
        return {
            "packs": _packs_to_json(self.packs),
            "registries": [_without_location(entry) for entry in self.registries],
        }


def project_to_json(project: ProjectFile) -> dict[str, JsonValue]:
    """The members of skillctl.json, in the order in which people read them."""
    members: dict[str, JsonValue] = {"$schema": project.schema} if project.schema else {}
    members.update({"format": FORMAT, "packs": _packs_to_json(project.packs)})
    if project.skillctl is not None:
        members["skillctl"] = str(project.skillctl)
    if project.agents:
        members["agents"] = list(project.agents)
    if project.vendor:
        members["vendor"] = True
    if project.copy:
        members["copy"] = True
    if project.registries:
        members["registries"] = _registries_to_json(project.registries)
    if project.policy is not None:
        members["policy"] = project.policy
    if project.budget is not None:
        members["budget"] = budget_to_json(project.budget)
    return members


def project_from_json(value: JsonValue, *, file: str) -> ProjectFile:
    """The strict door of skillctl.json. ManifestError with every problem of its packs."""
    fields = Fields(value, file=file)
    check_format(fields, kind="project file")
    fields.only(_KEYS)
    floor = fields.text("skillctl") if "skillctl" in fields else None
    return ProjectFile(
        schema=fields.text("$schema", ""),
        packs=_packs(fields, file),
        agents=fields.texts("agents"),
        vendor=fields.flag("vendor"),
        copy=fields.flag("copy"),
        registries=registries_from_fields(fields),
        skillctl=parse_constraint(floor, place=fields.place("skillctl")) if floor is not None else None,
        policy=fields["policy"],
        budget=budget_from_fields(fields),
    )


def registries_from_fields(fields: Fields, *, own: bool = False) -> tuple[RegistryEntry, ...]:
    """The door of a `registries` list: the project file's, or the user's `own` in the configuration."""
    entries: list[RegistryEntry] = []
    for item in fields.items("registries"):
        item.only(_OWN_REGISTRY_KEYS if own else _REGISTRY_KEYS)
        name = parse_pack_name(item.text("name"), place=item.place("name"))
        if name in (LOCAL_LABEL, BUILTIN_LABEL):  # else a repository could bring its own in the place of ours
            item.refuse(f"a name other than `{LOCAL_LABEL}` and `{BUILTIN_LABEL}`, which are taken", "name")
        if any(entry.name == name for entry in entries):
            item.refuse("a name that no other registry has", "name")
        scopes = item.texts("scopes")
        if not all(is_pack_name(f"{scope}/any") for scope in scopes):
            item.refuse("scopes such as `@acme`", "scopes")
        root = item.text("root_sha256", "")
        if root and not is_sha256_digest(root):
            item.refuse("a digest, `sha256:` and 64 hexadecimal digits", "root_sha256")
        insecure = item.flag("insecure")
        entries.append(
            RegistryEntry(name=name, location=_location(item), scopes=scopes, root_sha256=root, insecure=insecure)
        )
    return tuple(entries)


def _location(fields: Fields) -> str:
    location = fields.text("location")
    return location if is_location(location) else fields.refuse("a directory or a URL", "location")


def is_location(text: str) -> bool:
    """Whether it can stand as a registry's location: a file name may be bytes that are no text."""
    return _LOCATION.match(text) is not None


def _packs(fields: Fields, file: str) -> dict[str, Wanted]:
    packs: dict[str, Wanted] = {}
    problems: list[Problem] = []
    for name, item in fields.any_object("packs").items():
        try:
            packs[name] = wanted_from_json(name, item, file=file)
        except SkillctlError as error:
            problems.extend(error.problems)
    if problems:
        raise ManifestError(*problems)
    return packs


def _packs_to_json(packs: Mapping[str, Wanted]) -> dict[str, JsonValue]:
    return {name: wanted_to_json(packs[name]) for name in sorted(packs)}


def _registries_to_json(registries: tuple[RegistryEntry, ...]) -> list[JsonValue]:
    return [registry_to_json(entry) for entry in registries]


def _without_location(entry: RegistryEntry) -> dict[str, JsonValue]:
    """A registry as far as it matters to what was solved: where it lies may differ from machine to machine."""
    return {key: value for key, value in registry_to_json(entry).items() if key != "location"}


def registry_to_json(entry: RegistryEntry) -> dict[str, JsonValue]:
    """The entry as a project file or the user's configuration has it."""
    members: dict[str, JsonValue] = {"name": entry.name, "location": entry.location}
    if entry.scopes:
        members["scopes"] = list(entry.scopes)
    if entry.root_sha256:
        members["root_sha256"] = entry.root_sha256
    if entry.insecure:  # the user's own alone: the door of projects has no such member
        members["insecure"] = True
    return members
