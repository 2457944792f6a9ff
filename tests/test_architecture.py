"""The walls of the house, checked on the syntax trees of the product. Each rule tells its reason when it fails.

What the checks can't see: a module whose name is put together at run time, and a method of an object whose type only
a type checker knows. The rules are worded so that what they do see is enough to notice a wall that was broken.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.checkout import IN_CHECKOUT, Module, imports, inside, product


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Arrows go down only, and rooms on one line don't know each other.
LINES: tuple[tuple[str, ...], ...] = (
    ("skillctl.__main__",),
    ("skillctl.cli",),
    ("skillctl.app",),
    ("skillctl.install",),
    ("skillctl.store", "skillctl.agents", "skillctl.scaffold", "skillctl_registry", "skillctl_runtime"),
    ("skillctl.resolve", "skillctl.archive", "skillctl_plugins"),
    ("skillctl.formats", "skillctl.edges"),
    ("skillctl.core",),
)
_DEPTH = {room: depth for depth, line in enumerate(LINES) for room in line}

PURE = (
    *("skillctl.core", "skillctl.resolve", "skillctl_registry.endpoints", "skillctl_registry.trust"),
    *("skillctl_registry.pages.addresses", "skillctl_registry.pages.graph", "skillctl_registry.pages.values"),
    *("skillctl_registry.views.marketplace", "skillctl_registry.views.well_known"),
)

# What a pure module may import of others' code: values and functions, nothing that sees or changes the world.
_PURE_LIBRARIES = _names(
    """__future__ abc base64 binascii bisect collections contextlib copy dataclasses datetime difflib enum fnmatch
    fractions functools graphlib hashlib heapq hmac ipaddress itertools json keyword math operator packaging posixpath
    re string struct textwrap types typing unicodedata urllib.parse"""
)
# Signed metadata is read by the values of the reference implementation, which see nothing but the bytes they are given.
_PURE_IN: Mapping[str, str] = {"tuf.api": "skillctl_registry.trust"}
_IMPURE_CALLS = frozenset({"open", "print", "input", "breakpoint", "eval", "exec", "__import__"})

# Who alone may import a library, one module or two; anybody else would spread a foreign interface over the house.
SOLE_IMPORTERS: Mapping[str, str] = {
    "subprocess": "skillctl.edges.process",
    "multiprocessing": "skillctl.edges.process",
    "pty": "skillctl.edges.process",
    "httpx": "skillctl.edges.http",
    "httpcore": "skillctl.edges.http",
    "requests": "skillctl.edges.http",
    "urllib.request": "skillctl.edges.http",
    "http.client": "skillctl.edges.http",
    "keyring": "skillctl.edges.secrets",
    "tuf": "skillctl_registry",
    "securesystemslib": "skillctl_registry",
    "platformdirs": "skillctl.edges",
    "filelock": "skillctl.edges",
    "fcntl": "skillctl.edges",
    "msvcrt": "skillctl.edges",
    "ctypes": "skillctl.edges",
    "openai": "skillctl_runtime.generate",
    "yaml": "skillctl.formats",
    "re2": "skillctl_plugins.policy.patterns",
    "jsonschema": "skillctl.formats",
    "jinja2": "skillctl.scaffold skillctl_registry.pages.rendering",
    "markdown_it": "skillctl_registry.pages.markdown",
    "nh3": "skillctl_registry.pages.markdown",
    "typer": "skillctl.cli",
    "click": "skillctl.cli",
    "rich": "skillctl.cli",
}

# Slow to import, from some 20 ms to 500 ms each. A command pays only for what it uses.
_HEAVY = (
    *("asyncio", "cryptography", "email", "filelock", "httpcore", "httpx", "importlib.metadata", "jinja2"),
    *("jsonschema", "keyring", "multiprocessing", "obstore", "openai", "platformdirs", "pydantic", "pytest", "re2"),
    *("requests", "rich", "sqlalchemy", "sqlite3", "starlette", "tuf", "urllib.request", "uvicorn", "xml", "yaml"),
)

_WRITING_OS = _names(
    """chmod chown copy_file_range fchmod fchown ftruncate lchmod lchown link makedirs mkdir mkfifo mknod
    posix_fallocate pwrite remove removedirs removexattr rename renames replace rmdir sendfile setxattr symlink
    truncate unlink utime write writev O_APPEND O_CREAT O_RDWR O_TRUNC O_WRONLY"""
)
_WRITING_METHODS = _names("chmod hardlink_to lchmod mkdir rename rmdir symlink_to touch unlink write_bytes write_text")
_HARMLESS_SHUTIL = frozenset({"which", "get_terminal_size", "disk_usage"})
_STARTING_OS = _names("abort fork forkpty kill killpg popen startfile system")
_NAMELESS = _names("base common helper helpers misc shared util utils")

Offence = tuple[int, str]
Check = Callable[[Module], Iterator[Offence]]


@dataclass(frozen=True, slots=True)
class Rule:
    check: Check
    reason: str


def arrows_go_down(module: Module) -> Iterator[Offence]:
    here = _room(module.name)
    if here is None:
        return
    for each in imports(module):
        there = _room(each.target)
        if there is not None and there != here and _DEPTH[there] <= _DEPTH[here]:
            yield each.line, f"{here} imports {each.target}"


def every_module_lies_in_a_room(module: Module) -> Iterator[Offence]:
    if _room(module.name) is None and module.name != "skillctl":
        yield 1, "no room of the design"


def the_ground_imports_nothing(module: Module) -> Iterator[Offence]:
    if module.name == "skillctl":
        yield from ((each.line, f"imports {each.target}") for each in imports(module))


def pure_rooms_stay_pure(module: Module) -> Iterator[Offence]:
    if not module.within(*PURE):
        return
    for each in imports(module):
        pure = [*_PURE_LIBRARIES, *(library for library, room in _PURE_IN.items() if module.within(room))]
        if _room(each.target) is None and not any(inside(each.target, library) for library in pure):
            yield each.line, f"imports {each.target}"
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name(id="exec")) if module.within("skillctl.core.value"):
                pass  # an `__init__` made of the names of our own fields, as `dataclasses` does it
            case ast.Call(func=ast.Name(id=called)) if called in _IMPURE_CALLS:
                yield node.lineno, f"calls {called}"
            case _:
                pass


def one_importer_for_each_library(module: Module) -> Iterator[Offence]:
    for each in imports(module):
        for library, owners in SOLE_IMPORTERS.items():
            if inside(each.target, library) and not module.within(*owners.split()):
                yield each.line, f"imports {each.target}, which is for {owners} alone"


def only_the_disk_writes(module: Module) -> Iterator[Offence]:
    if module.within("skillctl.edges.disk"):
        return
    for each in imports(module):
        if inside(each.target, "tempfile") or _writes_by_name(*each.target.rpartition(".")[::2]):
            yield each.line, f"imports {each.target}"
    ours = {name for name, target in _bound_names(module).items() if _room(target) is not None}
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=library), attr=name) if _writes_by_name(library, name):
                yield node.lineno, f"{library}.{name}"
            case ast.Call(func=ast.Attribute(value=ast.Name(id=receiver))) if receiver in ours:
                pass
            case ast.Call() if _writes(node):
                yield node.lineno, f"{ast.unparse(node)[:80]}"
            case _:
                pass


def only_process_starts_programs(module: Module) -> Iterator[Offence]:
    if module.within("skillctl.edges.process"):
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="fork") if module.within("skillctl.edges.workers"):
                pass  # the same program, sharing its own work
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in _STARTING_OS or name.startswith(
                ("exec", "spawn", "posix_spawn")
            ):
                yield node.lineno, f"os.{name}"
            case _:
                pass


def only_the_doors_read_the_environment(module: Module) -> Iterator[Offence]:
    if module.within("skillctl.edges", "skillctl.cli"):
        return
    asked = {
        ("os", "environ"),
        ("os", "getenv"),
        ("os", "environb"),
        ("os", "getcwd"),
        ("Path", "home"),
        ("Path", "cwd"),
    }
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if (owner, name) in asked:
                yield node.lineno, f"{owner}.{name}"
            case ast.Attribute(attr="expanduser"):
                yield node.lineno, "expanduser"
            case _:
                pass


def only_the_clock_tells_the_time(module: Module) -> Iterator[Offence]:
    if module.within("skillctl.edges.clock"):
        return
    asked = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time"), ("time", "time_ns")}
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name) if (
                owner,
                name,
            ) in asked:
                yield node.lineno, f"{owner}.{name}"
            case _:
                pass


def nothing_heavy_at_start(module: Module) -> Iterator[Offence]:
    if module.within("skillctl_registry.server"):
        return  # one command loads this room, when it runs
    for each in imports(module):
        if each.at_start and any(inside(each.target, library) for library in _HEAVY):
            yield each.line, f"imports {each.target} at module level"


def imports_are_absolute(module: Module) -> Iterator[Offence]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, ast.unparse(node)


def every_module_has_a_name_of_its_own(module: Module) -> Iterator[Offence]:
    if module.name.rpartition(".")[2] in _NAMELESS:
        yield 1, "is named for nothing"


def every_module_says_why_it_exists(module: Module) -> Iterator[Offence]:
    if not ast.get_docstring(module.tree):
        yield 1, "has no docstring"


def annotations_cost_nothing(module: Module) -> Iterator[Offence]:
    annotatable = (ast.FunctionDef, ast.AsyncFunctionDef, ast.AnnAssign)
    if not any(isinstance(node, annotatable) for node in ast.walk(module.tree)):
        return
    if not any(each.target == "__future__.annotations" for each in imports(module)):
        yield 1, "lacks `from __future__ import annotations`"


def archives_are_never_extracted(module: Module) -> Iterator[Offence]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(attr="extractall" | "extract" | "unpack_archive" as name):
                yield node.lineno, name
            case _:
                pass


RULES = (
    Rule(
        arrows_go_down,
        "A room knows only the rooms below it: an arrow upwards or sideways makes two rooms into one, and what was "
        "to be replaced, tested or understood alone no longer can be. Move down what both need, or join them in app.",
    ),
    Rule(
        every_module_lies_in_a_room,
        "A module outside the rooms of the design has no place in the order of the arrows, so nothing guards it.",
    ),
    Rule(
        the_ground_imports_nothing,
        "skillctl/__init__.py is imported before every module of skillctl.core, the ground floor: all pay for it.",
    ),
    Rule(
        pure_rooms_stay_pure,
        "Rules take bytes, times and answers and return values: they can be tested without a disk, a clock or a "
        "network, and mean the same on every machine. Let a room above fetch it and pass it in.",
    ),
    Rule(
        one_importer_for_each_library,
        "One file for each foreign library keeps its types, errors and habits out of the house, and replaceable.",
    ),
    Rule(
        only_the_disk_writes,
        "edges/disk alone writes: it knows of directory handles, links, durability and Windows paths, and a crash test "
        "that counts its renames sees every change there is. Ask it, and add the verb that is missing there.",
    ),
    Rule(
        only_process_starts_programs,
        "edges/process alone starts programs: it has the time-outs, the environment and the end of a process group.",
    ),
    Rule(
        only_the_doors_read_the_environment,
        "Environment, home and working directory are read once, at the door, and come in as settings: a function that "
        "looks for itself can't be called for another project or from a test without changing the whole process.",
    ),
    Rule(
        only_the_clock_tells_the_time,
        "The time comes from edges/clock and is passed on, so that the same input gives the same output.",
    ),
    Rule(
        nothing_heavy_at_start,
        "What a module imports at its top, every command pays for at start. Import it in the function that needs it.",
    ),
    Rule(
        imports_are_absolute,
        "A relative import hides from a reader, and from these checks, which room it reaches into.",
    ),
    Rule(
        every_module_has_a_name_of_its_own,
        "A module holds one idea, and its name is that idea; such a name says that the idea was not found yet.",
    ),
    Rule(every_module_says_why_it_exists, "A module begins with why it exists."),
    Rule(
        annotations_cost_nothing,
        "Annotations that are not evaluated cost nothing at start-up and may name what comes later.",
    ),
    Rule(
        archives_are_never_extracted,
        "The library's own extraction has let members out of the destination in many releases, filters or not; "
        "archive/reader checks each member, and edges/disk writes it through a directory handle.",
    ),
)
_BY_NAME = {rule.check.__name__: rule for rule in RULES}


@pytest.mark.skipif(not IN_CHECKOUT, reason="reads the source tree")
@pytest.mark.parametrize("name", _BY_NAME)
def test_the_product_keeps_the_rule(name: str) -> None:
    rule = _BY_NAME[name]
    offences = [f"  {module.name}:{line}: {what}" for module in product() for line, what in rule.check(module)]
    assert not offences, "\n".join(["", rule.reason, *offences])


@pytest.mark.skipif(not IN_CHECKOUT, reason="reads the source tree")
def test_all_rooms_are_seen() -> None:
    assert len(product()) > 20
    assert {_room(module.name) for module in product()} >= set(_DEPTH) - {"skillctl.__main__"}


BROKEN = [
    ("arrows_go_down", "skillctl.core.names", "from skillctl.formats import json_text"),
    ("arrows_go_down", "skillctl.store.trees", "from skillctl import app"),
    ("arrows_go_down", "skillctl.resolve.solver", "import skillctl.archive.reader"),
    ("arrows_go_down", "skillctl_registry.index", "def f():\n    import skillctl_runtime.plan"),
    ("arrows_go_down", "skillctl.formats.schema", "if TYPE_CHECKING:\n    from skillctl.edges.disk import Disk"),
    ("arrows_go_down", "skillctl.app.install", "importlib.import_module('skillctl.cli.main')"),
    ("every_module_lies_in_a_room", "skillctl.cellar", ""),
    ("the_ground_imports_nothing", "skillctl", "from skillctl.core.about import VERSION"),
    ("pure_rooms_stay_pure", "skillctl.core.names", "import os"),
    ("pure_rooms_stay_pure", "skillctl.core.names", "from pathlib import Path"),
    ("pure_rooms_stay_pure", "skillctl.resolve.solver", "def f():\n    print('so far so good')"),
    ("pure_rooms_stay_pure", "skillctl_registry.trust", "import time"),
    ("one_importer_for_each_library", "skillctl.app.run", "from subprocess import run"),
    ("one_importer_for_each_library", "skillctl_registry.fetch", "def f():\n    import httpx"),
    ("one_importer_for_each_library", "skillctl.edges.http", "import keyring"),
    ("only_the_disk_writes", "skillctl.install.apply", "import os\nos.rename(a, b)"),
    ("only_the_disk_writes", "skillctl.install.apply", "from os import replace"),
    ("only_the_disk_writes", "skillctl.install.apply", "os.open(a, os.O_WRONLY | os.O_CREAT)"),
    ("only_the_disk_writes", "skillctl.install.apply", "path.write_text('x')"),
    ("only_the_disk_writes", "skillctl.install.apply", "path.replace(other)"),
    ("only_the_disk_writes", "skillctl.install.apply", "open(path, 'wb')"),
    ("only_the_disk_writes", "skillctl.install.apply", "open(path, mode=chosen)"),
    ("only_the_disk_writes", "skillctl.install.apply", "path.open('a')"),
    ("only_the_disk_writes", "skillctl.install.apply", "import shutil\nshutil.rmtree(path)"),
    ("only_the_disk_writes", "skillctl.install.apply", "from tempfile import mkdtemp"),
    ("only_process_starts_programs", "skillctl.app.run", "os.execv(a, b)"),
    ("only_process_starts_programs", "skillctl.app.run", "os.fork()"),
    ("only_process_starts_programs", "skillctl.edges.workers", "os.execv(a, b)"),
    ("only_the_doors_read_the_environment", "skillctl.app.run", "os.environ['HOME']"),
    ("only_the_doors_read_the_environment", "skillctl.app.run", "Path('~').expanduser()"),
    ("only_the_clock_tells_the_time", "skillctl.app.publish", "datetime.now(UTC)"),
    ("only_the_clock_tells_the_time", "skillctl.app.publish", "datetime.datetime.now()"),
    ("nothing_heavy_at_start", "skillctl.formats.front_matter", "import yaml"),
    ("nothing_heavy_at_start", "skillctl.edges.http", "try:\n    import httpx\nexcept ImportError:\n    pass"),
    ("nothing_heavy_at_start", "skillctl_plugins.discovery", "from importlib import metadata"),
    ("imports_are_absolute", "skillctl.app.run", "from .install import apply"),
    ("every_module_has_a_name_of_its_own", "skillctl.app.utils", ""),
    ("every_module_says_why_it_exists", "skillctl.app.run", "import json"),
    ("annotations_cost_nothing", "skillctl.app.run", "def run(what: str) -> None: ..."),
    ("archives_are_never_extracted", "skillctl.archive.reader", "tar.extractall(path, filter='data')"),
]
KEPT = [
    ("arrows_go_down", "skillctl.app.install", "from skillctl.core import names\nimport skillctl_registry.index"),
    ("arrows_go_down", "skillctl.core.names", "from skillctl.core.errors import ManifestError"),
    ("pure_rooms_stay_pure", "skillctl.core.versions", "from urllib.parse import urlsplit\nimport packaging.version"),
    ("pure_rooms_stay_pure", "skillctl.store.trees", "import os"),
    ("one_importer_for_each_library", "skillctl.edges.process", "import subprocess"),
    ("only_the_disk_writes", "skillctl.edges.disk", "import os\nos.rename(a, b)"),
    ("only_the_disk_writes", "skillctl.install.apply", "from skillctl.edges import disk\ndisk.mkdir(path)"),
    ("only_the_disk_writes", "skillctl.core.names", "text.replace('a', 'b')\nopen(path)\npath.open('rb')"),
    ("only_the_disk_writes", "skillctl.archive.writer", "tarfile.open(fileobj=buffer, mode='w:')"),
    ("only_the_disk_writes", "skillctl.app.doctor", "from shutil import which"),
    ("nothing_heavy_at_start", "skillctl.edges.http", "def get():\n    import httpx"),
    ("nothing_heavy_at_start", "skillctl.edges.http", "if TYPE_CHECKING:\n    import httpx"),
]


@pytest.mark.parametrize(("rule", "module", "code"), BROKEN)
def test_a_rule_sees_what_it_forbids(rule: str, module: str, code: str) -> None:
    assert list(_BY_NAME[rule].check(Module(name=module, tree=ast.parse(code))))


@pytest.mark.parametrize(("rule", "module", "code"), KEPT)
def test_a_rule_lets_pass_what_it_allows(rule: str, module: str, code: str) -> None:
    assert list(_BY_NAME[rule].check(Module(name=module, tree=ast.parse(code)))) == []


def test_every_rule_is_shown_to_work() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(_BY_NAME)


@pytest.mark.parametrize("command", ["--version", "--help"])
def test_what_can_be_said_without_work_is_said_before_anything_is_loaded(command: str) -> None:
    assert sorted(_loaded_by(command) & {*_HEAVY, "typer", "click", "subprocess", "tempfile"}) == []


@pytest.mark.parametrize("command", ["config path", "config path --json"])
def test_a_command_line_with_nothing_to_parse_loads_no_parser(command: str) -> None:
    assert sorted(_loaded_by(command) & {"typer", "click", "dataclasses", "inspect"}) == []


@pytest.mark.parametrize("command", ["install --help", "list --help", "validate --help"])
def test_finding_a_command_loads_nothing_heavy(command: str) -> None:
    assert sorted(_loaded_by(command) & set(_HEAVY)) == []


def _loaded_by(command: str) -> frozenset[str]:
    """Every module that one command line has imported."""
    script = (
        "import sys; from skillctl.cli.main import main; before = sys.stdout; sys.stdout = sys.stderr\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=before)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = [sys.executable, "-c", script, *command.split()]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
    return frozenset(done.stdout.split())


def _room(name: str) -> str | None:
    return next((room for room in _DEPTH if inside(name, room)), None)


def _bound_names(module: Module) -> dict[str, str]:
    """What each name that an import binds stands for."""
    bound: dict[str, str] = {}
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=names):
                bound |= {each.asname or each.name: each.name for each in names}
            case ast.ImportFrom(module=str(source), names=names):
                bound |= {each.asname or each.name: f"{source}.{each.name}" for each in names}
            case _:
                pass
    return bound


def _writes_by_name(library: str, name: str) -> bool:
    if library == "shutil":
        return name not in _HARMLESS_SHUTIL
    return library == "os" and name in _WRITING_OS


def _writes(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id="open"):
            return _opens_for_writing(call, position=1)
        case ast.Attribute(attr="open"):
            in_memory = any(each.arg == "fileobj" for each in call.keywords)
            return not in_memory and _opens_for_writing(call, position=0)
        case ast.Attribute(attr="replace"):  # a path's takes one argument, a text's two
            return len(call.args) == 1 and not call.keywords
        case ast.Attribute(attr=name):
            return name in _WRITING_METHODS
    return False


def _opens_for_writing(call: ast.Call, *, position: int) -> bool:
    """By the mode given; one that can't be seen counts as writing."""
    given = [each.value for each in call.keywords if each.arg == "mode"] + call.args[position : position + 1]
    if not given:
        return False
    mode = given[0]
    return not (isinstance(mode, ast.Constant) and isinstance(mode.value, str)) or not set(mode.value).isdisjoint(
        "wax+"
    )
