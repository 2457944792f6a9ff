"""`make bench`: every figure in one run, beside the bare tools on the same trees and the same disk.

    python -m tests.bench [--only start-up|hooks|packs|git|validate|resolve|afar|signed|publish|index|serve|oci|search|
                           runtime|policy] [--packs 1,100,1000] [--index 100000] [--repeat 5] [--dir DIR]

Machines are noisy: read the ratios and the CPU times, and run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from skillctl.app.registries import default_registry
from skillctl.app.validate import ValidateRequest, validate
from skillctl.core.errors import ResolveError
from skillctl.core.manifest import MANIFEST_FILE
from skillctl.core.settings import Directories, Settings
from skillctl.resolve.answer import Conflict, Solution
from skillctl.resolve.solver import resolve
from skillctl_registry.opening import open_backend
from skillctl_registry.packs import read_manifest, read_pack_files, release_of
from skillctl_registry.publish import publish
from tests.bench.clock import Measure, in_process, repeated, run
from tests.bench.distance import from_afar
from tests.bench.environments import environments
from tests.bench.git_sources import git_sources
from tests.bench.graphs import Graph, late_conflicts, synthetic
from tests.bench.hundred_thousand import VERSIONS, many_packs
from tests.bench.incremental import incremental
from tests.bench.oci_blobs import oci_blobs
from tests.bench.overhead import overhead
from tests.bench.packs import pack_name, write_packs
from tests.bench.policies import policies
from tests.bench.publishing import publishing
from tests.bench.searching import PACKS, searching
from tests.bench.serving import under_load
from tests.bench.signatures import signatures
from tests.bench.table import Row, milliseconds, printed

SKILLCTL = [sys.executable, "-m", "skillctl"]
GIVE_UP = 30.0  # seconds of CPU that a graph may take


class Bench:
    """A home of its own, with a registry and a project, in a temporary directory."""

    def __init__(self, root: Path, repeat: int) -> None:
        self.root = root
        self.repeat = repeat
        self.packs = root / "packs"
        self.project = root / "project"
        places = {name: str(root / name.lower()) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
        self.settings = Settings(
            directories=Directories(
                home=str(root / "home"),
                config=places["CONFIG"],
                data=places["DATA"],
                cache=places["CACHE"],
                state=places["STATE"],
            )
        )
        self.env = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(root / "home"),
            "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
            **{f"SKILLCTL_{name}_DIR": place for name, place in places.items()},
        }

    def skillctl(self, *arguments: str) -> Measure:
        """One command in the project."""
        return run([*SKILLCTL, *arguments], cwd=self.project, env=self.env)

    def measured(self, before: Callable[[], None], *arguments: str) -> Measure:
        """The median of a command."""
        return repeated(self.repeat, before, lambda: self.skillctl(*arguments))

    def tool(self, before: Callable[[], None], *argv: str) -> Measure:
        """The median of a bare tool."""
        return repeated(self.repeat, before, lambda: run(argv, cwd=self.root, env=self.env))


def start_up(bench: Bench) -> list[Row]:
    """What every command pays."""
    rows = []
    bench.project.mkdir()
    for flag in ("--version", "--help"):
        found = repeated(3 * bench.repeat, _nothing, lambda flag=flag: bench.skillctl(flag))  # type: ignore[misc]
        rows.append(Row(f"`skillctl {flag}`, CPU", milliseconds(found.cpu), "100 ms", found.cpu <= 0.1))
    bare = repeated(3 * bench.repeat, _nothing, lambda: run([sys.executable, "-c", ""], cwd=bench.root, env=bench.env))
    rows.append(Row("the bare interpreter, CPU", milliseconds(bare.cpu)))
    return rows


def hooks(bench: Bench) -> list[Row]:
    """What an agent's client waits for at each of its hooks, in a project with an installed pack."""
    write_packs(bench.packs, 1)
    _publish_all(bench, 1)
    _project(bench, 1)
    bench.skillctl("install")
    (skill,) = (each.name for each in (bench.project / ".claude" / "skills").iterdir())
    cases: list[tuple[str, str, dict[str, object]]] = [
        ("PreToolUse of a command", "PreToolUse", _tool("Bash", command="make -j8 && git status | head > out.txt")),
        ("PreToolUse of a file", "PreToolUse", _tool("Write", file_path="src/main.py", content="x" * 4096)),
        ("PreToolUse of a skill", "PreToolUse", _tool("Skill", skill=skill)),
        ("PreToolUse that is denied", "PreToolUse", _tool("Bash", command="sudo rm -rf /")),
        ("UserPromptExpansion", "UserPromptExpansion", {"command_name": skill}),
        ("PostToolUse", "PostToolUse", _tool("Bash", command="make")),
        ("SessionStart, nothing to do", "SessionStart", {"source": "startup"}),
    ]
    rows = []
    for what, event, members in cases:
        told = json.dumps({"session_id": "s", "cwd": str(bench.project), **members}).encode()
        argv = [*SKILLCTL, "hook", event]
        found = repeated(
            bench.repeat,
            _nothing,
            lambda argv=argv, told=told: run(argv, cwd=bench.project, env=bench.env, told=told),  # type: ignore[misc]
        )
        rows.append(Row(f"`skillctl hook`: {what}, CPU", milliseconds(found.cpu), "100 ms", found.cpu <= 0.1))
    return rows


