"""The product's own source code as syntax trees, for the tests that read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = (
    Path("skillctl"),
    Path("registry/skillctl_registry"),
    Path("runtime/skillctl_runtime"),
    Path("plugins/skillctl_plugins"),
)
IN_CHECKOUT = (ROOT / "skillctl").is_dir()
"""False where the tests run alone, against an installed wheel."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """One module of the product."""

    name: str
    """Dotted, `skillctl.core.names`; a package's own module has the package's name."""
    tree: ast.Module
    is_package: bool = False

    def within(self, *rooms: str) -> bool:
        """Is it one of these modules, or inside one of these packages?"""
        return any(inside(self.name, room) for room in rooms)


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """One name that an import statement asks for."""

    target: str
    """`from a.b import c` gives `a.b.c`, and so does `importlib.import_module("a.b.c")`."""
    line: int
    at_start: bool
    """Is it carried out as soon as the module is imported? Not so inside a function or for type checkers alone."""


def inside(name: str, room: str) -> bool:
    """Is the dotted name the room itself or below it?"""
    return name == room or name.startswith(f"{room}.")


@cache
def product() -> tuple[Module, ...]:
    """Every module of the four packages."""
    return tuple(_module(path, package) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))


def imports(module: Module) -> Iterator[Import]:
    """Every import in the module, wherever it stands. Relative ones have another rule."""
    return _imports(module.tree, at_start=True)


def _module(path: Path, package: Path) -> Module:
    parts = path.relative_to(ROOT / package.parent).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(name=name, tree=ast.parse(path.read_text(encoding="utf-8"), str(path)), is_package=is_package)


def _imports(node: ast.AST, *, at_start: bool) -> Iterator[Import]:
    match node:
        case ast.Import(names=names):
            yield from (Import(target=each.name, line=node.lineno, at_start=at_start) for each in names)
        case ast.ImportFrom(module=str(source), level=0, names=names):
            yield from (Import(target=f"{source}.{each.name}", line=node.lineno, at_start=at_start) for each in names)
        case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(target)), *_]):
            yield Import(target=target, line=node.lineno, at_start=at_start)
        case ast.If(test=ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), body=body, orelse=orelse):
            for each in body:
                yield from _imports(each, at_start=False)
            for each in orelse:
                yield from _imports(each, at_start=at_start)
            return
        case _:
            pass
    later = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, at_start=at_start and not later)
