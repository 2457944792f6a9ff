"""package.json as a value. What is no JSON declares nothing; npm says what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from skillctl.core.json_value import JsonObject
from skillctl.core.value import dataclass, field
from skillctl_runtime.stack import Files

PACKAGE = "package.json"
DEPENDENCIES, DEVELOPMENT = "dependencies", "devDependencies"
_SECTIONS = (DEPENDENCIES, DEVELOPMENT, "optionalDependencies", "peerDependencies")

SERVERS = frozenset(
    {"express", "fastify", "koa", "hono", "@hono/node-server", "@nestjs/core", "@hapi/hapi", "restify", "polka", "ws"}
    | {"socket.io", "json-server", "@apollo/server", "apollo-server", "next", "nuxt", "@remix-run/node", "micro"}
)
"""Who depends on one of them serves something itself."""

BUNDLERS = frozenset({"vite", "react-scripts", "@vue/cli-service", "parcel", "webpack", "@angular/cli", "astro"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """One package.json."""

    data: JsonObject = field(default_factory=dict)
    is_there: bool = False
    is_readable: bool = False

    def section(self, name: str) -> Mapping[str, str]:
        """A table of texts; empty where there is none."""
        found = self.data.get(name)
        return {key: each for key, each in found.items() if isinstance(each, str)} if isinstance(found, dict) else {}

    @property
    def scripts(self) -> Mapping[str, str]:
        return self.section("scripts")

    @property
    def declared(self) -> Mapping[str, str]:
        """Every package it names, with its range; what the program needs comes first."""
        found: dict[str, str] = {}
        for name in _SECTIONS:
            for package, wanted in self.section(name).items():
                found.setdefault(package, wanted)
        return found

    def text(self, key: str) -> str:
        """A text of it; empty where it is none."""
        found = self.data.get(key)
        return found if isinstance(found, str) else ""

    @property
    def workspaces(self) -> tuple[str, ...]:
        """Globs of its workspaces."""
        found = self.data.get("workspaces")
        if isinstance(found, dict):
            found = found.get("packages")
        return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()

    @property
    def is_module(self) -> bool:
        return self.text("type") == "module"

    @property
    def serves(self) -> bool:
        """Does it depend on something that serves?"""
        return bool(SERVERS & self.section(DEPENDENCIES).keys())

    @property
    def is_front_end(self) -> bool:
        """Is it a front end that is only built: a bundler and nothing that serves?"""
        return bool(BUNDLERS & self.declared.keys()) and not self.serves

    def major(self, package: str) -> int | None:
        """The major version that is asked for; None where that can't be told."""
        found = re.match(r"[\^~>=v\s]*(\d+)", self.declared.get(package, ""))
        return int(found[1]) if found else None


def read_package(files: Files) -> Package:
    """The folder's package.json."""
    found = files.text(PACKAGE)
    if found is None:
        return Package()
    try:
        data = json.loads(found)
    except ValueError:
        return Package(is_there=True)
    return Package(data=data, is_there=True, is_readable=True) if isinstance(data, dict) else Package(is_there=True)


def printed(data: JsonObject) -> str:
    """package.json as npm writes it."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def workspace_names(files: Files, package: Package) -> Iterator[str]:
    """Names of the packages in the folder's workspaces: nobody fetches them."""
    if not package.workspaces and files.text("pnpm-workspace.yaml") is None:
        return
    for path in files.paths():
        folder, _, name = path.rpartition("/")
        if name == PACKAGE and folder:
            inner = read_package(files.under(folder)).text("name")
            if inner:
                yield inner
