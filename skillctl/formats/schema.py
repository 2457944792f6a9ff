"""The published JSON Schemas, and what a value breaks of one.

The strict doors in `core` decide what is valid; the schemas say the same to editors and other programs, and property
tests hold the two together. JSON Schema can't say everything: that a path is portable is a `format` of our own
(`pack-path`, `pack-glob`, `pack-files`, `pack-skill`, `pack-module`), which is checked here and passed over elsewhere.

jsonschema is slow to import, so that only validation asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.json_value import ROOT, JsonValue, item_path, key_path
from skillctl.core.names import is_skill_name
from skillctl.core.pack_skills import ROOT_SKILL, glob_problem, module_path, tidy_path, tidy_skill_path
from skillctl.core.paths import path_problem

_FOLDER = Path(__file__).parent / "schemas"
_ENDING = ".schema.json"


def schema_names() -> list[str]:
    """The names of the published schemas: `skill`, and those of the other formats."""
    return sorted(path.name.removesuffix(_ENDING) for path in _FOLDER.glob(f"*{_ENDING}"))


@cache
def schema(name: str) -> dict[str, Any]:
    """One published schema. A name without one is a programmer's mistake (FileNotFoundError)."""
    loaded: dict[str, Any] = json.loads((_FOLDER / f"{name}{_ENDING}").read_bytes())
    return loaded


def schema_problems(name: str, value: JsonValue, *, file: str = "") -> list[Problem]:
    """Everything in the value that breaks the schema, in the order of the value (E180); empty if it is valid."""
    errors = _validator(name).iter_errors(value)
    return [
        problem("E180", place=Place(file=file, path=path), reason=reason)
        for path, reason in sorted({(_path(error.absolute_path), error.message) for error in errors})
    ]


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(formats=())
    for each, is_valid in _FORMATS.items():
        checker.checks(each)(_of_strings(is_valid))
    return Draft202012Validator(schema(name), format_checker=checker)


def _path(steps: Iterable[str | int]) -> str:
    path = ROOT
    for step in steps:
        path = item_path(path, step) if isinstance(step, int) else key_path(path, step)
    return path


def _of_strings(is_valid: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or is_valid(value)


def _is_path(text: str) -> bool:
    return bool(text.strip()) and path_problem(tidy_path(text)) is None


def _is_glob(text: str) -> bool:
    return bool(text.strip()) and glob_problem(tidy_path(text)) is None


def _is_files_glob(text: str) -> bool:
    return bool(text.strip()) and _is_glob(text.removeprefix("!"))


def _is_skill_path(text: str) -> bool:
    folder = tidy_skill_path(text)
    if not text.strip() or folder == ROOT_SKILL:
        return bool(text.strip())
    return path_problem(folder) is None and is_skill_name(folder.rpartition("/")[2])


def _is_module(text: str) -> bool:
    file = module_path(text)
    return bool(text.strip()) and bool(file) and path_problem(file) is None


_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "pack-path": _is_path,
    "pack-glob": _is_glob,
    "pack-files": _is_files_glob,
    "pack-skill": _is_skill_path,
    "pack-module": _is_module,
}
