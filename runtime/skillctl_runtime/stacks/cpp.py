"""C++ (and C beside it): by CMake, Meson, a Makefile, or the compiler alone.

1. CMakeLists.txt before meson.build before a Makefile, unless the plan or its run line names one of them.
2. CMake: Ninja where it is, else make; its executables by the file API, that of the project's name first.
3. Makefile: the executable of the plan's name, else the newest one, else `make run`.
4. No build file: every source to an object of its own (so that one change compiles one file), one executable for each
   file with a `main`, with the flags that its includes ask for. Headers that lie elsewhere in the project are found.
5. Mended in plans: recipes of a Makefile that begin with spaces, a CMake version that is newer than the installed one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from skillctl.core.errors import SkillctlError
from skillctl.core.value import dataclass, replace
from skillctl_runtime.plan import StackName
from skillctl_runtime.slug import slug
from skillctl_runtime.stack import (
    Evidence,
    Files,
    Machine,
    Need,
    Output,
    Repaired,
    Site,
    Start,
    Step,
    Tool,
    Work,
    strongest,
)
from skillctl_runtime.stacks.compiled import (
    Mending,
    code_of,
    dotted,
    first_of,
    literal_port,
    name_of,
    picked,
    run_of_missing_program,
    run_words,
    version_of,
    with_ending,
    without_comments,
)
from skillctl_runtime.stacks.cpp_cmake import CMake
from skillctl_runtime.stacks.cpp_flags import includes, library_flags, missing_package, standard_flag

Way = Literal["cmake", "meson", "make", "compiler"]

SOURCES = (".cpp", ".cc", ".cxx", ".c++", ".C")
HEADERS = (".h", ".hpp", ".hh", ".hxx", ".h++", ".inl", ".ipp", ".tpp")
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
HOW = "install a C++ compiler (`apt-get install g++`, `xcode-select --install`)"
HOW_CMAKE = "install CMake (`apt-get install cmake`, `brew install cmake`, `pip install cmake`)"
HOW_MAKE = "install make (`apt-get install make`, `xcode-select --install`), or Ninja for CMake"

_MAIN = re.compile(r"^\s*(?:extern\s+\"\"\s+|static\s+)?(?:int|void|auto|signed)\s+main\s*\(", re.MULTILINE)
_TESTS = re.compile(r"(?:^|/)(?:tests?|benchmarks?|examples?)/|(?:^|/)test_[^/]*$|_test\.\w+$")
_RULE = re.compile(r"^[^\s#=:][^=\n]*?:(?![:=])(?![^\n]*:=)[^\n]*$")
# `X := y` in a conditional is make's own, though it is indented like a recipe
_RECIPE = re.compile(r"^ {2,}(?![\w.]+\s+[:?+]?=\s)(?![\w.]+\s*[:?+]=)\S")
_MINIMUM = re.compile(r"(cmake_minimum_required\s*\(\s*VERSION\s+)([\d.]+)(?:\.\.\.[\d.]+)?", re.IGNORECASE)
_SERVES = re.compile(r"\blisten\s*\(|crow::|httplib::Server|\bacceptor\b|MHD_start_daemon|drogon::app|\.bindaddr\(")
_ERROR = re.compile(
    r"(?:^|[\s:])(?:fatal )?error(?: [A-Z]+\d+)?:|^CMake Error|undefined reference to|multiple definition of|"
    r"\*\*\* .*|cannot find -l|\bld(?:\.\w+)?: (?!warning)|^ERROR:"
)
_BELONGS = re.compile(r"^\s|^\S+: (?:In|At|note)|\bnote:|^CMake|^$")
_TARGET = re.compile(r"^(?:TARGET|BIN|EXEC(?:UTABLE)?|PROG(?:RAM)?|NAME|OUT(?:PUT)?)\s*[:?]?=\s*(\S+)", re.MULTILINE)
_ELF = b"\x7fELF"


class CppStack:
    """The C++ stack."""

    name: StackName = "cpp"
    verbs: tuple[str, ...] = ("make", "gmake", "cmake", "ninja", "meson", "g++", "clang++", "c++", "gcc", "clang", "cc")

    def evidence(self, files: Files) -> Evidence | None:
        """CMakeLists.txt, meson.build, and a Makefile beside sources are manifests; a main.cpp is an entry."""
        sources = with_ending(files, *SOURCES)
        plain = with_ending(files, ".c")
        manifests = [name for name in ("CMakeLists.txt", "meson.build") if files.data(name) is not None]
        if sources or plain:
            manifests += [name for name in MAKEFILES if files.data(name) is not None]
        count = len(sources) + len(plain)
        entries = tuple(path for path in (*sources, *plain) if re.fullmatch(r"(?:src/)?main\.\w+\+*", path))
        return strongest(self.name, files, manifests=manifests, entries=entries, count=count, are="are C++ or C")

    def repaired(self, site: Site) -> Repaired:
        """Tabs in Makefiles, and a CMake version that is there."""
        mending = Mending(site)
        for name in MAKEFILES:
            text = mending.text(name)
            if text is not None and (mended := _with_tabs(text)) != text:
                what = "recipes began with spaces, where make takes a tab"
                mending.rewrite(name, mended, rule="makefile-tabs", what=what)
        _lower_cmake(mending)
        return mending.repaired

    def needs(self, site: Site) -> Sequence[Need]:
        """The build tool of the way taken, and a compiler."""
        compiler = Need(any_of=_compilers(site), why="C++ sources are compiled by it", how=HOW)
        match _way(site):
            case "cmake":
                cmake = Need(any_of=("cmake",), why="CMakeLists.txt asks for it", how=HOW_CMAKE)
                return (cmake, Need(any_of=("ninja", "make"), why="CMake builds with it", how=HOW_MAKE), compiler)
            case "meson":
                how = "install Meson and Ninja (`pip install meson ninja`, `apt-get install meson`)"
                meson = Need(any_of=("meson",), why="meson.build asks for it", how=how)
                return (meson, Need(any_of=("ninja",), why="Meson builds with it", how=how), compiler)
            case "make":
                return (Need(any_of=("make", "gmake"), why="the Makefile asks for it", how=HOW_MAKE), compiler)
            case "compiler":
                return (compiler,)

    def work(self, site: Site) -> Work:
        """Build, and find what was built."""
        match _way(site):
            case "cmake":
                return (yield from _by_cmake(site))
            case "meson":
                return (yield from _by_meson(site))
            case "make":
                return (yield from _by_make(site))
            case "compiler":
                return (yield from _by_compiler(site))

    def complaint(self, output: str) -> str:
        """Errors of compiler, linker, CMake and make; after them the system package of a header that is missing."""
        lines = [line for line in output.splitlines() if not re.match(r"^(?:ninja: build stopped|\[\d+/\d+\])", line)]
        found = picked("\n".join(lines), _ERROR, belongs=_BELONGS)
        package = missing_package(output)
        return f"{found}\n{package}" if package else found

    def missing_module(self, output: str) -> str:
        """Nothing: what is missing is seen when building."""
        del output
        return ""


def _way(site: Site) -> Way:
    files, wanted = site.files, site.plan.dependencies.manager
    there: dict[Way, bool] = {
        "cmake": files.data("CMakeLists.txt") is not None,
        "meson": files.data("meson.build") is not None,
        "make": any(files.data(name) is not None for name in MAKEFILES),
    }
    if wanted in ("cmake", "make") and there[wanted]:
        return wanted
    verb = name_of((run_words(site.plan) or ("",))[0])
    named: Mapping[str, Way] = {"make": "make", "gmake": "make", "cmake": "cmake", "meson": "meson"}
    if verb in named and there[named[verb]]:
        return named[verb]
    return next((way for way, is_there in there.items() if is_there), "compiler")


def _by_cmake(site: Site) -> Work:
    cmake = CMake(site=site, out=_out(site))
    yield cmake.query()
    configured = yield cmake.configure()
    if not configured.ok:
        # whatever the reason, a fresh start is the cure for an old cache and repeats any other complaint
        yield cmake.configure(afresh=True)
    executables, project = cmake.executables()
    yield cmake.build(executables)
    if not executables:
        return None
    chosen = cmake.chosen(executables, project)
    return _start(site, chosen.path, f"the CMake target `{chosen.name}`")


def _by_meson(site: Site) -> Work:
    out = _out(site)
    tools = _tools(site.machine, "meson", "ninja", "c++")
    inputs = ("**/meson.build", "meson_options.txt", "meson.options", "subprojects/*")
    yield Step(
        id="meson-setup",
        kind="build",
        argv=("meson", "setup", out, "--buildtype=release"),
        tools=tools,
        inputs=inputs,
        outputs=(Output(path=f"{out}/build.ninja", depth=0),),
        network=True,
        about="Configuring with Meson",
    )
    told = yield Step(
        id="meson-targets",
        kind="look",
        argv=("meson", "introspect", out, "--targets"),
        tools=tools,
        inputs=inputs,
        about="Finding the programs",
    )
    programs = _meson_programs(told.stdout, out)
    yield Step(
        id="meson-compile",
        kind="build",
        argv=("meson", "compile", "-C", out),
        tools=tools,
        inputs=("**",),
        outputs=tuple(Output(path=path, depth=0) for path in programs.values()),
        about="Building",
    )
    if not programs:
        return None
    name = first_of(programs, (slug(site.plan.name), "main", "app"))
    return _start(site, programs[name], f"the Meson target `{name}`")


def _meson_programs(told: str, out: str) -> dict[str, str]:
    """Name -> path of what `meson introspect --targets` calls executables."""
    import json

    try:
        targets = json.loads(told)
    except ValueError:
        return {}
    found = {}
    for each in targets:
        if each.get("type") == "executable" and each.get("filename"):
            _, _, inside = each["filename"][0].rpartition(f"/{out}/")
            found[each["name"]] = f"{out}/{inside}"
    return found


def _by_make(site: Site) -> Work:
    files = site.files
    sources = tuple(f"**/*{ending}" for ending in (*SOURCES, ".c", *HEADERS, ".mk", ".s", ".S"))
    step = Step(
        id="make",
        kind="build",
        argv=("make",),
        tools=_tools(site.machine, "make", "c++", "cc"),
        inputs=(*MAKEFILES, "**/Makefile", *sources),
        about="Building with make",
    )
    made = yield step
    built = _elf_files(files)
    if made.hit and not built:
        # where it puts what it builds is its own affair, so nobody watched over it
        yield replace(step, id="make-again", cached=False)
        built = _elf_files(files)
    makefile = next(filter(None, (files.text(name) for name in MAKEFILES)), "")
    has_run = re.search(r"^run\s*:(?!=)", makefile, re.MULTILINE) is not None
    if not built:
        return Start(argv=("make", "run"), because=("the Makefile's target `run`",)) if has_run else None
    names = [name_of(path) for path in built]
    target = _TARGET.search(makefile)
    words = [name_of(word) for word in run_words(site.plan)]
    wanted = [*(word for word in words if word in names), name_of(target[1]) if target else "", slug(site.plan.name)]
    chosen = next((path for want in wanted for path in built if name_of(path) == want), "")
    if not chosen and len(built) > 1:
        newest = yield Step(
            id="newest", kind="look", argv=("ls", "-1t", "--", *built), cached=False, about="Finding the newest program"
        )
        chosen = (newest.stdout.split("\n") or [""])[0].strip()
    return _start(site, chosen if chosen in built else built[0], "the executable that make left")


def _elf_files(files: Files) -> tuple[str, ...]:
    """Executables near the top: ELF (or Mach-O) files that are no objects and no libraries."""
    found = []
    for pattern in ("*", "bin/*", "build/*", "out/*", "dist/*", "build/bin/*", "target/*", "obj/*"):
        for path in files.found(pattern):
            if "." in name_of(path) and not path.endswith((".out", ".exe", ".elf", ".bin")):
                continue
            head = _head(files, path)
            # e_type: 1 is an object, 2 an executable, 3 a library or an executable that may lie anywhere
            is_elf = head.startswith(_ELF) and len(head) > 16 and head[16] in (2, 3)
            if is_elf or head[:4] in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"):
                found.append(path)
    return tuple(dict.fromkeys(found))


def _head(files: Files, path: str) -> bytes:
    """The first bytes of a file; of one that is too large to be read those of an executable."""
    try:
        return (files.data(path) or b"")[:18]
    except SkillctlError:
        return _ELF.ljust(16, b"\0") + b"\x03\0"


@dataclass(frozen=True, slots=True)
class _Sources:
    """What there is to compile without a build file."""

    texts: Mapping[str, str]
    mains: tuple[str, ...]
    flags: tuple[str, ...]
    folders: tuple[str, ...]
    """Folders for `-I`."""


def _by_compiler(site: Site) -> Work:
    found = _sources(site.files)
    out = _out(site)
    compiler = _compiler(site)
    objects: dict[str, str] = {}
    yield _folder(out)
    if found.mains and len(found.texts) == 1:
        program = _program(site, found.mains[0], found)
        yield _link(site, compiler, found, out, program, sources=tuple(found.texts))
        return _start(site, f"{out}/{program}", f"main in {found.mains[0]}")
    for path in found.texts:
        objects[path] = f"{out}/{path.replace('/', '-')}.o"
        yield _compile(site, compiler, found, path, objects[path])
    shared = [path for path in found.texts if path not in found.mains]
    for main in found.mains:
        program = _program(site, main, found)
        yield _link(site, compiler, found, out, program, objects=[objects[each] for each in (main, *shared)])
    if not found.mains:
        return None
    words = [name_of(word) for word in run_words(site.plan)]
    programs = {_program(site, each, found): each for each in found.mains}
    chosen = first_of(programs, (*words, slug(site.plan.name), "main", "app", "server"))
    return _start(site, f"{out}/{chosen}", f"main in {programs[chosen]}")


def _folder(out: str) -> Step:
    """The folder is known by one in it that never changes."""
    path = f"{out}/.made"
    made = Output(path=path, depth=0)
    return Step(id="folder", kind="prepare", argv=("mkdir", "-p", path), outputs=(made,), about="Making the folder")


def _sources(files: Files) -> _Sources:
    paths = with_ending(files, *SOURCES, ".c")
    kept = [path for path in paths if not _TESTS.search(path)] or list(paths)
    included = {name_of(name) for path in kept for _, name in includes(files.text(path) or "")}
    texts = {path: files.text(path) or "" for path in kept if name_of(path) not in included}
    mains = tuple(path for path, text in texts.items() if _MAIN.search(code_of(text)))
    headers = {path: files.text(path) or "" for path in with_ending(files, *HEADERS)}
    every = {name for text in (*texts.values(), *headers.values()) for _, name in includes(text)}
    own = {name for name in every if any(path == name or path.endswith(f"/{name}") for path in headers)}
    flags = library_flags(sorted(every - own))
    return _Sources(texts, mains, flags, _include_folders(texts, headers, every))


def _include_folders(texts: Mapping[str, str], headers: Mapping[str, str], every: set[str]) -> tuple[str, ...]:
    """The folders from which each included header of the project is found by the name it is included by."""
    found = {"."} if headers or len(texts) > 1 else set()
    for header in headers:
        for name in every:
            if header.endswith(f"/{name}"):
                found.add(header.removesuffix(f"/{name}") or ".")
    return tuple(sorted(found))


def _compile(site: Site, compiler: Tool | None, found: _Sources, path: str, target: str) -> Step:
    is_c = path.endswith(".c")
    name = _c_compiler(compiler) if is_c else (compiler.name if compiler else "g++")
    standard = () if is_c else (standard_flag((*found.texts.values(), *_header_texts(site.files))),)
    switches = [each for each in found.flags if not each.startswith("-l")]
    return Step(
        id=f"compile-{path}",
        kind="build",
        argv=(name, *standard, "-O2", *(f"-I{each}" for each in found.folders), *switches, "-c", path, "-o", target),
        tools=(compiler,) if compiler else (),
        inputs=(path, *(f"**/*{ending}" for ending in HEADERS)),
        outputs=(Output(path=target, depth=0),),
        after=("folder",),
        about=f"Compiling {path}",
    )


def _link(
    site: Site,
    compiler: Tool | None,
    found: _Sources,
    out: str,
    program: str,
    *,
    sources: Sequence[str] = (),
    objects: Sequence[str] = (),
) -> Step:
    only_c = bool(sources) and all(path.endswith(".c") for path in sources)
    standard = (standard_flag((*found.texts.values(), *_header_texts(site.files))),) if sources and not only_c else ()
    name = _c_compiler(compiler) if only_c else (compiler.name if compiler else "g++")
    options = (*standard, "-O2", *(f"-I{each}" for each in found.folders)) if sources else ()
    return Step(
        id=f"build-{program}",
        kind="build",
        argv=(name, *options, *sources, *objects, "-o", f"{out}/{program}", *found.flags),
        tools=(compiler,) if compiler else (),
        inputs=("**",) if sources else (),
        outputs=(Output(path=f"{out}/{program}", depth=0),),
        about=f"Building {program}",
    )


def _header_texts(files: Files) -> tuple[str, ...]:
    return tuple(files.text(path) or "" for path in with_ending(files, *HEADERS))


def _program(site: Site, main: str, found: _Sources) -> str:
    name = slug(site.plan.name) if len(found.mains) == 1 else name_of(main).rpartition(".")[0]
    return f"{name}.exe" if site.machine.system == "windows" else name


def _compilers(site: Site) -> tuple[str, ...]:
    chosen = site.machine.variable("CXX")
    names: tuple[str, ...] = ("g++", "clang++", "c++")
    if not with_ending(site.files, *SOURCES):
        names = (*names, "gcc", "clang", "cc")
    return (chosen, *names) if chosen and site.machine.tool(chosen) else names


def _compiler(site: Site) -> Tool | None:
    return next(filter(None, (site.machine.tool(name) for name in _compilers(site))), None)


def _c_compiler(compiler: Tool | None) -> str:
    name = compiler.name if compiler else "g++"
    return name.replace("clang++", "clang").replace("g++", "gcc").replace("c++", "cc")


def _tools(machine: Machine, *names: str) -> tuple[Tool, ...]:
    return tuple(each for each in (machine.tool(name) for name in names) if each)


def _start(site: Site, path: str, because: str) -> Start:
    texts = [site.files.text(each) or "" for each in with_ending(site.files, *SOURCES, ".c", *HEADERS)]
    serves = any(_SERVES.search(code_of(text)) for text in texts)
    line, arguments = run_of_missing_program(site)
    return Start(
        argv=(path if path.startswith("/") else f"./{path}", *arguments),
        instead_of=line,
        artifact=path,
        server=serves,
        port=literal_port(without_comments(text) for text in texts) if serves else 0,
        because=(because,),
    )


def _out(site: Site) -> str:
    """A directory for what is built that holds nothing of the plan."""
    start = f"{site.part.folder}/" if site.part.folder else ""
    taken = {each.path.removeprefix(start).partition("/")[0] for each in site.plan.files if each.path.startswith(start)}
    return next(each for each in ("build", "out", "dist", "cmake-build-release") if each not in taken)


def _with_tabs(text: str) -> str:
    """The Makefile with a tab before each line of a recipe."""
    lines, in_rule, continued = list[str](), False, False
    for line in text.split("\n"):
        if continued:
            pass
        elif in_rule and _RECIPE.match(line):
            line = "\t" + line.lstrip(" ")
        elif line.strip() and not line.startswith(("\t", "#", "ifeq", "ifneq", "ifdef", "ifndef", "else", "endif")):
            in_rule = _RULE.match(line) is not None
        continued = line.endswith("\\")
        lines.append(line)
    return "\n".join(lines)


def _lower_cmake(mending: Mending) -> None:
    """A newer CMake than the installed one is asked for by habit more often than by need."""
    text = mending.text("CMakeLists.txt")
    tool = mending.site.machine.tool("cmake")
    if text is None or tool is None:
        return
    installed = version_of(re.sub(r"^.*version ", "", mending.site.machine.version(tool), count=1))
    wanted = _MINIMUM.search(text)
    if wanted is None or not installed or version_of(wanted[2]) <= installed:
        return
    have = dotted(installed[:2])
    mended = _MINIMUM.sub(lambda found: f"{found[1]}{have}", text, count=1)
    what = f"CMake {wanted[2]} is asked for and {dotted(installed)} is installed: {have} is asked for instead"
    mending.rewrite("CMakeLists.txt", mended, rule="cmake-version", what=what)


STACK = CppStack()
