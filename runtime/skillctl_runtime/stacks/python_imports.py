"""Modules that a Python project imports and nobody declares.

1. Every `import` counts, in functions too, but not those below `if TYPE_CHECKING:`, nor those that the program can do
   without: inside `try` with an `except ImportError` (or a wider one).
2. Modules of the standard library, of the project itself, and relative imports need no declaration.
3. What a declared distribution brings along is declared.
4. Some features need a distribution that nobody imports: a form in FastAPI, an `EmailStr`, a template.
5. Django's `INSTALLED_APPS` and `MIDDLEWARE` name modules in texts.
6. A module that the list doesn't have is told and never installed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from skillctl.core.value import dataclass
from skillctl_runtime.modules import brought_by, distributions_of, normal
from skillctl_runtime.stacks.python_sources import Source, Sources

REMOVED = frozenset({"asynchat", "asyncore", "distutils", "imp", "smtpd"})
"""Modules of the standard library that newer versions have no more."""

_ANY_IMPORT_ERROR = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})

# (modules, names): who imports one of the names from one of the modules needs the distribution as well
_ALONG: tuple[tuple[frozenset[str], frozenset[str], str], ...] = (
    (frozenset({"fastapi"}), frozenset({"Form", "File", "UploadFile"}), "python-multipart"),
    (
        frozenset({"fastapi.security"}),
        frozenset({"OAuth2PasswordRequestForm", "OAuth2PasswordRequestFormStrict"}),
        "python-multipart",
    ),
    (frozenset({"pydantic", "pydantic.networks"}), frozenset({"EmailStr", "NameEmail"}), "email-validator"),
    (
        frozenset({"fastapi.templating", "starlette.templating"}),
        frozenset({"Jinja2Templates"}),
        "Jinja2",
    ),
    (
        frozenset({"starlette.middleware.sessions", "fastapi.middleware.sessions"}),
        frozenset({"SessionMiddleware"}),
        "itsdangerous",
    ),
)
_METHODS = {"read_excel": ("pandas", "openpyxl"), "to_excel": ("pandas", "openpyxl")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """A module that a file imports."""

    module: str
    """Dotted, as it stands there; for `from a import b` it is `a.b`, since `b` may be a module."""
    path: str

    @property
    def first(self) -> str:
        return self.module.partition(".")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """What has to be added, and what nobody knows."""

    distributions: tuple[tuple[str, Import], ...] = ()
    """Requirement and where it is needed, in order, each once."""
    unknown: tuple[Import, ...] = ()
    removed: tuple[Import, ...] = ()
    """Modules that the standard library used to have."""


def missing_imports(sources: Sources, declared: Iterable[str], *, provided: Iterable[str] = ()) -> Missing:
    """What the sources import and no requirement of those declared brings; `provided` are modules from elsewhere."""
    here: set[str] = set()
    modules = set(provided)
    for requirement in declared:
        brought = brought_by(requirement)
        here |= brought
        modules |= {name.replace("-", "_") for name in brought}
    added: dict[str, Import] = {}
    unknown: dict[str, Import] = {}
    removed: dict[str, Import] = {}
    for each in _needed(sources):
        offers = distributions_of(each.module)
        if each.first in REMOVED:
            removed.setdefault(each.first, each)
        elif any(normal(offer) in here for offer in offers) or (not offers and each.first.lower() in modules):
            continue
        elif offers:
            added.setdefault(offers[0], each)
            here |= brought_by(offers[0])
        elif not _is_likely(each, here):
            unknown.setdefault(each.first, each)
    for distribution, wanted in _along(sources):
        if normal(distribution) not in here:
            added.setdefault(distribution, wanted)
            here |= brought_by(distribution)
    return Missing(distributions=tuple(added.items()), unknown=tuple(unknown.values()), removed=tuple(removed.values()))


def imports_of(source: Source) -> Iterator[Import]:
    """The modules that a file can't do without."""
    yield from (Import(module=module, path=source.path) for module in _walk(source.tree.body))
    yield from (Import(module=module, path=source.path) for module in _named_in_settings(source.tree))


def _named_in_settings(tree: ast.Module) -> Iterator[str]:
    """Modules that Django imports by their names."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="INSTALLED_APPS" | "MIDDLEWARE")], value=ast.List(elts=items)):
                yield from (each.value for each in items if isinstance(each, ast.Constant) and _is_module(each.value))
            case _:
                pass


def _is_module(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and all(word.isidentifier() for word in value.split("."))


def _needed(sources: Sources) -> Iterator[Import]:
    for source in sources.parsed:
        for each in imports_of(source):
            if each.first in REMOVED or (each.first not in sys.stdlib_module_names and each.first not in sources.local):
                yield each


def _walk(body: Iterable[ast.AST]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(level=0, module=str(module), names=names):
                yield from (f"{module}.{each.name}" for each in names)
            case ast.If(test=test, orelse=orelse) if _is_type_checking(test):
                yield from _walk(orelse)
            case ast.Try(handlers=handlers, orelse=orelse, finalbody=final) if any(map(_forgives, handlers)):
                yield from _walk([*orelse, *final])
            case _:
                yield from _walk(ast.iter_child_nodes(node))


def _is_type_checking(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
        case _:
            return False


def _forgives(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _ANY_IMPORT_ERROR) for kind in kinds)


def _is_likely(each: Import, here: set[str]) -> bool:
    """Does something declared hold the module's name, as `python-foo` does `foo`? Then nothing is said."""
    word = normal(each.first)
    return any(word in name for name in here)


def _along(sources: Sources) -> Iterator[tuple[str, Import]]:
    for source in sources.parsed:
        modules = {each.first for each in imports_of(source)}
        for node in ast.walk(source.tree):
            match node:
                case ast.ImportFrom(level=0, module=str(module), names=names):
                    said = {each.name for each in names}
                    for whence, words, distribution in _ALONG:
                        if module in whence and said & words:
                            yield distribution, Import(module=module, path=source.path)
                case ast.Attribute(attr=attr) if attr in _METHODS and _METHODS[attr][0] in modules:
                    yield _METHODS[attr][1], Import(module=_METHODS[attr][0], path=source.path)
                case _:
                    pass
