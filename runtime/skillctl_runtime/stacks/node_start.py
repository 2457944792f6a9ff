"""How a Node project is started. The first that is there:

1. `scripts.start`, but for a front end that is only built: there it is a server for development, and the build exists;
2. a front end built by Vite: `vite preview`;
3. `scripts.serve`, `scripts.preview`, `scripts.dev`;
4. `bin` and `main`, where the file exists;
5. index, server, app, main, start, bot and cli, in the folder itself, then in `src`;
6. the only source.

A script that is nothing but `node FILE` is called without its manager, whose banner is no output of the program.
TypeScript runs by tsx, or by bun where bun is the manager.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from skillctl.core.value import dataclass, replace
from skillctl_runtime.stack import Files, Start
from skillctl_runtime.stacks.node_imports import stripped
from skillctl_runtime.stacks.node_manager import Caller, Chosen
from skillctl_runtime.stacks.node_manifest import Package

HOST = "127.0.0.1"
NAMES = ("index", "server", "app", "main", "start", "bot", "cli", "hello")
_ENDINGS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
_TYPED = (".ts", ".mts", ".cts", ".tsx")
_PLAIN_NODE = re.compile(r"node\s+((?:[\w./@:=-]+\s*)+)")
_SERVING = re.compile(r"\.listen\(|createServer\(|Bun\.serve\(|\bserve\(|WebSocketServer\(|startStandaloneServer\(")
_CONFIGS = re.compile(r"\.config\.[cm]?[jt]s$|^\.|\.d\.ts$|\.(?:test|spec)\.")
_PORTS = (
    re.compile(r"process\.env\.(?:PORT|port)\s*(?:\|\||\?\?)\s*[\"'`]?(\d{2,5})"),
    re.compile(r"(?:PORT|port)\s*(?::\s*number\s*)?[=:]\s*(\d{2,5})\b"),
    re.compile(r"\.listen\(\s*(\d{2,5})"),
)
_FRAMEWORKS = {"next": 3000, "nuxt": 3000, "astro": 4321, "react-scripts": 3000, "@nestjs/core": 3000}


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """What the questions are asked about."""

    files: Files
    package: Package
    chosen: Chosen
    caller: Caller | None
    port: int = 0
    """The plan's own, where it names one."""
    has_tool: bool = True
    """Is the manager itself on PATH, so that the program can be started by it?"""


def infer_start(project: Project) -> Start | None:
    """How to start it; None for a library."""
    for attempt in (_start_script, _preview, _other_script, _named_in_package, _entry, _only_source):
        found = attempt(project)
        if found is not None:
            return found
    return None


def entry_files(project: Project) -> Iterator[str]:
    """Files that a start may run by themselves, the likeliest first."""
    package, there = project.package, set(project.files.paths())
    binaries = package.data.get("bin")
    named = [*(binaries.values() if isinstance(binaries, dict) else [binaries]), package.text("main")]
    for each in named:
        path = _path(each) if isinstance(each, str) else ""
        yield from (one for one in (path, f"{path}.js", f"{path}/index.js") if one in there)
    for folder in ("", "src/"):
        for name in NAMES:
            yield from (one for ending in _ENDINGS if (one := f"{folder}{name}{ending}") in there)


def script_files(package: Package) -> Iterator[tuple[str, str]]:
    """Script and file of scripts that run a file: `node src/index.js`, `tsx watch server.ts`."""
    for name, script in package.scripts.items():
        for word in re.findall(r"[\w./@-]+\.[cm]?[jt]sx?\b", script):
            yield name, _path(word)


def _start_script(project: Project) -> Start | None:
    script = project.package.scripts.get("start", "")
    if not script or (_is_static(project) and re.search(r"\bvite\b", script)):
        return None
    return _script(project, "start", script)


def _preview(project: Project) -> Start | None:
    if not _is_static(project):
        return None
    port = project.port or 4173
    argv = ("node_modules/.bin/vite", "preview", "--host", HOST, "--port", str(port), "--strictPort")
    return Start(
        argv=argv,
        server=True,
        port=port,
        port_words=("--port", "{port}"),
        because=("a front end that Vite builds: what was built is served",),
    )


def _other_script(project: Project) -> Start | None:
    for name in ("serve", "preview", "dev", "develop"):
        script = project.package.scripts.get(name, "")
        if script:
            return _script(project, name, script)
    return None


def _named_in_package(project: Project) -> Start | None:
    package = project.package
    if not (package.text("main") or package.data.get("bin")):
        return None
    there = set(project.files.paths())
    main = _path(package.text("main"))
    binaries = package.data.get("bin")
    named = [*(binaries.values() if isinstance(binaries, dict) else [binaries]), main]
    for each in named:
        path = _path(each) if isinstance(each, str) else ""
        for one in (path, f"{path}.js", f"{path}/index.js"):
            if path and (one in there or project.files.found(one)):
                return _file(project, one, "package.json names it")
    return None


def _entry(project: Project) -> Start | None:
    first = next(entry_files(project), None)
    return _file(project, first, "") if first else None