def _tool(name: str, **given: str) -> dict[str, object]:
    return {"tool_name": name, "tool_input": given, "tool_use_id": "u"}


def packs(bench: Bench, count: int) -> list[Row]:
    """Install and sync of a number of packs, beside copying and unpacking the same trees."""
    write_packs(bench.packs, count)
    _publish_all(bench, count)
    _project(bench, count)
    skills = bench.project / ".claude" / "skills"
    cache = Path(bench.settings.directories.cache)

    def anew(*, lock: bool = False, store: bool = False) -> None:
        for path in (bench.project / ".claude", bench.project / ".skillctl", bench.project / ".gitignore"):
            _remove(path)
        if not lock:
            _remove(bench.project / "skillctl.lock")
        if not store:
            _remove(cache)

    cold = bench.measured(anew, "install")
    warm = bench.measured(lambda: anew(lock=True, store=True), "install")
    again = bench.measured(_nothing, "install")
    sync = bench.measured(_nothing, "sync")
    verify = bench.measured(_nothing, "verify")
    places = f"{skills} {cache / 'store' / 'trees'}"
    hashed = bench.tool(_nothing, "sh", "-c", f"find {places} -type f -print0 | xargs -0 sha256sum")
    trees, unpacked = bench.root / "trees", bench.root / "unpacked"
    shutil.copytree(skills, trees)
    linked = bench.measured(lambda: anew(lock=True, store=True), "install", "--link-mode", "hardlink")

    copy = bench.tool(lambda: _remove(unpacked), "cp", "-r", str(trees), str(unpacked))
    hard = bench.tool(lambda: _remove(unpacked), "cp", "-al", str(trees), str(unpacked))
    _remove(unpacked)
    archive = bench.root / "all.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(bench.packs, "packs")

    def fresh() -> None:
        _remove(unpacked)
        unpacked.mkdir()

    untar = bench.tool(fresh, "tar", "xzf", str(archive), "-C", str(unpacked))
    _remove(unpacked)
    held = count == 1000

    def row(what: str, found: Measure, bound: float, target: str) -> Row:
        shown = f"{milliseconds(found.wall)} (CPU {milliseconds(found.cpu)})"
        return Row(what, shown, target if held else "", found.wall <= bound if held else None)

    peak = max(each.memory for each in (cold, warm, again, sync))
    return [
        row("install, cold", cold, 3 * untar.wall, f"3 x `tar xzf`: {milliseconds(3 * untar.wall)}"),
        row("install, warm", warm, 2 * copy.wall, f"2 x `cp -r`: {milliseconds(2 * copy.wall)}"),
        Row("install, warm, `--link-mode hardlink`", f"{milliseconds(linked.wall)} (CPU {milliseconds(linked.cpu)})"),
        row("install, nothing to do", again, 0.2, "200 ms"),
        row("sync, nothing to do", sync, 0.2, "200 ms"),
        row("verify: installed files and store", verify, 3 * hashed.wall + 0.1, "3 x `sha256sum` + start-up"),
        Row("`sha256sum` of the same files", f"{milliseconds(hashed.wall)} (CPU {milliseconds(hashed.cpu)})"),
        Row("`cp -r` of the installed skills", milliseconds(copy.wall)),
        Row("`cp -al` of the same", milliseconds(hard.wall)),
        Row("`tar xzf` of one archive of all packs", milliseconds(untar.wall)),
        Row(
            "peak memory of the four", f"{peak / 1e6:.0f} MB", "120 MB" if held else "", peak < 120e6 if held else None
        ),
    ]


