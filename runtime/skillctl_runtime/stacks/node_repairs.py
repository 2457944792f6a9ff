"""What is mended in the plan of a Node project before it is written. Each is told in the result.

1. `package-json`: a project without one gets one, from its imports and its entry file. `vite-scripts`: a page for Vite
   without any scripts gets Vite and those that `npm create vite` writes.
2. `dependency-line`: modules of Node itself are no dependencies.
3. `missing-module`: what sources, configurations, stylesheets and scripts use and package.json lacks, where the list
   has it. Plugins of Vite get the range that goes with the Vite that is declared; react-dom goes with react.
4. `typescript`: a plain file in TypeScript gets tsx, which runs it; a compiler in `build` gets the types it needs.
5. `module-type`: modules in `.js` files get `"type": "module"`; where CommonJS is among them, or a bundler that
   minds, what Node runs of them gets the ending `.mjs` instead. A configuration in CommonJS inside a project of
   modules gets `.cjs`.
6. `tsconfig`: a configuration that tsconfig.json refers to and that isn't there.
7. `yarn-root`: a project for yarn 2 says that it is the root, since a lock above it would say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from skillctl.core.json_value import JsonObject
from skillctl.core.value import replace
from skillctl_runtime.modules import node_program, node_range
from skillctl_runtime.plan import Advice, PlanFile, Repair
from skillctl_runtime.slug import slug
from skillctl_runtime.stack import Repaired, Site
from skillctl_runtime.stacks.node_imports import (
    BUILTIN,
    ENDINGS,
    aliases,
    imports_of,
    is_cjs,
    is_esm,
    package_of,
    read_json_loosely,
)
from skillctl_runtime.stacks.node_install import with_plans_packages
from skillctl_runtime.stacks.node_manager import chosen_manager
from skillctl_runtime.stacks.node_manifest import (
    DEPENDENCIES,
    DEVELOPMENT,
    PACKAGE,
    Package,
    printed,
    read_package,
    workspace_names,
)
from skillctl_runtime.stacks.node_start import Project, entry_files, script_files
from skillctl_runtime.stacks.node_versions import asked_versions, meets, read_version

_CONFIGURATION = re.compile(r"(?:^|/)(?:[\w.-]+\.config\.[cm]?[jt]s|\.eslintrc\.[cm]?js)$")
_TEST = re.compile(r"(?:^|/)(?:tests?|__tests__|__mocks__|cypress|e2e)/|\.(?:test|spec|stories|cy)\.[jt]sx?$")
_SOURCES = (*ENDINGS, ".vue", ".svelte", ".astro", ".css", ".scss", ".less")
_OWN_CONFIGURATION = re.compile(r"(?:postcss|tailwind|babel|jest|\.prettierrc|commitlint|lint-staged)(?:\.config)?\.js")
_COMPILED_SCRIPT = re.compile(r"<script\b[^>]*\bsrc=[\"']?/?[\w./-]+\.(?:jsx|tsx|ts)\b")
_VITE_SCRIPTS = {"dev": "vite", "build": "vite build", "preview": "vite preview"}
_TSCONFIG_NODE = """{
  "compilerOptions": {
    "composite": true,
    "skipLibCheck": true,
    "module": "ESNext",
    "moduleResolution": "bundler",
    "allowSyntheticDefaultImports": true,
    "strict": true
  },
  "include": ["vite.config.ts"]
}
"""
# Their loaders read modules without a type; with one they want every import with its ending.
_BUNDLED = frozenset(
    {"react-scripts", "webpack", "next", "nuxt", "@vue/cli-service", "parcel", "gatsby", "@angular/cli"}
)
_TYPES = ("react", "react-dom", "express", "cors", "jsonwebtoken", "bcryptjs", "morgan", "ws", "lodash", "three")


def repaired(site: Site) -> Repaired:
    """The plan, mended."""
    draft = _Draft(site)
    draft.make_package()
    if draft.package.is_readable:
        draft.drop_builtin()
        draft.add_plans_packages()
        draft.add_vite()
        draft.add_missing()
        draft.add_typescript()
        draft.choose_module_type()
        draft.save()
    draft.add_tsconfig()
    draft.mark_root()
    draft.advise_version()
    return Repaired(plan=draft.plan, repairs=tuple(draft.repairs), advice=tuple(draft.advice))


class _Draft:
    """A plan on its way to a better one."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.files = site.files
        self.plan = site.plan
        self.package = read_package(site.files)
        self.data: JsonObject = dict(self.package.data)
        self.repairs: list[Repair] = []
        self.advice: list[Advice] = []
        self.here = frozenset(site.files.paths())
        self.own = tuple(path for path in site.files.paths() if not self._is_foreign(path))

    def told(self, rule: str, what: str, file: str) -> None:
        self.repairs.append(Repair(rule=rule, what=what, file=self.path(file)))

    def path(self, name: str) -> str:
        return f"{self.site.part.folder}/{name}".lstrip("/")

    def write(self, name: str, text: str) -> None:
        path = self.path(name)
        files = tuple(replace(each, data=text.encode()) if each.path == path else each for each in self.plan.files)
        if self.plan.file(path) is None:
            files = (*files, PlanFile(path=path, data=text.encode()))
        self.plan = replace(self.plan, files=files)

    def call_otherwise(self, old: str, new: str) -> None:
        before, after = self.path(old), self.path(new)
        files = tuple(replace(each, path=after) if each.path == before else each for each in self.plan.files)
        self.plan = replace(self.plan, files=files)

    def save(self) -> None:
        """Write package.json if it says something else now."""
        if self.data != self.package.data:
            self.write(PACKAGE, printed(self.data))

    def section(self, name: str) -> dict[str, str]:
        """A table of the package.json that is being made."""
        return dict(self.now.section(name))

    @property
    def now(self) -> Package:
        return Package(data=self.data, is_there=True, is_readable=True)

    def add(self, section: str, name: str, wanted: str) -> None:
        table = {**self.section(section), name: wanted}
        self.data = {**self.data, section: dict(sorted(table.items()))}

    def make_package(self) -> None:
        if self.package.is_there:
            return
        name = slug(self.plan.name)
        if any(name == package for _, package in self._used()):
            name = f"{name}-app"  # a package can't depend on one of its own name
        self.data = {"name": name, "version": "0.1.0", "private": True}
        chosen = chosen_manager(self.plan, self.files, self.now)
        project = Project(files=self.files, package=self.now, chosen=chosen, caller=None)
        entry = next(entry_files(project), "")
        if entry.endswith((".js", ".mjs", ".cjs")) and not self._is_page_for_vite():
            self.data["main"] = entry
        self.package = Package(is_there=True, is_readable=True)
        self.told("package-json", "a package.json is made from what the sources import", PACKAGE)

    def drop_builtin(self) -> None:
        for section in (DEPENDENCIES, DEVELOPMENT):
            table = self.section(section)
            # these have a life of their own on npm, under the name that Node took
            wrong = sorted(
                table.keys() & (BUILTIN - {"buffer", "events", "process", "punycode", "url", "util", "assert"})
            )
            for name in wrong:
                del table[name]
                self.told("dependency-line", f"`{name}` belongs to Node itself and is not installed", PACKAGE)
            if wrong:
                self.data = {**self.data, section: dict(table)}

    def add_plans_packages(self) -> None:
        """What the plan asks for beside package.json stands in it, as if somebody had said `npm install`."""
        if self.site.part.primary:
            for section, wanted in with_plans_packages(self.site, self.now).items():
                for name, said in wanted.items():
                    self.add(section, name, said)
                    self.told("plan-package", f"`{name}` is added: the plan's dependencies name it", PACKAGE)

    def add_vite(self) -> None:
        """Scripts where there are none at all: a run command calls them, and without `build` nothing can be served."""
        if self.now.scripts or self.now.serves or not self._is_page_for_vite():
            return
        self.data = {**self.data, "scripts": dict(_VITE_SCRIPTS)}
        what = "the scripts dev, build and preview are added: the project is a page for Vite"
        self.told("vite-scripts", what, PACKAGE)
        if "vite" not in self.now.declared:  # before its plugins are, whose versions go by it
            self._require("vite", PACKAGE, DEVELOPMENT, why="the project is a page for Vite")

    def add_missing(self) -> None:
        ours = set(workspace_names(self.files, self.now))
        if "exports" in self.now.data:  # only then a package may import itself by its name
            ours.add(self.now.text("name"))
        led = aliases(self.files)
        for path, name in self._used():
            if name in self.now.declared or name in ours or _is_led(name, led):
                continue
            self._require(name, path, self._section_of(path))
        for script in self.now.scripts.values():
            for word in _programs(script):
                name = node_program(word)
                if name and name not in self.now.declared:
                    self._require(name, PACKAGE, DEVELOPMENT)
        is_drawn = any(path.endswith((".jsx", ".tsx")) for path in self.own)
        if is_drawn and {"react", "vite"} <= self.now.declared.keys() and "react-dom" not in self.now.declared:
            self._require("react-dom", PACKAGE, DEPENDENCIES)
        for plugin in ("@tailwindcss/vite", "@tailwindcss/postcss"):
            if plugin in self.now.declared and "tailwindcss" not in self.now.declared:
                self._require("tailwindcss", PACKAGE, DEVELOPMENT)

    def add_typescript(self) -> None:
        declared = self.now.declared
        typed = [
            path for path in self.own if path.endswith((".ts", ".mts", ".cts", ".tsx")) and not path.endswith(".d.ts")
        ]
        if not typed:
            return
        scripts = " ".join(self.now.scripts.values())
        chosen = chosen_manager(self.plan, self.files, self.now, primary=self.site.part.primary)
        runs = {"tsx", "ts-node", "vite", "next", "typescript", "nuxt", "astro", "@nestjs/cli", "webpack", "parcel"}
        if not runs & declared.keys() and chosen.manager != "bun":
            self._require("tsx", typed[0], DEVELOPMENT, rule="typescript", why="it runs TypeScript")
        if {"vue-tsc", "ts-node", "ts-node-dev"} & self.now.declared.keys() and "typescript" not in declared:
            self._require("typescript", PACKAGE, DEVELOPMENT, rule="typescript", why="its tools need the compiler")
        if re.search(r"\b(?:tsc|ts-node|ts-node-dev)\b", scripts):
            self._add_types()

    def _add_types(self) -> None:
        used = {name for _, name in self._used()} | {"react"} & self.now.declared.keys()
        node = any(self._imports_node(path) for path in self.own if path.endswith((".ts", ".tsx", ".mts")))
        for name in [*(["node"] if node else []), *(each for each in _TYPES if each in used)]:
            types = f"@types/{name}"
            if types not in self.now.declared:
                self._require(types, PACKAGE, DEVELOPMENT, rule="typescript", why="the compiler needs its types")

    def choose_module_type(self) -> None:
        texts = {path: self.files.text(path) or "" for path in self.own if path.endswith((".js", ".jsx"))}
        esm = [path for path, text in texts.items() if is_esm(text)]
        cjs = [path for path, text in texts.items() if path not in esm and is_cjs(text)]
        if self.now.is_module:
            for path in cjs:
                if _OWN_CONFIGURATION.fullmatch(path):
                    self.call_otherwise(path, f"{path[:-3]}.cjs")
                    what = f"{path} is CommonJS in a project of modules: it becomes {path[:-3]}.cjs"
                    self.told("module-type", what, path)
            return
        plain = [path for path in esm if path.endswith(".js")]
        if "type" in self.data or not plain:
            return
        is_bundled = bool(_BUNDLED & self.now.declared.keys())
        if not cjs and not is_bundled:
            self.data = {**self.data, "type": "module"}
            self.told("module-type", f'"type": "module" is added: {plain[0]} uses import or export', PACKAGE)
            return
        run = [path for _, path in script_files(self.now)]
        for path in plain:
            if path in run or not (is_bundled or self._is_referred_to(path)):
                self._become_mjs(path)

    def _become_mjs(self, path: str) -> None:
        if _CONFIGURATION.search(path):
            return  # tools read their own configuration either way
        new = f"{path[:-3]}.mjs"
        self.call_otherwise(path, new)
        self.told("module-type", f"{path} is a module that Node would take for CommonJS: it becomes {new}", path)
        scripts = {name: script.replace(path, new) for name, script in self.now.scripts.items()}
        if scripts != dict(self.now.scripts):
            self.data = {**self.data, "scripts": dict(scripts)}
        if self.now.text("main").removeprefix("./") == path:
            self.data = {**self.data, "main": new}

    def add_tsconfig(self) -> None:
        data = read_json_loosely(self.files.text("tsconfig.json"))
        references = data.get("references") if isinstance(data, dict) else None
        for each in references if isinstance(references, list) else ():
            name = str(each.get("path", "")).removeprefix("./") if isinstance(each, dict) else ""
            if name == "tsconfig.node.json" and name not in self.here:
                self.write(name, _TSCONFIG_NODE)
                self.told("tsconfig", f"{name} is made: tsconfig.json refers to it", name)

    def mark_root(self) -> None:
        chosen = chosen_manager(self.plan, self.files, self.now, primary=self.site.part.primary)
        if chosen.berry and "yarn.lock" not in self.here:
            self.write("yarn.lock", "")
            self.told(
                "yarn-root", "an empty yarn.lock is made, so that yarn takes this folder for a project", "yarn.lock"
            )

    def advise_version(self) -> None:
        node = self.site.machine.tool("node")
        version = read_version(self.site.machine.version(node)) if node is not None else None
        if version is None:
            return
        for each in asked_versions(self.plan, self.files, self.package, primary=self.site.part.primary):
            if not meets(version, each.said):
                what = f"{each.by} asks for Node {each.said}; {'.'.join(map(str, version))} is here and is used"
                self.advice.append(Advice(rule="node-version", what=what, file=each.by))

    def _used(self) -> Iterator[tuple[str, str]]:
        """File and package of everything that is imported."""
        for path in self.own:
            if path.endswith(_SOURCES) and not _TEST.search(path) and not path.endswith(".d.ts"):
                for specifier in imports_of(self.files, path):
                    name = package_of(specifier)
                    if name:
                        yield path, name

    def _section_of(self, path: str) -> str:
        if _CONFIGURATION.search(path) or path.endswith((".css", ".scss", ".less")):
            return DEVELOPMENT
        return DEPENDENCIES

    def _require(self, name: str, path: str, section: str, *, rule: str = "missing-module", why: str = "") -> None:
        wanted = self._range(name)
        if not wanted:
            if any(each.what.startswith(f"{path} uses `{name}`") for each in self.advice):
                return
            what = f"{path} uses `{name}`, which package.json lacks; the package is not a known one, so it is not added"
            self.advice.append(Advice(rule="unknown-module", what=what, file=self.path(path)))
            return
        self.add(section, name, wanted)
        self.told(rule, f"`{name}@{wanted}` is added: {why or f'{path} uses it'}", path)

    def _range(self, name: str) -> str:
        """The range to ask for, in the light of what is declared already."""
        first, *others = node_range(name).split() or [""]
        if first.startswith("="):
            return self._as_react(name)
        if name == "react" and "react-dom" in self.now.declared:
            return self.now.declared["react-dom"]
        if name == "tailwindcss" and not {"@tailwindcss/vite", "@tailwindcss/postcss"} & self.now.declared.keys():
            return first if self._imports_tailwind() else "^3.4.17"
        major = self.now.major("vite")
        for each in others:
            condition, _, wanted = each.partition(":")
            if major is not None and condition == f"vite{major}":
                return wanted
        return first

    def _as_react(self, name: str) -> str:
        """A package that comes in the version of react."""
        said = self.now.declared.get("react", "") or node_range("react")
        if name.startswith("@types/"):
            major = re.search(r"\d+", said)
            return f"^{major[0]}.0.0" if major else "*"
        return said

    def _imports_tailwind(self) -> bool:
        """Is tailwind used as its version 4 is: by an import in a stylesheet?"""
        styles = (path for path in self.own if path.endswith((".css", ".scss")))
        return any("tailwindcss" in imports_of(self.files, path) for path in styles)

    def _imports_node(self, path: str) -> bool:
        specifiers = set(imports_of(self.files, path))
        named = any(each.startswith("node:") or each.split("/")[0] in BUILTIN for each in specifiers)
        return named or re.search(r"\bprocess\.(?:env|argv|exit)|__dirname", self.files.text(path) or "") is not None

    def _is_page_for_vite(self) -> bool:
        """A page beside a configuration of Vite, or one whose script no browser reads as it stands."""
        page = self.files.text("index.html")
        is_set_up = any(path.startswith("vite.config.") for path in self.own)
        return page is not None and (is_set_up or _COMPILED_SCRIPT.search(page) is not None)

    def _is_referred_to(self, path: str) -> bool:
        stem = path.rpartition("/")[2].removesuffix(".js")
        pattern = re.compile(rf"[\"'][^\"'\n]*/{re.escape(stem)}(?:\.js)?[\"']")
        readable = (*ENDINGS, ".html", ".vue", ".svelte")
        return any(pattern.search(self.files.text(each) or "") for each in self.own if each.endswith(readable))

    def _is_foreign(self, path: str) -> bool:
        """Does the file lie in a folder with a package.json of its own, or in one that browsers are served from?"""
        folders = path.split("/")[:-1]
        if folders[:1] in (["public"], ["static"], ["dist"], ["build"]):
            return True
        return any(f"{'/'.join(folders[:depth])}/{PACKAGE}" in self.here for depth in range(1, len(folders) + 1))


def _programs(script: str) -> Iterator[str]:
    """The programs that a script calls, those that only start another among them."""
    for command in re.split(r"&&|\|\||;|&|\||[\"']|--exec\b|\s-x\s", script):
        for word in command.split():
            if re.match(r"\w+=", word) or word.startswith("-"):
                continue
            yield word
            if word not in ("cross-env", "npx", "env", "exec"):
                break


def _is_led(name: str, led: tuple[str, ...]) -> bool:
    first = name.split("/")[0]
    return any(each in (name, first) for each in led)
