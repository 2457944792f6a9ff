"""Releases in the database: taken in, yanked, looked up. What stands here is decided; the tree follows.

1. The row of a name and a version is unique: of two publishers one gets it, and the other is told.
2. A name is taken for good with its first release, and so is a version, also of what was deleted.
3. A new name must not be taken for one that is there, unless the same owner has both. New names come one at a time, so
   that two which are alike can't slip in together.
4. Each change of a pack counts its `changed` up: what the signer has to bring into the tree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from sqlalchemy import BindParameter, Connection, and_, bindparam, insert, outerjoin, select, update

from skillctl.core.errors import RegistryError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonValue
from skillctl.core.likeness import too_alike
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.names import scope_of
from skillctl.core.release import Release, release_from_fields, release_to_json
from skillctl.core.value import dataclass, replace
from skillctl.core.versions import Version
from skillctl_registry.catalog import CatalogEntry, entry_line, latest_release, parse_shard
from skillctl_registry.server.accounts import Caller, check_may_write, owners_of, record
from skillctl_registry.server.tables import AUDIT, DOWNLOADS, OWNERS, PACKS, RELEASES

_REGISTRY = "the registry"
_ROWS = 2000  # of a database that are held at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A release in the database."""

    release: Release
    deleted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PackChange:
    """What the signer has to bring into the tree before it can be read: the pack's so many-th change."""

    name: str
    number: int


def find(connection: Connection, name: str, version: Version) -> Stored | None:
    """The release of that version."""
    row = connection.execute(
        select(RELEASES.c.line, RELEASES.c.deleted).where(RELEASES.c.name == name, RELEASES.c.version == str(version))
    ).first()
    return None if row is None else Stored(release=release_of_line(row.line), deleted=bool(row.deleted))


def releases_of(connection: Connection, name: str) -> list[Release]:
    """The releases of a pack that can be had, in the order of publishing."""
    found = connection.execute(
        select(RELEASES.c.line).where(RELEASES.c.name == name, RELEASES.c.deleted == "").order_by(RELEASES.c.id)
    )
    return [release_of_line(line) for line in found.scalars()]


def changes_of(connection: Connection, name: str) -> int:
    """How often the pack was changed; 0 for a name that nobody has."""
    return connection.execute(select(PACKS.c.changed).where(PACKS.c.name == name)).scalar() or 0


