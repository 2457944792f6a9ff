"""Other programs, started here alone: without a shell, without our stdin, with a time limit.

A program that overstays is killed with everything that it started, where the system knows process groups.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from skillctl.core.errors import InstallError
from skillctl.core.value import dataclass

_POSIX = os.name == "posix"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A program that ended by itself."""

    status: int
    """Its exit status; negative where a signal ended it."""
    stdout: str
    stderr: str
    """Text as UTF-8; bytes that are none are replaced."""


def run(
    argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float
) -> Finished:
    """Start the program, wait for its end, and give its status and all that it printed.

    `env` is its whole environment (None: ours), `timeout` is in seconds. InstallError E448 if it can't be started,
    E449 if it overstays.
    """
    try:
        program = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=_POSIX,
        )
    except OSError as error:
        raise InstallError.of("E448", program=argv[0], reason=error.strerror or str(error)) from error
    with program:
        try:
            stdout, stderr = program.communicate(timeout=timeout)
        except BaseException as error:
            _kill(program)
            if isinstance(error, subprocess.TimeoutExpired):
                raise InstallError.of("E449", program=argv[0], seconds=timeout) from error
            raise
    return Finished(
        status=program.returncode, stdout=stdout.decode(errors="replace"), stderr=stderr.decode(errors="replace")
    )


def _kill(program: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        if _POSIX:
            os.killpg(program.pid, signal.SIGKILL)
        else:
            program.kill()
