"""Builds archives that our writer would never write, from the cases in tests/data/archive."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Case = dict[str, Any]

_DATA = Path(__file__).parent.parent / "data" / "archive"

MIB = 1024 * 1024

_FIELDS = {
    "name": (0, 100),
    "mode": (100, 108),
    "uid": (108, 116),
    "gid": (116, 124),
    "size": (124, 136),
    "mtime": (136, 148),
    "checksum": (148, 156),
    "type": (156, 157),
    "linkname": (157, 257),
    "magic": (257, 265),
    "uname": (265, 297),
    "gname": (297, 329),
    "devmajor": (329, 337),
    "devminor": (337, 345),
    "prefix": (345, 500),
    "tail": (500, 512),
}


def archive_of(case: Case) -> bytes:
    """The .tar.gz that a case describes."""
    archive = _gzip(_tar_pieces(case))
    if "append_bomb_mib" in case:
        archive += _gzip(_zeros(case["append_bomb_mib"]))
    return _altered(archive, case, case.get("gzip", {}))


def cases(name: str) -> list[Case]:
    """The cases of one file of the catalogue."""
    found: list[Case] = json.loads((_DATA / f"{name}.json").read_text("utf-8"))["cases"]
    return found


def packed(tar: bytes) -> bytes:
    """Any bytes as the one gzip member that our reader takes."""
    return _gzip(iter([tar]), level=1)


def _tar_pieces(case: Case) -> Iterator[bytes]:
    for member in _members(case):
        yield from _member_pieces(member)
    yield bytes(512 * case.get("end", 2))
    yield case.get("tail", "").encode()


def _members(case: Case) -> Iterator[Case]:
    yield from case.get("members", ())
    for number in range(case.get("count", 0)):
        yield {"path": f"f{number:07}", "mib": case["size_mib"]}


def _member_pieces(member: Case) -> Iterator[bytes]:
    if "raw_blocks" in member:
        yield bytes(512 * member["raw_blocks"])
    elif "raw_mib" in member:
        yield from _zeros(member["raw_mib"])
    elif "mib" in member:
        yield _header(member, member["mib"] * MIB)
        yield from _zeros(member["mib"])
    else:
        data = _noise(member["noise_mib"]) if "noise_mib" in member else member.get("text", "").encode()
        yield _header(member, member.get("claim", len(data)))
        yield data
        yield _padding(member, -len(data) % 512)


def _padding(member: Case, size: int) -> bytes:
    start: bytes = member.get("pad", "").encode()
    end: bytes = member.get("pad_end", "").encode()
    return start + bytes(size - len(start) - len(end)) + end


def _zeros(mib: int) -> Iterator[bytes]:
    piece = bytes(MIB)
    for _ in range(mib):
        yield piece


def _noise(mib: int) -> bytes:
    """Bytes that don't compress, the same each time."""
    state, words = 1, []
    for _ in range(mib * MIB // 8):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        words.append(state)
    return struct.pack(f"<{len(words)}Q", *words)


def _header(member: Case, size: int) -> bytes:
    path = bytes.fromhex(member["path_hex"]) if "path_hex" in member else member["path"].encode()
    executable = member.get("text", "").startswith("#!")
    fields = {
        "mode": b"0000755" if executable else b"0000644",
        "uid": b"0000000",
        "gid": b"0000000",
        "size": b"%011o" % size,
        "mtime": b"0" * 11,
        "type": b"0",
        "magic": b"ustar\x0000",
        "devmajor": b"0000000",
        "devminor": b"0000000",
    }
    fields |= _path_fields(path)
    fields |= {key: value.encode("latin-1") for key, value in member.get("set", {}).items()}
    block = bytearray(512)
    for key, value in fields.items():
        start, end = _FIELDS[key]
        assert len(value) <= end - start, key
        block[start : start + len(value)] = value
    if "checksum" not in fields:
        block[148:156] = _checksum(bytes(block), member.get("checksum_form", "%06o\0 "))
    return bytes(block)


def _path_fields(path: bytes) -> dict[str, bytes]:
    if len(path) <= 100:
        return {"name": path}
    cut = path.rfind(b"/", 0, 156)
    return {"prefix": path[:cut], "name": path[cut + 1 :]}


def _checksum(block: bytes, form: str) -> bytes:
    blank = block[:148] + b" " * 8 + block[156:]
    if form == "signed":
        return b"%06o\0 " % sum(byte - 256 if byte > 127 else byte for byte in blank)
    return form.encode() % sum(blank)


def _gzip(pieces: Iterator[bytes], level: int = 9) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    body, crc, size = [], 0, 0
    for piece in pieces:
        body.append(packer.compress(piece))
        crc = zlib.crc32(piece, crc)
        size += len(piece)
    body.append(packer.flush())
    return _HEADER + b"".join(body) + struct.pack("<II", crc, size % 2**32)


_HEADER = bytes.fromhex("1f8b08000000000002ff")


def _altered(archive: bytes, case: Case, change: Case) -> bytes:
    if change.get("plain"):
        return b"".join(_tar_pieces(case))
    if change.get("twice"):
        return _gzip(iter([archive]))
    if "replace" in change:
        return bytes.fromhex(change["replace"])
    if "body" in change:
        archive = archive[:10] + bytes.fromhex(change["body"]) + archive[11:]
    if "flip" in change:
        at = change["flip"] % len(archive)
        archive = archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1 :]
    head = bytes.fromhex(change.get("header", _HEADER.hex()))
    archive = bytes.fromhex(change.get("before", "")) + head + archive[10:]
    archive += archive if change.get("again") else bytes.fromhex(change.get("append", ""))
    end: int | None = change.get("cut")
    return archive[:end]