def from_git(bench: Bench) -> list[Row]:
    """Installs from git repositories."""
    cache = Path(bench.settings.directories.cache)
    return git_sources(bench.root, SKILLCTL, bench.env, bench.repeat, cache=cache, project=bench.project)


def validation(bench: Bench, count: int) -> list[Row]:
    """All rules over many packs."""
    write_packs(bench.packs, count)
    request = ValidateRequest(paths=(bench.packs,), cwd=bench.root)
    found = in_process(bench.repeat, lambda: validate(bench.settings, request))
    held = count == 1000
    return [
        Row(
            f"validate {count} packs",
            f"{milliseconds(found.wall)} (CPU {milliseconds(found.cpu)})",
            "1.50 s of CPU" if held else "",
            found.cpu < 1.5 if held else None,
        )
    ]


def resolving(bench: Bench) -> list[Row]:
    """The solver alone, on synthetic graphs."""
    rows = []
    bounds = {(1_000, 0): 0.05, (1_000, 10): 0.05, (10_000, 0): 0.6}
    for count in (100, 1_000, 10_000):
        for tight in (0, 10, 30):
            bound = bounds.get((count, tight))
            rows.append(_graph_row(bench, f"{count:,} packs, {tight} % tight", synthetic(count, tight=tight), bound))
    late = (2, 4, 6, 10, 20)
    return rows + [
        _graph_row(bench, f"{each} independent late conflicts", late_conflicts(each), 0.005) for each in late
    ]


