"""Where a block runs: an empty folder, a world's modules, and answers instead of the network and other processes."""

from __future__ import annotations

import ast
import builtins
import concurrent.futures
import contextlib
import importlib.machinery
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
import zipfile
from collections.abc import Iterator
from typing import Any, Self
from unittest import mock

from tests.packs.arcgis.standin.values import Loose
from tests.packs.arcgis.standin.world import World

NOT_HERE = (
    *("IPython", "PIL", "fiona", "laspy", "matplotlib", "numpy", "openpyxl", "osgeo", "pandas", "psutil"),
    *("pyarrow", "pyproj", "requests", "scipy", "shapely", "winreg", "matplotlib.pyplot"),
)


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


def words_quoted(text: str) -> list[str]:
    """The words in the strings of a block, in their order."""
    words: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 60:
            words += re.findall(r"[^\W\d][\w ]*", node.value)
    return list(dict.fromkeys(word.strip() for word in words))


class Samples:
    """Files and answers that are not there: they hold the words that the block quotes."""

    def __init__(self, text: str) -> None:
        self.words = words_quoted(text)
        self.real_open = io.open

    def open(self, file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        try:
            return self.real_open(file, mode, *given, **named)
        except FileNotFoundError:
            folder = os.path.dirname(str(file))
            if "r" not in mode and not os.path.isabs(folder):
                os.makedirs(folder)
                return self.real_open(file, mode, *given, **named)
            content = (
                self.project() if str(file).endswith((".aprx", ".zip", ".ppkx")) else self.content(str(file)).encode()
            )
            return io.BytesIO(content) if "b" in mode else io.StringIO(content.decode())

    def content(self, name: str) -> str:
        if name.endswith((".json", ".geojson")):
            return self.json()
        if name.endswith((".gpx", ".xml", ".kml")):
            return '<gpx xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="52.4" lon="-1.5"/></gpx>'
        rows = [[str(number) for _ in self.words] for number in (1, 2)]
        return "\n".join(",".join(row) for row in (self.words, *rows)) + "\n"

    def project(self) -> bytes:
        """A project file is an archive of JSON documents."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for kind in ("CIMGISProject", "CIMMap", "CIMLayout"):
                archive.writestr(f"{kind}.json", json.dumps({"type": kind, "name": kind}))
        return out.getvalue()

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
