"""What installing needs to know of a tree, worked out once when the tree comes into the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from skillctl.core.digests import EntryLine, entry_of
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.skill_asks import PackAsks, asks_from_fields, asks_to_json, no_asks
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.tokens import BYTES_PER_TOKEN, ContextCost
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
    on_demand: int = 0
    """Estimated tokens of its text, which are paid once it is used."""
    manual: bool = False
    """Whether it asks that only a person may call it (`disable-model-invocation: true`)."""


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
    asks: PackAsks | None = field(default_factory=no_asks)
    """What its skills do by themselves or ask for; None in a record of a program that did not look."""
    inferred: Mapping[str, JsonValue] = field(default_factory=dict)
    """What of the manifest no file of the tree says: the same files may be another pack elsewhere."""
    hidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """File of a skill -> code points of its text that nobody sees."""
    deprecated: str = ""
    """Why its skill.json says that it should not be used any more."""
    live: str = ""
    """The directory that agents are to see instead of the tree; never recorded."""


def costs_of(pack: StoredPack) -> Iterator[ContextCost]:
    """What each skill costs an agent's context, by name."""
    for name, skill in sorted(pack.skills.items()):
        folder = entry_of(skill.files[SKILL_FILE]).path.removesuffix(SKILL_FILE)
        entries = (entry_of(line) for line in skill.files.values())
        context = [each for each in entries if folder and not each.path.startswith(folder)]
        yield ContextCost(
            skill=name,
            always_on=skill.tokens,
            on_demand=skill.on_demand,
            context_files=sum(-(-each.size // BYTES_PER_TOKEN) for each in context),
        )


def stored_to_json(pack: StoredPack) -> JsonObject:
    """The members of a store's record."""
    return {
        "format": FORMAT,
        "name": pack.name,
        "version": pack.version,
        "tree": pack.tree,
        "requires": {key: list(values) for key, values in pack.requires.items()},
        **({} if pack.asks is None else {"asks": asks_to_json(pack.asks)}),
        **({"inferred": dict(pack.inferred)} if pack.inferred else {}),
        **({"hidden": {path: list(found) for path, found in pack.hidden.items()}} if pack.hidden else {}),
        **({"deprecated": pack.deprecated} if pack.deprecated else {}),
        "files": list(pack.lines),
        "skills": {
            name: {
                "description": skill.description,
                "tokens": skill.tokens,
                **({"on_demand": skill.on_demand} if skill.on_demand else {}),
                **({"manual": True} if skill.manual else {}),
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
        asks=_asks(fields["asks"], file),
        inferred=fields.any_object("inferred"),
        hidden=_hidden(fields, file),
        deprecated=fields.text("deprecated", ""),
        lines=lines,
        skills={name: _skill(item, by_path) for name, item in fields.members("skills")},
    )


def _asks(value: JsonValue, file: str) -> PackAsks | None:
    """What is recorded; most packs ask for nothing."""
    if value is None:
        return None
    return asks_from_fields(Fields(value, file=file, path="$.asks")) if value != {} else no_asks()


def _hidden(fields: Fields, file: str) -> Mapping[str, tuple[str, ...]]:
    if "hidden" not in fields:
        return {}
    hidden = Fields(fields["hidden"], file=file, path="$.hidden")
    return {path: hidden.texts(path) for path in fields.keys("hidden")}


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
    return StoredSkill(
        description=item.text("description"),
        tokens=item.number("tokens"),
        files=files,
        on_demand=item.number("on_demand", 0),
        manual=item.flag("manual"),
    )
