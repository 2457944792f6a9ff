"""Builds zips record by record, right or wrong, from the cases in tests/data/archive/foreign_zip.json.

A case lists members; each says what stands in its local record (`local`), in its directory record (`central`), or in
both (`set`), where that is not what belongs there. `before`, `between`, `after` put bytes where none belong.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

Case = dict[str, Any]

_LOCAL = "<4s5H3L2H"
_CENTRAL = "<4s6H3L5H2L"
_END = "<4s4H2LH"
MIB = 1024 * 1024


def zip_of(case: Case) -> bytes:
    """The zip that a case describes."""
    body = bytearray(_bytes(case.get("before", "")))
    directory = b""
    for member in case.get("members", ()):
        at = member.get("at", len(body))
        if "at" not in member:
            body += _local(member)
        directory += _central(member, at)
        body += _bytes(member.get("between", ""))
    count = len(case.get("members", ()))
    start = len(body)
    comment = case.get("comment", "").encode("latin-1")
    told = {"disk": 0, "first": 0, "here": count, "count": count, "size": len(directory), "start": start}
    told |= case.get("end", {})
    end = struct.pack(_END, b"PK\x05\x06", *told.values(), case.get("comment_size", len(comment))) + comment
    archive = bytes(body) + directory + _bytes(case.get("before_end", "")) + end * case.get("ends", 1)
    archive += _bytes(case.get("after", ""))
    whole: int | None = case.get("cut")
    return bytes(archive[:whole])


def zip_with(path: bytes, data: bytes = b"evil", *, flags: int = 0x0800) -> bytes:
    """A zip of one file with that name."""
    return zip_of({"members": [{"hex": path.hex(), "text": data.decode(), "set": {"flags": flags}}]})


def _local(member: Case) -> bytes:
    name, data, packed = _name(member), _data(member), _packed(member)
    is_described = "descriptor" in member
    told = {
        "needed": 20,
        "flags": 8 if is_described else 0,
        "method": 8 if member.get("deflate") else 0,
        "time": 0,
        "date": 0x21,
        "crc": 0 if is_described else zlib.crc32(data),
        "packed": 0 if is_described else len(packed),
        "size": 0 if is_described else len(data),
    }
    told |= member.get("set", {}) | member.get("local", {})
    extra = _bytes(member.get("local_extra", member.get("extra", "")))
    name = bytes.fromhex(member["local_hex"]) if "local_hex" in member else name
    record = struct.pack(_LOCAL, b"PK\x03\x04", *told.values(), len(name), len(extra)) + name + extra + packed
    return record + _descriptor(member, data, packed)


def _descriptor(member: Case, data: bytes, packed: bytes) -> bytes:
    forms = {
        "plain": struct.pack("<3L", zlib.crc32(data), len(packed), len(data)),
        "signed": b"PK\x07\x08" + struct.pack("<3L", zlib.crc32(data), len(packed), len(data)),
        "wide": struct.pack("<L2Q", zlib.crc32(data), len(packed), len(data)),
        "wide signed": b"PK\x07\x08" + struct.pack("<L2Q", zlib.crc32(data), len(packed), len(data)),
        "wrong": b"PK\x07\x08" + struct.pack("<3L", zlib.crc32(data), len(packed), len(data) + 1),
        "missing": b"",
    }
    return forms[member["descriptor"]] if "descriptor" in member else b""


def _central(member: Case, at: int) -> bytes:
    name, data, packed = _name(member), _data(member), _packed(member)
    told = {
        "made": 0x0314,
        "needed": 20,
        "flags": 8 if "descriptor" in member else 0,
        "method": 8 if member.get("deflate") else 0,
        "time": 0,
        "date": 0x21,
        "crc": zlib.crc32(data),
        "packed": len(packed),
        "size": len(data),
    }
    rest = {"disk": 0, "inner": 0, "mode": member.get("mode", 0o100644) << 16, "offset": at}
    changes = member.get("set", {}) | member.get("central", {})
    told |= {key: value for key, value in changes.items() if key in told}
    rest |= {key: value for key, value in changes.items() if key in rest}
    extra = _bytes(member.get("central_extra", member.get("extra", "")))
    comment = member.get("comment", "").encode()
    lengths = (len(name), len(extra), len(comment))
    record = struct.pack(_CENTRAL, b"PK\x01\x02", *told.values(), *lengths, *rest.values())
    return bytes(record + name + extra + comment)


def _name(member: Case) -> bytes:
    return _bytes(member["hex"]) if "hex" in member else str(member["path"]).encode()


def _data(member: Case) -> bytes:
    if "mib" in member:
        return bytes(member["mib"] * MIB)
    return bytes.fromhex(member["data"]) if "data" in member else member.get("text", "").encode()


def _packed(member: Case) -> bytes:
    data = _data(member)
    if not member.get("deflate"):
        return data + _bytes(member.get("behind", ""))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return bytes(packer.compress(data) + packer.flush() + _bytes(member.get("behind")))


def _bytes(text: str | None) -> bytes:
    return bytes.fromhex(text or "")
