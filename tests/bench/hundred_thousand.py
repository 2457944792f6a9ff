"""An index of a hundred thousand packs: made in bulk, unsigned and signed, its size, and one pack looked up in it.

Unsigned, the index files are written as any program may write them; the catalog is brought up to them as `registry
index --rebuild` does it, but for the descriptions, which lie in archives that are not there. Signed, one commit brings
all of them in. Each is made by a process of its own, whose memory is measured: `python -m tests.bench.hundred_thousand
plain|catalog|signed DIRECTORY COUNT`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from skillctl.app.network import open_http
from skillctl.core.project import RegistryEntry
from skillctl.core.settings import Settings
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.catalog import bare_entry, read_catalog, refresh_entries
from skillctl_registry.index import index_path, release_line
from skillctl_registry.signing.founding import Wishes, found_signed
from skillctl_registry.signing.keys import KeyStore
from skillctl_registry.signing.writer import Change, SignedWriter
from skillctl_registry.sources.registry import RegistrySource
from tests.bench.clock import Measure, run
from tests.bench.distance import anew, distant, releases, resolve_once, write_index
from tests.bench.packs import dependencies, pack_name
from tests.bench.table import Row, spread

VERSIONS = 2
NEEDS = 20
"""The pack that is looked up comes to so many packs at most, as most do."""


def many_packs(settings: Settings, root: Path, env: Mapping[str, str], repeat: int, *, packs: int) -> list[Row]:
    """How long it takes to make, how much memory and disk, and how long to find one in it."""
    plain, signed = root / "plain", root / "signed"
    rows = [
        _made("index files, unsigned", _build("plain", plain, packs, env)),
        _made("their catalog", _build("catalog", plain, packs, env)),
        _size("on disk, unsigned", plain),
        _made("signed, in one commit", _build("signed", signed, packs, env)),
        _size("on disk, signed", signed / "registry"),
    ]
    pin = KeyStore(signed / "keys").signing.root_sha256
    rows.append(_lookup("unsigned", settings, root, plain, "", packs, repeat))
    rows.append(_lookup("signed", settings, root, signed / "registry", pin, packs, repeat))
    return rows


def _build(kind: str, directory: Path, packs: int, env: Mapping[str, str]) -> Measure:
    argv = [sys.executable, "-m", "tests.bench.hundred_thousand", kind, str(directory), str(packs)]
    return run(argv, cwd=Path.cwd(), env=env)


def _made(what: str, made: Measure) -> Row:
    return Row(what, f"{made.wall:.1f} s (CPU {made.cpu:.1f} s), {made.memory / 1e6:.0f} MB of memory")


def _size(what: str, directory: Path) -> Row:
    count = size = held = 0
    for path, _, names in os.walk(directory):
        for name in names:
            status = os.stat(f"{path}/{name}")
            count, size, held = count + 1, size + status.st_size, held + status.st_blocks * 512
    return Row(what, f"{size / 1e6:.0f} MB in {count:,} files, which take {held / 1e6:.0f} MB")


def _lookup(kind: str, settings: Settings, root: Path, registry: Path, pin: str, packs: int, repeat: int) -> Row:
    """One pack and what it needs, by somebody who knows nothing of the registry, from a distance."""
    project = root / "project"
    project.mkdir(exist_ok=True)
    open_http(settings).close()
    times: list[float] = []
    found = 0
    wanted = next(number for number in range(packs - 1, 0, -1) if 5 <= len(_needed(number)) <= NEEDS)
    with distant(registry) as url:
        entry = RegistryEntry(name="bench", location=url, root_sha256=pin)
        for who in islice(anew(settings, root / f"users-{kind}"), repeat + 1):
            began = time.perf_counter()
            found = resolve_once(who, project, entry, [pack_name(wanted)])
            times.append(time.perf_counter() - began)
    return Row(f"cold lookup, {kind}, of one pack and what it needs, {found} in all", spread(times[1:]))


def _needed(number: int) -> set[int]:
    """The packs that one comes to, itself among them, as far as they are few."""
    found, waiting = {number}, [number]
    while waiting and len(found) <= NEEDS:
        new = set(dependencies(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def _every(packs: int) -> Iterator[tuple[str, bytes]]:
    for number in range(packs):
        lines = b"".join(release_line(each) for each in islice(releases(number), VERSIONS))
        yield index_path(pack_name(number)), lines


def _signed(directory: Path, packs: int) -> None:
    backend = DirectoryBackend(directory / "registry")
    keys = KeyStore(directory / "keys")
    found_signed(backend, keys, Wishes(), now=clock.now(), new_id="bench-registry")
    writer = SignedWriter(backend, keys, now=clock.now, exclusive=backend.exclusive)
    assert not writer.commit({key: Change(expected=None, new=data) for key, data in _every(packs)})


def _catalog(backend: DirectoryBackend, packs: int) -> None:
    source = RegistrySource(backend, label="bench")
    names = [pack_name(number) for number in range(packs)]
    assert not refresh_entries(backend, names, lambda name: source.releases(name) or (), describe=bare_entry)
    assert len(read_catalog(backend)) == packs


def main() -> None:
    """Make one."""
    kind, directory, packs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if kind == "plain":
        write_index(directory, packs, VERSIONS)
    elif kind == "catalog":
        _catalog(DirectoryBackend(directory), packs)
    else:
        _signed(directory, packs)


if __name__ == "__main__":
    main()
