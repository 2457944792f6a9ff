"""Templates to files: pure, strict, and in jinja2's sandbox, since templates come from other people too.

Rules:

1. A file whose name ends in `.jinja` is rendered and loses the ending; any other is copied byte for byte.
2. `__name__` in a path stands for the variable `name`. What is no variable stays, so `__init__.py` is itself.
3. A variable that nobody gave is an error, never an empty text. A value that nothing asks for is one too.
4. Nothing is escaped (packs are no HTML). The filter `json` writes a value as JSON, which YAML and Python read as well.
5. The new paths are portable ones, and no two are equal where letter case does not count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import InstallError
from skillctl.core.paths import find_collisions, path_problem
from skillctl.core.value import dataclass
from skillctl.formats.json_text import decoded
from skillctl.scaffold.template import GIVEN, Template, Value, Variable, VariableType

if TYPE_CHECKING:
    from jinja2 import Environment

ENDING = ".jinja"

_PATH_VARIABLE = re.compile(r"__([a-z][a-z0-9]*(?:_[a-z0-9]+)*)__")
_YES = frozenset({"true", "yes", "on", "1", "y"})
_NO = frozenset({"false", "no", "off", "0", "n", ""})


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One thing that a person may be asked."""

    variable: str
    text: str
    type: VariableType
    default: Value | None
    """None: there has to be an answer."""


def open_questions(template: Template, given: Mapping[str, Value]) -> tuple[Question, ...]:
    """The template's questions that nothing given answers, in its order, each with the default it would have."""
    environment = sandbox()
    values: dict[str, Value] = dict(given)
    questions: list[Question] = []
    for name, variable in template.variables.items():
        if name in given:
            continue
        default = variable.default
        if isinstance(default, str):
            default = rendered(environment, default, values, file=f"default of {name}")
        values[name] = "" if default is None else default
        if variable.question:
            questions.append(Question(variable=name, text=variable.question, type=variable.type, default=default))
    return tuple(questions)


def complete_values(template: Template, given: Mapping[str, Value]) -> dict[str, Value]:
    """Every variable with its value: what is given (`GIVEN` among it), else the defaults.

    InstallError E425 for all that have to be given, E426 for all that the template does not know, E441 for a value of
    the wrong kind.
    """
    values: dict[str, Value] = {name: given[name] for name in GIVEN}
    problems = [
        problem("E426", variable=name, known=tuple(template.variables))
        for name in given
        if name not in GIVEN and name not in template.variables
    ]
    environment = sandbox()
    for name, variable in template.variables.items():
        if name in given:
            value = _of_its_type(variable, given[name], problems)
        elif variable.default is None:
            problems.append(problem("E425", variable=name, question=variable.question or variable.description or name))
            continue
        else:
            value = variable.default
            if isinstance(value, str) and not problems:  # it may need one that is missing
                value = rendered(environment, value, values, file=f"default of {name}")
        values[name] = value
    if problems:
        raise InstallError(*problems)
    return values


def render(template: Template, values: Mapping[str, Value]) -> dict[str, bytes]:
    """Path -> bytes of the new pack, from values that `complete_values` gave.

    InstallError E423 and E424 with file and line of the template, E427 for paths that no pack may have.
    """
    environment = sandbox()
    written: dict[str, tuple[str, bytes]] = {}
    problems: list[Problem] = []
    for source in sorted(template.files):
        if not _is_wanted(source, template, values):
            continue
        path = _PATH_VARIABLE.sub(lambda match: str(values.get(match[1], match[0])), source).removesuffix(ENDING)
        rule = path_problem(path)
        if path in written:
            rule = f"`{written[path][0]}` has the same path"
        if rule is not None:
            problems.append(problem("E427", template=source, path=path, rule=rule))
            continue
        written[path] = source, _content(environment, source, template.files[source], values)
    for collision in find_collisions(written):
        source = written[collision.path][0]
        problems.append(
            problem("E427", template=source, path=collision.path, rule=f"`{collision.other}` is in its way")
        )
    if problems:
        raise InstallError(*problems)
    return {path: data for path, (_, data) in written.items()}


def _is_wanted(source: str, template: Template, values: Mapping[str, Value]) -> bool:
    return all(
        values[variable]
        for path, variable in template.only_if.items()
        if source == path or source.startswith(f"{path}/")
    )


def _content(environment: Environment, source: str, data: bytes, values: Mapping[str, Value]) -> bytes:
    if not source.endswith(ENDING):
        return data
    return rendered(environment, decoded(data, file=source), values, file=source).encode()


def _of_its_type(variable: Variable, value: Value, problems: list[Problem]) -> Value:
    if variable.type == "text":
        return value if isinstance(value, str) else str(value).lower()
    if isinstance(value, bool) or value.strip().lower() in _YES:
        return bool(value)
    if value.strip().lower() not in _NO:
        problems.append(problem("E441", key=variable.name, value=f"`{value}`", expected="true or false"))
    return False


def sandbox() -> Environment:
    """What templates are rendered in: strict about variables, and out of reach of Python."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    environment.filters["json"] = _as_json
    return environment


def _as_json(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)


def rendered(environment: Environment, text: str, values: Mapping[str, Value], *, file: str) -> str:
    """The text of a template.

    Whatever goes wrong in it is the template's fault, so all of it becomes one error: InstallError E423 or E424.
    """
    from jinja2 import TemplateSyntaxError, UndefinedError
    from jinja2.exceptions import TemplateError

    try:
        return environment.from_string(text).render(values)
    except TemplateSyntaxError as error:
        reason = (error.message or "it is no template").rstrip(".")
        raise InstallError.of("E423", place=Place(file=file, line=error.lineno), reason=reason) from error
    except UndefinedError as error:
        reason = (error.message or "it is undefined").rstrip(".")
        raise InstallError.of("E424", place=Place(file=file, line=_line_of(error)), reason=reason) from error
    except (
        TemplateError,
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        RecursionError,
    ) as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise InstallError.of("E423", place=Place(file=file, line=_line_of(error)), reason=reason) from error


def _line_of(error: BaseException) -> int:
    """The template's line that failed: jinja2 puts it into the traceback. 0 if it is not there."""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
