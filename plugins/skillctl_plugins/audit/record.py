"""One line of the audit log: canonical JSON, chained to the line before it.

    {"detail":"","effects":[...],"hash":"…","kind":"begin","name":"install","phase":"…","prev":"…","project":"…",
     "run":"","seq":0,"time":"…","v":1}

1. Canonical JSON (RFC 8785): keys sorted, no white space, UTF-8. Records hold only texts, whole numbers, booleans,
   lists and objects with ASCII keys, for which sorting by code point is the order that the RFC asks for.
2. `hash` is the leaf hash of RFC 6962, section 2.1: SHA-256 over a zero byte and the record without `hash`.
3. `prev` is the hash of the record before; 64 zeros for the first. `seq` counts from 0.
4. Kinds: `begin` before the effects of a phase, `end` after them, `torn` for a line that a crash left half written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from skillctl.core.effects import Effect, Ending, Phase, Run
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.value import dataclass, replace
from skillctl_plugins.audit.redact import redacted, redacted_words

VERSION = 1
FIRST = "0" * 64

Kind = Literal["begin", "end", "torn"]
KINDS: tuple[Kind, ...] = ("begin", "end", "torn")

_ALWAYS_SAID = frozenset({"given"})
"""A no that is as telling as a yes: trust that was taken back."""
_HASH = "hash"
_MAY_HOLD_SECRETS = frozenset({"url", "source", "registry"})
_KEYS = frozenset({"v", "seq", "time", "kind", "phase", "name", "project", "run", "effects", "ok", "detail", "prev"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record, with its place in the chain."""

    seq: int
    time: str
    kind: Kind
    prev: str
    phase: str = ""
    name: str = ""
    project: str = ""
    run: str = ""
    effects: tuple[JsonObject, ...] = ()
    ok: bool | None = None
    """Of an end: did it go well?"""
    detail: str = ""

    @property
    def hash(self) -> str:
        """The leaf hash, in hex."""
        return self.sealed()[1]

    def to_json(self) -> JsonObject:
        """The record without its hash."""
        value: dict[str, JsonValue] = {
            "v": VERSION,
            "seq": self.seq,
            "time": self.time,
            "kind": self.kind,
            "phase": self.phase,
            "name": self.name,
            "project": self.project,
            "run": self.run,
            "effects": self.effects,
            "detail": self.detail,
            "prev": self.prev,
        }
        return value if self.ok is None else {**value, "ok": self.ok}

    def line(self) -> bytes:
        """The record as it stands in the log, line end included."""
        return self.sealed()[0]

    def sealed(self) -> tuple[bytes, str]:
        """The line and the hash. Both hold the effects, of which an install may have thousands: written once."""
        members = self.to_json()
        before = canonical({key: value for key, value in members.items() if key < _HASH})[:-1]
        after = canonical({key: value for key, value in members.items() if key > _HASH})[1:]
        found = leaf_hash(before + b"," + after)
        return before + f',"{_HASH}":"{found}",'.encode() + after + b"\n", found


def begin_of(phase: Phase, *, seq: int, prev: str, time: str) -> Record:
    """The record of a phase that is about to begin, with all its effects; secrets are taken out of them."""
    return Record(
        seq=seq,
        time=time,
        kind="begin",
        prev=prev,
        phase=phase.id,
        name=phase.name,
        project=phase.project,
        run=phase.run,
        effects=tuple(effect_to_json(each) for each in phase.effects),
    )


def end_of(phase: Phase, ending: Ending, *, seq: int, prev: str, time: str) -> Record:
    """The record of a phase that is over."""
    facts = "".join(f" {name}={value}" for name, value in ending.facts)
    return Record(
        seq=seq,
        time=time,
        kind="end",
        prev=prev,
        phase=phase.id,
        name=phase.name,
        project=phase.project,
        run=phase.run,
        ok=ending.ok,
        detail=redacted(_one_line(f"{ending.detail}{facts}".strip())),
    )


def torn_of(line: bytes, *, seq: int, prev: str, time: str) -> Record:
    """The record of half a line that a crash left at the end of the log."""
    return Record(seq=seq, time=time, kind="torn", prev=prev, detail=hashlib.sha256(line).hexdigest())


def effect_to_json(effect: Effect) -> JsonObject:
    """An effect as the log keeps it: its kind and every member that says something."""
    if isinstance(effect, Run):
        effect = replace(effect, argv=redacted_words(effect.argv))
    kind = type(effect)
    members: dict[str, JsonValue] = {"effect": kind.__name__.lower()}
    for name in kind.__annotations__:
        value = getattr(effect, name)
        if value or name in _ALWAYS_SAID:
            # an address may hold a password or a token; a registry's id can't, and there may be thousands
            is_address = name in _MAY_HOLD_SECRETS and ("@" in value or "=" in value)
            members[name] = redacted(value) if is_address else value
    return members


def canonical(value: JsonValue) -> bytes:
    """The value in the form of RFC 8785; what can't be UTF-8 is written as U+FFFD."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which no UTF-8 has
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def leaf_hash(data: bytes) -> str:
    """RFC 6962, section 2.1: the hash of a leaf, in hex."""
    return hashlib.sha256(b"\x00" + data).hexdigest()


def parse_record(line: bytes) -> tuple[Record, str]:
    """The record of a line, and the hash that stands in it. ValueError, with the reason, if it is no whole record."""
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    if not isinstance(value, dict) or value.get("v") != VERSION:
        raise ValueError("it is no record of this version")
    found = value.pop(_HASH, None)
    if not isinstance(found, str):
        raise ValueError("it has no hash")
    if set(value) - _KEYS or (_KEYS - {"ok"}) - set(value):
        raise ValueError("its members are not those of a record")
    if canonical({**value, _HASH: found}) + b"\n" != line:
        raise ValueError("it is not in canonical form")
    return _record(value), found


def _record(value: Mapping[str, Any]) -> Record:
    texts = {key: value[key] for key in ("time", "kind", "prev", "phase", "name", "project", "run", "detail")}
    right = (
        all(isinstance(each, str) for each in texts.values())
        and value["kind"] in KINDS
        and type(value["seq"]) is int
        and isinstance(value["effects"], list)
        and isinstance(value.get("ok", False), bool)
    )
    if not right:
        raise ValueError("its members are not those of a record")
    return Record(
        seq=value["seq"],
        time=value["time"],
        kind=value["kind"],
        prev=value["prev"],
        phase=value["phase"],
        name=value["name"],
        project=value["project"],
        run=value["run"],
        effects=tuple(value["effects"]),
        ok=value.get("ok"),
        detail=value["detail"],
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
