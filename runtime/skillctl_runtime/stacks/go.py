"""Go: modules by `go mod`, programs found by `go list`, built by `go build`.

1. A project without go.mod gets one: its module is named by what its files import of each other, else by the project.
2. `go mod tidy` finds what the imports need. Where nothing but the standard library is imported it isn't called.
   Its key is the plan's own go.mod and go.sum and the set of imports, so that a change inside functions calls only
   the compiler.
3. `go list` says which packages are programs. All are built; started is the one that the run line names, else that of
   the top folder, `cmd/<module>`, `cmd/{server,api,app,main}`, the first by name.
4. An unused import of the standard library is left out (`go_imports`).
5. cgo is off unless something needs it: a program that links no C runs anywhere and compiles in half the time.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping, Sequence

from skillctl.core.value import dataclass
from skillctl_runtime.plan import StackName
from skillctl_runtime.slug import slug
from skillctl_runtime.stack import Evidence, Files, Machine, Need, Output, Repaired, Site, Start, Step, Work, strongest
from skillctl_runtime.stacks.compiled import (
    HOW_TO_GET_C,
    Mending,
    digest,
    dotted,
    folder_of,
    literal_port,
    name_of,
    picked,
    planned,
    run_folder,
    run_of_missing_program,
    run_words,
    version_of,
    with_ending,
    without_comments,
)
from skillctl_runtime.stacks.go_imports import without_unused_imports

HOW = "install Go from https://go.dev/dl, or with the system's packages (`apt-get install golang`, `brew install go`)"

_PACKAGE = re.compile(r"^\s*package\s+(\w+)", re.MULTILINE)
_IMPORTS = re.compile(r'^\s*import\s*(?:\(([^)]*)\)|(?:[\w.]+\s+)?("[^"\n]+"))', re.MULTILINE)
_QUOTED = re.compile(r'"([^"\n]+)"')
_MODULE = re.compile(r'^\s*module\s+"?([^\s"]+)', re.MULTILINE)
_GO_DIRECTIVE = re.compile(r"^(\s*go[ \t]+)(\S+)", re.MULTILINE)
_USE = re.compile(r"^\s*use\s*(?:\(([^)]*)\)|(\S+))", re.MULTILINE)
_CONSTRAINT = re.compile(r"^//\s*\+?(?:go:)?build\s.*$", re.MULTILINE)
_NEEDS_C = (
    *("github.com/mattn/go-sqlite3", "github.com/confluentinc/confluent-kafka-go", "gocv.io/x/gocv", "fyne.io/fyne"),
    *("github.com/go-gl/", "github.com/hajimehoshi/ebiten", "github.com/veandco/go-sdl2", "github.com/gotk3/gotk3"),
    *("github.com/marcboeker/go-duckdb", "github.com/duckdb/duckdb-go", "github.com/gen2brain/raylib-go"),
    *("github.com/gordonklaus/portaudio", "github.com/google/gopacket/pcap", "github.com/diamondburned/gotk4"),
)
_SERVES = re.compile(
    r"\bListenAndServe(?:TLS)?\(|\bhttp\.Serve\(|\.Listener\(|\bnet\.Listen\(|\.Run\(\s*(?:\)|\"|addr|port|\":\")|"
    r"\.Listen\(|\.Start\(\s*\"?:|\bgrpc\.NewServer\("
)
_USUAL_BUILD = re.compile(
    r"go (?:mod (?:init(?: \S+)?|tidy|download)"
    r"|build(?: -v)?(?: -o (?:\./)?[\w.-]+)?(?: (?:\.|\./\.\.\.|(?:\./)?\w+\.go))?)"
)
_ERROR = re.compile(
    r"^(?:\S+\.(?:go|mod|work|s|c|h)(?::\d+)+: |go: (?!downloading|finding|found|added|creating|to add)|"
    r"package \S+ is not|panic: |fatal error|\S*: (?:cannot find|no required module|module .* found))"
)
_LIST = '{{if eq .Name "main"}}{{.ImportPath}} {{with .Module}}{{.Path}}{{end}}{{end}}'


@dataclass(frozen=True, slots=True)
class Program:
    """A package main."""

    folder: str
    """Relative to the part; empty is the top."""
    module: str

    @property
    def argument(self) -> str:
        """How the go command is told of it."""
        return f"./{self.folder}" if self.folder else "."

    @property
    def name(self) -> str:
        """What its executable is called."""
        name = name_of(self.folder) if self.folder else re.sub(r"/v\d+\Z", "", self.module).rpartition("/")[2]
        return name or "app"


class GoStack:
    """The Go stack."""

    name: StackName = "go"
    verbs: tuple[str, ...] = ("go", "gofmt", "air")

    def evidence(self, files: Files) -> Evidence | None:
        """go.mod and go.work are manifests; a package main at the top or under cmd is an entry."""
        sources = with_ending(files, ".go")
        manifests = tuple(name for name in ("go.work", "go.mod") if files.data(name) is not None)
        entries = tuple(path for path in sources if re.fullmatch(r"main\.go|cmd/(?:[^/]+/)?main\.go", path))
        count = len(sources)
        return strongest(self.name, files, manifests=manifests, entries=entries, count=count, are="end in .go")

    def repaired(self, site: Site) -> Repaired:
        """A go.mod where there is none, what the plan asks for by name required in it, versions that exist."""
        mending = Mending(site)
        mending.take_builds(_USUAL_BUILD)
        if not _modules(site.files) and with_ending(site.files, ".go"):
            _add_module(mending)
        _require_packages(mending)
        _mend_directive(mending)
        _drop_imports(mending)
        return mending.repaired

    def needs(self, site: Site) -> Sequence[Need]:
        """The go command; a C compiler only where something is C."""
        needs = [Need(any_of=("go",), why="Go sources are built by it", how=HOW)]
        if _links_c(site.files) and not site.machine.variable("CC"):
            why = "a package of this project is C (cgo)"
            needs.append(Need(any_of=("gcc", "clang", "cc"), why=why, how=HOW_TO_GET_C))
        return needs

    def work(self, site: Site) -> Work:
        """Modules, programs, executables."""
        go = _Go(site)
        for folder in go.untidy_folders:
            yield go.tidy(folder)
        if go.is_workspace and go.reaches_out:
            yield go.sync()
        listed = yield go.list()
        programs = go.programs(listed.stdout)
        if not programs:
            yield go.check()
            return None
        chosen = _chosen(programs, site)
        yield go.build(programs, chosen)
        return go.start(chosen)

    def complaint(self, output: str) -> str:
        """`file:line:col: …` of the compiler, `go: …` of the module loader."""
        return picked(output, _ERROR, belongs=re.compile(r"^[\t ]"))

    def missing_module(self, output: str) -> str:
        """Nothing: what is missing is seen when building."""
        del output
        return ""


class _Go:
    """The steps of one part."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.files = site.files
        tool = site.machine.tool("go")
        self.tools = (tool,) if tool else ()
        self.sources = with_ending(site.files, ".go")
        self.modules = _modules(site.files)
        self.is_workspace = site.files.data("go.work") is not None
        self.headers = {path: _header(site.files.text(path) or "") for path in self.sources}
        self.env = _environment(site.machine, _links_c(site.files))

    @property
    def reaches_out(self) -> bool:
        """Is something imported or required that is neither of this project nor of Go itself?"""
        names = {name for _, imports, _ in self.headers.values() for name in imports}
        return any(_is_foreign(name, self.modules.values()) for name in names) or any(
            re.search(r"^\s*require\b", without_comments(self.files.text(_in(folder, "go.mod")) or ""), re.MULTILINE)
            for folder in self.modules
        )

    @property
    def untidy_folders(self) -> tuple[str, ...]:
        """Folders of modules whose go.mod has to be brought in line with what is imported."""
        if self.files.data("vendor/modules.txt") is not None or self.is_workspace or not self.reaches_out:
            return ()
        return tuple(self.modules) if len(self.modules) == 1 else ("",) if "" in self.modules else ()

    def tidy(self, folder: str) -> Step:
        manifest, sums = _in(folder, "go.mod"), _in(folder, "go.sum")
        imports = sorted({name for _, names, _ in self.headers.values() for name in names})
        tests = [path for path in self.sources if path.endswith("_test.go")]
        return Step(
            id="go-mod-tidy",
            kind="install",
            argv=("go", "mod", "tidy"),
            tools=self.tools,
            cwd=folder,
            env=self.env,
            also=(digest(planned(self.site, manifest), planned(self.site, sums)), digest(*imports), digest(*tests)),
            outputs=(Output(path=manifest, depth=0), Output(path=sums, depth=0)),
            network=True,
            writes_project=(manifest, sums),
            about="Finding the modules that are imported",
        )

    def sync(self) -> Step:
        imports = sorted({name for _, names, _ in self.headers.values() for name in names})
        manifests = ("go.work", *(_in(folder, "go.mod") for folder in self.modules))
        return Step(
            id="go-work-download",
            kind="install",
            argv=("go", "mod", "download"),
            tools=self.tools,
            env=self.env,
            also=(digest(*(planned(self.site, each) for each in manifests)), digest(*imports)),
            outputs=(Output(path="go.work.sum", depth=0),),
            network=True,
            writes_project=("go.work.sum",),
            about="Fetching the modules of the workspace",
        )

    def list(self) -> Step:
        shape = [f"{path} {package} {constraint}" for path, (package, _, constraint) in self.headers.items()]
        return Step(
            id="go-list",
            kind="look",
            argv=("go", "list", "-e", "-f", _LIST, *self._patterns()),
            tools=self.tools,
            env=self.env,
            inputs=("go.work", "go.mod", "**/go.mod"),
            also=(digest(*shape),),
            network=True,
            about="Finding the programs",
        )

    def programs(self, listed: str) -> tuple[Program, ...]:
        """What `go list` said, by the folders of the modules; what the sources say where it had nothing to say."""
        found = []
        folders = {module: folder for folder, module in self.modules.items()}
        for line in listed.splitlines():
            path, _, module = line.strip().partition(" ")
            if not path or (module and module not in folders):
                continue
            inside = path.removeprefix(module).strip("/") if module else ""
            found.append(Program(_in(folders.get(module, ""), inside).strip("/"), module))
        if not found:
            mains = {folder_of(path) for path, (package, _, _) in self.headers.items() if package == "main"}
            found = [Program(folder, next(iter(self.modules.values()), "")) for folder in mains]
        return tuple(sorted(set(found), key=lambda each: each.folder))

    def build(self, programs: Sequence[Program], chosen: Program) -> Step:
        names = [each.name for each in programs]
        together = len(programs) > 1 and len(set(names)) == len(names)
        target = f"{self.out}/" if together else f"{self.out}/{chosen.name}"
        built = programs if together else (chosen,)
        return Step(
            id="go-build",
            kind="build",
            argv=("go", "build", "-buildvcs=false", "-o", target, *(each.argument for each in built)),
            tools=self.tools,
            env=self.env,
            inputs=self._inputs(),
            outputs=tuple(Output(path=f"{self.out}/{self._file(each.name)}", depth=0) for each in built),
            network=True,
            about=f"Building {', '.join(each.name for each in built)}",
        )

    def check(self) -> Step:
        return Step(
            id="go-build",
            kind="build",
            argv=("go", "build", "-buildvcs=false", *self._patterns()),
            tools=self.tools,
            env=self.env,
            inputs=self._inputs(),
            network=True,
            about="Compiling the packages",
        )

    def start(self, chosen: Program) -> Start:
        binary = f"{self.out}/{self._file(chosen.name)}"
        texts = [self.files.text(path) or "" for path in self.sources if not path.endswith("_test.go")]
        serves = any(_SERVES.search(without_comments(text)) for text in texts)
        line, arguments = _same_as_run(self.site, chosen)
        if not line:
            line, arguments = run_of_missing_program(self.site)
        return Start(
            argv=(f"./{binary}", *arguments),
            instead_of=line,
            artifact=binary,
            server=serves,
            port=literal_port(texts) if serves else 0,
            because=(f"package main in {chosen.argument}",),
        )

    @property
    def out(self) -> str:
        """A folder for executables that holds nothing of the plan."""
        return next(each for each in ("build", "out", "dist", "go-build") if not self.files_in(each))

    def files_in(self, folder: str) -> bool:
        """Does the plan write into that folder?"""
        start = f"{self.site.part.folder}/{folder}/".lstrip("/")
        return any(each.path.startswith(start) for each in self.site.plan.files)

    def _file(self, name: str) -> str:
        return f"{name}.exe" if self.site.machine.system == "windows" else name

    def _patterns(self) -> tuple[str, ...]:
        if not self.is_workspace:
            return ("./...",)
        return tuple(f"./{folder}/..." if folder else "./..." for folder in self.modules)

    def _inputs(self) -> tuple[str, ...]:
        embeds = any("//go:embed" in (self.files.text(path) or "") for path in self.sources)
        if embeds:
            return ("**",)
        manifests = ("**/go.mod", "**/go.sum", "go.work", "go.work.sum", "vendor/**")
        return ("**/*.go", *manifests, *(f"**/*.{ending}" for ending in ("s", "c", "h", "cc", "cpp", "hpp")))