def _graph_row(bench: Bench, what: str, graph: Graph, bound: float | None) -> Row:
    """One graph, solved in a child, so that one that takes too long can be stopped."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _solve_and_tell(graph, write, 1 if bound is None else bench.repeat)
    os.close(write)
    with os.fdopen(read) as answers:
        told = answers.read()
    os.waitpid(child, 0)
    target = milliseconds(bound) if bound else ""
    if not told:
        return Row(what, f"stopped at {GIVE_UP:.0f} s", target, None if bound is None else False)
    if told.startswith("E"):
        return Row(what, told, target, None if bound is None else False)
    seconds = float(told)
    return Row(what, milliseconds(seconds), target, seconds <= bound if bound else None)


def afar(bench: Bench) -> list[Row]:
    """Registries behind an address."""
    return from_afar(bench.settings, bench.root, bench.repeat)


def signed(bench: Bench) -> list[Row]:
    """Signing, publishing, reading, and resolving from afar."""
    return signatures(bench.settings, bench.root, bench.repeat)


def published(bench: Bench) -> list[Row]:
    """A publish from end to end."""
    return publishing(bench.settings, bench.root, SKILLCTL, bench.env, bench.repeat)


def index(bench: Bench, count: int) -> list[Row]:
    """A large index, made and read."""
    return many_packs(bench.settings, bench.root, bench.env, bench.repeat, packs=count)


def _solve_and_tell(graph: Graph, write: int, repeat: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (int(GIVE_UP) * repeat, int(GIVE_UP) * repeat + 1))
    try:
        answer = resolve(graph, graph.roots)
    except ResolveError as error:  # nothing may leave the fork but by its end
        os.write(write, str(error).encode())
        os._exit(0)
    assert isinstance(answer, Solution | Conflict)
    found = in_process(repeat, lambda: resolve(graph, graph.roots))
    os.write(write, str(found.cpu).encode())
    os._exit(0)


_PARTS = (
    *("start-up", "hooks", "packs", "git", "validate", "resolve", "afar", "signed", "publish", "index", "serve", "oci"),
    *("search", "runtime", "policy"),
)
_PUBLISHED = "2026-01-01T00:00:00Z"


def _publish_all(bench: Bench, count: int) -> None:
    backend = open_backend(default_registry(bench.settings))
    for number in range(count):
        directory = bench.packs / pack_name(number)
        manifest = read_manifest((directory / MANIFEST_FILE).read_bytes(), file=MANIFEST_FILE)
        files = read_pack_files(directory, manifest)
        publish(backend, files, release_of(manifest, files), now=_PUBLISHED)


def _project(bench: Bench, count: int) -> None:
    bench.project.mkdir(exist_ok=True)
    wanted = {pack_name(number): "^1.0.0" for number in range(count)}
    project: Mapping[str, object] = {"format": "1.0", "packs": wanted, "agents": ["claude-code"]}
    (bench.project / "skillctl.json").write_text(json.dumps(project, indent=2) + "\n", encoding="utf-8")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _nothing() -> None:
    """No preparation."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=_PARTS)
    parser.add_argument("--packs", default="1,100,1000", help="how many packs, several by commas")
    parser.add_argument("--index", type=int, default=100_000, help="how many packs the large index has")
    parser.add_argument("--repeat", type=int, default=5, help="runs of which the median is taken")
    parser.add_argument("--dir", type=Path, help="where to work; the disk that is measured")
    options = parser.parse_args()
    counts = [int(each) for each in options.packs.split(",")]
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    print(f"Python {platform.python_version()}, {machine}, load average before {load}\n")

    def part(name: str, title: str, work: Callable[[Bench], list[Row]]) -> None:
        if options.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="skillctl-bench-", dir=options.dir) as directory:
                print(printed(title, work(Bench(Path(directory), options.repeat))), flush=True)

    part("start-up", "Start-up", start_up)
    part("hooks", "Hooks of an agent's client", hooks)
    for count in counts:
        part("packs", f"{count:,} packs of one skill with six files", lambda bench, count=count: packs(bench, count))  # type: ignore[misc]
    part("git", "Skills of one git repository, three files each", from_git)
    for count in counts:
        part("validate", f"Validation, {count:,} packs", lambda bench, count=count: validation(bench, count))  # type: ignore[misc]
    part("resolve", "Resolving, CPU time", resolving)
    part("afar", "Resolving from a server with 20 ms latency, in-process", afar)
    part("signed", "Signed registries: signing, publishing, reading, resolving", signed)
    part("publish", "Publishing one pack", published)
    many = options.index
    part("index", f"An index of {many:,} packs of {VERSIONS} versions", lambda bench: index(bench, many))
    part("serve", "A registry's server under load", lambda bench: under_load(bench.root, bench.repeat))
    part("oci", "Archives in an OCI registry, docker-registry", lambda bench: oci_blobs(bench.root, bench.repeat))
    part("search", f"Search over {PACKS:,} packs, in-process, CPU time", lambda bench: searching(bench.repeat))
    part("policy", "Decisions of a policy, in-process", lambda _: policies())
    part("runtime", "Runtime: what it costs itself", lambda bench: overhead(bench.root, bench.env, bench.repeat))
    part(
        "runtime",
        "Runtime: one file changed, in-process",
        lambda bench: incremental(bench.root, os.environ, bench.repeat),
    )
    part(
        "runtime",
        "Runtime: environments of scripts, in-process",
        lambda bench: environments(bench.root, os.environ, bench.repeat),
    )


if __name__ == "__main__":
    main()
