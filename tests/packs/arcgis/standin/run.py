"""Every python block of a page, run by itself against the stand-in.

A block runs in a namespace of its own, in an empty folder, as `__main__`, once with each answer of the world. Functions
and classes that it only defines are called with stand-in arguments afterwards; then only what the stand-in refuses is
a finding, because nobody knows what arguments a reader gives. Network, other processes, sleeping and packages that are
not here answer something plausible; a file that is not there is read as one that has the columns which the block names.
"""

from __future__ import annotations

import ast
import builtins
import concurrent.futures
import contextlib
import importlib.machinery
import inspect
import io
import json
import logging
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
import types
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from unittest import mock

from tests.packs.arcgis.checker.finding import Finding
from tests.packs.arcgis.checker.markdown import Block, Page
from tests.packs.arcgis.checker.names import Names
from tests.packs.arcgis.standin.values import Cell, Loose, UnknownNameError, WrongCallError
from tests.packs.arcgis.standin.world import World

NOT_HERE = (
    *("IPython", "PIL", "fiona", "laspy", "matplotlib", "numpy", "openpyxl", "osgeo", "pandas", "psutil"),
    *("pyarrow", "pyproj", "requests", "scipy", "shapely", "winreg", "matplotlib.pyplot"),
)
MOST_LINES = 100_000
FILE = "<block>"


class TooLongError(Exception):
    """A block that does not end."""


@dataclass(slots=True)
class Ran:
    """What running one block showed."""

    findings: list[Finding] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)
    """Lines of the block that were executed."""


def run_page(path: Path, name: str, names: Names) -> list[Finding]:
    page = Page.read(path, name)
    return [finding for block in runnable(page) for finding in run_block(block, name, names).findings]


def runnable(page: Page) -> list[Block]:
    return [block for block in page.blocks if block.language in ("python", "py") and block.not_alone is None]


def run_block(block: Block, name: str, names: Names) -> Ran:
    ran = Ran()
    try:
        code = compile(block.text, FILE, "exec")
    except SyntaxError as error:
        ran.findings.append(
            Finding(name, block.line + (error.lineno or 1) - 1, "syntax", f"the block does not parse: {error.msg}")
        )
        return ran
    for yes in (True, False):
        found = _run_once(code, block, World(names, yes=yes, words=Samples(block.text).words), ran)
        for line, sentence in found:
            finding = Finding(name, block.line + line - 1, "run", sentence)
            if finding not in ran.findings:
                ran.findings.append(finding)
    return ran


def _run_once(code: types.CodeType, block: Block, world: World, ran: Ran) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": "block.py"}
    tracer = Tracer(ran.lines)
    with room(block.text, world):
        error = attempt(tracer, lambda: exec(code, namespace))
        if isinstance(error, UnknownNameError | WrongCallError) or (error is not None and world.yes):
            found.append((line_of(error), f"does not run: {type(error).__name__}: {error}"))
        for called in uncalled(namespace, block.text, ran.lines):
            error = attempt(tracer, called)
            if isinstance(error, UnknownNameError | WrongCallError):
                found.append((line_of(error), f"does not run: {error}"))
        namespace.clear()
    return found


def attempt(tracer: Tracer, action: Callable[[], object]) -> BaseException | None:
    """The error of an action; leaving by SystemExit is no error."""
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        action()
    except SystemExit:
        return None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return error
    finally:
        sys.settrace(before)
    return None


class Tracer:
    """Remembers lines, and ends what does not end."""

    def __init__(self, lines: set[int]) -> None:
        self.lines = lines
        self.count = 0

    def __call__(self, frame: types.FrameType, event: str, _: object) -> Tracer | None:
        if frame.f_code.co_filename != FILE:
            return None
        if event == "line":
            self.lines.add(frame.f_lineno)
            self.count += 1
            if self.count > MOST_LINES:
                raise TooLongError("it does not end")
        return self


def line_of(error: BaseException) -> int:
    line, at = 1, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == FILE:
            line = at.tb_lineno
        at = at.tb_next
    return line


