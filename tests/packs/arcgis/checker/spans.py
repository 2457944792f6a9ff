"""Inline code against the lists.

What is code of ours in a sentence is told by its shape: `arcpy.x.Y` and `arcgis.x`; `alias.Tool`; `Tool_alias`;
`CapitalWords`; `camelCase`; `KEY_WORDS`; `parameter=value`; `SHAPE@XY`; `dataset-slug`; `CIMClass`. A word that the
python blocks of the same page define or quote is theirs.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterator

from tests.packs.arcgis.checker import suggest
from tests.packs.arcgis.checker.code import PYTHON_CAMEL, CodeChecker
from tests.packs.arcgis.checker.geography import SLUG, check_slug
from tests.packs.arcgis.checker.markdown import Block, Span
from tests.packs.arcgis.checker.names import MENTIONED, Named, Names

DOTTED = re.compile(r"(?<![\w./\\-])(?:arcpy|arcgis)(?:\.[A-Za-z_]\w*)+")
PAIR = re.compile(r"([a-z]\w*)\.([A-Za-z]\w*)")
SUFFIXED = re.compile(r"([A-Z]\w*)_([a-z0-9]+)")
CAPITALS = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+|[A-Z]{2,}[a-z]\w*")
CAMEL = re.compile(r"[a-z]+[a-z0-9]*[A-Z]\w*")
SHOUTED = re.compile(r"[A-Z]{2,}[A-Z0-9]*(?:_[A-Z0-9]+)+")
CIM = re.compile(r"CIM[A-Z]\w+")
IN_OUT = re.compile(r"(?:in|out)_[a-z_]+")
TOKEN = re.compile(r"[A-Z]+@[A-Z]*")
SHOUTED_VALUE = re.compile(r"[A-Z][A-Z0-9_]+")

Problem = tuple[str, str]


def words_of(blocks: list[Block]) -> frozenset[str]:
    """Every word in the blocks of a page: what they define, quote or print is no name of ours in its sentences."""
    words: set[str] = set()
    for block in blocks:
        if block.language not in ("python", "py"):
            words.update(re.findall(r"[\w@-]+", block.text))
            continue
        try:
            tree = ast.parse(block.text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                    words.add(name)
                case ast.Constant(value=str(text)):
                    words.update(re.findall(r"[\w@-]+", text))
                case _:
                    pass
    return frozenset(words)


class SpanChecker:
    """The spans of one page."""

    def __init__(self, names: Names, own_words: frozenset[str], file_words: frozenset[str]) -> None:
        self.names = names
        self.own = own_words
        self.files = file_words
        """Stems of references, names of commands and scripts."""

    def check(self, span: Span) -> tuple[list[Problem], list[Named]]:
        problems: list[Problem] = []
        tree = parsed(span.text)
        uses: list[Named] = []
        if tree is not None and ("arcpy" in span.text or "arcgis." in span.text):
            checker = CodeChecker(self.names, lambda _, kind, sentence: problems.append((kind, sentence)), whole=False)
            checker.check(tree, arcpy_is_imported=True)
            uses = [found for _, found in checker.uses]
        else:
            for found in DOTTED.finditer(span.text):
                named, more = self._dotted(found[0])
                problems += more
                uses += [named] if named else []
        if not DOTTED.search(span.text):
            problems += self._shape(span.text)
            problems += self._call_without_module(tree)
        return problems, uses

    def _dotted(self, text: str) -> tuple[Named | None, list[Problem]]:
        if text.startswith("arcgis.") and self.names.resolve(text) is None and text.count(".") == 1:
            return None, []  # the start of a host or of a file name, not of a module
        found = self.names.resolve(text)
        if found is None:
            return None, [("unknown", f"`{text}` is unknown{suggest.for_name(self.names, text)}")]
        if found.kind == "legacy":
            return None, [("legacy", f"`{found.name}` is a name of ArcMap")]
        return found, []

    def _shape(self, text: str) -> Iterator[Problem]:
        word = text.removesuffix("()")
        if word in self.own or word in self.files:
            return
        if word in self.names.legacy_words:
            yield "legacy", f"`{word}` is a name of ArcMap"
        elif found := PAIR.fullmatch(word):
            yield from self._pair(word, found[1], found[2])
        elif (found := SUFFIXED.fullmatch(word)) and found[2] in {*self.names.toolboxes, "3d"}:
            if self.names.resolve(f"arcpy.{word}") is None:
                yield "unknown", f"`{word}` is no tool{suggest.for_name(self.names, word)}"
        elif SLUG.fullmatch(word):
            yield from check_slug(self.names, word)
        else:
            yield from self._word(word)

    def _word(self, word: str) -> Iterator[Problem]:
        """A single word must be one of those that have its shape."""
        names = self.names
        shapes: tuple[tuple[re.Pattern[str], str, str, Callable[[], frozenset[str]]], ...] = (
            (CIM, "cim", "there is no class `{}`", lambda: frozenset(names.cim)),
            (CAPITALS, "unknown", "`{}` is no tool, function or class", lambda: self.capitals),
            (CAMEL, "member", "`{}` is no property, method, environment or parameter", lambda: self.camels),
            (SHOUTED, "value", "no parameter takes `{}`", lambda: names.literals),
            (TOKEN, "token", "`{}` is no field token", lambda: names.cursor_tokens),
            (IN_OUT, "keyword", "nothing has a parameter `{}`", lambda: names.parameters | {"in_memory"}),
        )
        for shape, kind, sentence, known in shapes:
            if shape.fullmatch(word):
                if word not in known() and not hasattr(builtins, word):
                    yield kind, sentence.format(word) + suggest.among(word, known())
                return

    @property
    def capitals(self) -> frozenset[str]:
        names = self.names
        return names.short_names | names.members | names.literals | names.parameters | PYTHON_CAMEL

    @property
    def camels(self) -> frozenset[str]:
        return self.names.members | self.names.parameters | PYTHON_CAMEL

    def _pair(self, word: str, first: str, last: str) -> Iterator[Problem]:
        module = f"arcpy.{first}" in self.names.modules and first not in self.own
        if module and self.names.resolve(f"arcpy.{word}") is None:
            yield "unknown", f"`{word}` is unknown{suggest.for_name(self.names, word)}"
        elif CAMEL.fullmatch(last) and last not in self.names.members | PYTHON_CAMEL and last not in self.own:
            yield "member", f"nothing has a member `{last}`{suggest.among(last, self.names.members)}"

    def _call_without_module(self, tree: ast.Module | None) -> Iterator[Problem]:
        """`listLayers(wildcard)`, `method="PLANAR"`: the name of a member or of a parameter, and a literal it takes."""
        if tree is None:
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from self._call(node)
            elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                yield from self._setting(node.targets[0].id, node.value)
            elif isinstance(node, ast.Attribute) and node.attr not in self.own:
                yield from self._attribute(node.attr)

    def _attribute(self, name: str) -> Iterator[Problem]:
        if CAMEL.fullmatch(name) and name not in self.names.members | PYTHON_CAMEL:
            yield "member", f"nothing has a member `{name}`{suggest.among(name, self.names.members)}"

    def _call(self, node: ast.Call) -> Iterator[Problem]:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        known = name in self.capitals or name in self.own or hasattr(builtins, name)
        if not known and (CAPITALS.fullmatch(name) or CAMEL.fullmatch(name)):
            yield "unknown", f"`{name}` is no tool, function, class or method{suggest.for_name(self.names, name)}"
        for keyword in node.keywords:
            if keyword.arg:
                yield from self._setting(keyword.arg, keyword.value)

    def _setting(self, name: str, value: ast.expr) -> Iterator[Problem]:
        known = self.names.parameters | self.names.members
        if name not in self.names.arcpy_parameters:
            self.names.used.add(MENTIONED + name)
        if name not in known and name not in self.own:
            yield "keyword", f"nothing has a parameter or property `{name}`{suggest.among(name, known)}"
        literal = value.value if isinstance(value, ast.Constant) else None
        if not isinstance(literal, str) or literal in self.names.literals | self.own:
            return
        if SHOUTED_VALUE.fullmatch(literal):
            yield "value", f"no parameter takes `{literal}`{suggest.among(literal, self.names.literals)}"


def parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None
