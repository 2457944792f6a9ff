"""How a Python project is started, told from its syntax trees.

The first that is there:

1. a console script of `[project.scripts]` or `[tool.poetry.scripts]`, where the project itself is installed;
2. Django's `manage.py`;
3. a main file that starts its server itself (`uvicorn.run`, `app.run`, `demo.launch`): it is run as it is;
4. an application object or factory: FastAPI, Starlette, Litestar, Quart (uvicorn), Flask, Dash, Streamlit, Gradio …;
5. a package with `__main__.py`;
6. main.py, app.py, start.py, bot.py, hello.py, server.py and their like, in the folder itself, then in `src`;
7. the only file, or the only one that asks for `__name__ == "__main__"`.

Otherwise it is a library: there is nothing to start.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from skillctl.core.value import dataclass
from skillctl_runtime.stack import Start
from skillctl_runtime.stacks.python_manifests import Manifests
from skillctl_runtime.stacks.python_sources import (
    SOURCE_ROOTS,
    Source,
    Sources,
    has_main_guard,
    is_main_test,
    module_name,
    module_root,
)

MAIN_FILES = ("main.py", "app.py", "start.py", "bot.py", "hello.py", "server.py", "run.py", "cli.py", "index.py")
HOST = "127.0.0.1"

ASGI = frozenset({"FastAPI", "Starlette", "Litestar", "Quart", "FastHTML", "Robyn", "BlackSheep"})
WSGI = frozenset({"Flask", "Connexion", "APIFlask"})
_FACTORIES = frozenset({"create_app", "make_app", "get_app", "build_app", "app_factory", "create_application"})
_PORTS = {"asgi": 8000, "wsgi": 5000, "django": 8000, "streamlit": 8501, "dash": 8050, "gradio": 7860}

# calls at the end of a main file that serve until they are stopped
_SERVING = {"launch": "gradio", "serve_forever": "", "run_server": "dash", "run_app": "", "start_server": ""}
_SERVERS = frozenset({"uvicorn", "hypercorn", "web", "waitress", "eventlet", "socketio"})


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """An application object, or a function that makes one."""

    kind: str
    """`asgi`, `wsgi`, `dash`."""
    framework: str
    variable: str
    source: Source
    factory: bool = False

    @property
    def told(self) -> str:
        made = f"def {self.variable}()" if self.factory else f"{self.variable} = {self.framework}()"
        return f"{made} in {self.source.path}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inferred:
    """A start, and what it needs that nobody imports."""

    start: Start
    requirements: tuple[str, ...] = ()


def infer_start(
    paths: tuple[str, ...],
    sources: Sources,
    manifests: Manifests,
    *,
    programs: str,
    scripts: tuple[str, ...] = (),
    port: int = 0,
) -> Inferred | None:
    """How to start it; None for a library.

    `programs` is where the environment keeps its programs (`.venv/bin`), `scripts` are the console scripts among them.
    """
    search = _Search(paths, sources, manifests, programs, scripts, port)
    for attempt in (
        search.script,
        search.manage,
        search.serving_main,
        search.streamlit,
        search.app,
        search.package,
        search.main_file,
        search.only_file,
    ):
        found = attempt()
        if found is not None:
            return found
    return None


class _Search:
    """The questions of `infer_start`, over the same project."""

    def __init__(
        self,
        paths: tuple[str, ...],
        sources: Sources,
        manifests: Manifests,
        programs: str,
        scripts: tuple[str, ...],
        port: int,
    ) -> None:
        self.paths = paths
        self.sources = sources
        self.manifests = manifests
        self.programs = programs
        self.python = f"{programs}/python"
        self.scripts = scripts
        self.port = port
        self.apps = tuple(each for source in sources.parsed for each in apps_of(source))

    def script(self) -> Inferred | None:
        if not self.scripts:
            return None
        name = self.scripts[0]
        serving = bool(self.apps)
        start = Start(
            argv=(f"{self.programs}/{name}",),
            server=serving,
            port=self.port or (_PORTS[self.apps[0].kind] if serving else 0),
            because=(f"the console script `{name}` in pyproject.toml",),
        )
        return Inferred(start=start)

    def manage(self) -> Inferred | None:
        found = sorted((path for path in self.paths if path.rpartition("/")[2] == "manage.py"), key=_depth)
        source = self.sources.at(found[0]) if found else None
        if source is None or "django" not in source.text:
            return None
        argv = (self.python, source.path, "runserver", f"{HOST}:{{port}}", "--noreload")
        return self._server(argv, "django", f"Django's {source.path}", words=(f"{HOST}:{{port}}",))

    def serving_main(self) -> Inferred | None:
        for source in self._main_files():
            call = serving_call(source.tree)
            if call is None:
                continue
            plain = next((app for app in self.apps if app.source is source and _is_plain(call)), None)
            if plain is not None:
                return self._run_app(plain, port=call.port)
            port = (self.port if call.asks_for_port else 0) or call.port or self.port or _PORTS.get(call.kind, 0)
            env = {"GRADIO_SERVER_NAME": HOST, "GRADIO_ANALYTICS_ENABLED": "False"} if call.kind == "gradio" else {}
            if call.kind == "gradio" and not call.port:
                env["GRADIO_SERVER_PORT"] = str(port)
            if call.asks_for_port:
                env["PORT"] = str(port)
            start = Start(
                argv=self._run_file(source),
                env={**env, **self._path_of(source)},
                server=True,
                port=port,
                because=(f"{source.path} starts a server by {call.name}()",),
            )
            needed = ("uvicorn",) if call.name.startswith("uvicorn.") else ()
            return Inferred(start=start, requirements=needed)
        return None

    def streamlit(self) -> Inferred | None:
        pages = [each for each in self.sources.parsed if _imports(each.tree, "streamlit")]
        if not pages:
            return None
        names = [*MAIN_FILES, "streamlit_app.py", "dashboard.py", "Home.py"]
        page = min(pages, key=lambda each: (_depth(each.path), _rank(each.path, names), each.path))
        flags = ("--server.headless", "true", "--server.address", HOST, "--server.port", "{port}")
        argv = (self.python, "-m", "streamlit", "run", page.path, *flags)
        env = {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"}
        words = ("--server.port", "{port}")
        return self._server(argv, "streamlit", f"{page.path} imports streamlit", words=words, env=env)

    def app(self) -> Inferred | None:
        names = [*MAIN_FILES, "api.py", "asgi.py", "wsgi.py", "__init__.py"]
        found = sorted(
            self.apps,
            key=lambda app: (app.factory, _depth(app.source.path), _rank(app.source.path, names), app.source.path),
        )
        return self._run_app(found[0]) if found else None

    def package(self) -> Inferred | None:
        found = sorted((each for each in self.sources.parsed if each.stem == "__main__"), key=lambda each: each.path)
        for source in found:
            if not source.folder:
                return self._file(source)
            root = source.folder.rpartition("/")[0]
            if root in SOURCE_ROOTS:
                argv = (self.python, "-m", module_name(source.folder, root))
                env = {"PYTHONPATH": root} if root else {}
                return Inferred(start=Start(argv=argv, env=env, because=(source.path,)))
        return None

    def main_file(self) -> Inferred | None:
        return next((self._file(each) for each in self._main_files()), None)

    def only_file(self) -> Inferred | None:
        files = [each for each in self.sources.parsed if each.stem != "__init__"]
        guarded = [each for each in files if has_main_guard(each.tree)]
        broken = [path for path in self.sources.broken if path.rpartition("/")[2] in MAIN_FILES]
        if len(guarded) == 1:
            return self._file(guarded[0])
        top = [each for each in files if not each.folder]
        if len(files) == 1 and not self.manifests.is_package and not self.manifests.has_setup:
            return self._file(files[0])
        if broken:
            return Inferred(start=Start(argv=(self.python, broken[0]), because=(broken[0],)))
        return self._file(top[0]) if len(top) == 1 and not guarded and not self.manifests.is_package else None

    def _main_files(self) -> Iterator[Source]:
        """The files that are called like a beginning, the likeliest first."""
        for root in SOURCE_ROOTS:
            for name in MAIN_FILES:
                source = self.sources.at(f"{root}/{name}".lstrip("/"))
                if source is not None:
                    yield source
        nested = [each for each in self.sources.parsed if each.path.rpartition("/")[2] in MAIN_FILES[:2]]
        yield from (each for each in nested if each.folder.count("/") == 0 and each.folder not in SOURCE_ROOTS)

    def _file(self, source: Source) -> Inferred:
        start = Start(argv=self._run_file(source), env=self._path_of(source), because=(source.path,))
        return Inferred(start=start)

    def _run_file(self, source: Source) -> tuple[str, ...]:
        """By its path, or as a module where it belongs to a package of its folder and says so."""
        root = module_root(source.path, source, self.paths)
        if source.folder and root != source.folder and _has_relative(source.tree):
            return (self.python, "-m", module_name(source.path, root))
        return (self.python, source.path)

    def _path_of(self, source: Source) -> dict[str, str]:
        """A file in a folder that imports by the project's own folder needs that folder on its path."""
        root = module_root(source.path, source, self.paths)
        own = source.folder
        if not own or root == own:
            return {}
        return {"PYTHONPATH": root or "."}

    def _run_app(self, app: App, port: int = 0) -> Inferred:
        root = module_root(app.source.path, app.source, self.paths)
        target = f"{module_name(app.source.path, root)}:{app.variable}"
        words = ("--port", "{port}")
        if app.kind == "asgi":
            argv = (self.python, "-m", "uvicorn", target, *(("--factory",) if app.factory else ()))
            argv += (("--app-dir", root) if root else ()) + ("--host", HOST, "--port", "{port}")
            return self._server(argv, "asgi", app.told, words=words, port=port, requirements=("uvicorn",))
        env = {"PYTHONPATH": root} if root else {}
        if app.kind == "dash":
            module, _, variable = target.partition(":")
            code = f"from {module} import {variable}; {variable}.run(host={HOST!r}, port={{port}})"
            return self._server((self.python, "-c", code), "dash", app.told, words=(code,), port=port, env=env)
        called = f"{target}()" if app.factory else target
        argv = (self.python, "-m", "flask", "--app", called, "run", "--host", HOST, "--port", "{port}")
        return self._server(argv, "wsgi", app.told, words=words, port=port, env=env)

    def _server(
        self,
        argv: tuple[str, ...],
        kind: str,
        because: str,
        *,
        words: tuple[str, ...],
        port: int = 0,
        env: dict[str, str] | None = None,
        requirements: tuple[str, ...] = (),
    ) -> Inferred:
        port = self.port or port or _PORTS[kind]
        start = Start(
            argv=tuple(word.replace("{port}", str(port)) for word in argv),
            env=env or {},
            server=True,
            port=port,
            port_words=words,
            because=(because,),
        )
        return Inferred(start=start, requirements=requirements)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingCall:
    """The call by which a main file serves."""

    name: str
    """As it is written: `uvicorn.run`."""
    kind: str
    port: int = 0
    asks_for_port: bool = False
    """The port comes from the variable PORT where that is set."""
    alone: bool = False
    """Nothing else is done before it in the file's main part."""