# -- functions that are only defined ------------------------------------------------------------------------------


def uncalled(namespace: dict[str, Any], text: str, lines: set[int]) -> Iterator[Callable[[], object]]:
    """Calls of what the block defines on its top level and has not entered yet."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.body[-1].lineno not in lines:
            defined = namespace.get(node.name)
            if isinstance(defined, types.FunctionType):
                yield lambda defined=defined: use(defined(*arguments_for(defined)))  # type: ignore[misc]
        elif isinstance(node, ast.ClassDef):
            defined = namespace.get(node.name)
            if isinstance(defined, type):
                yield from methods_of(defined)


def methods_of(defined: type) -> Iterator[Callable[[], object]]:
    made: list[object] = []

    def construct() -> None:
        made.append(defined(*arguments_for(defined.__init__)[: -1 or None]))  # type: ignore[misc]

    def construct_plain() -> None:
        made.append(defined())

    yield construct_plain
    if not made:
        yield construct
    for one in made[:1]:
        for name, method in inspect.getmembers(one, inspect.ismethod):
            if not name.startswith("__"):
                yield lambda method=method: use(method(*arguments_for(method)))  # type: ignore[misc]


def use(result: object) -> None:
    """A generator is walked, so that its body runs."""
    if isinstance(result, types.GeneratorType):
        for _ in zip(range(100), result, strict=False):
            pass


def arguments_for(called: Callable[..., Any]) -> list[Any]:
    try:
        parameters = inspect.signature(called).parameters.values()
    except (ValueError, TypeError):
        return []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [each for each in parameters if each.kind in positional and each.default is each.empty]
    return [argument(each) for each in needed]


ANSWERS: Mapping[str, Any] = {
    "str": "stand_in",
    "int": 3,
    "float": 2.0,
    "bool": True,
    "bytes": b"",
    "Path": Path("stand_in"),
    "dict": {},
    "list": ["a", "b"],
    "tuple": (1.0, 2.0),
}
"""How an annotation begins -> an argument."""


def argument(parameter: inspect.Parameter) -> Any:
    said = parameter.annotation
    text = said if isinstance(said, str) else getattr(said, "__name__", str(said))
    for name, value in ANSWERS.items():
        if re.match(rf"{name}\b", str(text)):
            return value
    if isinstance(said, type) and hasattr(said, "_full"):
        return object.__new__(said)
    return Loose(parameter.name)


# -- the room -----------------------------------------------------------------------------------------------------


class LooseModule(types.ModuleType):
    """A package that is not here, or need not be."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__spec__ = importlib.machinery.ModuleSpec(name, None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__ == "winreg" and name == "QueryValueEx":
            return lambda *_: ("C:\\Program Files\\ArcGIS\\Pro\\", 1)
        if name.endswith("Error") or name == "Timeout":
            return type(name, (Exception,), {})
        return Loose(name)


@contextlib.contextmanager
def room(text: str, world: World) -> Iterator[None]:
    """An empty folder, the modules of the world, and answers instead of the outer world."""
    modules: dict[str, types.ModuleType] = dict(world.modules)
    modules |= {name: LooseModule(name) for name in NOT_HERE}
    gone = [name for name in sys.modules if name.partition(".")[0] in ("arcpy", "arcgis")]
    before = os.getcwd()
    handlers, level = logging.root.handlers[:], logging.root.level
    samples = Samples(text)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(sys.modules, modules))
        for name in gone:
            if name not in modules:
                del sys.modules[name]
        stack.enter_context(mock.patch.dict(os.environ, {"HOME": folder, "USERPROFILE": folder}))
        stack.enter_context(mock.patch.object(sys, "argv", ["block.py"]))
        stack.enter_context(mock.patch.object(builtins, "open", samples.open))
        stack.enter_context(mock.patch.object(io, "open", samples.open))
        stack.enter_context(mock.patch.object(builtins, "input", return_value="y"))
        stack.enter_context(mock.patch.object(time, "sleep", return_value=None))
        stack.enter_context(mock.patch.object(urllib.request, "urlopen", samples.urlopen))
        stack.enter_context(mock.patch.object(urllib.request, "urlretrieve", return_value=("file", None)))
        stack.enter_context(mock.patch.object(subprocess, "run", samples.process))
        stack.enter_context(mock.patch.object(subprocess, "check_output", return_value="{}"))
        stack.enter_context(mock.patch.object(subprocess, "Popen", Loose("process")))
        stack.enter_context(mock.patch.object(multiprocessing, "Pool", Pool))
        stack.enter_context(mock.patch.object(multiprocessing, "get_context", return_value=Loose("context")))
        stack.enter_context(mock.patch.object(concurrent.futures, "ProcessPoolExecutor", InOneProcess))
        stack.enter_context(mock.patch.object(json.JSONEncoder, "default", lambda _, value: str(value)))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
            for handler in logging.root.handlers[:]:
                if handler not in handlers:
                    handler.close()
            logging.root.handlers[:] = handlers
            logging.root.setLevel(level)


