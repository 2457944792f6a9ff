"""What the user trusts to run: a subject and the digest that it had when the user said so.

Trust lives in the user's state directory, never in a project, and is bound to bytes: a changed file has to be trusted
again.

    subject     pack:NAME for a pack's hooks (the digest is its tree digest), file:PATH for a plugin file of a project
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonValue
from skillctl.core.limits import LIMITS
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import read_bytes, write_atomic
from skillctl.edges.disk.locks import locked
from skillctl.formats.json_text import dump_json, load_json

FORMAT = "1.0"
FILE = "trust.json"

_WAIT = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Trusted:
    """One thing that may run."""

    subject: str
    digest: str
    since: str
    """RFC 3339."""


def trusted_now(state: Path) -> Mapping[str, Trusted]:
    """Subject -> what is trusted of it."""
    file = state / FILE
    data = read_bytes(file, max_bytes=LIMITS.project_bytes)
    if data is None:
        return {}
    value = load_json(data, file=str(file), max_bytes=LIMITS.project_bytes, max_depth=8)
    fields = Fields(value, file=str(file))
    check_format(fields, kind="list of what is trusted")
    found = {}
    for subject, each in fields.any_object("trusted").items():
        entry = Fields(each, file=str(file), path=f"$.trusted.{subject}")
        found[subject] = Trusted(subject=subject, digest=entry.text("digest"), since=entry.text("since"))
    return found


def is_trusted(state: Path, subject: str, digest: str) -> bool:
    """May it run, with these bytes?"""
    found = trusted_now(state).get(subject)
    return found is not None and found.digest == digest


def give_trust(state: Path, subject: str, digest: str, *, now: str) -> None:
    """Let it run with these bytes, and no others."""
    with _changing(state):
        _write(state, {**trusted_now(state), subject: Trusted(subject=subject, digest=digest, since=now)})


def take_trust(state: Path, subject: str) -> bool:
    """Let it run no more; whether it was trusted."""
    with _changing(state):
        found = dict(trusted_now(state))
        if found.pop(subject, None) is None:
            return False
        _write(state, found)
    return True


def _changing(state: Path) -> AbstractContextManager[None]:
    return locked(state / f"{FILE}.lock", timeout=_WAIT, purpose="trust")


def _write(state: Path, found: Mapping[str, Trusted]) -> None:
    entries: dict[str, JsonValue] = {
        subject: {"digest": each.digest, "since": each.since} for subject, each in sorted(found.items())
    }
    write_atomic(state / FILE, dump_json({"format": FORMAT, "trusted": entries}))
