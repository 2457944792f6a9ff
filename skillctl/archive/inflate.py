"""The bytes inside one gzip member, piece by piece, so that a bomb is stopped before it has grown.

Only as much is unpacked as the reader asks for, at most a MiB ahead, and the ratio of real bytes is checked with each
piece. The gzip header has to be the writer's, byte for byte, unless the archive is another tool's; zlib itself checks
length and CRC at the end.
"""

from __future__ import annotations

import zlib

from skillctl.archive.bounds import pack_over_limit, unpacked_allowed
from skillctl.archive.writer import GZIP_HEADER
from skillctl.core.diagnostics import Place
from skillctl.core.errors import RegistryError
from skillctl.core.limits import MIB, Limits

_FEED = 64 * 1024
_AHEAD = MIB


class Inflater:
    """Reads the unpacked bytes of `packed` from front to back; RegistryError E203, E204, E208."""

    def __init__(self, packed: bytes, *, pack: str, limits: Limits, is_ours: bool = True) -> None:
        self._packed = memoryview(packed)
        self._pack = pack
        self._limits = limits
        self._allowed = unpacked_allowed(len(packed), limits)
        self._unpacked = 0
        self._fed = 0
        self._zlib = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._buffer = b""
        self._at = 0
        if packed[:2] != GZIP_HEADER[:2]:
            raise self.damaged("not-gzip")
        if is_ours and packed[: len(GZIP_HEADER)] != GZIP_HEADER:
            raise RegistryError.of(
                "E203", place=Place(file=pack), pack=pack, member="(gzip header)", rule="gzip-header"
            )

    def take(self, size: int) -> bytes:
        """The next `size` bytes; an archive that has fewer is truncated."""
        end = self._at + size
        if end > len(self._buffer):
            self._fill(size)
            end = size
        piece = self._buffer[self._at : end]
        self._at = end
        return piece

    def at_end(self) -> bool:
        """Whether no unpacked byte is left; bytes after the gzip member are refused."""
        if self._at < len(self._buffer) or self._more():
            return False
        if self._zlib.unused_data or self._fed < len(self._packed):
            raise self.damaged("data-after-gzip")
        return True

    def damaged(self, rule: str) -> RegistryError:
        """The error E208 of an archive that can't be read on."""
        return RegistryError.of("E208", place=Place(file=self._pack), pack=self._pack, rule=rule)

    def _fill(self, size: int) -> None:
        """Put at least `size` bytes in the buffer, from its beginning."""
        pieces = [self._buffer[self._at :]]
        missing = size - len(pieces[0])
        while missing > 0:
            piece = self._more()
            if not piece:
                raise self.damaged("truncated")
            pieces.append(piece)
            missing -= len(piece)
        self._buffer = b"".join(pieces)
        self._at = 0

    def _more(self) -> bytes:
        """The next unpacked bytes, or none at the end of the gzip member."""
        while not self._zlib.eof:
            packed: bytes | memoryview = self._zlib.unconsumed_tail
            if not packed:
                packed = self._packed[self._fed : self._fed + _FEED]
                self._fed += len(packed)
            piece = self._inflated(packed)
            if piece:
                self._unpacked += len(piece)
                if self._unpacked > self._allowed:
                    raise pack_over_limit(self._pack, "compression_ratio", allowed=self._limits.compression_ratio)
                return piece
            if not packed and not self._zlib.eof:
                raise self.damaged("truncated")
        return b""

    def _inflated(self, packed: bytes | memoryview) -> bytes:
        try:
            return self._zlib.decompress(packed, min(_AHEAD, self._allowed - self._unpacked + 1))
        except zlib.error as cause:
            raise self.damaged("damaged") from cause
