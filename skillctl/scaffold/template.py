"""A template: the files of a new pack before they are rendered, and what its `scaffold.json` says about them.

    {
      "format": "1.0",
      "description": "A pack for data pipelines",
      "variables": {
        "database": {"question": "Which database is it?", "default": "postgres"},
        "docker": {"type": "boolean", "description": "a Dockerfile", "default": false}
      },
      "only_if": {"Dockerfile.jinja": "docker", "deploy": "docker"}
    }

Rules:

1. `name`, `skill`, `title`, `version`, `description` and `author` are always there. Declaring `description` or
   `author` gives them a question or a default; the others follow from the pack's name.
2. A variable without a default has to be given. A text default is a template itself, over what comes before it.
3. `only_if`: a file, or a directory with all in it, that is left out where the variable is false or empty.
4. scaffold.json is never part of the new pack. A template without one has no variables of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from skillctl.core.fields import Fields, check_format
from skillctl.core.limits import LIMITS
from skillctl.core.value import dataclass, field
from skillctl.formats.json_text import load_json

SCAFFOLD_FILE = "scaffold.json"

GIVEN = ("name", "skill", "title", "version")
"""What the command itself gives; no template declares them."""
ALWAYS: Mapping[str, str] = {"description": "{{ title }}", "author": ""}
"""What every template may use, declared or not, with the default of an undeclared one."""

_KEYS = ("$schema", "format", "description", "variables", "only_if")
_VARIABLE_KEYS = ("type", "question", "description", "default")

VariableType = Literal["text", "boolean"]
Value = str | bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """One thing that a template asks for."""

    name: str
    type: VariableType = "text"
    question: str = ""
    """What a person is asked; empty: never asked, only set by a flag."""
    description: str = ""
    default: Value | None = None
    """None: it has to be given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """Files and what is known about them."""

    files: Mapping[str, bytes]
    """Path -> bytes, as they lie in the template, without scaffold.json."""
    description: str = ""
    variables: Mapping[str, Variable] = field(default_factory=dict)
    """In the order of the file, the undeclared ones of `ALWAYS` before them."""
    only_if: Mapping[str, str] = field(default_factory=dict)
    """Path of a file or directory -> variable."""


def template_from_files(files: Mapping[str, bytes], *, place: str) -> Template:
    """The strict door of a template; `place` names its directory in messages. ManifestError for scaffold.json."""
    content = {path: data for path, data in files.items() if path != SCAFFOLD_FILE}
    always = {name: Variable(name=name, default=default) for name, default in ALWAYS.items()}
    if SCAFFOLD_FILE not in files:
        return Template(files=content, variables=always)
    file = f"{place}/{SCAFFOLD_FILE}"
    value = load_json(files[SCAFFOLD_FILE], file=file, max_bytes=LIMITS.manifest_bytes, max_depth=LIMITS.json_depth)
    fields = Fields(value, file=file)
    fields.only(_KEYS)
    check_format(fields, kind="scaffold")
    variables = {name: _variable(name, item) for name, item in fields.members("variables")}
    variables = {**{name: each for name, each in always.items() if name not in variables}, **variables}
    return Template(
        files=content,
        description=fields.text("description", ""),
        variables=variables,
        only_if=_conditions(fields, content, variables),
    )


def _variable(name: str, item: Fields) -> Variable:
    item.only(_VARIABLE_KEYS)
    if not name.isidentifier() or not name.isascii() or name in GIVEN:
        item.refuse(f"the name of a variable (ASCII letters, digits and `_`; not one of {', '.join(GIVEN)})")
    default = item["default"]
    match item.text("type", "text"):
        case "boolean":
            if default is not None and not isinstance(default, bool):
                item.refuse("true or false", "default")
            kind: VariableType = "boolean"
        case "text":
            if default is not None and not isinstance(default, str):
                item.refuse("a text", "default")
            kind = "text"
        case _:
            item.refuse("`text` or `boolean`", "type")
    return Variable(
        name=name,
        type=kind,
        question=item.text("question", ""),
        description=item.text("description", ""),
        default=default,
    )


def _conditions(fields: Fields, files: Mapping[str, bytes], variables: Mapping[str, Variable]) -> dict[str, str]:
    conditions = {path.rstrip("/"): variable for path, variable in fields.text_map("only_if").items()}
    for path, variable in conditions.items():
        if not any(each == path or each.startswith(f"{path}/") for each in files):
            fields.refuse(f"the paths of files and directories of the template, which `{path}` is not", "only_if")
        if variable not in variables:
            fields.refuse(f"variables of the template, which `{variable}` is not", "only_if")
    return conditions
