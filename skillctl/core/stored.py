"""What installing needs to know of a tree, worked out once when the tree comes into the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skillctl.core.digests import EntryLine
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.value import dataclass, field

FORMAT = "1.0"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredSkill:
    """One skill of a tree."""

    description: str
    tokens: int
    """Estimated tokens that an agent always pays for having it."""
    files: Mapping[str, EntryLine]
    """Path inside the skill's directory -> file of the tree."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPack:
    """One tree."""

    name: str
    version: str
    tree: str
    lines: Sequence[EntryLine]
    """One for each file, as `tree1` digests it: so the record shows by itself that it belongs to the tree."""
    skills: Mapping[str, StoredSkill]
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`agents`, `bins`, `env`, `os`, and `skillctl` as a list of one."""


def stored_to_json(pack: StoredPack) -> JsonObject:
    """The members of a store's record."""
    return {
        "format": FORMAT,
        "name": pack.name,
        "version": pack.version,
        "tree": pack.tree,
        "requires": {key: list(values) for key, values in pack.requires.items()},
        "files": list(pack.lines),
        "skills": {
            name: {
                "description": skill.description,
                "tokens": skill.tokens,
                "files": {path: _path(line) for path, line in skill.files.items()},
            }
            for name, skill in pack.skills.items()
        },
    }


def stored_from_json(value: JsonValue, *, file: str) -> StoredPack:
    """The door of a store's record. ManifestError if it is none."""
    fields = Fields(value, file=file)
    check_format(fields, kind="store record")
    requires = Fields(fields["requires"] or {}, file=file, path="$.requires")
    lines = fields.texts("files")
    by_path = _by_path(lines, fields)
    return StoredPack(
        name=fields.text("name"),
        version=fields.text("version"),
        tree=fields.text("tree"),
        requires={key: requires.texts(key) for key in fields.keys("requires")},
        lines=lines,
        skills={name: _skill(item, by_path) for name, item in fields.members("skills")},
    )


def _path(line: EntryLine) -> str:
    return line.split(" ", 2)[2]


def _by_path(lines: Sequence[EntryLine], fields: Fields) -> dict[str, EntryLine]:
    """Path in the tree -> file."""
    try:
        return {_path(line): line for line in lines}
    except IndexError:
        fields.refuse("the lines of a tree", "files")


def _skill(item: Fields, lines: Mapping[str, EntryLine]) -> StoredSkill:
    layout = item.text_map("files")
    try:
        files = {path: lines[origin] for path, origin in layout.items()}
    except KeyError:
        item.refuse("files of the tree", "files")
    return StoredSkill(description=item.text("description"), tokens=item.number("tokens"), files=files)