class Samples:
    """Files and answers that are not there: they hold the words that the block quotes."""

    def __init__(self, text: str) -> None:
        words: list[str] = []
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words += re.findall(r"[^\W\d][\w ]*", node.value) if len(node.value) < 60 else []
        self.words = list(dict.fromkeys(word.strip() for word in words))
        self.real_open = io.open

    def open(self, file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        try:
            return self.real_open(file, mode, *given, **named)
        except FileNotFoundError:
            if "r" not in mode:
                raise
            content = self.content(str(file))
            return io.BytesIO(content.encode()) if "b" in mode else io.StringIO(content)

    def content(self, name: str) -> str:
        if name.endswith((".json", ".geojson")):
            return self.json()
        if name.endswith((".gpx", ".xml", ".kml")):
            return '<gpx xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="52.4" lon="-1.5"/></gpx>'
        rows = [[str(number) for _ in self.words] for number in (1, 2)]
        return "\n".join(",".join(row) for row in (self.words, *rows)) + "\n"

    def json(self) -> str:
        point = {"type": "Point", "coordinates": [-1.5, 52.4]}
        values: dict[str, object] = dict.fromkeys(self.words, "1")
        feature = {"type": "Feature", "geometry": point, "properties": values}
        return json.dumps(
            values | {"type": "FeatureCollection", "features": [feature], "entities": [values], "count": 1}
        )

    def urlopen(self, *_: object, **__: object) -> Any:
        return Response(self.json().encode())

    def process(self, *given: Any, **named: Any) -> Any:
        return subprocess.CompletedProcess(given[0] if given else [], 0, stdout=self.json(), stderr="")


class Response(io.BytesIO):
    """An answer of a server."""

    status = 200
    headers = types.MappingProxyType({"Content-Type": "application/json"})

    def getcode(self) -> int:
        return 200

    def geturl(self) -> str:
        return "https://example.org"


class InOneProcess(concurrent.futures.Executor):
    """A pool that does the work at once."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def submit(self, called: Any, /, *given: Any, **named: Any) -> Any:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        try:
            future.set_result(called(*given, **named))
        except Exception as error:  # noqa: BLE001 it belongs to who asks for the result
            future.set_exception(error)
        return future

    def map(self, fn: Any, *iterables: Any, timeout: float | None = None, chunksize: int = 1) -> Any:
        return map(fn, *iterables)


class Pool:
    """The same for `multiprocessing.Pool`."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def map(self, called: Any, walked: Any, *_: object) -> list[Any]:
        return [called(each) for each in walked]

    def starmap(self, called: Any, walked: Any, *_: object) -> list[Any]:
        return [called(*each) for each in walked]

    def imap_unordered(self, called: Any, walked: Any, *_: object) -> Iterator[Any]:
        return iter(self.map(called, walked))

    imap = imap_unordered

    def close(self) -> None:
        return None

    join = terminate = close


__all__ = ["Cell", "Ran", "run_block", "run_page", "runnable"]
