"""What a Python project says about itself: requirement files, pyproject.toml, Pipfile, setup.cfg, as one value.

Reading never fails. A file that is no TOML declares nothing; the tool that needs it says what is wrong with it.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping

from skillctl.core.value import dataclass, field
from skillctl_runtime.stack import Files

PYPROJECT, PIPFILE, SETUP = "pyproject.toml", "Pipfile", "setup.py"
REQUIREMENTS = "requirements.txt"
LOCKS = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm", "Pipfile.lock": "pipenv"}

MISSPELT = (
    *("requeriments.txt", "requirement.txt", "requirements", "requirements.text", "requirements.txt.txt"),
    *("requirments.txt", "requriements.txt", "requirements.in.txt", "reqs.txt"),
)
"""What people write for requirements.txt, in lower case: each is renamed where it holds requirements."""

_DEVELOPMENT = re.compile(r"dev|test|lint|doc|ci\b|optional|constraints", re.IGNORECASE)
_INCLUDED = re.compile(r"(?:-r|--requirement)[ =]?\s*(\S+)")

Table = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifests:
    """The manifests of one folder."""

    requirement_files: tuple[str, ...] = ()
    """Those that the program needs, in the order in which they are installed; not those for development."""
    requirements: tuple[str, ...] = ()
    """Every line of them that is a requirement, included files too."""
    pyproject: Table = field(default_factory=dict)
    pipfile: Table = field(default_factory=dict)
    locks: tuple[str, ...] = ()
    has_setup: bool = False
    setup_requires: tuple[str, ...] = ()

    @property
    def project(self) -> Table:
        """The `[project]` table."""
        return table(self.pyproject, "project")

    def tool(self, name: str) -> Table:
        """A `[tool.NAME]` table."""
        return table(self.pyproject, "tool", name)

    def has_tool(self, name: str) -> bool:
        """Is there a `[tool.NAME]` table, or one below it?"""
        return name in table(self.pyproject, "tool")

    @property
    def is_project(self) -> bool:
        """Does pyproject.toml describe a project, and not only the settings of a linter?"""
        described = any(key in self.pyproject for key in ("project", "build-system", "dependency-groups"))
        return described or any(self.has_tool(name) for name in ("poetry", "pdm", "uv"))

    @property
    def project_dependencies(self) -> tuple[str, ...]:
        """`[project] dependencies`."""
        return strings(self.project.get("dependencies"))

    @property
    def scripts(self) -> tuple[str, ...]:
        """Names of console scripts, the one that is called like the project first."""
        names = [*table(self.project, "scripts"), *table(self.tool("poetry"), "scripts")]
        names += table(self.project, "gui-scripts")
        own = self.name.replace("_", "-").lower()
        return tuple(sorted(dict.fromkeys(names), key=lambda name: name.replace("_", "-").lower() != own))

    @property
    def name(self) -> str:
        """The project's name; empty where it has none."""
        return text(self.project.get("name")) or text(self.tool("poetry").get("name"))

    @property
    def is_package(self) -> bool:
        """Can the project itself be installed: does it have a build system or console scripts?"""
        if self.tool("poetry").get("package-mode") is False or self.tool("uv").get("package") is False:
            return False
        return "build-system" in self.pyproject or bool(self.scripts) or self.has_setup

    def declared(self) -> Iterator[str]:
        """Every requirement of the program, of all manifests, as `name[extras]` with whatever follows."""
        yield from self.requirements
        yield from self.project_dependencies
        yield from self.setup_requires
        for group in table(self.project, "optional-dependencies").values():
            yield from strings(group)
        for group in table(self.pyproject, "dependency-groups").values():
            yield from strings(group)
        yield from _of_table(table(self.tool("poetry"), "dependencies"))
        for group in table(self.tool("poetry"), "group").values():
            yield from _of_table(table(group, "dependencies"))
        yield from _of_table(table(self.pipfile, "packages"))
        yield from _of_table(table(self.pipfile, "dev-packages"))


def read_manifests(files: Files) -> Manifests:
    """The manifests of a folder, not of those below it."""
    names = set(files.paths())
    wanted = tuple(requirement_files(names))
    lines = tuple(line for name in wanted for line in requirement_lines(files, name))
    return Manifests(
        requirement_files=wanted,
        requirements=lines,
        pyproject=read_toml(files, PYPROJECT),
        pipfile=read_toml(files, PIPFILE),
        locks=tuple(name for name in LOCKS if name in names),
        has_setup=SETUP in names
        or re.search(r"^\[(?:metadata|options)\]", files.text("setup.cfg") or "", re.MULTILINE) is not None,
        setup_requires=_setup_requires(files.text(SETUP) or ""),
    )


def requirement_files(names: set[str]) -> Iterator[str]:
    """Those that a program needs: requirements.txt, else requirements*.txt, else those of a folder `requirements/`."""
    if REQUIREMENTS in names:
        yield REQUIREMENTS
        return
    every = sorted(name for name in names if re.fullmatch(r"requirements[^/]*\.txt|requirements/[^/]+\.txt", name))
    useful = [name for name in every if not _DEVELOPMENT.search(name.removeprefix("requirements"))]
    for preferred in ("requirements/base.txt", "requirements/prod.txt", "requirements/production.txt"):
        if preferred in useful and useful[0].startswith("requirements/"):
            yield preferred
            return
    yield from useful


def requirement_lines(files: Files, name: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The requirements of a file and of those it includes, without options, comments and hashes."""
    if name in seen:
        return
    joined = re.sub(r"\\\r?\n", " ", files.text(name) or "")
    for line in joined.splitlines():
        bare = re.sub(r"(^|\s)#.*", "", line).strip()
        included = _INCLUDED.match(bare)
        if included:
            folder = name.rpartition("/")[0]
            yield from requirement_lines(files, f"{folder}/{included[1]}".lstrip("/"), seen | {name})
        elif bare and not bare.startswith("-"):
            yield re.sub(r"\s+--\S.*", "", bare)


def read_toml(files: Files, name: str) -> Table:
    """A TOML file's content; empty where it is missing or wrong."""
    found = files.text(name)
    if found is None:
        return {}
    try:
        return tomllib.loads(found)
    except tomllib.TOMLDecodeError:
        return {}


def table(value: object, *keys: str) -> Table:
    """The table at those keys; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def strings(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def text(value: object) -> str:
    """A text; empty where it is none."""
    return value if isinstance(value, str) else ""


def _of_table(dependencies: Table) -> Iterator[str]:
    """Names with extras of a table of Poetry or Pipenv."""
    for name, given in dependencies.items():
        extras = strings(given.get("extras")) if isinstance(given, Mapping) else ()
        if name != "python":
            yield f"{name}[{','.join(extras)}]" if extras else name


def _setup_requires(source: str) -> tuple[str, ...]:
    """`install_requires` of a setup.py, where it is written as a list of texts."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "install_requires" and isinstance(node.value, ast.List):
            constants = [each.value for each in node.value.elts if isinstance(each, ast.Constant)]
            return tuple(each for each in constants if isinstance(each, str))
    return ()
