"""What installing needs to know of a tree, worked out once when the tree comes into the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from skillctl.core.digests import FileEntry
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonObject, JsonValue

FORMAT = "1.0"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredSkill:
    """One skill of a tree."""

    description: str
    tokens: int
    """Estimated tokens that an agent always pays for having it."""
    files: Mapping[str, str]
    """Path inside the skill's directory -> path in the tree."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPack:
    """One tree."""

    name: str
    version: str
    tree: str
    files: Mapping[str, FileEntry]
    skills: Mapping[str, StoredSkill]
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`agents`, `bins`, `env`, `os`, and `skillctl` as a list of one."""

    def layout(self, skill: str) -> dict[str, FileEntry]:
        """Path inside the skill's directory -> file of the tree."""
        return {path: self.files[origin] for path, origin in self.skills[skill].files.items()}


def stored_to_json(pack: StoredPack) -> JsonObject:
    """The members of a store's record."""
    return {
        "format": FORMAT,
        "name": pack.name,
        "version": pack.version,
        "tree": pack.tree,
        "requires": {key: list(values) for key, values in pack.requires.items()},
        "files": {path: f"{entry.sha256} {entry.size}" for path, entry in pack.files.items()},
        "skills": {
            name: {"description": skill.description, "tokens": skill.tokens, "files": dict(skill.files)}
            for name, skill in pack.skills.items()
        },
    }


def stored_from_json(value: JsonValue, *, file: str) -> StoredPack:
    """The door of a store's record. ManifestError if it is none."""
    fields = Fields(value, file=file)
    check_format(fields, kind="store record")
    requires = Fields(fields["requires"] or {}, file=file, path="$.requires")
    return StoredPack(
        name=fields.text("name"),
        version=fields.text("version"),
        tree=fields.text("tree"),
        requires={key: requires.texts(key) for key in fields.keys("requires")},
        files={path: _entry(path, text) for path, text in fields.text_map("files").items()},
        skills={
            name: StoredSkill(
                description=item.text("description"), tokens=item.number("tokens"), files=item.text_map("files")
            )
            for name, item in fields.members("skills")
        },
    )


def _entry(path: str, text: str) -> FileEntry:
    sha256, _, size = text.partition(" ")
    return FileEntry(path, sha256, int(size) if size.isdecimal() else -1)
