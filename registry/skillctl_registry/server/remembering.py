"""What the database keeps of the signed files, so that all of the tree but its archives can be made again.

It is brought up to the tree with every commit of a server, at its start, and once in a minute, since keys are changed
and signatures renewed by others too. Numbers only grow, whoever writes them last.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, inspect, select, update

from skillctl_registry.server.tables import NUMBERS, SIGNED
from skillctl_registry.signing.remaking import Lasting
from skillctl_registry.trust.files import SNAPSHOT, TIMESTAMP, metadata_key

_TIMESTAMP, _HIGHEST = "timestamp", "highest"
_SEEN = {metadata_key(role): role for role in (TIMESTAMP, SNAPSHOT)}
"""The keys of what was committed last: without numbers, so that each replaces the one before."""


def recalled(connection: Connection) -> Lasting:
    """What is remembered; nothing by a database of an older version."""
    if not inspect(connection).has_table(SIGNED.name):
        return Lasting()
    numbers = {row.of: row.number for row in connection.execute(select(NUMBERS))}
    files = {row.key: bytes(row.data) for row in connection.execute(select(SIGNED))}
    seen = {role: files.pop(key) for key, role in _SEEN.items() if key in files}
    return Lasting(files=files, timestamp=numbers.get(_TIMESTAMP, 0), highest=numbers.get(_HIGHEST, 0), seen=seen)


def remember_files(connection: Connection, files: Mapping[str, bytes]) -> None:
    """Keep these files, beside those that were remembered before."""
    for key, data in files.items():
        changed = connection.execute(update(SIGNED).where(SIGNED.c.key == key).values(data=data))
        if not changed.rowcount:
            connection.execute(insert(SIGNED).values(key=key, data=data))


def remember_commit(connection: Connection, new: Lasting) -> None:
    """Keep the numbers that are higher than those that were remembered before, and what was seen with the last."""
    if _grows(connection, _TIMESTAMP, new.timestamp):  # and holds the row, so that no older one comes in between
        remember_files(connection, {key: new.seen[role] for key, role in _SEEN.items()})
    _grows(connection, _HIGHEST, new.highest)


def _grows(connection: Connection, of: str, number: int) -> bool:
    changed = connection.execute(
        update(NUMBERS).where(NUMBERS.c.of == of, NUMBERS.c.number < number).values(number=number)
    )
    return changed.rowcount > 0
