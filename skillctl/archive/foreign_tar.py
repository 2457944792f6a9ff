"""A .tar.gz of any usual tool, member by member.

Headers: POSIX ustar, GNU and the old form without a magic. Extensions are read where they only name what the header
has no room for: a long name (GNU `L`, pax `path`), and times, owners and attributes, which are passed over. An
extension that changes a size or an encoding, or that holds for all members, makes two readers see two archives
(CVE-2025-62518), so it is refused, as is a second name for one member.
"""

from __future__ import annotations

import re

from skillctl.archive.foreign import Taken
from skillctl.archive.header import BLOCK, padding_of
from skillctl.archive.inflate import Inflater
from skillctl.archive.refusal import TYPES
from skillctl.core.errors import RegistryError

_ZEROS = bytes(BLOCK)
_MAGICS = {b"ustar\x0000": "posix", b"ustar  \0": "gnu", bytes(8): "old"}
_OCTAL = re.compile(rb" *([0-7]*)[ \0]*\Z")
_RECORD = re.compile(rb"([1-9][0-9]{0,8}) ")
_LONGEST_EXTENSION = 64 * 1024
_OVERRIDES = {b"size": "size-override", b"hdrcharset": "charset", b"charset": "charset", b"linkpath": "extension"}
_HARMLESS = re.compile(
    rb"(?:comment|mtime|atime|ctime|uid|gid|uname|gname|(?:SCHILY|LIBARCHIVE|RHT|APPLE|SUN|MSWINDOWS)\..+)\Z", re.DOTALL
)
_TYPE_OF_FILE = (b"0", b"\0")
_WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"6")
_AHEAD = 1024 * 1024


def read_tar_gz(data: bytes, taken: Taken) -> None:
    """Give every member to `taken`. RegistryError E201, E202, E204 to E206, E212, E213."""
    try:
        _Tar(Inflater(data, pack=taken.pack, limits=taken.limits, is_ours=False), taken).read()
    except RegistryError as error:
        if error.code == "E208":  # the words of which are about our own archives
            raise taken.unreadable(str(error.problems[0].evidence["rule"])) from error
        raise


class _Tar:
    """One pass over one archive."""

    def __init__(self, inflater: Inflater, taken: Taken) -> None:
        self._inflater = inflater
        self._taken = taken
        self._long_name: bytes | None = None
        self._size = b""

    def read(self) -> None:
        while (block := self._inflater.take(BLOCK)) != _ZEROS:
            self._member(block)
        if self._long_name is not None or self._size:
            raise self._refused("(end of archive)", "dangling-extension")
        while not self._inflater.at_end():
            if self._inflater.take(BLOCK) != _ZEROS:
                raise self._refused("(end of archive)", "data-after-end")

    def _member(self, block: bytes) -> None:
        kind, size = block[156:157], self._checked_size(block)
        if kind in (b"x", b"g", b"L"):
            self._extension(kind, size)
            return
        name = self._name(block)
        self._long_name, self._size = None, b""
        is_directory = kind == b"5" or (kind == b"\0" and name.endswith("/"))
        if is_directory:
            if size:
                raise self._refused(name, "directory-data")
            self._taken.directory(name)
        elif kind in _TYPE_OF_FILE:
            self._file(name, size)
        elif size or kind not in TYPES or kind not in _WITHOUT_DATA:
            raise self._taken.bad_type(name, TYPES.get(kind, "unknown-type"))
        else:
            self._taken.refuse_type(name, TYPES[kind])

    def _file(self, name: str, size: int) -> None:
        if self._taken.wants(name, size):
            self._taken.add(name, self._data(size))
        else:
            self._skip(size)

    def _data(self, size: int) -> bytes:
        data = self._inflater.take(size)
        self._inflater.take(padding_of(size))
        return data

    def _skip(self, size: int) -> None:
        left = size + padding_of(size)
        while left:
            left -= len(self._inflater.take(min(left, _AHEAD)))

    # Headers

    def _checked_size(self, block: bytes) -> int:
        """The size of a header that is in order."""
        shown = block[:100].rstrip(b"\0").decode("utf-8", "backslashreplace")
        stated = _OCTAL.match(block[148:156])
        total = sum(block) - sum(block[148:156]) + 8 * ord(" ")
        if stated is None or not stated[1] or int(stated[1], 8) != total:
            raise self._refused(shown, "checksum")
        if block[257:265] not in _MAGICS:
            raise self._refused(shown, "magic")
        digits = _OCTAL.match(block[124:136])
        if digits is None:
            raise self._refused(shown, "size-field")
        return int(digits[1] or b"0", 8)

    def _name(self, block: bytes) -> str:
        """The member's path: of the extension before it, else of its header."""
        short = block[:100].partition(b"\0")[0]
        if _MAGICS[block[257:265]] == "posix" and block[345]:
            short = block[345:500].partition(b"\0")[0] + b"/" + short
        raw = short if self._long_name is None else self._long_name
        if self._size and int(self._size) != self._checked_size(block):
            raise self._refused(raw.decode("utf-8", "backslashreplace"), "size-override")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            shown = raw.decode("utf-8", "backslashreplace")
            raise self._taken.bad_path(shown, "not-utf-8") from None

    # Extensions

    def _extension(self, kind: bytes, size: int) -> None:
        self._taken.count()
        if size > _LONGEST_EXTENSION:
            raise self._refused("(extension)", "extension")
        data = self._data(size)
        if kind == b"L":
            name, _, rest = data.partition(b"\0")
            if rest.strip(b"\0"):
                raise self._refused("(extension)", "extension")
            self._take_name(name)
            return
        told = self._records(data)
        for key, value in told.items():
            if key == b"path" and kind == b"x":
                self._take_name(value)
            elif key == b"size" and kind == b"x" and value.isdigit() and len(value) < 20:
                self._size = value
            elif not _HARMLESS.match(key):
                raise self._refused("(extension)", self._override(key))

    def _override(self, key: bytes) -> str:
        if key == b"path":
            return "path-override"
        return "sparse" if key.startswith(b"GNU.sparse") else _OVERRIDES.get(key, "extension")

    def _take_name(self, name: bytes) -> None:
        if self._long_name is not None:
            raise self._refused(name.decode("utf-8", "backslashreplace"), "two-names")
        if not name or b"\0" in name:
            raise self._refused("(extension)", "extension")
        self._long_name = name

    def _records(self, data: bytes) -> dict[bytes, bytes]:
        """Key -> value of a pax header, each `<length> <key>=<value>\\n`."""
        found: dict[bytes, bytes] = {}
        at = 0
        while at < len(data):
            match = _RECORD.match(data, at)
            end = at + int(match[1]) if match else 0
            if not match or not match.end() < end <= len(data) or data[end - 1 : end] != b"\n":
                raise self._refused("(extension)", "extension")
            key, equals, value = data[match.end() : end - 1].partition(b"=")
            if not (key and equals) or key in found:
                raise self._refused("(extension)", "extension")
            found[key] = value
            at = end
        return found

    def _refused(self, name: str, rule: str) -> RegistryError:
        return self._taken.bad_tar(name, rule)
