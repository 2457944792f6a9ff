"""A .zip of any usual tool, read by the directory at its end and held against every record before a file.

A zip says everything twice. Readers that go through it from the front believe the local records, others the directory,
and archives were made that show each another tree (CVE-2025-54368). Here the archive has to be one seamless row:

    local record · data · perhaps a descriptor    for each file, nothing between, from the first byte on
    directory record                              for each file, as many as the end says
    zip64 records, end record, comment            up to the last byte

and both records of a file have to say the same name, flags, method, sizes and check sum. What a descriptor or a zip64
field adds has to fit what the directory says.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator

from skillctl.archive.bounds import pack_over_limit, unpacked_allowed
from skillctl.archive.foreign import Taken
from skillctl.core.errors import RegistryError
from skillctl.core.value import dataclass

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_LENGTH = struct.Struct("<H")
_LOCAL_SIGN, _CENTRAL_SIGN, _END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64_SIGN, _LOCATOR_SIGN, _DESCRIPTOR_SIGN = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"

_ENCRYPTED, _DESCRIBED, _UTF8 = 0x0001, 0x0008, 0x0800
_KNOWN_FLAGS = _DESCRIBED | _UTF8 | 0x0006  # and how hard deflate tried
_SECRET_FLAGS = _ENCRYPTED | 0x0040 | 0x2000
_STORED, _DEFLATED = 0, 8
_NEWEST = 63  # of the format, as 6.3
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_UTF8_SYSTEMS = (3, 19)
_SECRET_FIELDS = frozenset({0x0017, 0x9901})  # strong encryption, AES
_LONGEST_COMMENT = 0xFFFF


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """One record of the directory."""

    raw_name: bytes
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    """Of Unix, with the type of the file; 0 where none is said."""
    is_directory: bool


def read_zip(data: bytes, taken: Taken) -> None:
    """Give every member to `taken`. RegistryError E201, E202, E204 to E206, E211, E213."""
    _Zip(data, taken).read()


class _Zip:
    """One archive."""

    def __init__(self, data: bytes, taken: Taken) -> None:
        self._data = data
        self._taken = taken
        self._left = unpacked_allowed(len(data), taken.limits)

    def read(self) -> None:
        count, start, end = self._directory()
        self._taken.check_count(count)
        entries = sorted(self._entries(count, start, end), key=lambda entry: entry.offset)
        at = 0
        for index, entry in enumerate(entries):
            following = entries[index + 1].offset if index + 1 < len(entries) else start
            if entry.offset != at:
                rule = "leading-data" if at == 0 else "overlap" if entry.offset < at else "gap"
                raise self._refused(entry.name, rule)
            self._member(entry, following)
            at = following
        if at != start:
            raise self._refused("(directory)", "gap" if at else "leading-data")

    # The end

    def _directory(self) -> tuple[int, int, int]:
        """Number of entries, where the directory begins and where it ends."""
        at = self._end_record()
        _, disk, first_disk, here, count, size, start, _ = _END.unpack_from(self._data, at)
        if disk or first_disk or here != count:
            raise self._refused("(end)", "disks")
        end = at
        located = self._data[at - _LOCATOR.size : at] if at >= _LOCATOR.size else b""
        if located.startswith(_LOCATOR_SIGN):
            count, size, start, end = self._zip64_end(at - _LOCATOR.size, count, size, start)
        elif count == _FULL16 or _FULL32 in (size, start):
            raise self._refused("(end)", "zip64")
        if start + size != end:
            raise self._refused("(end)", "end-fields")
        return count, start, end

    def _end_record(self) -> int:
        """Where the end record begins: the only one whose comment reaches to the last byte."""
        data = self._data
        found = []
        at = data.rfind(_END_SIGN)
        while at >= max(0, len(data) - _LONGEST_COMMENT - _END.size):
            found.append(at)
            at = data.rfind(_END_SIGN, 0, at)
        whole = [at for at in found if at + _END.size <= len(data)]
        fitting = [at for at in whole if at + _END.size + _LENGTH.unpack_from(data, at + 20)[0] == len(data)]
        if not fitting:
            raise self._refused("(end)", "trailing-data" if whole else "no-end")
        if len(fitting) > 1 or fitting[0] != found[0]:
            raise self._refused("(end)", "two-ends")
        return fitting[0]

    def _zip64_end(self, locator: int, count: int, size: int, start: int) -> tuple[int, int, int, int]:
        """The same four of a zip64 archive; the plain end record says nothing else."""
        _, disk, at, disks = _LOCATOR.unpack_from(self._data, locator)
        if disk or disks > 1 or at + _END64.size != locator or self._data[at : at + 4] != _END64_SIGN:
            raise self._refused("(end)", "zip64")
        record = _END64.unpack_from(self._data, at)
        _, length, _, _, disk, first_disk, here, count64, size64, start64 = record
        plain = ((count, count64, _FULL16), (size, size64, _FULL32), (start, start64, _FULL32))
        if length != _END64.size - 12 or disk or first_disk or here != count64:
            raise self._refused("(end)", "zip64")
        if any(short not in (long, full) for short, long, full in plain):
            raise self._refused("(end)", "zip64")
        return count64, size64, start64, at

    # The directory

    def _entries(self, count: int, start: int, end: int) -> Iterator[_Entry]:
        at, seen = start, 0
        while at < end:
            if at + _CENTRAL.size > end or self._data[at : at + 4] != _CENTRAL_SIGN:
                raise self._refused("(directory)", "directory")
            entry, at = self._entry(at, end)
            seen += 1
            yield entry
        if at != end or seen != count:
            raise self._refused("(directory)", "entries")

    def _entry(self, at: int, end: int) -> tuple[_Entry, int]:
        record = _CENTRAL.unpack_from(self._data, at)
        _, made_by, needed, flags, method, _, _, crc, packed, size, *lengths, disk, _, attributes, offset = record
        name_size, extra_size, comment = lengths
        begin = at + _CENTRAL.size
        after = begin + name_size + extra_size + comment
        if after > end:
            raise self._refused("(directory)", "directory")
        raw = self._data[begin : begin + name_size]
        shown = raw.decode("utf-8", "backslashreplace")
        if comment:
            raise self._refused(shown, "member-comment")
        extra = self._extra(self._data[begin + name_size : after], shown)
        wide = [size, packed, offset]
        size, packed, offset = self._widened(wide, extra.get(_ZIP64), shown)
        if disk:
            raise self._refused(shown, "disks")
        if needed & 0xFF > _NEWEST:
            raise self._refused(shown, "version")
        self._check_flags(flags, method, extra, shown)
        name = self._decoded(raw, made_by >> 8, flags, extra, shown)
        mode = attributes >> 16
        entry = _Entry(
            raw_name=raw,
            name=name,
            flags=flags,
            method=method,
            crc=crc,
            packed=packed,
            size=size,
            offset=offset,
            mode=mode,
            is_directory=name.endswith("/"),
        )
        self._check_type(entry)
        return entry, after

    def _check_flags(self, flags: int, method: int, extra: dict[int, bytes], shown: str) -> None:
        if flags & _SECRET_FLAGS or not _SECRET_FIELDS.isdisjoint(extra):
            raise self._refused(shown, "encrypted")
        if flags & ~_KNOWN_FLAGS:
            raise self._refused(shown, "flags")
        if method not in (_STORED, _DEFLATED):
            raise self._refused(shown, "method")

    def _decoded(self, raw: bytes, system: int, flags: int, extra: dict[int, bytes], shown: str) -> str:
        """The name, where all readers read the same.

        Without the flag that says UTF-8, readers guess; what came from Unix or macOS is UTF-8 all the same, and bytes
        beyond ASCII have no say in where a path leads.
        """
        is_utf8 = flags & _UTF8 or system in _UTF8_SYSTEMS
        try:
            name = raw.decode("utf-8" if is_utf8 else "ascii")
        except UnicodeDecodeError:
            if flags & _UTF8:
                raise self._taken.bad_path(shown, "not-utf-8") from None
            raise self._refused(shown, "name-encoding") from None
        if _UNICODE_PATH in extra and extra[_UNICODE_PATH][5:] != raw:
            raise self._refused(shown, "name-encoding")
        return name

    def _check_type(self, entry: _Entry) -> None:
        """Of the two things that tell a directory, the name has to say what the mode says."""
        kind = stat.S_IFMT(entry.mode)
        if entry.is_directory:
            if entry.size or kind not in (0, stat.S_IFDIR):
                raise self._refused(entry.name, "directory-data" if entry.size else "type")
        elif kind == stat.S_IFDIR:
            raise self._refused(entry.name, "type")

    def _extra(self, data: bytes, shown: str) -> dict[int, bytes]:
        """Id -> bytes of the extra fields."""
        found: dict[int, bytes] = {}
        at = 0
        while at < len(data):
            if at + 4 > len(data):
                raise self._refused(shown, "extra-field")
            field, size = struct.unpack_from("<HH", data, at)
            at += 4 + size
            if at > len(data) or (field in found and field in (_ZIP64, _UNICODE_PATH)):
                raise self._refused(shown, "extra-field")
            found[field] = data[at - size : at]
        return found

    def _widened(self, values: list[int], zip64: bytes | None, shown: str) -> list[int]:
        """The values, with those that are only placeholders taken from the zip64 field, in its order."""
        wanted = sum(value == _FULL32 for value in values)
        if zip64 is None:
            return values
        if len(zip64) < 8 * wanted or len(zip64) % 8 not in (0, 4) or len(zip64) > 28:
            raise self._refused(shown, "zip64")
        numbers = iter(struct.unpack_from(f"<{len(zip64) // 8}Q", zip64))
        return [next(numbers) if value == _FULL32 else value for value in values]

    # Members

    def _member(self, entry: _Entry, following: int) -> None:
        begin = self._check_local(entry, following)
        packed = self._data[begin : begin + entry.packed]
        kind = stat.S_IFMT(entry.mode)
        if entry.is_directory:
            self._unpacked(entry, packed)
            self._taken.directory(entry.name)
        elif kind not in (0, stat.S_IFREG):
            self._taken.refuse_type(entry.name, "symbolic-link" if kind == stat.S_IFLNK else "special-file")
        elif self._taken.wants(entry.name, entry.size):
            self._taken.add(entry.name, self._unpacked(entry, packed))

    def _check_local(self, entry: _Entry, following: int) -> int:
        """Where the data begins, if the local record says what the directory says and ends where the next begins."""
        at = entry.offset
        if self._data[at : at + 4] != _LOCAL_SIGN:
            raise self._refused(entry.name, "local-header")
        if at + _LOCAL.size > following:
            raise self._refused(entry.name, "overlap")
        _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _LOCAL.unpack_from(self._data, at)
        begin: int = at + _LOCAL.size + name_size + extra_size
        if begin + entry.packed > following:
            raise self._refused(entry.name, "overlap")
        raw = self._data[at + _LOCAL.size : begin - extra_size]
        same = {
            "name-mismatch": raw == entry.raw_name,
            "method-mismatch": method == entry.method,
            "flags-mismatch": flags == entry.flags,
        }
        for rule, is_same in same.items():
            if not is_same:
                raise self._refused(entry.name, rule)
        extra = self._extra(self._data[begin - extra_size : begin], entry.name)
        if extra.get(_UNICODE_PATH, b"12345" + raw)[5:] != raw:
            raise self._refused(entry.name, "name-encoding")
        size, packed = self._widened([size, packed], extra.get(_ZIP64), entry.name)
        self._check_sizes(entry, (crc, packed, size), begin, following)
        return begin

    def _check_sizes(self, entry: _Entry, stated: tuple[int, int, int], begin: int, following: int) -> None:
        """Check sum and sizes of the local record are those of the directory, or follow behind the data."""
        real = (entry.crc, entry.packed, entry.size)
        end = begin + entry.packed
        if entry.flags & _DESCRIBED:
            if any(one not in (0, other) for one, other in zip(stated, real, strict=True)):
                raise self._refused(entry.name, "size-mismatch")
            self._check_descriptor(entry, begin, end, following)
        elif stated != real:
            raise self._refused(entry.name, "size-mismatch")
        elif end != following:
            raise self._refused(entry.name, "gap")

    def _check_descriptor(self, entry: _Entry, begin: int, end: int, following: int) -> None:
        """The few bytes behind the data, of which there are four forms."""
        found = self._data[end:following]
        short = struct.pack("<3L", entry.crc, entry.packed & _FULL32, entry.size & _FULL32)
        long = struct.pack("<L2Q", entry.crc, entry.packed, entry.size)
        if found not in (short, _DESCRIPTOR_SIGN + short, long, _DESCRIPTOR_SIGN + long):
            raise self._refused(entry.name, "descriptor" if len(found) <= len(long) + 4 else "gap")
        stored = self._data[begin:end] if entry.method == _STORED else b""
        if any(sign in stored for sign in (_LOCAL_SIGN, _CENTRAL_SIGN, _DESCRIPTOR_SIGN)):
            raise self._refused(entry.name, "stored-descriptor")

    def _unpacked(self, entry: _Entry, packed: bytes) -> bytes:
        """The bytes of a file, never more than the directory says."""
        self._left -= entry.size
        if self._left < 0:
            raise pack_over_limit(self._taken.pack, "compression_ratio", allowed=self._taken.limits.compression_ratio)
        data = packed if entry.method == _STORED else self._inflated(entry, packed)
        if len(data) != entry.size or zlib.crc32(data) != entry.crc:
            raise self._taken.unreadable("damaged")
        return data

    def _inflated(self, entry: _Entry, packed: bytes) -> bytes:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflater.decompress(packed, entry.size + 1)
            if not inflater.eof:  # an empty block may still stand behind the last byte
                data += inflater.decompress(inflater.unconsumed_tail, 1)
        except zlib.error as error:
            raise self._taken.unreadable("damaged") from error
        if not inflater.eof or inflater.unused_data or inflater.unconsumed_tail:
            raise self._taken.unreadable("damaged")
        return data

    def _refused(self, name: str, rule: str) -> RegistryError:
        return self._taken.bad_zip(name, rule)