def _only_source(project: Project) -> Start | None:
    sources = [path for path in project.files.paths() if path.endswith(_ENDINGS) and not _CONFIGS.search(path)]
    if len(sources) == 1 and not project.package.is_front_end:
        return _file(project, sources[0], "")
    return None


def _script(project: Project, name: str, script: str) -> Start:
    """A script of package.json, run by its manager or, where it is that plain, without."""
    because = f"the script `{name}` in package.json: {script}"
    around = {f"pre{name}", f"post{name}"} & project.package.scripts.keys()
    plain = _PLAIN_NODE.fullmatch(script.strip())
    if plain and not around and project.chosen.manager != "bun":
        words = plain[1].split()
        path = next((_path(word) for word in words if not word.startswith("-")), "")
        found = _served(project, path, Start(argv=("node", *words), because=(because,)))
        return replace(found, env={"NODE_ENV": "production", **found.env})
    runner = project.chosen.manager if project.has_tool else "npm"
    argv: tuple[str, ...] = (runner, "run", name) if name != "start" or runner == "bun" else (runner, "start")
    if re.fullmatch(r"(?:npx\s+)?vite(?:\s+(?:dev|serve|preview))?(?:\s+--host(?:\s+[\w.]+)?)?", script.strip()):
        port = project.port or (4173 if "preview" in script else 5173)
        words = (*argv, *(("--",) if runner == "npm" else ()), "--host", HOST, "--port", str(port), "--strictPort")
        return Start(argv=words, server=True, port=port, port_words=("--port", "{port}"), because=(because,))
    if re.fullmatch(r"(?:npx\s+)?next\s+(?:start|dev)", script.strip()):
        port = project.port or _FRAMEWORKS["next"]
        words = (*argv, *(("--",) if runner == "npm" else ()), "-H", HOST, "-p", str(port))
        env = {"NEXT_TELEMETRY_DISABLED": "1"}
        return Start(argv=words, env=env, server=True, port=port, port_words=("-p", "{port}"), because=(because,))
    framework = next((each for each in _FRAMEWORKS if each in project.package.declared), None)
    is_for_development = name in ("dev", "develop") or script.startswith("react-scripts start")
    env = {} if is_for_development else {"NODE_ENV": "production"}
    if framework:
        port = project.port or _FRAMEWORKS[framework]
        env |= {"PORT": str(port), "HOST": HOST, "BROWSER": "none", "NEXT_TELEMETRY_DISABLED": "1"}
        return Start(argv=argv, env=env, server=True, port=port, because=(because,))
    path = next((file for owner, file in script_files(project.package) if owner == name), "")
    found = _served(project, path, Start(argv=argv, because=(because,)))
    return replace(found, env={**env, **found.env})


def _file(project: Project, path: str, because: str) -> Start:
    """A file, run by node, tsx or bun."""
    argv: tuple[str, ...] = ("node", path)
    if project.chosen.manager == "bun" and project.has_tool:
        argv = ("bun", path)
    elif path.endswith(_TYPED):
        argv = ("node_modules/.bin/tsx", path)
    found = _served(project, path, Start(argv=argv, because=(f"{path}: {because}" if because else path,)))
    return replace(found, env={"NODE_ENV": "production", **found.env})


def _served(project: Project, path: str, start: Start) -> Start:
    """The start with what its source says of a server: is it one, and at which port?"""
    source = _source_of(project, path)
    texts = [project.files.text(source) or ""] if source else []
    if not any(_SERVING.search(stripped(text)) for text in texts):
        beside = [each for each in project.files.paths() if each.endswith(_ENDINGS) and not _CONFIGS.search(each)]
        if not project.package.serves and project.chosen.manager != "bun":
            return start
        texts += [project.files.text(each) or "" for each in beside]
        if not any(_SERVING.search(stripped(text)) for text in texts):
            return start
    whole = "\n".join(texts)
    said = next((int(found[1]) for pattern in _PORTS if (found := pattern.search(whole))), 0)
    is_free = "env.PORT" in whole or 'env["PORT"]' in whole
    port = (project.port if is_free else 0) or said or project.port or (3000 if is_free else 0)
    env = {"PORT": str(port)} if is_free and port else {}
    return replace(start, server=True, port=port, env={**start.env, **env})


def _source_of(project: Project, path: str) -> str:
    """The source that a built file comes from: `dist/index.js` of `src/index.ts`."""
    there = set(project.files.paths())
    if not path or path in there:
        return path
    stem = re.sub(r"^(?:dist|build|out|lib)/(?:src/)?", "", path).rpartition(".")[0]
    return next(
        (one for folder in ("src/", "") for ending in _ENDINGS if (one := f"{folder}{stem}{ending}") in there), ""
    )


def _is_static(project: Project) -> bool:
    """Is it a front end that Vite builds into files?"""
    package = project.package
    builds = "vite build" in package.scripts.get("build", "") or "vite" in package.scripts.get("build", "").split()
    return "vite" in package.declared and builds and not package.serves


def _path(word: str) -> str:
    return word.removeprefix("./")