def apps_of(source: Source) -> Iterator[App]:
    """The application objects of a file, then its factories."""
    made = _makers(source.tree)
    for node in source.tree.body:
        target, value = _assigned(node)
        kind = made.get(_called(value)) if target else None
        if target and kind:
            yield App(kind=kind, framework=_called(value).rpartition(".")[2], variable=target, source=source)
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in _FACTORIES and not _required_arguments(node):
            for inner in ast.walk(node):
                kind = made.get(_called(inner)) if isinstance(inner, ast.Call) else None
                if kind:
                    name = _called(inner).rpartition(".")[2]
                    yield App(kind=kind, framework=name, variable=node.name, source=source, factory=True)
                    break


def serving_call(tree: ast.Module) -> ServingCall | None:
    """The call in the main part (below the guard, or at the end of the file) that serves until it is stopped."""
    guards = [node for node in tree.body if isinstance(node, ast.If) and is_main_test(node.test)]
    body = guards[-1].body if guards else tree.body
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for node in _reached(body, functions):
        call = _serving(node, ast.unparse(tree) if isinstance(node.func, ast.Attribute) else "")
        if call is not None:
            alone = bool(guards) and len(body) == 1
            port, asks = _port_of(node, tree)
            return ServingCall(name=call[0], kind=call[1], port=port, asks_for_port=asks, alone=alone)
    return None


