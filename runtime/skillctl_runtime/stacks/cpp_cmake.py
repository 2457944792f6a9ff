"""CMake: configured once, built by Ninja or make, its executables read from CMake's own file API.

The file API answers what a build directory holds `query/codemodel-v2` for: a directory of that name is enough, which
`cmake -E make_directory` makes on every system. The answer is read after configuring, so that the build step knows its
outputs, and no executable has to be guessed by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from skillctl.core.value import dataclass
from skillctl_runtime.slug import slug
from skillctl_runtime.stack import Files, Output, Site, Step
from skillctl_runtime.stacks.compiled import digest, first_of, name_of, run_words, with_ending

_API = ".cmake/api/v1"
_TEST = re.compile(r"(?:^|[_-])(?:tests?|bench(?:mark)?s?|examples?)(?:$|[_-])|^(?:test|bench)", re.IGNORECASE)
_COUNTED = (".c", ".cc", ".cpp", ".cppm", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".ixx")


@dataclass(frozen=True, slots=True)
class Executable:
    """A target of type EXECUTABLE."""

    name: str
    path: str
    """Relative to the part's folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CMake:
    """The steps of one part."""

    site: Site
    out: str
    """The build directory."""

    def query(self) -> Step:
        path = f"{self.out}/{_API}/query/codemodel-v2"
        return Step(
            id="cmake-query",
            kind="prepare",
            argv=("cmake", "-E", "make_directory", path),
            outputs=(Output(path=path, depth=0),),
            about="Asking CMake for its targets",
        )

    def configure(self, *, afresh: bool = False) -> Step:
        machine = self.site.machine
        generator = "Ninja" if machine.tool("ninja") else "Unix Makefiles"
        names = ("cmake", "ninja" if machine.tool("ninja") else "make", "c++", "cc")
        tools = tuple(each for each in (machine.tool(name) for name in names) if each)
        sources = with_ending(self.site.files, *_COUNTED)
        old = ("-DCMAKE_POLICY_VERSION_MINIMUM=3.5",) if _is_four(machine.version(tools[0]) if tools else "") else ()
        return Step(
            id="cmake-configure-afresh" if afresh else "cmake-configure",
            kind="build",
            argv=(
                *("cmake", "-S", ".", "-B", self.out, "-G", generator, "-DCMAKE_BUILD_TYPE=Release"),
                *("-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *old, *(("--fresh",) if afresh else ())),
            ),
            tools=tools,
            inputs=("**/CMakeLists.txt", "**/*.cmake", "**/*.in", "CMakePresets.json"),
            # a file that comes or goes matters where sources are found by a glob
            also=(digest(*sources),),
            outputs=(Output(path=f"{self.out}/CMakeCache.txt", depth=0), Output(path=f"{self.out}/{_API}/reply")),
            network=True,
            may_fail=not afresh,
            about="Configuring with CMake",
        )

    def build(self, executables: Sequence[Executable]) -> Step:
        return Step(
            id="cmake-build",
            kind="build",
            argv=("cmake", "--build", self.out, "--parallel", str(self.site.machine.cores)),
            inputs=("**",),
            outputs=tuple(Output(path=each.path, depth=0) for each in executables),
            about=f"Building {', '.join(each.name for each in executables[:3]) or 'all targets'}",
        )

    def executables(self) -> tuple[tuple[Executable, ...], str]:
        """Every executable of the newest answer, as CMake orders them, and the project's name."""
        files = self.site.files
        replies = f"{self.out}/{_API}/reply"
        index = files.found(f"{replies}/index-*.json")
        if not index:
            return (), ""
        for each in _read(files, index[-1]).get("objects", []):
            if each.get("kind") == "codemodel":
                return self._of_model(_read(files, f"{replies}/{each['jsonFile']}"), replies)
        return (), ""

    def _of_model(self, model: Mapping[str, Any], replies: str) -> tuple[tuple[Executable, ...], str]:
        files = self.site.files
        found = []
        first: Mapping[str, Any] = next(iter(model.get("configurations", ())), {})
        for each in first.get("targets", []):
            target = _read(files, f"{replies}/{each['jsonFile']}")
            if target.get("type") == "EXECUTABLE" and target.get("artifacts"):
                path = str(target["artifacts"][0]["path"])
                found.append(Executable(str(target["name"]), path if path.startswith("/") else f"{self.out}/{path}"))
        projects = first.get("projects", [])
        return tuple(found), str(projects[0]["name"]) if projects else ""

    def chosen(self, executables: Sequence[Executable], project: str) -> Executable:
        """The one of the run line, of the project's name, of the plan's name, the first that is no test."""
        by_name = {each.name: each for each in executables}
        plain = [name for name in by_name if not _TEST.search(name)] or list(by_name)
        words = run_words(self.site.plan)
        named = [name_of(word) for word in words if name_of(word) in by_name]
        name = first_of(plain, (project, slug(self.site.plan.name), name_of(self.site.part.folder), "main", "app"))
        return by_name[named[0] if named else name]


def _read(files: Files, path: str) -> Mapping[str, Any]:
    """An answer of the file API, whose form CMake promises for this version; empty where it can't be read."""
    try:
        found = json.loads(files.text(path) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_four(version: str) -> bool:
    return re.search(r"version [4-9]\.", version) is not None
