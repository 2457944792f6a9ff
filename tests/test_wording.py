"""Every problem that the product can raise has words, the evidence fills them, and no words stand unused.

Read from the syntax trees: a problem is made by `problem(code, …)`, `SomeError.of(code, …)` or `Problem(code, {…})`.
Where the code is no literal (a helper that takes it, a table), its evidence is what the same module gives anywhere at
such a place, together with what stands beside the code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from string import Formatter

import pytest

from skillctl.core import errors
from skillctl.core.wording import wordings
from skillctl.core.wording.entry import Wording
from tests.checkout import IN_CHECKOUT, Module, product

_CODE = re.compile(r"[EWN]\d{3}")
_WORDS = "skillctl.core.wording"
_MAKERS = frozenset({"problem", "of", "Problem"})
_AREAS = {
    "UsageError": "0",
    "ManifestError": "1",
    "RegistryError": "27",
    "ResolveError": "3",
    "InstallError": "4",
    "ExecutionError": "5",
    "PluginError": "6",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """A code in the product, with the evidence that is given for it there."""

    code: str
    where: str
    evidence: frozenset[str] | None
    """None where it can't be seen, as in `**facts`."""
    error: str = ""
    """The class whose `of` was called."""


def uses(module: Module) -> Iterator[Use]:
    """Every code that the module gives to a problem, or hands on to be given."""
    passed_on = _evidence_for_codes_unseen(module.tree)
    for code, call in _codes(module.tree, None):
        given = frozenset() if call is None else _evidence(call)
        if call is None or _maker(call) is None:
            given = None if given is None or passed_on is None else given | passed_on
        error = _error_class(call) if call is not None else ""
        yield Use(code=code.value, where=f"{module.name}:{code.lineno}", evidence=given, error=error)


@dataclass(frozen=True, slots=True)
class _Code:
    value: str
    lineno: int


def _codes(node: ast.AST, call: ast.Call | None) -> Iterator[tuple[_Code, ast.Call | None]]:
    """Each code with the innermost call that it is an argument of. A code that is only compared is not used."""
    match node:
        case ast.Compare():
            return
        case ast.match_case(body=body):
            for each in body:
                yield from _codes(each, None)
            return
        case ast.Constant(value=str(text)) if _CODE.fullmatch(text):
            yield _Code(text, node.lineno), call
        case ast.Call():
            call = node
        case ast.stmt():
            call = None
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        yield from _codes(child, call)


def _maker(call: ast.Call) -> str | None:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _MAKERS:
            return name
    return None


def _error_class(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr="of") if name in _AREAS:
            return name
    return ""


def _evidence(call: ast.Call) -> frozenset[str] | None:
    """The keys given at a call, or None if they can't be seen."""
    keys = {each.arg for each in call.keywords}
    if _maker(call) == "Problem" and len(call.args) > 1:
        if not isinstance(call.args[1], ast.Dict):
            return None
        keys |= {str(each.value) if isinstance(each, ast.Constant) else None for each in call.args[1].keys}
    return None if None in keys else frozenset(key for key in keys if key)


def _evidence_for_codes_unseen(tree: ast.Module) -> frozenset[str] | None:
    """What the module gives where the code is a variable."""
    found: frozenset[str] = frozenset()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _maker(node) and node.args and not _literal(node.args[0]):
            keys = _evidence(node)
            if keys is None and not _hands_on_keywords(tree, node):
                return None
            found |= keys or frozenset(each.arg for each in node.keywords if each.arg)
    return found