def _in(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _header(text: str) -> tuple[str, tuple[str, ...], str]:
    """Package, imports and build constraints of a source."""
    constraints = "\n".join(_CONSTRAINT.findall(text))
    plain = without_comments(text)
    package = _PACKAGE.search(plain)
    imports = [name for many, one in _IMPORTS.findall(plain) for name in _QUOTED.findall(many or one)]
    return package[1] if package else "", tuple(imports), constraints


def _modules(files: Files) -> Mapping[str, str]:
    """Folder -> module, of the project itself: those that go.work uses, else that of the top."""
    work = files.text("go.work")
    folders = [""]
    if work is not None:
        named = [each for many, one in _USE.findall(without_comments(work)) for each in (many or one).split()]
        folders = [each.strip('"').removeprefix("./").strip("/").removeprefix(".") for each in named]
    found = {}
    for folder in folders:
        text = files.text(_in(folder, "go.mod"))
        if text is not None:
            module = _MODULE.search(without_comments(text))
            found[folder] = module[1] if module else ""
    return found


def _is_foreign(name: str, modules: Collection[str]) -> bool:
    """Neither of the standard library nor of one of these modules."""
    if any(name == each or name.startswith(f"{each}/") for each in modules if each):
        return False
    return "." in name.partition("/")[0]


def _links_c(files: Files) -> bool:
    for path in with_ending(files, ".go"):
        _, imports, _ = _header(files.text(path) or "")
        if any(name == "C" or name.startswith(_NEEDS_C) for name in imports):
            return True
    return any(each in (files.text("go.mod") or "") for each in _NEEDS_C)


def _environment(machine: Machine, links_c: bool) -> Mapping[str, str]:
    if links_c:
        return {"CGO_ENABLED": "1"}
    return {} if machine.variable("CGO_ENABLED") else {"CGO_ENABLED": "0"}


def _add_module(mending: Mending) -> None:
    files = mending.site.files
    folders = {folder_of(path) for path in with_ending(files, ".go")}
    imports = {name for path in with_ending(files, ".go") for name in _header(files.text(path) or "")[1]}
    name = _module_by_imports(imports, folders - {""}) or slug(mending.plan.name)
    version = _installed(mending.site.machine)[:2] or (1, 21)
    text = f"module {name}\n\ngo {dotted(version)}\n"
    what = f"`go.mod` was missing: the module is `{name}`, for Go {dotted(version)}"
    mending.add("go.mod", text, rule="missing-go-mod", what=what)


def _drop_imports(mending: Mending) -> None:
    """Unused imports are errors to the compiler and nothing to anybody else."""
    for path in with_ending(mending.site.files, ".go"):
        text, dropped = without_unused_imports(mending.text(path) or "")
        if dropped:
            what = f"`{'`, `'.join(dropped)}` is imported and not used, and is left out"
            mending.rewrite(path, text, rule="unused-import", what=what)


def _module_by_imports(imports: set[str], folders: set[str]) -> str:
    """The module that the files believe to be in: `shop` where `shop/internal/store` is imported and is a folder."""
    found: dict[str, int] = {}
    for name in imports:
        for folder in folders:
            if name.endswith(f"/{folder}"):
                module = name.removesuffix(f"/{folder}")
                found[module] = found.get(module, 0) + len(folder)
    return max(sorted(found), key=lambda each: found[each], default="")


def _require_packages(mending: Mending) -> None:
    """Packages of the plan that name a version are required at it; without one the imports find the newest."""
    site = mending.site
    if site.several and not site.part.primary:
        return
    text = mending.text("go.mod")
    if text is None:
        return
    lines = []
    for each in site.plan.dependencies.packages:
        name, version = [*re.split(r"\s*@\s*|\s+|==", each.strip(), maxsplit=1), ""][:2]
        known = re.search(rf"(?m)^\s*(?:require\s+)?{re.escape(name)}\s+v", text)
        if version and version != "latest" and "." in name and not known:
            lines.append(f"require {name} v{version.removeprefix('v')}")
    if lines:
        what = f"`go.mod` requires what the plan depends on: {', '.join(each[8:] for each in lines)}"
        mending.rewrite("go.mod", text.rstrip() + "\n\n" + "\n".join(lines) + "\n", rule="required", what=what)


def _mend_directive(mending: Mending) -> None:
    """`go 1.x` and `go latest` name no version; one newer than the installed Go is said, for Go itself decides."""
    text = mending.text("go.mod")
    directive = _GO_DIRECTIVE.search(without_comments(text)) if text is not None else None
    installed = _installed(mending.site.machine)
    if text is None or directive is None or not installed:
        return
    if not re.fullmatch(r"\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)?", directive[2]):
        plain = version_of(directive[2])[:2]
        wanted = dotted(plain if len(plain) == 2 else installed[:2])
        mended = _GO_DIRECTIVE.sub(lambda found: f"{found[1]}{wanted}", text, count=1)
        what = f"`go {directive[2]}` is no version: `go {wanted}`"
        mending.rewrite("go.mod", mended, rule="go-directive", what=what)
    elif version_of(directive[2]) > installed:
        what = (
            f"`go.mod` asks for Go {directive[2]}, and {dotted(installed)} is installed: it is fetched only where "
            "Go's own setting GOTOOLCHAIN lets it"
        )
        mending.advise(what, rule="newer-go", file="go.mod")


def _installed(machine: Machine) -> tuple[int, ...]:
    tool = machine.tool("go")
    return version_of(machine.version(tool, "version").removeprefix("go version ")) if tool else ()


def _chosen(programs: Sequence[Program], site: Site) -> Program:
    """The program to start."""
    by_folder = {each.folder: each for each in programs}
    named, _ = _run_of(site)
    preferred = [named] if named is not None else []
    name = re.sub(r"/v\d+\Z", "", programs[0].module).rpartition("/")[2]
    preferred += ["", f"cmd/{name}", *(f"cmd/{each}" for each in ("server", "api", "app", "main")), "cmd"]
    return next((by_folder[each] for each in preferred if each in by_folder), programs[0])


_RUN_FLAGS = re.compile(r"-(?:race|v|x|a|n|work|trimpath|mod=\w+|buildvcs=\w+|tags=\S+)\Z")


def _run_of(site: Site) -> tuple[str | None, tuple[str, ...]]:
    """The folder of the program that `go run` names, and its arguments; None where the line is no such one."""
    words = run_words(site.plan)
    base = run_folder(site)
    if words[:2] != ("go", "run") or base is None:
        return None, ()
    rest = list(words[2:])
    while rest and _RUN_FLAGS.match(rest[0]):
        rest.pop(0)
    named = 0
    while named < len(rest) and rest[named].endswith(".go"):
        named += 1
    places = rest[: named or 1]
    found = {folder_of(each) if each.endswith(".go") else each for each in places} or {""}
    if len(found) > 1:
        return None, ()
    folder = posixpath.normpath(posixpath.join(base, found.pop()))
    return "" if folder == "." else folder, tuple(rest[len(places) :])


def _same_as_run(site: Site, chosen: Program) -> tuple[str, tuple[str, ...]]:
    """The run line that the built program stands for, and the arguments in it."""
    folder, arguments = _run_of(site)
    return (site.plan.run[-1], arguments) if folder == chosen.folder else ("", ())


STACK = GoStack()
