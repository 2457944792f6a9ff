"""What the views show of a release: learned of its files once, when it is published, and kept in the database.

A release never changes, so neither does this. But an archive of a skill is compressed by this program with this zlib,
and its digest is told before the archive is made: what others have learned is learned anew.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, delete, insert, select

from skillctl.core.about import __version__
from skillctl.core.errors import SkillctlError
from skillctl.core.file_names import MANIFEST_FILE
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.manifest import Manifest
from skillctl.core.release import Release
from skillctl.core.value import dataclass, replace
from skillctl_registry.packs import read_manifest
from skillctl_registry.server.tables import LEARNED
from skillctl_registry.views.gathering import viewed
from skillctl_registry.views.well_known import OfferedSkill, offered_skill

MAKER = f"{__version__} {zlib.ZLIB_RUNTIME_VERSION}"[:64]
"""Who has made the archives that are told of."""

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What is known of a release."""

    text: str
    """Its skill.json."""
    manifest: Manifest
    skills: tuple[OfferedSkill, ...]
    """By name, without their archives."""


def learn(release: Release, files: Mapping[str, bytes], *, limits: Limits = LIMITS) -> Learned | None:
    """What the files (path -> bytes) of the release tell; None for one that no view can show."""
    try:
        pack = viewed(release, files, (release,), limits=limits)
        offered = [offered_skill(pack, skill, own, limits=limits) for skill, own in pack.skill_files()]
    except SkillctlError:
        return None
    return Learned(
        text=files[MANIFEST_FILE].decode(),
        manifest=pack.manifest,
        skills=tuple(replace(each, archive=b"") for each in offered),
    )


def known(connection: Connection, archives: Collection[str], *, limits: Limits = LIMITS) -> dict[str, Learned]:
    """Archive -> what was learned of the release in it, of those of which anything was."""
    wanted = [*archives]
    found: dict[str, Learned] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        some = LEARNED.c.archive.in_(wanted[first : first + _AT_ONCE])
        for row in connection.execute(select(LEARNED).where(some, LEARNED.c.maker == MAKER)):
            try:
                manifest = read_manifest(row.manifest.encode(), file=MANIFEST_FILE, limits=limits)
            except SkillctlError:  # of one alone nothing is known then
                continue
            found[row.archive] = Learned(text=row.manifest, manifest=manifest, skills=tuple(_skills(row.skills)))
    return found


def keep(connection: Connection, learned: Mapping[str, Learned]) -> None:
    """Keep what was learned, by the archives. IntegrityError if another process does so just now."""
    if learned:
        connection.execute(delete(LEARNED).where(LEARNED.c.archive.in_([*learned])))
        rows = [
            {"archive": archive, "maker": MAKER, "manifest": each.text, "skills": _text(each.skills)}
            for archive, each in learned.items()
        ]
        connection.execute(insert(LEARNED), rows)


def forget(connection: Connection, archive: str) -> None:
    """Keep nothing of a release that was deleted."""
    connection.execute(delete(LEARNED).where(LEARNED.c.archive == archive))


def _text(skills: Collection[OfferedSkill]) -> str:
    return json.dumps([[each.name, each.file, each.digest, each.description] for each in skills])


def _skills(text: str) -> Iterator[OfferedSkill]:
    for name, file, digest, description in json.loads(text):
        yield OfferedSkill(name=name, file=file, archive=b"", digest=digest, description=description, problems=())
