"""Every page and script of a pack, checked.

An ArcMap name may stand in a row of a table below a heading that speaks of ArcMap or of migration, nowhere else. A name
that a release after 3.1 brought needs that release in its section (3.2 was not sampled: for what 3.3 has, either
counts).
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

from skillctl.edges.bundled import packs_directory
from tests.packs.arcgis.checker.code import CodeChecker
from tests.packs.arcgis.checker.finding import Finding
from tests.packs.arcgis.checker.geography import SLUG, check_slug, check_text
from tests.packs.arcgis.checker.markdown import Block, Page
from tests.packs.arcgis.checker.names import Named, Names
from tests.packs.arcgis.checker.spans import SpanChecker, words_of

PACK = Path(packs_directory()) / "arcgis"

MIGRATION = re.compile(r"ArcMap|migrat", re.IGNORECASE)
LEGACY_ANYWHERE = re.compile(r"\barcpy\.mapping\b|\bRefresh(?:ActiveView|TOC|Catalog)\b")


def check_pack(root: Path, names: Names) -> list[Finding]:
    """Findings of all files, in order, exceptions included."""
    words = file_words(root)
    found: list[Finding] = []
    for path in sorted([*root.rglob("*.md"), *root.rglob("*.py"), *root.rglob("*.pyt")]):
        found += check_file(path, path.relative_to(root).as_posix(), names, words)
    return found


def file_words(root: Path) -> frozenset[str]:
    """Names of files, folders and commands of the pack, as a sentence may mention them."""
    words: set[str] = {root.name}
    for path in root.rglob("*"):
        words |= {path.name, path.stem}
    return frozenset(words)


def check_file(path: Path, name: str, names: Names, words: frozenset[str]) -> list[Finding]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return sorted(set(check_page(Page(name, text), names, words)))
    return sorted(set(check_script(text, name, names)))


def check_page(page: Page, names: Names, words: frozenset[str]) -> Iterator[Finding]:
    for block in page.blocks:
        if block.language in ("python", "py"):
            yield from check_block(block, page, names)
        yield from geography(names, page.name, block.text, block.line, is_code=True)
    yield from geography(names, page.name, page.prose, 1, is_code=False)
    yield from check_spans(page, names, words)
    for number, line in enumerate(page.prose.splitlines(), start=1):
        for found in LEGACY_ANYWHERE.finditer(line):
            if not may_be_legacy(page, number):
                yield Finding(
                    page.name, number, "legacy", f"`{found[0]}` is a name of ArcMap: only a migration table holds it"
                )


def parsed(text: str) -> ast.Module:
    """The tree; a backslash that begins no escape (`"C:\\work"`) is an error here, as it will be in Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ast.parse(text)


def check_block(block: Block, page: Page, names: Names) -> Iterator[Finding]:
    try:
        tree = parsed(block.text)
    except SyntaxError as error:
        line = block.line + (error.lineno or 1) - 1
        yield Finding(page.name, line, "syntax", f"the block does not parse: {error.msg}")
        return
    found, uses = walk(tree, names)
    for line, kind, sentence in found:
        yield Finding(page.name, block.line + line - 1, kind, sentence)
    for line, named in uses:
        at = block.line + line - 1
        yield from version_note(named, page.around(at), page.name, at)
    yield from slugs_in(tree, names, page.name, block.line)


def check_script(text: str, name: str, names: Names) -> Iterator[Finding]:
    try:
        tree = parsed(text)
    except SyntaxError as error:
        yield Finding(name, error.lineno or 1, "syntax", f"the script does not parse: {error.msg}")
        return
    for first, inner in ((1, tree), *programs_in(tree)):
        found, uses = walk(inner, names)
        for line, kind, sentence in found:
            yield Finding(name, first + line - 1, kind, sentence)
        for line, named in uses:
            yield from version_note(named, text, name, first + line - 1)
    yield from geography(names, name, text, 1, is_code=True)


def programs_in(tree: ast.AST) -> Iterator[tuple[int, ast.AST]]:
    """Programs that a script carries as text, for another process: first line and tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "import arcpy" in node.value:
            try:
                yield node.lineno, ast.parse(node.value.replace("%r", "()"))
            except SyntaxError:
                continue  # a template with holes: what is made from it is checked when it is made


def walk(tree: ast.AST, names: Names) -> tuple[list[tuple[int, str, str]], list[tuple[int, Named]]]:
    found: list[tuple[int, str, str]] = []
    checker = CodeChecker(names, lambda line, kind, sentence: found.append((line, kind, sentence)))
    checker.check(tree)
    return found, checker.uses


def geography(names: Names, file: str, text: str, first: int, *, is_code: bool) -> Iterator[Finding]:
    for line, kind, sentence in check_text(names, text, first, is_code=is_code):
        yield Finding(file, line, kind, sentence)


def slugs_in(tree: ast.AST, names: Names, file: str, first: int) -> Iterator[Finding]:
    """Strings that look like slugs where the block speaks of the planning data platform."""
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if not any("planning.data.gov.uk" in str(node.value) for node in strings):
        return
    for node in strings:
        if SLUG.fullmatch(str(node.value)):
            for kind, sentence in check_slug(names, str(node.value)):
                yield Finding(file, first + node.lineno - 1, kind, sentence)


def check_spans(page: Page, names: Names, words: frozenset[str]) -> Iterator[Finding]:
    checker = SpanChecker(names, words_of(page.blocks), words)
    for span in page.spans:
        problems, uses = checker.check(span)
        for kind, sentence in problems:
            if kind != "legacy" or not (span.in_table and may_be_legacy(page, span.line)):
                yield Finding(page.name, span.line, kind, sentence)
        for named in uses:
            yield from version_note(named, page.around(span.line), page.name, span.line)


def may_be_legacy(page: Page, line: int) -> bool:
    is_row = page.lines[line - 1].lstrip().startswith("|")
    return is_row and MIGRATION.search(page.title_at(line)) is not None


def version_note(named: Named, around: str, file: str, line: int) -> Iterator[Finding]:
    if named.since is None:
        return
    enough = ("3.2", "3.3") if named.since == "3.3" else (named.since,)
    if not any(re.search(rf"(?<![\d.]){re.escape(each)}(?!\d)", around) for each in enough):
        said = " or ".join(enough)
        yield Finding(file, line, "version", f"`{named.name}` came with Pro {said}: its section does not say so")
