"""Releases that are sent to a server: published, yanked, put back, deleted.

    POST   api/v1/releases?dry_run=false          the archive, as `skillctl pack` makes it; the rest is read from it
    POST   api/v1/yank                            {"name", "version", "reason"}; a reason of null puts it back
    DELETE api/v1/releases?name=a&version=1.0.0   for administrators; name and version stay taken

All answer with the release as the index has it, `already` if it was so before, and `problems` that are warnings. When
the answer is there, the release is signed and readable. What an author signed comes in the header
`skillctl-signatures`, since it is no part of the archive: `[{"key": ..., "sig": ...}]`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from skillctl.core.diagnostics import Problem
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import AuthorSignature, Release, release_from_fields, release_to_json
from skillctl.core.value import dataclass
from skillctl.core.web import Request, Response
from skillctl.formats.json_text import load_json
from skillctl_registry.endpoints.asking import API, removing, sending, telling
from skillctl_registry.endpoints.problems import problems_from_json, problems_to_json, succeeded

RELEASES = f"{API}releases"
YANK = f"{API}yank"
SIGNATURES = "skillctl-signatures"

_MOST_SIGNATURES = 16
_HEADER_BYTES = 8 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What the server made of it."""

    release: Release
    already: bool
    problems: tuple[Problem, ...] = ()


def publish_request(
    registry: str, archive: bytes, signatures: Sequence[AuthorSignature] = (), *, dry_run: bool = False
) -> Request:
    """The release in that archive, to be published."""
    headers = {SIGNATURES: signatures_text(signatures)} if signatures else {}
    return sending(registry, RELEASES, {"dry_run": "true"} if dry_run else {}, archive, headers)


def yank_request(registry: str, name: str, version: str, reason: str | None, *, dry_run: bool = False) -> Request:
    """The release, to be taken out of the choice, or put back by a reason of None."""
    return telling(registry, YANK, {"name": name, "version": version, "reason": reason, "dry_run": dry_run})


def delete_request(registry: str, name: str, version: str, *, dry_run: bool = False) -> Request:
    """The release, to be taken out for good."""
    return removing(registry, RELEASES, {"name": name, "version": version}, dry_run=dry_run)


def taken_response(response: Response, *, limits: Limits = LIMITS) -> Taken:
    """What came of it. RegistryError with what the server says is wrong."""
    with succeeded(response, limits=limits) as fields:
        release = release_from_fields(Fields(fields["release"], file=response.url))
        return Taken(release=release, already=fields.flag("already"), problems=problems_from_json(fields))


def taken_to_json(taken: Taken) -> JsonObject:
    """The body of the answer."""
    return {
        "release": release_to_json(taken.release),
        "already": taken.already,
        **problems_to_json(taken.problems),
    }


def signatures_text(signatures: Sequence[AuthorSignature]) -> str:
    """The header's text."""
    return json.dumps([{"key": each.key, "sig": each.sig} for each in signatures], separators=(",", ":"))


def signatures_from_text(text: str, *, limits: Limits = LIMITS) -> tuple[AuthorSignature, ...]:
    """The signatures in the header; ManifestError if they are none."""
    if not text:
        return ()
    value = load_json(text.encode(), file=SIGNATURES, max_bytes=_HEADER_BYTES, max_depth=limits.json_depth)
    fields = Fields({"signatures": value}, file=SIGNATURES)
    found = tuple(AuthorSignature(key=each.text("key"), sig=each.text("sig")) for each in fields.items("signatures"))
    if len(found) > _MOST_SIGNATURES:
        fields.refuse(f"{_MOST_SIGNATURES} signatures at most", "signatures")
    return found
