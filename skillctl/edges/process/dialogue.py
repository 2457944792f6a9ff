"""A program that is spoken to in lines: a question, an answer, each within its time. It dies with the block.

What it says on stderr goes to ours.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress

from skillctl.core.errors import InstallError

_POSIX = os.name == "posix"
LONGEST_LINE = 64 * 1024 * 1024


class Dialogue(AbstractContextManager["Dialogue"]):
    """A conversation with one process; it is started at once, and killed with all it started when closed or late."""

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str]) -> None:
        self._name = argv[0]
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._lock = threading.Lock()
        self._closed = False
        try:
            self._process = subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=dict(env),
                encoding="utf-8",
                errors="replace",
                start_new_session=_POSIX,
            )
        except OSError as error:
            raise InstallError.of("E448", program=argv[0], reason=error.strerror or str(error)) from error
        threading.Thread(target=self._read, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, line: str, seconds: float) -> str:
        """The answer to the line.

        InstallError E448 if the process is gone, E449 if it takes longer: then it is killed.
        """
        with self._lock:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(f"{line}\n")
                self._process.stdin.flush()
            except (OSError, ValueError) as error:
                raise InstallError.of("E448", program=self._name, reason="it has ended") from error
            return self.hear(seconds)

    def hear(self, seconds: float) -> str:
        """The next line that it says. InstallError as for `ask`."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self.close()
            raise InstallError.of("E449", program=self._name, seconds=seconds) from None
        if line is None:
            self._lines.put(None)
            raise InstallError.of("E448", program=self._name, reason="it has ended")
        return line

    def close(self) -> None:
        """Kill the process and all it started; a second time does nothing, since its number may be another's then."""
        if self._closed:
            return
        self._closed = True
        with suppress(ProcessLookupError):
            if _POSIX:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as said, suppress(OSError, ValueError):
            while line := said.readline(LONGEST_LINE):
                self._lines.put(line)
        self._lines.put(None)
