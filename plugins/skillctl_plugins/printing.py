"""What plugins print goes to stderr, line by line, with the plugin's name in front: stdout is for programs.

`print` knows only one stdout for the whole process, so while any plugin is at work a stand-in takes its place. It looks
at who prints: a thread that is running a plugin is led to stderr, every other one to the real stdout.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO

_SPEAKER: ContextVar[str] = ContextVar("the plugin that is running", default="")
_LOCK = threading.Lock()


class _Switch(io.TextIOBase):
    """A stdout that leads each writer to where it belongs."""

    def __init__(self, real: TextIO) -> None:
        self.real = real
        self.users = 0
        self._begun: dict[str, str] = {}

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        speaker = _SPEAKER.get()
        if not speaker:
            return self.real.write(text)
        *lines, rest = (self._begun.pop(speaker, "") + text).split("\n")
        for line in lines:
            sys.stderr.write(f"[{speaker}] {line}\n")
        if rest:
            self._begun[speaker] = rest
        return len(text)

    def flush(self) -> None:
        if not _SPEAKER.get():
            self.real.flush()

    def finish(self, speaker: str) -> None:
        """End the line that the plugin left open."""
        rest = self._begun.pop(speaker, "")
        if rest:
            sys.stderr.write(f"[{speaker}] {rest}\n")


@contextmanager
def speaking(plugin: str) -> Iterator[None]:
    """In the block, what this thread prints is the plugin's."""
    token = _SPEAKER.set(plugin)
    try:
        yield
    finally:
        if isinstance(sys.stdout, _Switch):
            sys.stdout.finish(plugin)
        _SPEAKER.reset(token)


@contextmanager
def switched() -> Iterator[None]:
    """In the block, plugins may print. Blocks of several threads may overlap."""
    with _LOCK:
        if not isinstance(sys.stdout, _Switch):
            sys.stdout = _Switch(sys.stdout)  # a stream in all that print needs
        switch = sys.stdout
        assert isinstance(switch, _Switch)
        switch.users += 1
    try:
        yield
    finally:
        with _LOCK:
            switch.users -= 1
            if switch.users == 0 and sys.stdout is switch:
                sys.stdout = switch.real
