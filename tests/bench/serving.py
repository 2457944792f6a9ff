"""A registry's server under load, beside nginx over the same files: reads of every kind, and searches."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from skillctl.edges.ports import free_port
from tests.bench.load import CONNECTIONS, answered
from tests.bench.table import Row
from tests.support.programs import SECONDS, wait_for_port
from tests.support.serving import Served, serving

PACKS = 100
_LIFE = 300  # seconds, after which nginx stops by itself
_NGINX = """
daemon off;
user {user} {group};
worker_processes 1;
pid {room}/pid;
error_log stderr crit;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {room}/body; proxy_temp_path {room}/proxy; fastcgi_temp_path {room}/fastcgi;
    uwsgi_temp_path {room}/uwsgi; scgi_temp_path {room}/scgi;
    sendfile on; tcp_nodelay on; keepalive_requests 1000000;
    server {{ listen 127.0.0.1:{port}; root {files}; default_type application/octet-stream; etag on; }}
}}
"""


def under_load(root: Path, repeat: int, *, packs: int = PACKS, seconds: float = 1.0) -> list[Row]:
    """Requests a second, the server's and nginx's, of the same load."""
    room = root / "server"
    with serving(room) as served:
        for number in range(packs):
            served.publish(f"bench-{_word(number)}")
        files = room / "files"
        kinds = {
            "timestamp, which is asked for anew each time": ["metadata/timestamp.json"],
            "index files under their digest": _some(files, "index/*/*.*"),
            "metadata of bins": _some(files, "metadata/*.bin-*.json"),
            "archives": _some(files, "blobs/sha256/*/*"),
        }
        rows: list[Row] = []
        with _nginx(root / "nginx", files) as beside:
            for what, paths in kinds.items():
                ours, theirs = _in_turn(repeat, [served.url, *([beside] if beside else [])], paths, seconds)
                rows.append(Row(f"reads of {what}", *_compared(ours, theirs)))
        searches = [f"api/v1/search?q={word}" for word in ("bench", "ab", "synthetic", "nothing-like-it")]
        found = _median(repeat, lambda: answered(served.url, searches, seconds=seconds))
        rows.append(Row(f"searches among {packs} packs", f"{found:,.0f} a second"))
        rows.append(_memory(served))
    if not beside:
        rows.append(Row("nginx", "is not here, so nothing stands beside the server"))
    return [*rows, Row("connections that asked at once", str(CONNECTIONS))]


def _word(number: int) -> str:
    """Names that are not alike, since a registry refuses those that are."""
    digits = "abcdefghijklmnopqrstuvwxyz"
    return "".join(digits[number // 26**place % 26] * 2 for place in range(3))


def _some(files: Path, pattern: str, most: int = 100) -> list[str]:
    return [str(each.relative_to(files)) for each in sorted(files.glob(pattern))[:most]]


def _in_turn(repeat: int, urls: list[str], paths: list[str], seconds: float) -> tuple[float, float]:
    """The medians of both, measured in turn, so that what else the machine does meets both."""
    found: list[list[float]] = [[] for _ in urls]
    for _ in range(repeat):
        for rates, url in zip(found, urls, strict=True):
            rates.append(answered(url, paths, seconds=seconds))
    medians = [statistics.median(each) for each in found]
    return medians[0], medians[1] if len(medians) > 1 else 0.0


def _compared(ours: float, theirs: float) -> tuple[str, str]:
    beside = f"nginx {theirs:,.0f}, {theirs / ours:.1f} times as many" if theirs else ""
    return f"{ours:,.0f} a second", beside


def _median(repeat: int, once: Callable[[], float]) -> float:
    return statistics.median(once() for _ in range(repeat))


def _memory(served: Served) -> Row:
    """Resident bytes of the server, which `timeout` started."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    if not children.exists():
        return Row("memory of the server", "can't be seen on this system")
    status = Path(f"/proc/{children.read_text().split()[0]}/status").read_text()
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return Row("memory of the server, at most", f"{kilobytes / 1000:.0f} MB")


@contextmanager
def _nginx(room: Path, files: Path) -> Iterator[str]:
    """The address of an nginx over these files; empty where it is not installed."""
    program, timeout = shutil.which("nginx"), shutil.which("timeout")
    if program is None or timeout is None:
        yield ""
        return
    room.mkdir(parents=True)
    port = free_port()
    config = room / "nginx.conf"
    # whoever measures: an administrator's nginx would read as somebody else, who may not
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    config.write_text(_NGINX.format(room=room, port=port, files=files, user=user, group=group), encoding="utf-8")
    argv = [timeout, str(_LIFE), program, "-e", "stderr", "-p", str(room), "-c", str(config)]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(SECONDS)