def _reached(
    body: Iterable[ast.stmt], functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef]
) -> Iterator[ast.Call]:
    """The calls of the body, and those of the functions of the file that it calls."""
    pending: list[ast.AST] = list(body)
    seen: set[str] = set()
    while pending:
        statement = pending.pop(0)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                yield node
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                if name in functions and name not in seen:
                    seen.add(name)
                    pending += functions[name].body


def _serving(node: ast.Call, text: str) -> tuple[str, str] | None:
    if not isinstance(node.func, ast.Attribute):
        return None
    name = ast.unparse(node.func)
    owner = name.rpartition(".")[0]
    attribute = node.func.attr
    if attribute in _SERVING:
        return name, _SERVING[attribute]
    if attribute in ("run", "serve") and owner.partition(".")[0] in _SERVERS:
        return name, "asgi" if owner == "uvicorn" else ""
    if attribute != "run":
        return None
    for made, kind in (*((each, "wsgi") for each in WSGI), *((each, "asgi") for each in ASGI), ("Dash", "dash")):
        if f"{owner} = {made}(" in text or f"{owner} = {made.lower()}.{made}(" in text:
            return name, kind
    factories = any(f"{owner} = {each}(" in text for each in _FACTORIES)
    return (name, "wsgi") if factories else None


