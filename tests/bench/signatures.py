"""Signed registries: what signing costs whoever publishes, and what verifying costs whoever reads from a distance."""

from __future__ import annotations

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
from skillctl_registry.trust.reader import RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.bench.distance import LATENCY, PACKS, measured, median, releases, row
from tests.bench.packs import pack_name
from tests.bench.table import Row, milliseconds, spread

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
    _, pin = _signed(root / "small", PACKS)
    registry = root / "small" / "registry"
    entry = RegistryEntry(name="bench", location="", root_sha256=pin.sha256)
    # what a reader who knows nothing fetches: a role's newest file is the one with the highest number
    bins = sorted(registry.glob("metadata/2.bin-*.json"))
    heads = [registry / "metadata" / name for name in ("1.root.json", "timestamp.json", "2.snapshot.json")]
    files = [*heads, registry / "metadata" / "1.targets.json", *bins, *sorted(registry.glob("index/*/*.*"))]
    asked = [str(each.relative_to(registry)) for each in files]
    times = measured(settings, root, registry, entry, asked, repeat)
    latency = f"{LATENCY * 1000:.0f} ms"
    return [
        row(f"{PACKS} packs, cold, signed, {latency} latency", times.cold, 1.0),
        row(f"{PACKS} packs, warm, signed, {latency} latency", times.again, 0.2),
        Row(f"the same {len(asked)} files by bare httpx, 16 threads, nothing verified", spread(times.bare)),
        Row("the same by bare `http.client`, 16 threads", spread(times.barest)),
    ]