def index_files(connection: Connection, names: Collection[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """Name and index file of these packs, or of all; the files are what they have to be. Sorted by name.

    The lines are given as they stand there: to understand each of many would take long.
    """
    there = and_(RELEASES.c.name == PACKS.c.name, RELEASES.c.deleted == "")
    wanted = select(PACKS.c.name, RELEASES.c.line).select_from(outerjoin(PACKS, RELEASES, there))
    wanted = wanted.where(PACKS.c.name.in_(names)) if names is not None else wanted
    rows = connection.execute(wanted.order_by(PACKS.c.name, RELEASES.c.id).execution_options(yield_per=_ROWS))
    for name, lines in groupby(rows, key=attrgetter("name")):
        yield name, "".join(f"{each.line}\n" for each in lines if each.line is not None).encode()


def archives(connection: Connection) -> Iterator[tuple[str, str]]:
    """The archive of every release that can be had, and which release it is: `terraform 0.1.0`."""
    wanted = select(RELEASES.c.archive, RELEASES.c.name, RELEASES.c.version).where(RELEASES.c.deleted == "")
    for row in connection.execute(wanted.order_by(RELEASES.c.id)):
        yield row.archive, f"{row.name} {row.version}"


def names(connection: Connection) -> list[str]:
    """Every name that is taken, sorted."""
    return sorted(connection.execute(select(PACKS.c.name)).scalars())


def check_may_publish(connection: Connection, caller: Caller, name: str) -> None:
    """The caller may publish under the name. RegistryError E722 to E724 if not."""
    if scope_of(name) is not None or _is_taken(connection, name):
        check_may_write(connection, caller, name)
    if not _is_taken(connection, name):
        _refuse_alike(connection, caller, name)


def add(
    connection: Connection,
    caller: Caller,
    release: Release,
    entry: CatalogEntry,
    *,
    alone: Callable[[Connection], None],
    now: str,
    limits: Limits = LIMITS,
) -> PackChange:
    """Take the release in.

    IntegrityError if somebody else was quicker; RegistryError E722 to E724, E229 for a pack that has too many.
    """
    name = release.name
    if not _is_taken(connection, name):
        alone(connection)
        check_may_publish(connection, caller, name)
        if not _is_taken(connection, name):
            connection.execute(insert(PACKS).values(name=name, created=now, changed=0, signed=0, waiting=0))
            if scope_of(name) is None:
                connection.execute(insert(OWNERS).values(name=name, owner=caller.user))
    check_may_write(connection, caller, name)
    _alone_with(connection, name)
    connection.execute(
        insert(RELEASES).values(
            name=name,
            version=str(release.version),
            tree=release.tree,
            archive=release.archive,
            line=_line(release),
            entry=entry_line(entry).decode(),
            publisher=caller.user,
            deleted="",
        )
    )
    _check_length(connection, name, limits)
    record(connection, caller, "publish", f"{name} {release.version}", release.tree, now=now)
    return _changed(connection, name)


def set_yanked(
    connection: Connection,
    caller: Caller,
    name: str,
    version: Version,
    reason: str | None,
    *,
    now: str,
    limits: Limits = LIMITS,
) -> tuple[Release, PackChange | None]:
    """Yank the release, or put it back; the release as it is now, and the change if it was not so before.

    RegistryError E229 for a pack whose releases and reasons are too many.
    """
    check_may_write(connection, caller, name)
    stored = find_open(connection, name, version, lock=True)
    release = stored.yanked_for(reason)
    if release == stored:
        return stored, None
    connection.execute(
        update(RELEASES).where(RELEASES.c.name == name, RELEASES.c.version == str(version)).values(line=_line(release))
    )
    _check_length(connection, name, limits)
    action = "unyank" if reason is None else "yank"
    record(connection, caller, action, f"{name} {version}", reason or "", now=now)
    return release, _changed(connection, name)


def delete(connection: Connection, caller: Caller, name: str, version: Version, *, now: str) -> PackChange:
    """Take a release out of the registry for good; its name and version stay taken. For administrators.

    The change is the one that does it, also if it was made before.
    """
    _alone_with(connection, name)
    if find_ever(connection, name, version).deleted:
        return _last_change(connection, name)
    connection.execute(
        update(RELEASES).where(RELEASES.c.name == name, RELEASES.c.version == str(version)).values(deleted=now)
    )
    record(connection, caller, "delete", f"{name} {version}", "", now=now)
    return _changed(connection, name)


def find_ever(connection: Connection, name: str, version: Version) -> Stored:
    """The release, be it deleted or not. RegistryError E227 if there never was one."""
    stored = find(connection, name, version)
    if stored is None:
        raise _no_release(connection, name, version)
    return stored


def find_open(connection: Connection, name: str, version: Version, *, lock: bool = False) -> Release:
    """The release, if it is there and not deleted. RegistryError E227 if not."""
    if lock:
        _alone_with(connection, name)
    stored = find(connection, name, version)
    if stored is None or stored.deleted:
        raise _no_release(connection, name, version)
    return stored.release


def _alone_with(connection: Connection, name: str) -> None:
    """Let nobody else change releases of the pack until this change is done."""
    connection.execute(select(PACKS.c.name).where(PACKS.c.name == name).with_for_update())


def _no_release(connection: Connection, name: str, version: Version) -> RegistryError:
    known = [str(each.version) for each in releases_of(connection, name)[-5:]] or ["none"]
    return RegistryError.of("E227", name=name, version=str(version), registry=_REGISTRY, known=known)


def waiting(connection: Connection, *, most: int) -> list[PackChange]:
    """What is not in the tree yet."""
    found = connection.execute(select(PACKS.c.name, PACKS.c.changed).where(PACKS.c.waiting == 1).limit(most))
    return [PackChange(name=row.name, number=row.changed) for row in found]


def is_signed(connection: Connection, change: PackChange) -> bool:
    """Whether the change is in the tree."""
    signed = connection.execute(select(PACKS.c.signed).where(PACKS.c.name == change.name)).scalar()
    return signed is not None and signed >= change.number


def mark_signed(connection: Connection, changes: Sequence[PackChange]) -> None:
    """These changes are in the tree, and all before them."""
    if not changes:
        return
    mine = PACKS.c.name == bindparam("pack")
    number: BindParameter[int] = bindparam("number")
    rows = [{"pack": each.name, "number": each.number} for each in changes]
    connection.execute(update(PACKS).where(mine, PACKS.c.signed < number).values(signed=number), rows)
    settled = update(PACKS).where(mine, PACKS.c.signed >= PACKS.c.changed).values(waiting=0)
    connection.execute(settled, [{"pack": each.name} for each in changes])


def last_changes(connection: Connection) -> list[PackChange]:
    """The last change of every pack, signed or not."""
    rows = connection.execute(select(PACKS.c.name, PACKS.c.changed))
    return [PackChange(name=row.name, number=row.changed) for row in rows]


def entries(connection: Connection, known: Mapping[str, CatalogEntry]) -> dict[str, CatalogEntry]:
    """The catalog, each line with what it says; the lines that are known are not read again."""
    lines = connection.execute(select(PACKS.c.entry).where(PACKS.c.entry.is_not(None))).scalars().all()
    found = {line: known[line] for line in lines if line in known}
    for line in lines:
        if line not in found:
            for entry in parse_shard(line.encode()):
                found[line] = entry
    return found


def entry_of(connection: Connection, release: Release) -> CatalogEntry:
    """What the catalog says of the release."""
    line = connection.execute(
        select(RELEASES.c.entry).where(RELEASES.c.name == release.name, RELEASES.c.version == str(release.version))
    ).scalar_one()
    return parse_shard(line.encode())[0]


def last_change(connection: Connection) -> int:
    """A number that grows with everything that is done."""
    return connection.execute(select(AUDIT.c.id).order_by(AUDIT.c.id.desc()).limit(1)).scalar() or 0


def release_of_line(line: str) -> Release:
    """The release that a line of the table tells of."""
    value: JsonValue = json.loads(line)
    return replace(release_from_fields(Fields(value, file="releases")), description="")


def count_downloads(connection: Connection, counts: Mapping[tuple[str, str], int]) -> None:
    """Add to the counts, by archive and day."""
    for (archive, day), count in sorted(counts.items()):
        row = (DOWNLOADS.c.archive == archive) & (DOWNLOADS.c.day == day)
        changed = connection.execute(update(DOWNLOADS).where(row).values(count=DOWNLOADS.c.count + count))
        if not changed.rowcount:
            connection.execute(insert(DOWNLOADS).values(archive=archive, day=day, count=count))


def downloads_of(connection: Connection, name: str) -> dict[str, int]:
    """How often each version of a pack was fetched from this server."""
    if not _is_taken(connection, name):
        raise RegistryError.of("E736", what="pack", name=name)
    joined = RELEASES.outerjoin(DOWNLOADS, RELEASES.c.archive == DOWNLOADS.c.archive)
    counts: dict[str, int] = {}
    for version, count in connection.execute(
        select(RELEASES.c.version, DOWNLOADS.c.count).select_from(joined).where(RELEASES.c.name == name)
    ):
        counts[version] = counts.get(version, 0) + (count or 0)
    return counts


def _check_length(connection: Connection, name: str, limits: Limits) -> None:
    """No reader takes an index file that is longer; a yank may make it so, too, by its reason."""
    [(_, data)] = index_files(connection, [name])
    if len(data) > limits.index_bytes:
        raise RegistryError.of("E229", name=name, registry=_REGISTRY, limit=limits.index_bytes)


def _changed(connection: Connection, name: str) -> PackChange:
    """Count the change, and bring the pack's entry of the catalog up to it."""
    latest = latest_release(releases_of(connection, name))
    entry = None if latest is None else entry_line(entry_of(connection, latest)).decode()
    values = {"changed": PACKS.c.changed + 1, "waiting": 1, "entry": entry}
    connection.execute(update(PACKS).where(PACKS.c.name == name).values(values))
    return _last_change(connection, name)


def _last_change(connection: Connection, name: str) -> PackChange:
    number = connection.execute(select(PACKS.c.changed).where(PACKS.c.name == name)).scalar_one()
    return PackChange(name=name, number=number)


def _is_taken(connection: Connection, name: str) -> bool:
    return connection.execute(select(PACKS.c.name).where(PACKS.c.name == name)).first() is not None


def _refuse_alike(connection: Connection, caller: Caller, name: str) -> None:
    if caller.is_admin:
        return
    for other in (*_alike(connection, name), *_of_scopes(connection, name)):
        holder = scope_of(other) or other
        mine = connection.execute(
            select(OWNERS.c.owner).where(OWNERS.c.name == holder, OWNERS.c.owner == caller.user)
        ).first()
        if mine is None:
            raise RegistryError.of("E723", name=name, other=other)


def _alike(connection: Connection, name: str) -> Sequence[str]:
    """The names that are taken and may be taken for this one: of much the same letters, whatever their scopes are.

    In one scope, where one owner decides, names may be alike.
    """
    own = scope_of(name)
    others = [each for each in names(connection) if own is None or scope_of(each) != own]
    return [each for each in others if too_alike(name, each)]


def _of_scopes(connection: Connection, name: str) -> Sequence[str]:
    """`@acme/tools` for `acme-tools`, where somebody has the scope: as plugins, both have one name."""
    words = [] if scope_of(name) else name.split("-")
    cuts = (("@" + "-".join(words[:cut]), "-".join(words[cut:])) for cut in range(1, len(words)))
    return [f"{scope}/{rest}" for scope, rest in cuts if owners_of(connection, scope)]


def _line(release: Release) -> str:
    return json.dumps(release_to_json(release), ensure_ascii=False, separators=(",", ":"))