def _is_plain(call: ServingCall) -> bool:
    """Does the main part nothing but serve? Then the server can be started with flags, and another port, instead."""
    return call.alone and call.kind in ("asgi", "wsgi")


def _port_of(node: ast.Call, tree: ast.Module) -> tuple[int, bool]:
    """The port of a call that serves, and whether the variable PORT would change it."""
    constants = {
        name: value for statement in ast.walk(tree) if (name := _named(statement)) and (value := _value(statement))
    }
    for each in node.keywords:
        if each.arg in ("port", "server_port"):
            return _number(each.value, constants)
    for call in ast.walk(tree):  # HTTPServer(("", 8000), Handler)
        if isinstance(call, ast.Call) and _called(call).endswith(("HTTPServer", "TCPServer", "make_server")):
            for argument in call.args[:2]:
                pair = constants.get(argument.id, argument) if isinstance(argument, ast.Name) else argument
                found = _number(
                    pair.elts[1] if isinstance(pair, ast.Tuple) and len(pair.elts) == 2 else pair, constants
                )
                if found[0]:
                    return found
    return 0, False


def _number(value: ast.AST, constants: Mapping[str, ast.expr], depth: int = 4) -> tuple[int, bool]:
    """A number as it is written, by a name, by `int(…)`, or as what PORT is where it is not set."""
    match value:
        case ast.Constant(value=int(number)):
            return number, False
        case ast.Constant(value=str(text)) if text.isdigit():
            return int(text), False
        case ast.Name(id=name) if name in constants and depth:
            return _number(constants[name], constants, depth - 1)
        case ast.Call(func=ast.Name(id="int"), args=[inner]) if depth:
            return _number(inner, constants, depth - 1)
        case ast.Call(func=ast.Attribute(attr="get" | "getenv"), args=[ast.Constant(value="PORT"), inner]) if depth:
            return _number(inner, constants, depth - 1)[0], True
        case _:
            return 0, False


def _named(statement: ast.AST) -> str:
    return _assigned(statement)[0] if isinstance(statement, ast.stmt) else ""


def _value(statement: ast.AST) -> ast.expr | None:
    return _assigned(statement)[1] if isinstance(statement, ast.stmt) else None


def _makers(tree: ast.Module) -> dict[str, str]:
    """What a call must be named to make an application: `FastAPI`, `fastapi.FastAPI`, with the names of the imports."""
    known = {**dict.fromkeys(ASGI, "asgi"), **dict.fromkeys(WSGI, "wsgi"), "Dash": "dash"}
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for each in node.names:
                if each.name in known:
                    found[each.asname or each.name] = known[each.name]
                if each.name == "fast_app" or (each.name == "FastHTML"):
                    found[each.asname or each.name] = "asgi"
        elif isinstance(node, ast.Import):
            for each in node.names:
                for name, kind in known.items():
                    found[f"{each.asname or each.name}.{name}"] = kind
    return found


def _assigned(node: ast.stmt) -> tuple[str, ast.expr | None]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return name, value
        case _:
            return "", None


def _called(value: ast.AST | None) -> str:
    return ast.unparse(value.func) if isinstance(value, ast.Call) else ""


def _required_arguments(node: ast.FunctionDef) -> bool:
    return len(node.args.args) + len(node.args.posonlyargs) > len(node.args.defaults)


def _imports(tree: ast.Module, module: str) -> bool:
    for node in tree.body:
        match node:
            case ast.Import(names=names) if any(each.name.partition(".")[0] == module for each in names):
                return True
            case ast.ImportFrom(module=str(name)) if name.partition(".")[0] == module:
                return True
            case _:
                pass
    return False


def _has_relative(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def _depth(path: str) -> int:
    return path.count("/")


def _rank(path: str, names: list[str]) -> int:
    name = path.rpartition("/")[2]
    return names.index(name) if name in names else len(names)
