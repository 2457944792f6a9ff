"""The Python sources of a project as syntax trees, read once, and what can be told from names and places.

Files of tests, documentation and examples are no part of the program. A folder with manifests of its own is another
part of the project, whose sources and requirements are its own.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator

from skillctl.core.value import dataclass, field
from skillctl_runtime.stack import Files

OTHER_PARTS = frozenset(
    {"package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "CMakeLists.txt"}
    | {"requirements.txt", "pyproject.toml", "Pipfile", "setup.py"}
)
_BESIDE = frozenset({"tests", "test", "testing", "docs", "doc", "examples", "example", "samples", "benchmarks"})
_BESIDE_NAMES = frozenset({"conftest.py", "setup.py", "noxfile.py", "fabfile.py", "tasks.py"})

SOURCE_ROOTS = ("", "src", "lib")


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One file that parses."""

    path: str
    tree: ast.Module
    text: str

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def stem(self) -> str:
        return self.path.rpartition("/")[2].removesuffix(".py")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """The program's files of one part."""

    parsed: tuple[Source, ...] = ()
    broken: tuple[str, ...] = ()
    """Paths of files that this interpreter can't parse; another may."""
    local: frozenset[str] = field(default=frozenset())
    """First words of modules that the project itself has, wherever they lie."""

    def at(self, path: str) -> Source | None:
        """The file at that path."""
        return next((each for each in self.parsed if each.path == path), None)


def read_sources(files: Files) -> Sources:
    """Every Python file of the part, parsed."""
    everything = files.paths()
    foreign = _other_folders(everything)
    paths = [path for path in everything if path.endswith(".py")]
    own = [path for path in paths if not path.startswith(foreign) and not is_beside(path)]
    parsed, broken = list[Source](), list[str]()
    for path in own:
        content = files.text(path)
        tree = parse(content) if content is not None else None
        if content is None or tree is None:
            broken.append(path)
        else:
            parsed.append(Source(path=path, tree=tree, text=content))
    return Sources(parsed=tuple(parsed), broken=tuple(broken), local=frozenset(_local_names(paths)))


def parse(content: str) -> ast.Module | None:
    """The syntax tree; None where the text is none of this Python's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in somebody's text is no concern of ours
            return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_beside(path: str) -> bool:
    """Is the file one of tests, documentation or tasks, which the running program doesn't import?"""
    *folders, name = path.split("/")
    if name in _BESIDE_NAMES or name.startswith("test_") or name.endswith("_test.py"):
        return True
    return bool(folders) and (folders[0] in _BESIDE or "migrations" in folders)


def has_main_guard(tree: ast.Module) -> bool:
    """Does the module end in `if __name__ == "__main__"`?"""
    return any(isinstance(node, ast.If) and is_main_test(node.test) for node in tree.body)


def is_main_test(test: ast.expr) -> bool:
    """Is it `__name__ == "__main__"`?"""
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), comparators=[ast.Constant(value="__main__")]):
            return True
        case ast.Compare(left=ast.Constant(value="__main__"), comparators=[ast.Name(id="__name__")]):
            return True
        case _:
            return False


def module_root(path: str, source: Source, everything: Iterable[str]) -> str:
    """The folder from which the file's module is imported: above its packages, or its own where it is no package.

    A folder without `__init__.py` is a package all the same if its files say so: by relative imports, or by imports
    that begin with the folder's name. If they import their neighbours by bare names, it is where they are run.
    """
    names = set(everything)
    folder = path.rpartition("/")[0]
    while folder and f"{folder}/__init__.py" in names:
        folder = folder.rpartition("/")[0]
    if not folder or folder in SOURCE_ROOTS or path.rpartition("/")[0] != folder:
        return folder
    first = folder.split("/", maxsplit=1)[0]
    neighbours = {name.removeprefix(f"{folder}/").split("/", maxsplit=1)[0].removesuffix(".py") for name in names}
    for word, is_relative in _imported(source.tree):
        if is_relative or word == first:
            return ""
        if word in neighbours and any(
            each in names for each in (f"{folder}/{word}.py", f"{folder}/{word}/__init__.py")
        ):
            return folder
    return ""


def module_name(path: str, root: str) -> str:
    """The dotted name of a file's module, seen from a folder."""
    inside = path.removeprefix(f"{root}/") if root else path
    return inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imported(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0], node.level > 0
        elif isinstance(node, ast.Import):
            yield from ((each.name.partition(".")[0], False) for each in node.names)


def _other_folders(paths: Iterable[str]) -> tuple[str, ...]:
    """Folders with manifests of their own, with a slash behind."""
    found = (path.rpartition("/") for path in paths)
    return tuple(sorted({f"{folder}/" for folder, _, name in found if folder and name in OTHER_PARTS}))


def _local_names(paths: Iterable[str]) -> Iterator[str]:
    """Every folder with sources and every file is a module to somebody: which folder is on the path is not known."""
    for path in paths:
        *folders, name = path.split("/")
        yield from folders
        yield name.removesuffix(".py")
