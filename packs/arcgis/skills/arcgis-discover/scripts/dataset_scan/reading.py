"""Bounded reading: no file is read beyond its share, and what is too short says so.

A scan meets files of a hundred gigabytes, drives that fail in the middle, and files whose header promises more than
there is. Every reader therefore asks a `Source` for pieces. It raises `UnreadableError`, never anything of `struct`.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dataset_scan.values import UnreadableError

MEGABYTE = 1_000_000


class Source:
    """One open file, of which at most `limit` bytes are read."""

    def __init__(self, stream: BinaryIO, *, size: int, limit: int) -> None:
        self.size = size
        self.bytes_read = 0
        self._limit = limit
        self._stream = stream

    @classmethod
    def of(cls, data: bytes, *, limit: int = 64 * MEGABYTE) -> Source:
        """A source over bytes in memory."""
        return cls(io.BytesIO(data), size=len(data), limit=limit)

    @property
    def is_longer_than_limit(self) -> bool:
        return self.size > self._limit

    def head(self, length: int | None = None) -> bytes:
        """The first bytes: as many as asked for, as there are, and as the limit leaves."""
        wanted = self._limit if length is None else min(length, self._limit)
        return self._take(0, max(0, min(wanted, self.size, self._limit - self.bytes_read)))

    def piece(self, offset: int, length: int) -> bytes:
        """Exactly these bytes. UnreadableError if the file ends before, or the limit is used up."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise UnreadableError(f"cut short: {length} bytes expected at {offset}, the file has {self.size}")
        if self.bytes_read + length > self._limit:
            raise UnreadableError(f"more than {self._limit} bytes would have to be read")
        data = self._take(offset, length)
        if len(data) != length:
            raise UnreadableError(f"cut short while it was read, at {offset + len(data)}")
        return data

    def numbers(self, form: str, offset: int) -> tuple[float, ...]:
        """What `struct` reads there, all numbers."""
        return tuple(struct.unpack(form, self.piece(offset, struct.calcsize(form))))

    def whole(self, form: str, offset: int) -> int:
        """One whole number."""
        return int(struct.unpack(form, self.piece(offset, struct.calcsize(form)))[0])

    def _take(self, offset: int, length: int) -> bytes:
        if length == 0:
            return b""
        try:
            self._stream.seek(offset)
            data = self._stream.read(length)
        except OverflowError as error:
            raise UnreadableError(f"an offset of {offset} is none") from error
        self.bytes_read += len(data)
        return data


@dataclass
class Files:
    """Opens files, each with the same limit, and adds up what was read."""

    limit: int = 16 * MEGABYTE
    bytes_read: int = 0

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        """A source over the file. OSError comes out as it is: the walk reports it."""
        with path.open("rb", buffering=0) as stream:
            source = Source(io.BufferedReader(stream), size=path.stat().st_size, limit=self.limit)
            try:
                yield source
            finally:
                self.bytes_read += source.bytes_read

    def text_of(self, path: Path | None, *, length: int = 20_000) -> str:
        """The beginning of a small text file beside a dataset; empty if there is none or it cannot be read."""
        if path is None:
            return ""
        try:
            with self.open(path) as source:
                return source.head(length).decode("utf-8", "replace").lstrip("\ufeff")
        except OSError:
            return ""


def companion(path: Path, suffix: str, *, added: bool = False) -> Path | None:
    """The file beside this one with another suffix, in either case: `roads.dbf`, `ROADS.DBF`, `roads.tif.aux.xml`."""
    for ending in (suffix, suffix.upper()):
        beside = path.with_name(path.name + ending) if added else path.with_suffix(ending)
        try:
            if beside.is_file():
                return beside
        except OSError:
            continue
    return None


def plain_text(data: bytes) -> str:
    """Text of a fixed-width record: up to the first NUL, without control characters."""
    text = data.split(b"\0", 1)[0].decode("latin-1")
    return "".join(char if char.isprintable() else "?" for char in text).strip()
