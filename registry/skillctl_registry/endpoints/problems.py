"""What a registry's server says is wrong, and the error that a client makes of it.

    {"problems": [{"code": "E722", "evidence": {...}, "title": "...", "hint": "..."}]}

The evidence travels, so that the client says it in its own words; a code that it does not know is told in those of the
server. Only codes of packs and registries are taken over: nobody far away tells of this machine's disk or settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from string import Formatter

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.web import Response, host_of, masked
from skillctl.core.wording import worded, wordings
from skillctl.formats.json_text import load_json

ANSWER_BYTES = 1024 * 1024
"""The largest answer of a server that is no file."""

_CONTENT_TOO_LARGE = 413
_TOO_LARGE = (
    "a proxy before the registry takes no archive of this size: its keeper raises that (nginx: client_max_body_size)"
)
_UNTOLD = "perhaps a proxy before it answers; the keeper of the server finds more in its log"
_AREAS = ("1", "2", "7")
_MOST = 50
_LONGEST = 2000  # characters of a text in evidence


def problems_to_json(problems: Iterable[Problem]) -> JsonObject:
    """The body of an answer that refuses."""
    return {"problems": [_problem_to_json(each) for each in problems]}


def problems_from_json(fields: Fields) -> tuple[Problem, ...]:
    """What is wrong, as far as it is told."""
    return tuple(_problem_from(each) for _, each in zip(range(_MOST), fields.items("problems"), strict=False))


def refusal(response: Response, *, limits: Limits = LIMITS) -> RegistryError:
    """The error that an answer without success is. E729 if the server does not say what is wrong."""
    try:
        problems = problems_from_json(answer_fields(response, limits=limits))
    except SkillctlError:
        problems = ()
    if not problems:
        return RegistryError.of(
            "E729",
            host=host_of(response.url),
            url=masked(response.url),
            status=response.status,
            advice=_TOO_LARGE if response.status == _CONTENT_TOO_LARGE else _UNTOLD,
        )
    return RegistryError(*problems)


def answer_fields(response: Response, *, limits: Limits = LIMITS) -> Fields:
    """The members of an answer. RegistryError E728 if it is no JSON object."""
    try:
        value = load_json(response.body, file=response.url, max_bytes=ANSWER_BYTES, max_depth=limits.json_depth)
        return Fields(value, file=response.url)
    except SkillctlError as error:
        raise _unreadable(response) from error


def _unreadable(response: Response) -> RegistryError:
    """The error of an answer that is none of the endpoint's."""
    return RegistryError.of("E728", host=host_of(response.url), url=masked(response.url))


@contextmanager
def succeeded(response: Response, *, limits: Limits = LIMITS) -> Iterator[Fields]:
    """The members of an answer with success, to be read in the block.

    RegistryError with what is wrong for any other, E728 if what the block looks for is not there.
    """
    if response.status not in (200, 201):
        raise refusal(response, limits=limits)
    fields = answer_fields(response, limits=limits)
    try:
        yield fields
    except SkillctlError as error:
        raise _unreadable(response) from error


def _problem_to_json(each: Problem) -> JsonObject:
    said = worded(each)
    place = each.place or Place()
    shown: dict[str, JsonValue] = {
        "code": each.code,
        "severity": each.severity,
        "title": said.title,
        "hint": said.hint,
        "evidence": {key: _plain(value) for key, value in each.evidence.items()},
    }
    if str(place):
        shown["place"] = {"file": place.file, "path": place.path, "line": place.line, "column": place.column}
    return shown


def _plain(value: object) -> JsonValue:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Iterable) and not isinstance(value, str | Mapping):
        return [str(each)[:_LONGEST] for each in value]
    return str(value)[:_LONGEST]


def _problem_from(fields: Fields) -> Problem:
    code = fields.text("code")
    severity = fields.text("severity", "error")
    evidence = dict(fields.any_object("evidence"))
    known = wordings().get(code)
    place = _place(fields)
    if (
        known is not None
        and code[1:2] in _AREAS
        and _filled(evidence) >= _wanted(known.title, known.hint, known.detail)
    ):
        return problem(code, place=place, severity="warning" if severity == "warning" else None, **evidence)
    said = ("W739" if severity == "warning" else "E739", fields.text("title", code), fields.text("hint", ""))
    return _told(*said, place=place)


def _told(code: str, title: str, hint: str, *, place: Place | None) -> Problem:
    title, hint = title[:_LONGEST], hint[:_LONGEST]
    if code == "W739":
        return problem("W739", place=place, title=title, hint=hint)
    return problem("E739", place=place, title=title, hint=hint)


def _filled(evidence: JsonObject) -> set[str]:
    return {key for key, value in evidence.items() if not isinstance(value, Mapping)}


def _wanted(*texts: str) -> set[str]:
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def _place(fields: Fields) -> Place | None:
    if not fields["place"]:
        return None
    found = Fields(fields["place"], file="place")
    return Place(
        file=found.text("file", ""),
        path=found.text("path", ""),
        line=found.number("line", 0),
        column=found.number("column", 0),
    )