def _hands_on_keywords(tree: ast.Module, call: ast.Call) -> bool:
    """Is `**evidence` the enclosing function's own? Then its caller gives the keys, beside the code."""
    handed = {each.value.id for each in call.keywords if each.arg is None and isinstance(each.value, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.args.kwarg and node.args.kwarg.arg in handed:
            return any(inner is call for inner in ast.walk(node))
    return False


def _literal(node: ast.expr) -> bool:
    return any(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in ast.walk(node))


def placeholders(words: Wording) -> frozenset[str]:
    """The evidence that the words speak of."""
    fields = (field for text in (words.title, words.hint, words.detail) for _, field, _, _ in Formatter().parse(text))
    return frozenset(re.split(r"[.\[]", field)[0] for field in fields if field is not None)


@cache
def _uses() -> list[Use]:
    outside = [module for module in product() if not module.within(_WORDS, "skillctl.core.diagnostics")]
    return [use for module in outside for use in uses(module)]


needs_the_source = pytest.mark.skipif(not IN_CHECKOUT, reason="reads the source tree")


@needs_the_source
def test_every_code_that_is_raised_is_worded() -> None:
    silent = sorted({f"{use.code} at {use.where}" for use in _uses() if use.code not in wordings()})
    assert not silent, "\n".join(silent)


@needs_the_source
def test_the_evidence_fills_the_words() -> None:
    gaps = [
        f"{use.code} at {use.where} lacks {', '.join(sorted(missing))}"
        for use in _uses()
        if use.code in wordings() and use.evidence is not None
        if (missing := placeholders(wordings()[use.code]) - use.evidence)
    ]
    assert not gaps, "\n".join(gaps)


@needs_the_source
def test_no_words_stand_unused() -> None:
    unused = sorted(set(wordings()) - {use.code for use in _uses()})
    assert not unused, "\n".join(unused)


@needs_the_source
def test_an_error_has_a_first_digit_of_its_class() -> None:
    strays = [use for use in _uses() if use.error and use.code[1] not in _AREAS[use.error]]
    assert not strays, "\n".join(f"{use.error}.of({use.code}) at {use.where}" for use in strays)


@needs_the_source
def test_no_code_is_worded_twice_and_no_area_is_forgotten() -> None:
    areas = [module.name for module in product() if module.within(_WORDS) and _has_words(module)]
    worded = [code for area in areas for code in import_module(area).WORDS]
    assert sorted(worded) == sorted(wordings())


@pytest.mark.parametrize("code", wordings())
def test_words_are_a_plain_sentence_with_a_reason(code: str) -> None:
    words = wordings()[code]
    assert _CODE.fullmatch(code)
    assert words.title.strip() == words.title != ""
    assert not words.title.endswith((".", "!"))
    assert words.title.count("`") % 2 == words.hint.count("`") % 2 == 0
    assert words.about, "the reference page of the code would be empty"


def test_the_areas_are_those_of_the_error_tree() -> None:
    assert set(_AREAS) == {each.__name__ for each in errors.SkillctlError.__subclasses__()}


SOURCES = [
    ("problem('E101', name=x)", "E101", {"name"}),
    ("raise ManifestError.of('E101', place=p, name=x)", "E101", {"name", "place"}),
    ("Problem('W200', {'path': 1})", "W200", {"path"}),
    ("problem('E101', **facts)", "E101", None),
    ("def f(code, **more):\n    raise E.of(code, kind=1, **more)\nf('E101', name=x)", "E101", {"name", "kind"}),
    ("raise E.of(TABLE[k], key=k)\nTABLE = {1: 'N300'}", "N300", {"key"}),
    ("problem('E101' if x else 'E101', a=1)", "E101", {"a"}),
]


@pytest.mark.parametrize(("source", "code", "evidence"), SOURCES)
def test_codes_are_found_with_their_evidence(source: str, code: str, evidence: set[str] | None) -> None:
    found = list(uses(Module(name="m", tree=ast.parse(source))))
    assert {use.code for use in found} == {code}
    assert {use.evidence for use in found} == {None if evidence is None else frozenset(evidence)}


@pytest.mark.parametrize("source", ["x == 'E101'", "x in ('E101', 'E102')", "match x:\n    case 'E101':\n        pass"])
def test_a_code_that_is_only_asked_for_is_no_use(source: str) -> None:
    assert list(uses(Module(name="m", tree=ast.parse(source)))) == []


def _has_words(module: Module) -> bool:
    return any(isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "WORDS" for node in module.tree.body)
