"""A publish from end to end: to a directory, to a signed one, to a server on loopback; beside the bare writing.

As a command, with the start of the interpreter, the checks of the pack and the packing; and inside a process that runs
already, which is what the registry's side costs. The bare rows write the same bytes: a file for the archive and one
for the index line, each synced; and the archive in a PUT to a server that does nothing but write and sync it.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from skillctl.app.publish import PublishRequest, publish
from skillctl.app.registry_init import InitRequest, init_registry
from skillctl.archive.writer import write_archive
from skillctl.core.manifest import MANIFEST_FILE
from skillctl.core.settings import Settings
from skillctl.edges import clock
from skillctl_registry.endpoints.releases import publish_request, taken_response
from tests.bench.clock import repeated, run
from tests.bench.packs import pack_name, write_packs
from tests.bench.table import Row, milliseconds
from tests.support.server import Asked
from tests.support.server import serving as plain_server
from tests.support.serving import ADMIN, serving


class _Author:
    """A pack of 25 KB that gets another version each time."""

    def __init__(self, root: Path) -> None:
        write_packs(root, 1)
        self.directory = root / pack_name(0)
        self._number = 0

    def next(self) -> None:
        self._number += 1
        path = self.directory / MANIFEST_FILE
        manifest = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**manifest, "version": f"1.{self._number}.0"}), encoding="utf-8")

    def archive(self) -> bytes:
        files = {
            str(path.relative_to(self.directory)): path.read_bytes()
            for path in sorted(self.directory.rglob("*"))
            if path.is_file()
        }
        return write_archive(files)


def publishing(settings: Settings, root: Path, skillctl: list[str], env: Mapping[str, str], repeat: int) -> list[Row]:
    """Every way of publishing, and the bare ones."""
    author = _Author(root / "authors-packs")
    plain, signed = root / "plain", root / "signed"
    init_registry(settings, InitRequest(location=str(signed), signed=True), now=clock.now())

    def to_directory(place: Path) -> None:
        publish(settings, PublishRequest(directory=author.directory, cwd=root, registry=str(place)), now=clock.now())

    rows: list[Row] = []
    with serving(root / "server") as served:
        shown = {**env, "SKILLCTL_REGISTRY": served.url, "SKILLCTL_TOKEN": ADMIN}
        http = served.http()
        ways: dict[str, tuple[str, Callable[[], object]]] = {
            "to a directory": (str(plain), lambda: to_directory(plain)),
            "to a signed directory": (str(signed), lambda: to_directory(signed)),
            "to a server on loopback": (
                served.url,
                lambda: taken_response(http.send(publish_request(served.url, author.archive()))),
            ),
        }
        for what, (place, work) in ways.items():
            argv = [*skillctl, "publish", str(author.directory), "--registry", place]
            command = repeated(repeat, author.next, lambda argv=argv: run(argv, cwd=root, env=shown))  # type: ignore[misc]
            shown_command = f"{milliseconds(command.wall)} (CPU {milliseconds(command.cpu)})"
            rows.append(Row(f"`skillctl publish` {what}", shown_command))
            rows.append(Row(f"the same {what}, in process", milliseconds(_median(repeat, author.next, work))))
        http.close()
    archive = author.archive()
    bare = _median(repeat, _nothing, lambda: _written(root / "bare", archive))
    rows.append(Row("bare: archive and index line written and synced", milliseconds(bare)))
    rows.append(Row("bare: a PUT of the archive, written and synced", milliseconds(_put(root, archive, repeat))))
    rows.append(Row("size of the archive", f"{len(archive):,} bytes"))
    return rows


def _median(repeat: int, before: Callable[[], None], work: Callable[[], object]) -> float:
    found = []
    for _ in range(repeat):
        before()
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def _written(path: Path, *pieces: bytes) -> None:
    for number, data in enumerate([*pieces, b"{}\n" * 100]):
        with path.with_name(f"{path.name}-{number}").open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _put(root: Path, archive: bytes, repeat: int) -> float:
    import httpx

    def answer(asked: Asked) -> None:
        _written(root / "taken", asked.body)
        asked.say(201)

    with plain_server(answer) as server, httpx.Client() as client:
        return _median(repeat, _nothing, lambda: client.put(f"{server.url}/archive", content=archive))


def _nothing() -> None:
    """No preparation."""
