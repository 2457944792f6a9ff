"""Servers that tests start as programs of their own, and wait for."""

from __future__ import annotations

import socket
import subprocess
import time

SECONDS = 20.0
"""How long a program may take to begin, or to end."""


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the program listens on that port. RuntimeError if it ends, or takes too long."""
    until = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} did not begin to answer")
