"""The lock, skillctl.lock: which releases a project has, by digest.

It holds a copy of the inputs that it was solved from, so that freshness is a comparison and no solve. It names no time,
no path and no alias of a machine, and is not rewritten when nothing changed: a team commits it.

A registry is named by its `id`; any configured source that holds the same name, version and tree may serve the release.

Unknown keys are passed over, since a newer minor version may have written them. What is known is checked to the last
digit: a lock comes with a repository that somebody else wrote, and its digests become names of directories.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from skillctl.core.diagnostics import Place
from skillctl.core.digests import is_sha256_digest, is_tree_digest
from skillctl.core.errors import ManifestError
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonValue
from skillctl.core.names import is_pack_name, is_skill_name, parse_pack_name
from skillctl.core.project import ProjectFile
from skillctl.core.requirements import Constraint, parse_constraint
from skillctl.core.source import source_problems
from skillctl.core.value import dataclass, field
from skillctl.core.versions import Version, parse_version

FORMAT = "1.0"

Resolution = Literal["highest", "lowest"]

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """How versions are chosen. It stands among the inputs of a lock, so that who solves again chooses alike."""

    resolution: Resolution = "highest"
    """Which of the versions that will do is liked best."""
    exclude_newer: str = ""
    """RFC 3339, UTC: what was published after that is not chosen; empty: anything may be."""

    def to_json(self) -> dict[str, JsonValue]:
        """Its members among the inputs; what is as usual is left out."""
        members = {"resolution": self.resolution, "exclude_newer": self.exclude_newer}
        return {key: value for key, value in members.items() if value not in ("", "highest")}


USUAL = Choice()


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedPack:
    """One release of the lock."""

    version: Version
    tree: str
    registry: str = ""
    """The id of the registry that served it; empty where `source` tells."""
    source: Mapping[str, JsonValue] = field(default_factory=dict)
    """The origin with its commit, and what was inferred, of a pack that comes from no registry."""
    archive: str = ""
    """`sha256:<hex>` of the archive, a locator; empty where the source keeps trees."""
    dependencies: Mapping[str, str] = field(default_factory=dict)
    skills: tuple[str, ...] | None = None
    """Only these skills are taken; None takes all."""

    @property
    def inferred(self) -> Mapping[str, JsonValue]:
        """What of the manifest no file of the pack says; empty for a pack with a skill.json."""
        value = self.source.get("inferred") if self.source else None
        return value if isinstance(value, dict) else {}

    @property
    def is_editable(self) -> bool:
        """Whether agents see a directory as it lies there, whatever the tree was when it was locked."""
        return self.source.get("editable") is True

    @property
    def is_versionless(self) -> bool:
        """Whether nobody gave it a version, so that its commit or its tree alone says which one it is."""
        return bool(self.inferred) and "version" not in self.inferred

    def meets(self, constraint: Constraint) -> bool:
        """Whether the release will do. What comes from a place of its own is the only one, so `*` takes any of it."""
        if self.source and constraint.is_any:
            return True
        return constraint.allows(self.version) and not self.is_versionless


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """The releases that a project has."""

    inputs: JsonValue = None
    packs: Mapping[str, LockedPack] = field(default_factory=dict)

    @property
    def choice(self) -> Choice:
        """How its versions were chosen."""
        inputs = self.inputs if isinstance(self.inputs, dict) else {}
        lowest, time = inputs.get("resolution") == "lowest", inputs.get("exclude_newer")
        return Choice(resolution="lowest" if lowest else "highest", exclude_newer=time if isinstance(time, str) else "")

    def is_fresh(self, project: ProjectFile) -> bool:
        """Whether it was solved from what the project wants now, in whatever way it was chosen."""
        return self.inputs == inputs_of(project, self.choice)

    def contradictions(self, project: ProjectFile | None) -> list[str]:
        """Where the lock does not hold together, as sentences: after a bad merge, or an edit by hand.

        Everything that the project wants (if one is given) and that a pack needs is there, in a version that will do.
        """
        wanted = project.packs if project is not None else {}
        wants = [("skillctl.json", name, each.constraint) for name, each in wanted.items()]
        needs = [
            (f"`{name}`", needed, parse_constraint(text))
            for name, pack in self.packs.items()
            for needed, text in pack.dependencies.items()
        ]
        return [said for each in (*wants, *needs) if (said := self._contradicted(*each))]

    def _contradicted(self, who: str, name: str, constraint: Constraint) -> str:
        pack = self.packs.get(name)
        if pack is None:
            return f"{who} needs `{name}`, which it does not have"
        return "" if pack.meets(constraint) else f"{who} needs `{name}` {constraint}, and it has {pack.version}"


def inputs_of(project: ProjectFile, choice: Choice) -> JsonValue:
    """What a lock of the project is solved from, if versions are chosen like that."""
    inputs = project.inputs()
    return {**inputs, **choice.to_json()} if isinstance(inputs, dict) else inputs


def lock_to_json(lock: Lock) -> dict[str, JsonValue]:
    """The members of skillctl.lock."""
    packs: dict[str, JsonValue] = {name: _pack_to_json(lock.packs[name]) for name in sorted(lock.packs)}
    return {"format": FORMAT, "inputs": lock.inputs, "packs": packs}


def lock_from_json(value: JsonValue, *, file: str) -> Lock:
    """The strict door of skillctl.lock. ManifestError if it is none, or of a newer major format."""
    fields = Fields(value, file=file)
    check_format(fields, kind="lock")
    inputs = fields["inputs"]
    if inputs is not None and not isinstance(inputs, dict):
        fields.refuse("an object", "inputs")
    _check_choice(inputs or {}, fields)
    packs = {
        name if is_pack_name(name) else parse_pack_name(name, place=item.place()): _pack_from_fields(item)
        for name, item in fields.members("packs")
    }
    return Lock(inputs=inputs, packs=packs)


def _check_choice(inputs: Mapping[str, JsonValue], fields: Fields) -> None:
    """Refuse a way of choosing that is none: to go on in another one would choose other versions."""
    time = inputs.get("exclude_newer", "")
    if inputs.get("resolution", "highest") not in ("highest", "lowest"):
        fields.refuse("`highest` or `lowest` as its `resolution`", "inputs")
    if time != "" and not (isinstance(time, str) and _TIME.match(time)):
        fields.refuse("a time such as 2026-01-31T00:00:00Z as its `exclude_newer`", "inputs")


def _pack_to_json(pack: LockedPack) -> dict[str, JsonValue]:
    members: dict[str, JsonValue] = {"version": str(pack.version), "tree": pack.tree}
    optional: dict[str, JsonValue] = {
        "registry": pack.registry,
        "source": dict(pack.source),
        "archive": pack.archive,
        "dependencies": dict(sorted(pack.dependencies.items())),
    }
    members.update({key: value for key, value in optional.items() if value})
    if pack.skills is not None:
        members["skills"] = list(pack.skills)
    return members


def _pack_from_fields(fields: Fields) -> LockedPack:
    tree, archive = fields.text("tree"), fields.text("archive", "")
    if not is_tree_digest(tree):
        fields.refuse("a digest, `tree1:` and 64 hexadecimal digits", "tree")
    if archive and not is_sha256_digest(archive):
        fields.refuse("a digest, `sha256:` and 64 hexadecimal digits", "archive")
    registry, source = fields.text("registry", ""), fields.any_object("source")
    if not registry and not source:
        fields.refuse("the `registry` or the `source` that the release comes from")
    if source and (problems := source_problems(source, fields.place("source"))):
        raise ManifestError(*problems)
    return LockedPack(
        version=parse_version(fields.text("version"), place=fields.place("version")),
        tree=tree,
        registry=registry,
        source=source,
        archive=archive,
        dependencies=_dependencies(fields),
        skills=_skills(fields),
    )


def _dependencies(fields: Fields) -> Mapping[str, str]:
    dependencies = fields.text_map("dependencies")
    try:
        _check_dependencies(dependencies, None)
    except ManifestError:  # where it stands is only worked out if it is wrong
        _check_dependencies(dependencies, fields.place("dependencies"))
    return dependencies


def _check_dependencies(dependencies: Mapping[str, str], place: Place | None) -> None:
    for name, constraint in dependencies.items():
        parse_pack_name(name, place=place)
        parse_constraint(constraint, place=place)


def _skills(fields: Fields) -> tuple[str, ...] | None:
    if "skills" not in fields:
        return None
    skills = fields.texts("skills")
    if not skills or not all(map(is_skill_name, skills)):
        fields.refuse("a list of skill names that is not empty", "skills")
    return skills
