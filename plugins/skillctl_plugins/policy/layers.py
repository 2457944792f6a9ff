"""Which policies count: the system's, the user's, the project's, and the rules that come with skillctl.

| layer | file |
|---|---|
| system | `/etc/skillctl/policy.yaml`; `/Library/Application Support/skillctl`, `%PROGRAMDATA%\\skillctl` elsewhere |
| user | `policy.yaml` in the configuration directory |
| project | `policy.yaml`, and `policy` in skillctl.json: rules, or the path of such a file |
| default | `default.json` beside this module |

A project is the directory that is worked on and every one above it, up to the root of its repository or the home.

A file that is not there says nothing. One that can't be read, that breaks a rule, or that is named and missing makes
the whole policy unusable: E613, and everything is denied.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import PluginError, SkillctlError
from skillctl.core.file_names import PROJECT_FILE
from skillctl.core.json_value import ROOT, JsonValue
from skillctl.core.limits import LIMITS
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import read_bytes
from skillctl.formats.json_text import load_json

if TYPE_CHECKING:
    from skillctl_plugins.policy.rules import Layer, LayerName

FILE = "policy.yaml"
BYTES = 256 * 1024
DEPTH = 16
KEY = "policy"

_DEFAULT = Path(__file__).parent / "default.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where policies lie."""

    system: str
    user: str
    cache: str
    """The user's cache directory."""
    home: str
    """What is not above a project."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A policy as it was found."""

    layer: LayerName
    file: str
    data: bytes = b""
    """Of the file; of one in skillctl.json, that file's."""
    inline: JsonValue = None
    """The value, where it stands in skillctl.json."""
    base: str = ""
    """The project's directory."""


def system_file(system: str, environ: Mapping[str, str]) -> str:
    """Where the system's policy lies; `system` as `sys.platform` has it."""
    match system:
        case "darwin":
            return f"/Library/Application Support/skillctl/{FILE}"
        case "win32":
            return os.path.join(environ.get("PROGRAMDATA", "C:\\ProgramData"), "skillctl", FILE)
        case _:
            return f"/etc/skillctl/{FILE}"


def written_policies(places: Places, project: str = "") -> tuple[Written, ...]:
    """Every policy that somebody wrote. PluginError E613 with what is wrong if one can't be read.

    `project`: the directory that is worked on, absolute; empty for what belongs to the user.
    """
    found = [*_of_file("system", places.system), *_of_file("user", places.user)]
    for directory in _projects(project, places):
        found += [*_of_file("project", os.path.join(directory, FILE), base=directory), *_of_project_file(directory)]
    return tuple(found)


def _projects(project: str, places: Places) -> Iterator[str]:
    """The directory and those above it, the outermost last."""
    directory, own = project, os.path.dirname(places.user)
    while directory and directory not in (places.home, own) and os.path.dirname(directory) != directory:
        yield directory
        if os.path.lexists(os.path.join(directory, ".git")):
            return
        directory = os.path.dirname(directory)


def layers_of(written: tuple[Written, ...], *, cache: str) -> tuple[Layer, ...]:
    """The layers, the shipped rules last. PluginError E613 with every problem of each file."""
    layers: list[Layer] = []
    problems: list[Problem] = []
    for each in written:
        try:
            layers.append(_layer(each, cache))
        except SkillctlError as error:
            problems += [problem("E613", place=Place(file=each.file), file=each.file), *error.problems]
    if problems:
        raise PluginError(*problems)
    return (*layers, default_layer())


def default_layer() -> Layer:
    """The rules that come with skillctl."""
    from skillctl_plugins.policy.door import rules_from_json
    from skillctl_plugins.policy.rules import Layer

    data = _DEFAULT.read_bytes()
    value = load_json(data, file=_DEFAULT.name, max_bytes=BYTES, max_depth=DEPTH)
    rules = rules_from_json(value, file=_DEFAULT.name, layer="default", trusted=True)
    return Layer(name="default", file=_DEFAULT.name, rules=rules, digest=_digest(data))


def _layer(written: Written, cache: str) -> Layer:
    if written.inline is not None:
        return _inline_layer(written)
    from skillctl_plugins.policy.cache import keep_value, kept_value
    from skillctl_plugins.policy.door import rules_from_json
    from skillctl_plugins.policy.rules import Layer

    digest = _digest(written.data)

    kept = kept_value(cache, digest)
    if kept is not None:
        rules = rules_from_json(kept, file=written.file, layer=written.layer, trusted=True)
        return Layer(name=written.layer, file=written.file, rules=rules, digest=digest, base=written.base)
    from skillctl.formats.yaml_text import load_yaml

    text = load_yaml(written.data, file=written.file, max_bytes=BYTES, max_depth=DEPTH)
    try:
        rules = rules_from_json(text.value, file=written.file, layer=written.layer)
    except PluginError as error:
        raise PluginError(*sorted(map(text.located, error.problems), key=_line)) from error
    keep_value(cache, digest, text.value)
    return Layer(name=written.layer, file=written.file, rules=rules, digest=digest, base=written.base)


def _inline_layer(written: Written) -> Layer:
    from skillctl_plugins.policy.door import rules_from_json
    from skillctl_plugins.policy.rules import Layer

    try:
        rules = rules_from_json(written.inline, file=written.file, layer=written.layer, root=f"{ROOT}.{KEY}")
    except PluginError as error:
        from skillctl.formats.json_places import located

        raise PluginError(*located(error.problems, written.data)) from error
    return Layer(name=written.layer, file=written.file, rules=rules, digest=_digest(written.data), base=written.base)


def _of_file(layer: LayerName, file: str, *, base: str = "") -> Iterator[Written]:
    try:
        data = read_bytes(file, max_bytes=BYTES)
    except SkillctlError as error:
        raise _unusable(file, error) from error
    if data is not None:
        yield Written(layer=layer, file=file, data=data, base=base)


def _of_project_file(project: str) -> Iterator[Written]:
    file = os.path.join(project, PROJECT_FILE)
    try:
        data = read_bytes(file, max_bytes=LIMITS.project_bytes)
        if data is None or f'"{KEY}"'.encode() not in data:
            return
        value = load_json(data, file=file, max_bytes=LIMITS.project_bytes, max_depth=LIMITS.json_depth)
    except SkillctlError as error:
        raise _unusable(file, error) from error
    said = value.get(KEY) if isinstance(value, dict) else None
    if said is None:
        return
    if not isinstance(said, str):
        yield Written(layer="project", file=file, data=data, inline=said, base=project)
        return
    named = os.path.normpath(os.path.join(project, said))
    found = list(_of_file("project", named, base=project))
    if not found:
        raise PluginError(
            problem("E613", place=Place(file=named), file=named),
            problem(
                "E617",
                place=Place(file=file, path=f"{ROOT}.{KEY}"),
                key=KEY,
                reason=f"names `{said}`, which is missing",
            ),
        )
    yield from found


def _unusable(file: str, error: SkillctlError) -> PluginError:
    return PluginError(problem("E613", place=Place(file=file), file=file), *error.problems)


def _line(each: Problem) -> int:
    return each.place.line if each.place else 0


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
