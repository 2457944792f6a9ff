"""What stands in the database as pages and views need it: many packs at once, and in few queries."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from skillctl.core.names import scope_of
from skillctl.core.release import Release
from skillctl_registry.catalog import CatalogEntry, parse_shard
from skillctl_registry.server.shelf import release_of_line, releases_of
from skillctl_registry.server.tables import FACTS, OWNERS, PACKS, RELEASES
from skillctl_registry.views import first_come
from skillctl_registry.views.marketplace import packs_of_plugin

ROOT = "root_sha256"


def root_of(connection: Connection) -> str:
    """The digest of the registry's root."""
    return str(connection.execute(select(FACTS.c.value).where(FACTS.c.key == ROOT)).scalar_one())


def counts(connection: Connection) -> tuple[int, int]:
    """How many packs can be had, and how many releases."""
    packs = connection.execute(select(func.count()).where(PACKS.c.entry.is_not(None))).scalar_one()
    releases = connection.execute(select(func.count()).where(RELEASES.c.deleted == "")).scalar_one()
    return packs, releases


def recent(connection: Connection, *, most: int) -> list[tuple[Release, CatalogEntry]]:
    """The last releases that can be had, the newest first; of each pack one."""
    newest = select(func.max(RELEASES.c.id)).where(RELEASES.c.deleted == "").group_by(RELEASES.c.name).scalar_subquery()
    rows = connection.execute(
        select(RELEASES.c.line, RELEASES.c.entry)
        .where(RELEASES.c.id.in_(newest))
        .order_by(RELEASES.c.id.desc())
        .limit(most * 2)
    )
    found = [(release_of_line(row.line), parse_shard(row.entry.encode())[0]) for row in rows]
    return [(release, entry) for release, entry in found if release.yanked is None][:most]


def every_release(connection: Connection) -> dict[str, list[Release]]:
    """Pack -> its releases that can be had, in the order of publishing."""
    found: dict[str, list[Release]] = {}
    lines = connection.execute(select(RELEASES.c.line).where(RELEASES.c.deleted == "").order_by(RELEASES.c.id))
    for line in lines.scalars():
        release = release_of_line(line)
        found.setdefault(release.name, []).append(release)
    return found


def plugin_owner(connection: Connection, plugin: str) -> str:
    """The pack that has the name among plugins, as the marketplace gives it out; empty if none is offered."""
    offered = PACKS.c.name.in_(packs_of_plugin(plugin)) & PACKS.c.entry.is_not(None)
    names = connection.execute(select(PACKS.c.name).where(offered)).scalars().all()
    if len(names) < 2:
        return "".join(names)
    began = {each: min(one.published for one in releases_of(connection, each)) for each in names}
    return first_come((plugin, *each) for each in began.items())[0][plugin]


def publisher_of(connection: Connection, release: Release) -> str:
    """Who published it."""
    mine = (RELEASES.c.name == release.name) & (RELEASES.c.version == str(release.version))
    return str(connection.execute(select(RELEASES.c.publisher).where(mine)).scalar_one())


def owned_by(connection: Connection, user: str) -> tuple[list[str], list[str]]:
    """The packs and the scopes that somebody owns, by name."""
    names = connection.execute(select(OWNERS.c.name).where(OWNERS.c.owner == user).order_by(OWNERS.c.name)).scalars()
    found = list(names)
    return [each for each in found if not each.startswith("@")], [each for each in found if each.startswith("@")]


def has_published(connection: Connection, user: str) -> bool:
    """Whether the user has ever published anything."""
    return connection.execute(select(RELEASES.c.id).where(RELEASES.c.publisher == user).limit(1)).first() is not None


def entries_of(entries: Sequence[CatalogEntry], names: Sequence[str], scopes: Sequence[str]) -> list[CatalogEntry]:
    """The entries of these packs, and of all packs of these scopes."""
    wanted, held = {*names}, {*scopes}
    return [each for each in entries if each.name in wanted or scope_of(each.name) in held]
