"""The streams of the process, which may be missing, closed or full: none of that ends in a traceback.

Results go to standard output, and one that can't be written is a failure that is told (`UnwrittenError`). Talk goes to
standard error, and where nobody can be told anything, nothing is said.
"""

from __future__ import annotations

import errno
import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # `--version` is answered before `typing` could be loaded
    from typing import TextIO


class UnwrittenError(Exception):
    """Standard output did not take what was written; the reason is the system's."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror or str(error))


class _Closed(io.TextIOBase):
    """In the place of a standard output that was closed before we began."""

    def write(self, _: str) -> int:
        raise OSError(errno.EBADF, "it is closed")


class _Nowhere(io.TextIOBase):
    """In the place of a standard error that was closed before we began."""

    def write(self, text: str) -> int:
        return len(text)


def open_streams() -> None:
    """Make sure that there is something to write to: Python has None for a stream that was closed."""
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = _Nowhere()


class Manner:
    """How this command line wants to be answered; `frame` sets it, commands that talk while they work ask for it."""

    json = False
    quiet = False


def write_result(text: str, out: TextIO | None = None) -> None:
    """Write to standard output, or what stands for it.

    UnwrittenError if it does not take that; BrokenPipeError if its reader has enough.
    """
    try:
        (out or sys.stdout).write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnwrittenError(error) from error


def flush_result() -> None:
    """See that everything is out. Raises what `write_result` raises."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnwrittenError(error) from error


def silence_output() -> None:
    """Let nothing more be written to a standard output that takes nothing, not even at the interpreter's end."""
    # a pipe of our own takes the few bytes that are still buffered; nothing on disk is opened for it
    try:
        number = sys.stdout.fileno()
    except OSError:  # a stream that stands for a closed one has no number, and nothing buffered
        return
    _, into = os.pipe()
    os.dup2(into, number)
