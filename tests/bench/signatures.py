"""Signed registries: what signing costs whoever publishes, and what verifying costs whoever reads from a distance."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from skillctl.core.project import RegistryEntry
from skillctl.core.settings import Settings
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.index import index_path, release_line
from skillctl_registry.signing.founding import Wishes, found_signed
from skillctl_registry.signing.keys import KeyStore
from skillctl_registry.signing.writer import Change, SignedWriter
from skillctl_registry.verified import RootPin, VerifiedBackend
from tests.bench.distance import LATENCY, PACKS, distant, median, releases, resolve_once
from tests.bench.packs import pack_name
from tests.bench.table import Row, milliseconds

TARGETS = 10_000


def signatures(settings: Settings, root: Path, repeat: int) -> list[Row]:
    """Signing 10,000 packs, publishing one, reading them, and resolving 200 from a distance."""
    began = time.perf_counter()
    writer, pin = _signed(root / "signed", TARGETS)
    everything = time.perf_counter() - began
    backend = writer.backend

    def read() -> None:
        view = VerifiedBackend(backend, pin=pin, now=clock.now())
        assert view.get(index_path(pack_name(7)), max_bytes=2**20)

    key = index_path("newcomer")
    written: list[bytes] = []

    def publish_one() -> None:
        before = written[-1] if written else None
        written.append(b"%d\n" % len(written))
        assert not writer.commit({key: Change(expected=before, new=written[-1])})

    rows = [
        Row(f"{TARGETS:,} packs signed, in one commit", milliseconds(everything)),
        Row("one release published among them", milliseconds(median(repeat, lambda: None, publish_one))),
        Row("one of them read, nothing known before", milliseconds(median(repeat, lambda: None, read))),
    ]
    return [*rows, *_afar(settings, root, repeat)]


def _signed(root: Path, packs: int) -> tuple[SignedWriter, RootPin]:
    backend = DirectoryBackend(root / "registry")
    keys = KeyStore(root / "keys")
    founded = found_signed(backend, keys, Wishes(), now=clock.now(), new_id="bench-registry")
    writer = SignedWriter(backend, keys, now=clock.now, exclusive=backend.exclusive)
    writer.commit(_changes(packs))
    return writer, RootPin(founded.root_sha256)


def _changes(packs: int) -> Mapping[str, Change]:
    return {
        index_path(pack_name(number)): Change(
            expected=None, new=b"".join(release_line(each) for each in releases(number))
        )
        for number in range(packs)
    }


def _afar(settings: Settings, root: Path, repeat: int) -> list[Row]:
    project = root / "signed-project"
    project.mkdir(exist_ok=True)
    _, pin = _signed(root / "small", PACKS)
    with distant(root / "small" / "registry") as url:
        entry = RegistryEntry(name="bench", location=url, root_sha256=pin.sha256)

        def once() -> None:
            resolve_once(settings, project, entry)

        def forget() -> None:
            shutil.rmtree(settings.directories.cache, ignore_errors=True)
            shutil.rmtree(settings.directories.state, ignore_errors=True)

        once()
        cold = median(repeat, forget, once)
        warm = median(repeat, lambda: None, once)
    latency = f"{LATENCY * 1000:.0f} ms"
    return [
        Row(f"{PACKS} packs, cold, signed, {latency} latency", milliseconds(cold), "1000 ms", cold < 1.0),
        Row(f"{PACKS} packs, warm, signed, {latency} latency", milliseconds(warm), "200 ms", warm < 0.2),
    ]
