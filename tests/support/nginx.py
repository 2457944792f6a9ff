"""Debian's nginx on loopback for as long as a block: the plain static web server, or the proxy before another one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skillctl.edges.ports import free_port
from tests.support.programs import SECONDS, wait_for_port
from tests.support.tls import Certificate

_LIFE = 600  # seconds, after which it stops by itself, whatever became of the tests
_CONFIG = """
daemon off;
{user}
worker_processes 1;
pid {room}/pid;
error_log {room}/errors crit;
events {{ worker_connections 256; }}
http {{
    access_log off;
    default_type application/octet-stream;
    client_body_temp_path {room}/body; proxy_temp_path {room}/proxy; fastcgi_temp_path {room}/fastcgi;
    uwsgi_temp_path {room}/uwsgi; scgi_temp_path {room}/scgi;
    server {{
        listen 127.0.0.1:{port}{encrypted};
        {certificate}
        {given}
    }}
}}
"""


class NginxMissingError(Exception):
    """It can't be had here; the message is the plain reason."""


@contextmanager
def running_nginx(root: Path, room: Path, certificate: Certificate | None = None) -> Iterator[str]:
    """The address of the server over `root`; `room` is a new directory for its own things. NginxMissingError."""
    with _running(f'root "{root}";', room, certificate) as url:
        yield url


@contextmanager
def proxying(server: str, room: Path, *, source: str) -> Iterator[str]:
    """The address of a proxy before the server, which it asks from the address `source`, as our documents set one up.

    NginxMissingError.
    """
    told = "proxy_set_header X-Forwarded-For $remote_addr;"
    with _running(f"location / {{ proxy_pass {server}; proxy_bind {source}; {told} }}", room) as url:
        yield url


@contextmanager
def _running(given: str, room: Path, certificate: Certificate | None = None) -> Iterator[str]:
    program = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    timeout = shutil.which("timeout")
    if program is None or timeout is None:
        raise NginxMissingError("nginx is not here")
    room.mkdir(parents=True)
    port = free_port()
    named = f"ssl_certificate {certificate.chain}; ssl_certificate_key {certificate.key};" if certificate else ""
    text = _CONFIG.format(
        user="user root;" if os.geteuid() == 0 else "",
        room=room,
        port=port,
        given=given,
        encrypted=" ssl" if certificate else "",
        certificate=named,
    )
    (room / "nginx.conf").write_text(text)
    process = subprocess.Popen(
        [timeout, str(_LIFE), program, "-c", str(room / "nginx.conf"), "-e", str(room / "errors")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process)
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(SECONDS)
