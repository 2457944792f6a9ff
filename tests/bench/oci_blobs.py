"""Archives in an OCI registry, Debian's docker-registry: our client beside bare requests of the same protocol.

Both push a blob that is new (a question, a begin, a write) and pull it again; ours also checks the digest of what
comes. The registry asks for user and password, which the bare client shows at once.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.digests import sha256_digest
from skillctl.core.limits import MIB
from skillctl.core.web import Secret
from skillctl.edges.http import Http
from skillctl_registry.oci import Login, OciRepository, parse_reference
from tests.bench.table import Row, milliseconds
from tests.support.docker_registry import PASSWORD, USER, RegistryMissingError, running_docker_registry

if TYPE_CHECKING:
    import httpx

SIZES = {"200 KB": 200 * 1024, "5 MB": 5 * MIB}
_PLACE = "bench/packs"


def oci_blobs(root: Path, repeat: int) -> list[Row]:
    """Pushes and pulls of two sizes, ours and bare in turn."""
    try:
        with running_docker_registry(root / "docker-registry") as running:
            return [row for what, size in SIZES.items() for row in _rows(running.host, what, size, max(5, repeat))]
    except RegistryMissingError as missing:
        return [Row("docker-registry", f"can't be had: {missing}")]


def _rows(host: str, what: str, size: int, repeat: int) -> list[Row]:
    import httpx

    http = Http()
    reference = parse_reference(f"oci://{host}/{_PLACE}")
    ours = OciRepository(http, reference, login=lambda _: Login(USER, Secret(PASSWORD)))
    found: dict[str, list[float]] = {}

    def timed(way: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        found.setdefault(way, []).append(time.perf_counter() - began)

    with httpx.Client(base_url=f"http://{host}", auth=(USER, PASSWORD)) as client:
        for _ in range(repeat):
            mine, theirs = os.urandom(size), os.urandom(size)
            timed("push", lambda data=mine: ours.put_blob(data))  # type: ignore[misc]
            timed("bare push", lambda data=theirs: _push(client, data))  # type: ignore[misc]
            timed("pull", lambda data=mine: ours.blob(sha256_digest(data), max_bytes=size))  # type: ignore[misc]
            timed("bare pull", lambda data=mine: client.get(_blob(data)).raise_for_status().content)  # type: ignore[misc]
    http.close()
    times = {way: statistics.median(each) for way, each in found.items()}
    return [
        Row(
            f"{way} of {what}",
            milliseconds(times[way]),
            f"bare {milliseconds(times[f'bare {way}'])}, ours {times[way] / times[f'bare {way}']:.1f} times that",
        )
        for way in ("push", "pull")
    ]


def _blob(data: bytes) -> str:
    return f"/v2/{_PLACE}/blobs/{sha256_digest(data)}"


def _push(client: httpx.Client, data: bytes) -> None:
    assert client.head(_blob(data)).status_code == 404
    begun = client.post(f"/v2/{_PLACE}/blobs/uploads/").raise_for_status()
    place = begun.headers["location"]
    joint = "&" if "?" in place else "?"
    client.put(f"{place}{joint}digest={sha256_digest(data)}", content=data).raise_for_status()
