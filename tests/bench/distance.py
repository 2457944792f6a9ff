"""Registries at a distance: 200 packs resolved from a server that answers 20 ms later than it could.

The server is another process, so that what is measured here shares no interpreter with it. `python -m
tests.bench.distance DIRECTORY SECONDS` is that server: it prints its address and serves until its input ends.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from skillctl.app.network import open_http
from skillctl.app.registries import open_registries
from skillctl.app.scopes import the_project_scope
from skillctl.app.solving import solve
from skillctl.core.project import ProjectFile, RegistryEntry
from skillctl.core.release import Release
from skillctl.core.requirements import parse_constraint
from skillctl.core.settings import Settings
from skillctl.core.source import Wanted
from skillctl.core.value import replace
from skillctl.core.versions import parse_version
from skillctl_registry.config import RegistryConfig, config_to_bytes
from skillctl_registry.index import index_path, release_line
from tests.bench.packs import dependencies, pack_name
from tests.bench.table import Row, milliseconds
from tests.support.server import files_of, serving

PACKS = 200
VERSIONS = 10
LATENCY = 0.02  # seconds


def write_index(root: Path, packs: int = PACKS) -> None:
    """An unsigned registry of so many packs, of which nothing but the index is there."""
    root.mkdir(parents=True)
    (root / "config.json").write_bytes(config_to_bytes(RegistryConfig(id="bench-registry")))
    for number in range(packs):
        path = root / index_path(pack_name(number))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(release_line(each) for each in releases(number)))


def releases(number: int) -> Iterator[Release]:
    """The releases of one pack."""
    for minor in range(VERSIONS):
        yield Release(
            name=pack_name(number),
            version=parse_version(f"1.{minor}.0"),
            tree=f"tree1:{number:032x}{minor:032x}",
            dependencies={pack_name(each): "^1.0" for each in dependencies(number)},
            archive=f"sha256:{number:032x}{minor:032x}",
            description=f"A synthetic pack for benchmarks, number {number}",
            published="2026-01-01T00:00:00Z",
        )


@contextmanager
def distant(root: Path) -> Iterator[str]:
    """The address of a server in another process, with the files of the directory."""
    from subprocess import PIPE, Popen

    argv = [sys.executable, "-m", "tests.bench.distance", str(root), str(LATENCY)]
    with Popen(argv, stdin=PIPE, stdout=PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.communicate()


def resolve_once(settings: Settings, project: Path, entry: RegistryEntry) -> None:
    """What `skillctl lock` does from the first request to the lock, in a new command."""
    wanted = Wanted(constraint=parse_constraint("^1.0"))
    file = ProjectFile(packs={pack_name(number): wanted for number in range(PACKS)})
    opened = open_registries(replace(settings, registries=(entry,)), file, the_project_scope(settings, project))
    solved = solve(file, opened, lock=None, has_tree=lambda _: False)
    assert len(solved.lock.packs) == PACKS


def from_afar(settings: Settings, root: Path, repeat: int) -> list[Row]:
    """Cold and revalidated, unsigned."""
    registry, project = root / "registry", root / "project"
    write_index(registry)
    project.mkdir(exist_ok=True)
    open_http(settings).close()  # what is imported once in a process is not what a request costs
    with distant(registry) as url:
        entry = RegistryEntry(name="bench", location=url)

        def once() -> None:
            resolve_once(settings, project, entry)

        def forget() -> None:
            shutil.rmtree(settings.directories.cache, ignore_errors=True)

        once()
        cold = median(repeat, forget, once)
        again = median(repeat, lambda: None, once)
    return [
        Row(f"{PACKS} packs, cold, unsigned", milliseconds(cold), "500 ms", cold < 0.5),
        Row(f"{PACKS} packs, revalidated, unsigned", milliseconds(again), "400 ms", again < 0.4),
    ]


def median(times: int, before: Callable[[], None], work: Callable[[], None]) -> float:
    """Seconds that the work takes, each time after what comes before it."""
    found = []
    for _ in range(times):
        before()
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def main() -> None:
    """Serve."""
    root, delay = Path(sys.argv[1]), float(sys.argv[2])
    with serving(files_of(root), delay=delay) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
