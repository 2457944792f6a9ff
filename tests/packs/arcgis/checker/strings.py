"""Names in strings and keywords: tools by name, field tokens, environments, coordinate systems, CIM classes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.packs.arcgis.checker import suggest
from tests.packs.arcgis.checker.names import Named, Names

TOKEN = re.compile(r"[A-Z]+@[A-Z]*")
CURSORS = ("arcpy.da.SearchCursor", "arcpy.da.UpdateCursor", "arcpy.da.InsertCursor")

Problem = tuple[str, str]
"""Kind and sentence."""


def check_string(names: Names, text: object) -> Iterator[Problem]:
    """What any string must not be."""
    if not isinstance(text, str):
        return
    if TOKEN.fullmatch(text):
        yield from check_token(names, text)
    if re.fullmatch(r"CIM[A-Z]\w+", text) and text not in names.cim:
        yield "cim", f"there is no class `{text}`{suggest.among(text, names.cim)}"
    if re.match(r"in_memory(\\|/|$)", text):
        yield "legacy", "`in_memory` is the workspace of ArcMap; in Pro it is `memory`"


def check_arguments(names: Names, called: Named, node: ast.Call) -> Iterator[Problem]:
    """Arguments whose values are names of the lists."""
    if called.name == "arcpy.EnvManager":
        for keyword in node.keywords:
            if keyword.arg not in {None, *names.environments}:
                near = suggest.among(str(keyword.arg), names.environments)
                yield "environment", f"there is no environment `{keyword.arg}`{near}"
    constants = [each.value for each in node.args if isinstance(each, ast.Constant)]
    if called.name == "arcpy.SpatialReference":
        for code in {code for code in constants if isinstance(code, int)} - set(map(int, names.uk["crs"])):
            yield "epsg", f"EPSG:{code} is not among the coordinate systems of the list"
    if called.name in names.types["tool_named_by"] and constants:
        named = names.resolve(f"arcpy.{constants[0]!s}")
        if named is None or named.kind != "tool":
            yield "unknown", f"`{constants[0]!s}` is no tool"
    if called.name in CURSORS and len(node.args) > 1:
        yield from check_fields(names, node.args[1])


def check_fields(names: Names, fields: ast.expr) -> Iterator[Problem]:
    """The fields of a cursor: what has an at sign is a token."""
    listed = fields.elts if isinstance(fields, ast.List | ast.Tuple) else [fields]
    for each in listed:
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and "@" in each.value:
            yield from check_token(names, each.value)


def check_token(names: Names, text: str) -> Iterator[Problem]:
    if text not in names.cursor_tokens:
        yield "token", f"`{text}` is no field token{suggest.among(text, names.cursor_tokens)}"
