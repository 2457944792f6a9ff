"""A new pack from a template: everything is rendered and checked first, then appears at once, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import InstallError, SkillctlError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import Limits
from skillctl.core.names import normalised_name, parse_pack_name, parse_skill_name, unscoped
from skillctl.core.settings import Settings
from skillctl.core.tree import is_ignored
from skillctl.core.value import dataclass, field
from skillctl.edges.bundled import scaffolds_directory
from skillctl.edges.disk.trees import move, read_tree_files, remove_tree, write_tree
from skillctl.scaffold.render import Question, complete_values, open_questions, render
from skillctl.scaffold.template import Template, Value, template_from_files

FIRST_VERSION = "0.1.0"
SHIPPED_TEMPLATE = "pack"
PACKS_FOLDER = "packs"

DESCRIPTION_LENGTH = 1024
"""Characters; the Agent Skills specification's own bound."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRequest:
    """What is to be made, and where."""

    name: str
    """As typed; it is normalised."""
    directory: Path
    """The current directory, absolute."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """Variable -> value: `description`, `author`, `hooks`, `plan`, and what else the template declares. Only what was
    said; the template has the defaults."""
    template: Path | None = None
    """A scaffold directory of the user's own; None: the shipped one."""
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NewOutcome(Outcome):
    """A new pack."""

    name: str
    directory: str
    """Where it is, absolute."""
    files: tuple[str, ...]
    """Paths inside it, sorted."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {
            "name": self.name,
            "version": FIRST_VERSION,
            "directory": self.directory,
            "files": list(self.files),
            "dry_run": self.dry_run,
        }


def new(settings: Settings, request: NewRequest) -> NewOutcome:
    """Make the pack. UsageError for a name or value that can't be used, InstallError E420 if something is in its place,
    ManifestError and InstallError for a template that breaks a rule.
    """
    name, problems = pack_name(request.name)
    target = _target(request.directory, name)
    if os.path.lexists(target):
        raise InstallError.of("E420", path=str(target))
    template = _template(request, settings.limits)
    files = render(template, _values(request, name, template))
    if not request.dry_run:
        _write(target, files)
    return NewOutcome(
        problems=problems,
        name=name,
        directory=str(target),
        files=tuple(sorted(files)),
        dry_run=request.dry_run,
    )


def questions(settings: Settings, request: NewRequest) -> tuple[Question, ...]:
    """What a person may be asked before `new`: the template's questions that the request does not answer yet.

    Raises what `new` would raise for the name and the template, so that nobody answers questions in vain.
    """
    name, _ = pack_name(request.name)
    target = _target(request.directory, name)
    if os.path.lexists(target):
        raise InstallError.of("E420", path=str(target))
    return open_questions(_template(request, settings.limits), {**request.values, **_given(request.name, name)})


def pack_name(text: str) -> tuple[str, tuple[Problem, ...]]:
    """The name that the text suggests, with a note if it was written another way. UsageError if it suggests none."""
    name = normalised_name(text)
    if not name:
        raise UsageError(problem("E421", name=text))
    try:
        parse_pack_name(name)
        parse_skill_name(unscoped(name))
    except SkillctlError as error:
        raise UsageError(*error.problems) from error
    return name, () if name == text else (problem("N420", given=text, name=name),)


def title_of(text: str, name: str) -> str:
    """What the pack is called in texts for people: `My Domain` of `My Domain`, and of `my-domain`."""
    typed = " ".join(text.rpartition("/")[2].split())
    if typed and typed != unscoped(name):
        return typed
    return " ".join(word.capitalize() for word in unscoped(name).split("-"))


def _target(directory: Path, name: str) -> Path:
    """`packs/<name>` where a packs folder stands, else `<name>`; the scope is no part of a directory's name."""
    packs = directory / PACKS_FOLDER
    return (packs if packs.is_dir() else directory) / unscoped(name)


def _template(request: NewRequest, limits: Limits) -> Template:
    root = request.template or scaffolds_directory() / SHIPPED_TEMPLATE
    if not root.is_dir():
        raise InstallError.of("E422", path=str(root))
    files = read_tree_files(root, limits=limits, keep=_is_kept, enter=_is_kept)
    template = template_from_files(files, place=str(root))
    if not template.files:
        raise InstallError.of("E422", path=str(root))
    return template


def _is_kept(path: str) -> bool:
    return not is_ignored(path)


def _given(typed: str, name: str) -> dict[str, Value]:
    return {"name": name, "skill": unscoped(name), "title": title_of(typed, name), "version": FIRST_VERSION}


def _values(request: NewRequest, name: str, template: Template) -> dict[str, Value]:
    one_line = {
        key: " ".join(value.split()) if isinstance(value, str) else value for key, value in request.values.items()
    }
    try:
        values = complete_values(template, {**one_line, **_given(request.name, name)})
    except InstallError as error:
        raise UsageError(*error.problems) from error
    description = values["description"]
    if isinstance(description, str) and not 0 < len(description) <= DESCRIPTION_LENGTH:
        found = f"{len(description)} characters long"
        expected = f"a text of 1 to {DESCRIPTION_LENGTH} characters"
        raise UsageError(problem("E441", key="description", value=found, expected=expected))
    return values


def _write(target: Path, files: Mapping[str, bytes]) -> None:
    """Put the files together beside the target, then give them its name."""
    stage = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        write_tree(stage, files)
        move(stage, target)
    except BaseException:
        remove_tree(stage)
        raise
