"""Registries at a distance: 200 packs resolved from a server that answers 20 ms later than it could.

The server is another process, so that what is measured here shares no interpreter with it. `python -m
tests.bench.distance DIRECTORY SECONDS` is that server: it prints its address and serves until its input ends.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from http.client import HTTPConnection
from itertools import count, islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
from tests.bench.table import Row, milliseconds, spread
from tests.support.server import Answer, Asked, serving

PACKS = 200
VERSIONS = 10
LATENCY = 0.02  # seconds
ALL = tuple(pack_name(number) for number in range(PACKS))


def write_index(root: Path, packs: int = PACKS, versions: int = VERSIONS) -> None:
    """An unsigned registry of so many packs, of which nothing but the index is there."""
    root.mkdir(parents=True)
    (root / "config.json").write_bytes(config_to_bytes(RegistryConfig(id="bench-registry")))
    for number in range(packs):
        path = root / index_path(pack_name(number))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(release_line(each) for each in islice(releases(number), versions)))


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


def resolve_once(settings: Settings, project: Path, entry: RegistryEntry, names: Collection[str] = ALL) -> int:
    """What `skillctl lock` does from the first request to the lock, in a new command; how many packs it locks."""
    wanted = Wanted(constraint=parse_constraint("^1.0"))
    file = ProjectFile(packs=dict.fromkeys(names, wanted))
    opened = open_registries(replace(settings, registries=(entry,)), file, the_project_scope(settings, project))
    locked = solve(file, opened, lock=None, has_tree=lambda _: False).lock.packs
    assert len(locked) >= len(names)
    return len(locked)


def from_afar(settings: Settings, root: Path, repeat: int) -> list[Row]:
    """Cold and revalidated, unsigned."""
    registry = root / "registry"
    write_index(registry)
    files = [index_path(name) for name in ALL]
    times = measured(settings, root, registry, RegistryEntry(name="bench", location=""), files, repeat)
    return [
        row(f"{PACKS} packs, cold, unsigned", times.cold, 0.5),
        row(f"{PACKS} packs, revalidated, unsigned", times.again, 0.4),
        Row(f"the same {len(files)} files by bare httpx, 16 threads", spread(times.bare)),
        Row("the same by bare `http.client`, 16 threads", spread(times.barest)),
    ]


@dataclass(frozen=True, kw_only=True)
class Times:
    """Seconds, of each run."""

    cold: list[float]
    again: list[float]
    bare: list[float]
    """The same files with nothing but httpx."""
    barest: list[float]
    """And with the standard library alone."""


def measured(
    settings: Settings, root: Path, registry: Path, entry: RegistryEntry, files: Sequence[str], repeat: int
) -> Times:
    """All of them in turn, so that what else the machine does meets them alike; each user is a new one."""
    project = root / "project"
    project.mkdir(exist_ok=True)
    times = Times(cold=[], again=[], bare=[], barest=[])
    with distant(registry) as url:
        there = replace(entry, location=url)
        urls = [f"{url}/{file}" for file in files]
        for who in islice(anew(settings, root / "users"), repeat + 1):
            for kept, work in (
                (times.cold, partial(resolve_once, who, project, there)),
                (times.again, partial(resolve_once, who, project, there)),
                (times.bare, partial(_bare, urls)),
                (times.barest, partial(_barest, urls)),
            ):
                began = time.perf_counter()
                work()
                kept.append(time.perf_counter() - began)
    # what is imported once in a process is not what a request costs
    return Times(cold=times.cold[1:], again=times.again[1:], bare=times.bare[1:], barest=times.barest[1:])


def anew(settings: Settings, root: Path) -> Iterator[Settings]:
    """Users who know nothing yet.

    Taking away what one knew would not do: a file system may be slow to make files where many were just removed.
    """
    for number in count():
        places = {each: str(root / f"{number}" / each) for each in ("cache", "state")}
        yield replace(settings, directories=replace(settings.directories, **places))


def row(what: str, times: list[float], most: float) -> Row:
    """What was measured beside what is to be reached."""
    return Row(what, spread(times), milliseconds(most), statistics.median(times) < most)


def _bare(urls: Sequence[str]) -> None:
    import httpx

    with httpx.Client() as client, ThreadPoolExecutor(16) as pool:
        assert all(each.status_code == 200 for each in pool.map(client.get, urls))


def _barest(urls: Sequence[str]) -> None:
    idle: list[HTTPConnection] = []

    def get(url: str) -> None:
        parts = urlsplit(url)
        line = idle.pop() if idle else HTTPConnection(str(parts.hostname), parts.port)
        line.request("GET", parts.path)
        answer = line.getresponse()
        assert answer.read()
        assert answer.status == 200
        idle.append(line)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(get, urls))
    for line in idle:
        line.close()


def median(times: int, before: Callable[[], None], work: Callable[[], None]) -> float:
    """Seconds that the work takes, each time after what comes before it."""
    found = []
    for _ in range(times):
        before()
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def quick_files_of(root: Path) -> Answer:
    """A plain web server's answers, each file read once: the server is no part of what is measured."""

    @cache
    def known(path: str) -> tuple[bytes, str] | None:
        file = root / unquote(path).lstrip("/")
        if not file.is_file():
            return None
        data = file.read_bytes()
        return data, f'"{hashlib.sha256(data).hexdigest()[:16]}"'

    def answer(asked: Asked) -> None:
        found = known(asked.path)
        if found is None:
            asked.say(404)
        elif asked.headers.get("if-none-match") == found[1]:
            asked.say(304, headers={"etag": found[1]})
        else:
            asked.say(200, found[0], headers={"etag": found[1]})

    return answer


def main() -> None:
    """Serve."""
    root, delay = Path(sys.argv[1]), float(sys.argv[2])
    with serving(quick_files_of(root), delay=delay) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
