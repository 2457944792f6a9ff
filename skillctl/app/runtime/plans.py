"""Plans of installed packs: what there is, and one of them filled in.

A pack lists its plans in the manifest, name -> file. In such a file a file of the project may be taken from the pack
(`{"filename": "scan.py", "from": "scripts/scan.py"}`), byte for byte, and `variables` may declare what whoever executes
the plan can set; then every text of the plan is a template. A plan without variables is taken as it stands, since its
code may be full of braces.

Everything is read from the store's tree, whose digest the lock names, never from an agent's directory.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, Protocol

from skillctl.app.outcome import Outcome
from skillctl.app.packs import InstalledTree, installed_trees
from skillctl.core.errors import ExecutionError, InstallError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.paths import path_problem
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field
from skillctl.formats.json_text import load_json


class PackFiles(Protocol):
    """A pack whose plans are read: one that is installed, or one that is still being written."""

    @property
    def name(self) -> str:
        """The pack's name."""

    def file(self, path: str) -> bytes | None:
        """One of its files; None if it has none there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferedPlan:
    """One plan of an installed pack."""

    pack: str
    version: str
    name: str
    file: str
    """Its path in the pack."""
    description: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What can be set -> what it is for."""

    @property
    def title(self) -> str:
        """What `execute` takes: `arcgis:dataset-report`."""
        return f"{self.pack}:{self.name}"

    def to_json(self) -> JsonObject:
        """The plan in an envelope."""
        return {
            "plan": self.title,
            "pack": self.pack,
            "version": self.version,
            "file": self.file,
            "description": self.description,
            "variables": dict(self.variables),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class PlansOutcome(Outcome):
    """What the installed packs offer."""

    plans: tuple[OfferedPlan, ...]

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"plans": [each.to_json() for each in self.plans]}


def offered_plans(settings: Settings, cwd: Path) -> PlansOutcome:
    """The plans of every pack that is installed in the project around, and for the user."""
    found: dict[str, OfferedPlan] = {}
    for pack in installed_trees(settings, cwd):
        for name, file in pack.manifest().plans.items():
            offered = _described(pack, name, file)
            found.setdefault(offered.title, offered)
    return PlansOutcome(plans=tuple(found[title] for title in sorted(found)))


def _described(pack: InstalledTree, name: str, file: str) -> OfferedPlan:
    title = f"{pack.name}:{name}"
    value = _plan_of(pack, title, file)
    description = value.get("description")
    variables = {variable: each.description for variable, each in _variables(value, title).items()}
    return OfferedPlan(
        pack=pack.name,
        version=pack.version,
        name=name,
        file=file,
        description=description if isinstance(description, str) else "",
        variables=variables,
    )


def filled_plan(settings: Settings, cwd: Path, title: str, given: Mapping[str, str]) -> JsonObject:
    """The plan `pack:plan` with its files from the pack and its variables filled in, ready for the runtime's door.

    ExecutionError E516 if no installed pack offers it, E517 and E518 for variables, E519 if the pack's plan is broken.
    """
    name, _, plan = title.rpartition(":")
    packs = [pack for pack in installed_trees(settings, cwd) if pack.name == name]
    file = packs[0].manifest().plans.get(plan) if packs else None
    if file is None:
        raise ExecutionError.of("E516", plan=title)
    value = _plan_of(packs[0], title, file)
    return _with_files(packs[0], title, _filled(title, file, value, given))


def sample_plan(pack: PackFiles, title: str, file: str) -> JsonObject:
    """The plan as somebody would execute it who sets nothing but what has to be set. ExecutionError E519."""
    value = _plan_of(pack, title, file)
    needed = {name: "sample" for name, each in _variables(value, title).items() if each.default is None}
    return _with_files(pack, title, _filled(title, file, value, needed))


def _plan_of(pack: PackFiles, title: str, file: str) -> JsonObject:
    data = pack.file(file)
    if data is None:
        _refuse(title, f"the pack has no file `{file}`")
    value = load_json(data, file=f"{pack.name}/{file}", max_bytes=len(data), max_depth=32)
    return value if isinstance(value, Mapping) else _refuse(title, f"`{file}` holds no JSON object")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Variable:
    default: str | None
    description: str


def _variables(value: JsonObject, title: str) -> dict[str, _Variable]:
    declared = value.get("variables", {})
    if not isinstance(declared, Mapping):
        _refuse(title, "`variables` is no object")
    found = {}
    for name, each in declared.items():
        if not isinstance(each, Mapping) or not name.isidentifier():
            _refuse(title, f"the variable `{name}` needs a plain name and an object with `default` and `description`")
        default, description = each.get("default"), each.get("description")
        found[name] = _Variable(
            default=None if default is None else str(default),
            description=description if isinstance(description, str) else "",
        )
    return found


def _filled(title: str, file: str, value: JsonObject, given: Mapping[str, str]) -> JsonObject:
    variables = _variables(value, title)
    for name in given:
        if name not in variables:
            raise ExecutionError.of("E517", plan=title, variable=name, known=tuple(variables) or ("none",))
    values = {name: given.get(name, each.default) for name, each in variables.items()}
    for name, each in values.items():
        if each is None:
            raise ExecutionError.of("E518", plan=title, variable=name, description=variables[name].description)
    plan = {key: member for key, member in value.items() if key != "variables"}
    if not variables:
        return plan
    from skillctl.scaffold.texts import rendered_texts

    try:
        filled = rendered_texts(plan, {name: each for name, each in values.items() if each is not None}, file=file)
    except InstallError as error:
        _refuse(title, str(error), error)
    return filled if isinstance(filled, Mapping) else plan


def _with_files(pack: PackFiles, title: str, plan: JsonObject) -> JsonObject:
    files = plan.get("files")
    if not isinstance(files, list):
        return plan
    return {**plan, "files": [_with_bytes(pack, title, each) for each in files]}


def _with_bytes(pack: PackFiles, title: str, entry: JsonValue) -> JsonValue:
    if not isinstance(entry, Mapping) or not isinstance(origin := entry.get("from"), str):
        return entry
    data = pack.file(origin) if path_problem(origin) is None else None
    if data is None:
        _refuse(title, f"the pack has no file `{origin}`")
    rest = {key: member for key, member in entry.items() if key != "from"}
    return {**rest, "content_base64": base64.b64encode(data).decode()}


def _refuse(title: str, reason: str, cause: Exception | None = None) -> NoReturn:
    raise ExecutionError.of("E519", plan=title, reason=reason) from cause
