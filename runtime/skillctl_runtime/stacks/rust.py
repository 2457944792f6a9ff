"""Rust: crates by `cargo fetch`, programs by `cargo metadata`, built by `cargo build --release`.

1. Sources without Cargo.toml get one: a program for each file with a `main`. Crates that are used and not declared are
   added from a curated list; any other name is said and left alone.
2. A main.rs beside Cargo.toml instead of in src is named in it.
3. Started is the program that the run line names, else `default-run`, the one named as its package, the first one, of
   the default members first.
4. A toolchain that is asked for by file is taken where rustup has it; else the default one builds, and that is said.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence

from skillctl.core.value import dataclass
from skillctl_runtime.plan import Advice, Plan, StackName
from skillctl_runtime.slug import slug
from skillctl_runtime.stack import Evidence, Files, Machine, Need, Output, Repaired, Site, Start, Step, Work, strongest
from skillctl_runtime.stacks.compiled import (
    HOW_TO_GET_C,
    Mending,
    code_of,
    digest,
    dotted,
    first_of,
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
)
from skillctl_runtime.stacks.rust_crates import CRATES, crates_used

HOW = "install Rust with rustup, from https://rustup.rs, or with the system's packages (`apt-get install cargo`)"

_MAIN = re.compile(r"^\s*(?:pub\s+)?(?:async\s+)?fn\s+main\s*\(", re.MULTILINE)
_MODULE = re.compile(r"^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;", re.MULTILINE)
_LATEST = re.compile(r"""^(\s*[\w-]+\s*=\s*(?:\{[^}\n]*?version\s*=\s*)?)["'](?:latest|newest)["']""", re.MULTILINE)
_SERVES = re.compile(
    r"TcpListener::bind|HttpServer::new|axum::serve|Server::bind|Server::http|rocket::(?:build|ignite|launch)|"
    r"#\[launch\]|warp::serve|tonic::transport::Server|UdpSocket::bind"
)
_USUAL_BUILD = re.compile(r"cargo (?:fetch|check|build(?: --release| -r| --locked| --quiet| -q)*)")
_ERROR = re.compile(r"^(?:error(?:\[E\d+\])?(?::|\s)|error$)")
_OTHER_BUILD = re.compile(r"--(?:example|features|all-features|no-default-features|target|manifest-path|profile)\b|-F")
_NO_DETAIL = re.compile(r"^error: (?:could not compile|aborting due to|build failed)")


@dataclass(frozen=True, slots=True)
class Program:
    """A target of kind bin."""

    name: str
    package: str
    is_default_member: bool
    default_run: str


class RustStack:
    """The Rust stack."""

    name: StackName = "rust"
    verbs: tuple[str, ...] = ("cargo", "rustc", "rustup")

    def evidence(self, files: Files) -> Evidence | None:
        """Cargo.toml is the manifest; main.rs at the top or in src is an entry."""
        sources = with_ending(files, ".rs")
        manifests = ("Cargo.toml",) if files.data("Cargo.toml") is not None else ()
        entries = tuple(path for path in ("main.rs", "src/main.rs") if path in sources)
        count = len(sources)
        return strongest(self.name, files, manifests=manifests, entries=entries, count=count, are="end in .rs")

    def repaired(self, site: Site) -> Repaired:
        """A Cargo.toml where there is none, its programs and crates named in it, versions that mean something."""
        mending = Mending(site)
        mending.take_builds(_USUAL_BUILD)
        if site.files.data("Cargo.toml") is None:
            _add_manifest(mending)
        else:
            _mend_manifest(mending)
        _say_versions(mending)
        return mending.repaired

    def needs(self, site: Site) -> Sequence[Need]:
        """Cargo, and a linker where nothing else is configured."""
        del site
        return (
            Need(any_of=("cargo",), why="Rust sources are built by it", how=HOW),
            Need(any_of=("cc", "gcc", "clang", "link"), why="Rust programs are linked by it", how=HOW_TO_GET_C),
        )

    def work(self, site: Site) -> Work:
        """Crates, programs, executables."""
        cargo = _Cargo(site)
        if cargo.wanted_toolchain:
            known = yield cargo.toolchains()
            cargo.settle(known.stdout if known.ok else "")
        yield cargo.fetch()
        described = yield cargo.metadata()
        programs = _programs(described.stdout)
        if not programs:
            yield cargo.build(None)
            return None
        chosen = _chosen(programs, site.plan)
        yield cargo.build(chosen)
        return cargo.start(chosen)

    def complaint(self, output: str) -> str:
        """`error[E…]` with the lines of code below it; what cargo sums up last is left out where there is more."""
        lines = [line for line in output.splitlines() if not _NO_DETAIL.match(line)]
        detailed = "\n".join(lines)
        found = any(_ERROR.match(line) for line in lines)
        return picked(detailed if found else output, _ERROR, belongs=re.compile(r"\S"))

    def missing_module(self, output: str) -> str:
        """Nothing: what is missing is seen when building."""
        del output
        return ""


class _Cargo:
    """The steps of one part."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.files = site.files
        self.env: dict[str, str] = {"CARGO_TARGET_DIR": "target"}
        self.advice: list[Advice] = []
        tools = (site.machine.tool("cargo"), site.machine.tool("rustc"))
        self.tools = tuple(each for each in tools if each)
        self.rustup = site.machine.tool("rustup")
        self.wanted_toolchain = _wanted_toolchain(site.files) if self.rustup else ""

    def toolchains(self) -> Step:
        return Step(
            id="rustup-toolchains",
            kind="look",
            argv=("rustup", "toolchain", "list"),
            tools=(self.rustup,) if self.rustup else (),
            inputs=("rust-toolchain", "rust-toolchain.toml"),
            may_fail=True,
            cached=False,
            about="Looking for the toolchain that is asked for",
        )

    def settle(self, listed: str) -> None:
        """Take the default toolchain where the one that is asked for is not here."""
        names = [line.split()[0] for line in listed.splitlines() if line.strip()]
        if not names or any(re.match(rf"{re.escape(self.wanted_toolchain)}(?:-|\Z)", each) for each in names):
            return
        default = next((line.split()[0] for line in listed.splitlines() if "default" in line), names[0])
        self.env["RUSTUP_TOOLCHAIN"] = default
        what = f"the toolchain `{self.wanted_toolchain}` is asked for and not installed: `{default}` builds instead"
        self.advice.append(Advice(rule="toolchain-not-here", what=what))

    def fetch(self) -> Step:
        return Step(
            id="cargo-fetch",
            kind="install",
            argv=("cargo", "fetch"),
            tools=self.tools,
            env=self.env,
            inputs=("**/Cargo.toml", ".cargo/*"),
            also=(digest(planned(self.site, "Cargo.lock")),),
            outputs=(Output(path="Cargo.lock", depth=0),),
            network=True,
            writes_project=("Cargo.lock",),
            about="Fetching crates",
        )

    def metadata(self) -> Step:
        places = [
            path for path in with_ending(self.files, ".rs") if re.search(r"(?:^|/)(?:main|lib)\.rs\Z|/bin/", path)
        ]
        return Step(
            id="cargo-metadata",
            kind="look",
            argv=("cargo", "metadata", "--no-deps", "--format-version", "1"),
            tools=self.tools,
            env=self.env,
            inputs=("**/Cargo.toml", ".cargo/*"),
            also=(digest(*places),),
            about="Finding the programs",
        )

    def build(self, chosen: Program | None) -> Step:
        outside = chosen is not None and not chosen.is_default_member
        return Step(
            id="cargo-build",
            kind="build",
            argv=("cargo", "build", "--release", *(("--package", chosen.package) if chosen and outside else ())),
            tools=self.tools,
            env=self.env,
            inputs=("**",),
            outputs=(Output(path=self.binary(chosen), depth=0),) if chosen else (Output(path="target/release"),),
            network=True,
            about=f"Building {chosen.name}" if chosen else "Building the library",
        )

    def start(self, chosen: Program) -> Start:
        texts = [self.files.text(path) or "" for path in with_ending(self.files, ".rs")]
        serves = any(_SERVES.search(code_of(text)) for text in texts)
        line, arguments = _same_as_run(self.site, chosen)
        if not line:
            line, arguments = run_of_missing_program(self.site)
        return Start(
            argv=(f"./{self.binary(chosen)}", *arguments),
            instead_of=line,
            artifact=self.binary(chosen),
            server=serves,
            port=literal_port(texts) if serves else 0,
            because=(f"the program `{chosen.name}` of the package `{chosen.package}`",),
            advice=tuple(self.advice),
        )

    def binary(self, program: Program | None) -> str:
        name = program.name if program else ""
        return f"target/release/{name}.exe" if self.site.machine.system == "windows" else f"target/release/{name}"


def _programs(described: str) -> tuple[Program, ...]:
    """The programs of `cargo metadata`, those of default members first."""
    try:
        answer = json.loads(described[described.index("{") :])
    except ValueError:
        return ()
    members = set(answer.get("workspace_members", ()))
    defaults = set(answer.get("workspace_default_members", members))
    found = [
        Program(target["name"], package["name"], package["id"] in defaults, package.get("default_run") or "")
        for package in answer.get("packages", ())
        if package["id"] in members
        for target in package["targets"]
        if "bin" in target["kind"]
    ]
    return tuple(sorted(found, key=lambda each: not each.is_default_member))


def _chosen(programs: Sequence[Program], plan: Plan) -> Program:
    """The program to start."""
    wanted = _named_in_run(run_words(plan))
    for key in ("--bin", "--package"):
        named = [each for each in programs if wanted.get(key) == (each.name if key == "--bin" else each.package)]
        if named:
            programs = named
    by_name = {each.name: each for each in reversed(programs)}
    defaults = [each.default_run for each in programs if each.default_run]
    return by_name[first_of((each.name for each in programs), (*defaults, *(each.package for each in programs)))]


def _named_in_run(words: Sequence[str]) -> Mapping[str, str]:
    """`--bin x` and `--package y` of a `cargo run` line."""
    if words[:2] != ("cargo", "run"):
        return {}
    short = {"-p": "--package"}
    found: dict[str, str] = {}
    for at, word in enumerate(words):
        if word == "--":
            break
        name, _, value = word.partition("=")
        name = short.get(name, name)
        if name in ("--bin", "--package"):
            found[name] = value or (words[at + 1] if at + 1 < len(words) else "")
    return found


def _same_as_run(site: Site, chosen: Program) -> tuple[str, tuple[str, ...]]:
    """The run line that the built program stands for, and the arguments in it."""
    words = run_words(site.plan)
    if words[:2] != ("cargo", "run") or run_folder(site) != "":
        return "", ()
    end = words.index("--") if "--" in words else len(words)
    if any(_OTHER_BUILD.match(each) for each in words[2:end]):
        return "", ()
    wanted = _named_in_run(words)
    if wanted.get("--bin", chosen.name) != chosen.name or wanted.get("--package", chosen.package) != chosen.package:
        return "", ()
    return site.plan.run[-1], words[end + 1 :]


def _wanted_toolchain(files: Files) -> str:
    """The channel of rust-toolchain(.toml)."""
    text = files.text("rust-toolchain.toml") or files.text("rust-toolchain") or ""
    found = re.search(r"""channel\s*=\s*["']([^"']+)""", text)
    if found:
        return found[1]
    return text.strip() if re.fullmatch(r"[\w.-]+", text.strip()) else ""


def _add_manifest(mending: Mending) -> None:
    """A Cargo.toml for sources alone: a program for each file with a main that no other file has as its module."""
    site = mending.site
    sources = [
        path for path in with_ending(site.files, ".rs") if not path.startswith(("tests/", "benches/", "examples/"))
    ]
    if not sources:
        return
    texts = {path: site.files.text(path) or "" for path in sources}
    modules = {name for text in texts.values() for name in _MODULE.findall(code_of(text))}
    mains = [path for path in sources if _MAIN.search(code_of(texts[path])) and _stem(path) not in modules]
    package = _package_name(site.plan.name)
    lines = ["[package]", f'name = "{package}"', 'version = "0.1.0"', 'edition = "2021"', ""]
    usual = [path for path in mains if path == "src/main.rs" or re.fullmatch(r"src/bin/[^/]+\.rs", path)]
    for path in mains:
        if path not in usual:
            name = package if _stem(path) == "main" else _package_name(_stem(path))
            lines += ["[[bin]]", f'name = "{name}"', f'path = "{path}"', ""]
    if not mains and "src/lib.rs" not in sources:
        library = next((path for path in sources if _stem(path) == "lib"), sources[0])
        lines += ["[lib]", f'path = "{library}"', ""]
    lines += ["[dependencies]", *_dependencies(mending, set())]
    mending.add(
        "Cargo.toml",
        "\n".join(lines) + "\n",
        rule="missing-cargo-toml",
        what=f"`Cargo.toml` was missing: the package is `{package}`",
    )


def _mend_manifest(mending: Mending) -> None:
    text = mending.text("Cargo.toml") or ""
    latest = _LATEST.sub(r'\1"*"', text)
    if latest != text:
        text = latest
        mending.rewrite("Cargo.toml", text, rule="latest", what='a version `latest` is written `"*"`')
    try:
        manifest = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # cargo says where
    if "package" not in manifest:
        return
    files = mending.site.files
    targets = [path for path in ("src/main.rs", "src/lib.rs") if files.data(path) is not None]
    if not (targets or manifest.get("bin") or manifest.get("lib") or any(files.found("src/bin/**"))):
        main = next((path for path in with_ending(files, ".rs") if _stem(path) == "main"), "")
        if main:
            text = f'{text.rstrip()}\n\n[[bin]]\nname = "{manifest["package"].get("name", "app")}"\npath = "{main}"\n'
            what = f"`{main}` lies where cargo does not look, and is named in `Cargo.toml`"
            mending.rewrite("Cargo.toml", text, rule="program-named", what=what)
    added = _dependencies(mending, _declared(manifest))
    if added:
        names = ", ".join(f"`{line.partition(' =')[0]}`" for line in added)
        mended = _with_dependencies(text, added)
        what = f"used and not declared, so added to `Cargo.toml`: {names}"
        mending.rewrite("Cargo.toml", mended, rule="missing-crate", what=what)


def _declared(manifest: Mapping[str, object]) -> set[str]:
    """Names of crates in code that a manifest declares anywhere, its own library among them."""
    found = set[str]()
    for key, value in manifest.items():
        if key.endswith("dependencies") and isinstance(value, Mapping):
            found |= {str(name).replace("-", "_") for name in value}
        elif isinstance(value, Mapping) and key in ("target", "workspace"):
            for inner in value.values():
                found |= _declared(inner) if isinstance(inner, Mapping) else set()
            found |= _declared(value)
        elif key in ("package", "lib") and isinstance(value, Mapping):
            found.add(str(value.get("name", "")).replace("-", "_"))
    return found


def _dependencies(mending: Mending, declared: set[str]) -> list[str]:
    """Lines of Cargo.toml for what the plan asks for and what the code uses, but for what is declared."""
    site = mending.site
    lines: dict[str, str] = {}
    if site.part.primary or not site.several:
        for each in site.plan.dependencies.packages:
            name, version = [*re.split(r"\s*(?:@|==?|\s)\s*", each.strip(), maxsplit=1), ""][:2]
            known = CRATES.get(name.replace("-", "_"), "")
            plain = f'{name} = "{version or "*"}"'
            lines[name.replace("-", "_")] = known if known and not version else plain
    sources = [path for path in with_ending(site.files, ".rs") if folder_of(path) in ("", "src") or "src/" in path]
    members = site.files.found("*/**/Cargo.toml")
    own = [path for path in sources if not any(path.startswith(f"{folder_of(each)}/") for each in members)]
    local = {_stem(path) for path in sources} | {name_of(folder_of(path)) for path in sources}
    for name in sorted(crates_used(site.files.text(path) or "" for path in own) - declared - local):
        if name in CRATES:
            lines.setdefault(name, CRATES[name])
        elif name not in lines:
            what = f"the crate `{name}` is used and not declared; it is not one that is added by itself"
            mending.advise(what, rule="unknown-crate", file="Cargo.toml")
    return [line for name, line in sorted(lines.items()) if name not in declared]


def _with_dependencies(text: str, lines: Sequence[str]) -> str:
    """The manifest with these lines at the head of its dependencies."""
    head = re.search(r"^\[dependencies\][ \t]*(?:#.*)?$", text, re.MULTILINE)
    block = "\n".join(lines)
    if head is None:
        return f"{text.rstrip()}\n\n[dependencies]\n{block}\n"
    return f"{text[: head.end()]}\n{block}{text[head.end() :]}"


def _say_versions(mending: Mending) -> None:
    """A newer Rust than the installed one is asked for: cargo will refuse, and says it less early."""
    text = mending.text("Cargo.toml") or ""
    wanted = re.search(r"""^\s*rust-version\s*=\s*["']([\d.]+)""", text, re.MULTILINE)
    installed = _installed(mending.site.machine)
    if wanted and installed and version_of(wanted[1]) > installed:
        what = f"`Cargo.toml` asks for Rust {wanted[1]}, and {dotted(installed)} is installed"
        mending.advise(what, rule="newer-rust", file="Cargo.toml")


def _installed(machine: Machine) -> tuple[int, ...]:
    tool = machine.tool("cargo")
    return version_of(machine.version(tool).removeprefix("cargo ")) if tool else ()


def _stem(path: str) -> str:
    return name_of(path).removesuffix(".rs")


def _package_name(name: str) -> str:
    """A name that cargo takes: no dots, no digit first, none of its own words."""
    made = re.sub(r"[^a-z0-9_-]", "-", slug(name)).strip("-_") or "app"
    return (
        f"app-{made}" if made[0].isdigit() or made in ("test", "core", "std", "proc-macro", "build", "deps") else made
    )


STACK = RustStack()
