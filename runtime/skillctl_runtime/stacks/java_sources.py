"""What a Java source says of itself: package, types, mains. And where it therefore has to lie, and under which name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from skillctl.core.value import dataclass
from skillctl_runtime.stack import Files
from skillctl_runtime.stacks.compiled import Mending, code_of, folder_of, name_of, with_ending

MAIN_ROOT = "src/main/java"
TEST_ROOT = "src/test/java"
PREFERRED_MAINS = ("Main", "App", "Application", "Server")

_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_IMPORT = re.compile(r"^\s*import\s+(?:static\s+)?([\w.]+)", re.MULTILINE)
_TYPE = re.compile(
    r"(?P<words>(?:\b(?:public|protected|private|abstract|final|sealed|static|strictfp)\s+|\bnon-sealed\s+)*)"
    r"(?P<kind>\bclass|\binterface|\benum|@interface|\brecord)\s+(?P<name>[A-Za-z_$][\w$]*)"
)
_MAIN = re.compile(r"\b(?:public\s+static|static\s+public)\s+(?:final\s+)?void\s+main\s*\(\s*(?:final\s+)?String")
_TESTED = re.compile(r"^\s*import\s+(?:static\s+)?(?:org\.junit|org\.testng)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class JavaSource:
    """One file."""

    path: str
    package: str
    public_type: str
    """The type that gives the file its name; empty where none is public."""
    main_type: str
    """The top-level type with a main; empty where none has one."""
    imports: tuple[str, ...]
    is_test: bool
    is_spring: bool

    @property
    def main_class(self) -> str:
        """The name that `java` takes."""
        return f"{self.package}.{self.main_type}" if self.package else self.main_type


def java_sources(files: Files) -> tuple[JavaSource, ...]:
    """Every Java file but module descriptions."""
    paths = with_ending(files, ".java")
    return tuple(
        read_source(path, files.text(path) or "")
        for path in paths
        if name_of(path) not in ("module-info.java", "package-info.java")
    )


def read_source(path: str, text: str) -> JavaSource:
    """A file by its code."""
    code = code_of(text)
    package = _PACKAGE.search(code)
    tops = list(_top_types(code))
    public = next((name for _, name, words in tops if "public" in words.split()), "")
    main = _MAIN.search(code)
    holder = ""
    if main is not None:
        holder = next((name for start, name, _ in reversed(tops) if start < main.start()), "")
    return JavaSource(
        path=path,
        package=package[1] if package else "",
        public_type=public,
        main_type=holder,
        imports=tuple(_IMPORT.findall(code)),
        is_test=path.startswith("src/test/") or bool(_TESTED.search(code)),
        is_spring="@SpringBootApplication" in code,
    )


def _top_types(code: str) -> Iterable[tuple[int, str, str]]:
    """Start, name and modifiers of each type that stands in no other."""
    depth, at = 0, 0
    for found in _TYPE.finditer(code):
        between = code[at : found.start()]
        depth += between.count("{") - between.count("}")
        at = found.start()
        if depth == 0:
            yield found.start(), found["name"], found["words"]


def chosen_main(sources: Sequence[JavaSource], words: Sequence[str]) -> JavaSource | None:
    """The file whose main is started: named in the run line, Spring's, Main, App …, the first."""
    mains = [each for each in sources if each.main_type and not each.is_test]
    plain = [word.removesuffix(".java").replace("/", ".") for word in words]
    named = [
        each
        for word in plain
        for each in mains
        if word in (each.main_class, each.main_type) or word.endswith(f".{each.main_class}")
    ]
    usual = [each for name in PREFERRED_MAINS for each in mains if each.main_type == name]
    spring = [each for each in mains if each.is_spring]
    return next(iter((*named, *spring, *usual, *mains)), None)


def name_files(mending: Mending) -> None:
    """A file is called as its public type."""
    for source in java_sources(mending.site.files):
        wanted = f"{source.public_type}.java"
        if source.public_type and name_of(source.path) != wanted:
            folder = folder_of(source.path)
            target = f"{folder}/{wanted}" if folder else wanted
            what = f"`{source.path}` holds the public type `{source.public_type}`, and is written as `{target}`"
            mending.move(source.path, target, rule="class-file-name", what=what)


def place_files(mending: Mending, *, standard: bool) -> None:
    """A file lies in the folders of its package; with `standard` below src/main/java, where Maven and Gradle look."""
    sources = java_sources(mending.site.files)
    if standard and any(each.path.startswith(f"{MAIN_ROOT}/") for each in sources):
        standard = False
    for source in sources:
        folders = source.package.replace(".", "/")
        folder = folder_of(source.path)
        root = (TEST_ROOT if source.is_test else MAIN_ROOT) if standard else _root(folder, folders)
        wanted = "/".join(each for each in (root, folders) if each)
        anywhere = not standard and (not folders or f"/{folder}".endswith(f"/{folders}"))
        if anywhere or folder == wanted:
            continue
        target = f"{wanted}/{name_of(source.path)}" if wanted else name_of(source.path)
        why = f"is of the package `{source.package}`" if folders else "lies where the build does not look"
        what = f"`{source.path}` {why}, and is written as `{target}`"
        mending.move(source.path, target, rule="package-folder", what=what)


def _root(folder: str, folders: str) -> str:
    """The folder of sources that a file's folder begins with."""
    for root in (MAIN_ROOT, TEST_ROOT, "src"):
        if folder == root or folder.startswith(f"{root}/"):
            return root
    return folder if folders and not folders.startswith(f"{folder}/") and folder else ""
