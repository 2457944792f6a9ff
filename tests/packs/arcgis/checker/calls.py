"""A call against the list: how many arguments, which keywords, which literals, what must not be left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.packs.arcgis.checker import suggest
from tests.packs.arcgis.checker.names import Named

Problem = tuple[str, str]
"""Kind and sentence."""

STATUS = {
    "model_only": "works in ModelBuilder only",
    "map_algebra_expression_tool": "takes an expression of the old map algebra; write it with operators of arcpy.sa",
    "not_in_3.1+_stubs": "is obsolete: it is hidden since Pro 3.1",
    "last_seen_3.4": "is gone since Pro 3.5",
}


def check_call(called: Named, call: ast.Call, *, whole: bool = True) -> Iterator[Problem]:
    """Everything wrong with the arguments; without `whole` arguments may be left out, as in a mention."""
    if called.kind == "property":
        yield "not-callable", f"`{called.name}` is a property, not a method"
        return
    if called.kind == "class" and called.status == "not_constructed":
        yield "not-constructed", f"nobody constructs `{called.name}`: its objects come from a method"
        return
    parameters = called.parameters
    if parameters is None:
        return
    if is_closed(called):
        yield from _names_and_number(called, call, tuple(each for each in parameters if not each.startswith("*")))
        if whole:
            yield from _left_out(called, call, parameters)
    yield from _literals(called, call, parameters)


def later_arguments(called: Named, call: ast.Call) -> Iterator[Named]:
    """The parameters of a call that a later release brought, as names of their own."""
    by_place = [name for name, _ in zip(called.parameters or (), call.args, strict=False)]
    for name in (*by_place, *(keyword.arg for keyword in call.keywords)):
        if name is not None and name in called.later:
            yield Named(kind="unchecked", name=f"{called.name}({name}=…)", since=called.later[name])


def is_closed(called: Named) -> bool:
    """Whether only the listed parameters count.

    Functions of the ArcGIS API for Python list what they document and take `**kwargs` beside it, for older callers: an
    example uses what is documented.
    """
    parameters = called.parameters or ()
    if called.name.startswith("arcgis."):
        return not any(each.startswith("*") and not each.startswith("**") for each in parameters)
    return not any(each.startswith("*") for each in parameters)


def _names_and_number(called: Named, call: ast.Call, parameters: tuple[str, ...]) -> Iterator[Problem]:
    positional = [each for each in call.args if not isinstance(each, ast.Starred)]
    if len(positional) > len(parameters):
        yield "arguments", f"`{called.name}` takes {len(parameters)} arguments, not {len(positional)}"
    given = set(parameters[: len(positional)])
    for keyword in call.keywords:
        if keyword.arg is None:
            continue
        if keyword.arg not in parameters:
            there = suggest.among(keyword.arg, parameters)
            yield "keyword", f"`{called.name}` has no parameter `{keyword.arg}`{there}"
        elif keyword.arg in given:
            yield "arguments", f"`{called.name}` gets `{keyword.arg}` twice"


def _left_out(called: Named, call: ast.Call, parameters: tuple[str, ...]) -> Iterator[Problem]:
    open_ended = any(isinstance(each, ast.Starred) for each in call.args) or any(
        each.arg is None for each in call.keywords
    )
    if open_ended:
        return
    given = {*parameters[: len(call.args)], *(each.arg for each in call.keywords)}
    for name in called.required:
        if name not in given:
            yield "required", f"`{called.name}` needs `{name}`"


def _literals(called: Named, call: ast.Call, parameters: tuple[str, ...]) -> Iterator[Problem]:
    pairs: list[tuple[str | None, ast.expr]] = list(zip(parameters, call.args, strict=False))
    pairs += [(each.arg, each.value) for each in call.keywords]
    for name, value in pairs:
        allowed = called.values.get(name) if name else None
        if allowed:
            for literal in _strings(value):
                if literal not in allowed and not all(part.strip() in allowed for part in literal.split(";")):
                    yield _refused(called, name, literal, allowed)
        column = called.columns.get(name) if name else None
        if column and isinstance(value, ast.List):
            for literal in _column(value, column[0]):
                if literal not in column[1]:
                    yield _refused(called, name, literal, column[1])


def _refused(called: Named, name: str | None, literal: str, allowed: tuple[str, ...]) -> Problem:
    there = suggest.among(literal, allowed) or f" (there is {', '.join(allowed[:8])})"
    return "value", f"`{name}` of `{called.name}` does not take {literal!r}{there}"


def _column(value: ast.List, at: int) -> Iterator[str]:
    """The literals in one place of each inner list."""
    for row in value.elts:
        if isinstance(row, ast.List | ast.Tuple) and len(row.elts) > at:
            yield from _strings(row.elts[at])


def _strings(value: ast.expr) -> Iterator[str]:
    """The literal strings that an argument can be; an empty string and `#` mean the default."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        if value.value not in ("", "#"):
            yield value.value
    elif isinstance(value, ast.List | ast.Tuple):
        for each in value.elts:
            yield from _strings(each)
    elif isinstance(value, ast.IfExp):
        yield from _strings(value.body)
        yield from _strings(value.orelse)
