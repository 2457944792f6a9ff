"""Generations: one installed state of a scope, written down before anything is moved into place.

A generation holds the texts of the project file and the lock, and for every directory of skills what each skill there
is: a copy, with digest, size and time of every file, or a link. Writing it is the commit of an installation. What comes
after only makes the disk equal to it, and can be done again by any later command.
"""

from __future__ import annotations

from collections.abc import Mapping

from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.value import dataclass, field

FORMAT = "1.0"
_SHA256 = 64
_NO_TEXT = "bytes:"


@dataclass(frozen=True, slots=True)
class Copied:
    """A skill whose directory holds its files."""

    pack: str
    tree: str
    files: Mapping[str, str]
    """Path inside the skill's directory -> `<sha256> <size> <mtime in ns>`, as it was put in place."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A skill whose directory is a link to a copy."""

    pack: str
    tree: str
    text: str
    """What the link says, relative to the directory that it stands in."""


Placed = Copied | Linked
Targets = Mapping[str, Mapping[str, Placed]]
"""Directory of skills -> skill -> what is there. A directory inside the scope's root is written relative to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Generation:
    """One installed state."""

    number: int
    """From 1."""
    owner: str = ""
    """The id of the scope in the list of the user who made it: what nobody else can write."""
    command: str = ""
    """What made it, for the history."""
    created: str = ""
    """RFC 3339, UTC."""
    project: str | None = None
    """The text of skillctl.json; None: the scope has none."""
    lock: str | None = None
    """The text of skillctl.lock; None: the scope has none."""
    replaced: tuple[str, str] = ("", "")
    """sha256 of the project file and the lock that this generation's texts take the place of; empty: there was none.

    A file that is neither that nor this generation's own was edited by a person meanwhile, and is left alone.
    """
    before: tuple[str | None, str | None, str | None] | None = None
    """What skillctl.json, skillctl.lock and .gitignore said before the scope's first generation; for that one alone."""
    restores: int = 0
    """The generation whose state this one brought back; 0: it brought back none. -1: the state before all of them."""
    agents: Mapping[str, str] = field(default_factory=dict)
    """The agents that it was made for: id -> their own directory of skills, absolute."""
    agents_named: bool = False
    """Whether the project file names them; else they come from the user's configuration or from what is found here."""
    packs: int = 0
    """How many packs the lock has."""
    fresh: bool = False
    """Whether the lock was made from what the project file wants."""
    skillctl: str = ""
    """The version of the program that made it."""
    targets: Targets = field(default_factory=dict)


EMPTY = Generation(number=0)
"""The state before anything was installed."""


def installed_file(sha256: str, stamp: str) -> str:
    """How a file is recorded; the stamp is `<size> <mtime in ns>`."""
    return f"{sha256} {stamp}"


def installed_sha256(file: str) -> str:
    """The digest of a recorded file, 64 hexadecimal digits."""
    return file[:_SHA256]


def installed_stamp(file: str) -> str:
    """The stamp of a recorded file."""
    return file[_SHA256 + 1 :]


def generation_to_json(generation: Generation) -> JsonObject:
    """The members of generations/N.json."""
    said: JsonObject = {
        "format": FORMAT,
        "number": generation.number,
        "owner": generation.owner,
        "command": generation.command,
        "created": generation.created,
        "project": generation.project,
        "lock": generation.lock,
        "replaced": list(generation.replaced),
        "agents": {agent: _stored_path(directory) for agent, directory in generation.agents.items()},
        "agents_named": generation.agents_named,
        "packs": generation.packs,
        "fresh": generation.fresh,
        "skillctl": generation.skillctl,
        "targets": {
            _stored_path(directory): {skill: _placed_to_json(placed) for skill, placed in skills.items()}
            for directory, skills in generation.targets.items()
        },
    }
    if generation.before is not None:
        said = {**said, "before": [None if text is None else _stored_path(text) for text in generation.before]}
    return {**said, "restores": generation.restores} if generation.restores else said


def generation_from_json(value: JsonValue, *, file: str) -> Generation:
    """The strict door of generations/N.json. ManifestError if it is none, or of a newer major format."""
    fields = Fields(value, file=file)
    check_format(fields, kind="installed state")
    return Generation(
        number=fields.number("number"),
        owner=fields.text("owner", ""),
        command=fields.text("command", ""),
        created=fields.text("created", ""),
        project=fields.text("project") if fields["project"] is not None else None,
        lock=fields.text("lock") if fields["lock"] is not None else None,
        replaced=_pair(fields),
        before=_before(fields),
        restores=_restores(fields),
        agents={agent: _read_path(directory) for agent, directory in fields.text_map("agents").items()},
        agents_named=fields.flag("agents_named"),
        packs=fields.number("packs", 0),
        fresh=fields.flag("fresh"),
        skillctl=fields.text("skillctl", ""),
        targets={_read_path(directory): _skills(fields, directory, file) for directory in fields.keys("targets")},
    )


def _stored_path(path: str) -> str:
    """A path as a text that JSON can hold: the name of a directory may be bytes that are no text."""
    try:
        path.encode()
        plain = not path.startswith(_NO_TEXT)
    except UnicodeEncodeError:
        plain = False
    return path if plain else _NO_TEXT + path.encode("utf-8", "surrogatepass").hex()


def _read_path(stored: str) -> str:
    if not stored.startswith(_NO_TEXT):
        return stored
    try:
        return bytes.fromhex(stored.removeprefix(_NO_TEXT)).decode("utf-8", "surrogatepass")
    except ValueError:
        return stored


def _pair(fields: Fields) -> tuple[str, str]:
    texts = fields.texts("replaced") or ("", "")
    if len(texts) != 2:
        fields.refuse("two texts", "replaced")
    return texts[0], texts[1]


def _before(fields: Fields) -> tuple[str | None, str | None, str | None] | None:
    value = fields["before"]
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 3:
        fields.refuse("three texts", "before")
    texts = [each for each in value if each is None or isinstance(each, str)]
    if len(texts) != 3:
        fields.refuse("three texts", "before")
    project, lock, ignore = (None if text is None else _read_path(text) for text in texts)
    return project, lock, ignore


def _restores(fields: Fields) -> int:
    value = fields["restores"]
    if value is None:
        return 0
    return value if isinstance(value, int) and value >= -1 else fields.refuse("a generation's number", "restores")


def _skills(fields: Fields, directory: str, file: str) -> dict[str, Placed]:
    skills = Fields(fields["targets"], file=file, path="$.targets")
    return {skill: _placed_from_fields(item) for skill, item in skills.members(directory)}


def _placed_to_json(placed: Placed) -> JsonObject:
    if isinstance(placed, Linked):
        return {"pack": placed.pack, "tree": placed.tree, "link": _stored_path(placed.text)}
    return {"pack": placed.pack, "tree": placed.tree, "files": placed.files}


def _placed_from_fields(fields: Fields) -> Placed:
    pack, tree = fields.text("pack"), fields.text("tree")
    if "link" in fields:
        return Linked(pack, tree, _read_path(fields.text("link")))
    return Copied(pack, tree, fields.text_map("files"))
