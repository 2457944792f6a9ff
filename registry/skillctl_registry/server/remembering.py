"""What the database keeps of the signed files, so that all of the tree but its archives can be made again.

It is brought up to the tree with every commit of a server, at its start, and once in a minute, since keys are changed
and signatures renewed by others too. Numbers only grow, whoever writes them last.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, inspect, select, update

from skillctl_registry.server.tables import NUMBERS, SIGNED
from skillctl_registry.signing.remaking import Lasting

_TIMESTAMP, _HIGHEST = "timestamp", "highest"


def recalled(connection: Connection) -> Lasting:
    """What is remembered; nothing by a database of an older version."""
    if not inspect(connection).has_table(SIGNED.name):
        return Lasting()
    numbers = {row.of: row.number for row in connection.execute(select(NUMBERS))}
    files = {row.key: bytes(row.data) for row in connection.execute(select(SIGNED))}
    return Lasting(files=files, timestamp=numbers.get(_TIMESTAMP, 0), highest=numbers.get(_HIGHEST, 0))


def remember_files(connection: Connection, files: Mapping[str, bytes]) -> None:
    """Keep these files, beside those that were remembered before."""
    for key, data in files.items():
        changed = connection.execute(update(SIGNED).where(SIGNED.c.key == key).values(data=data))
        if not changed.rowcount:
            connection.execute(insert(SIGNED).values(key=key, data=data))


def remember_numbers(connection: Connection, new: Lasting) -> None:
    """Keep the numbers that are higher than those that were remembered before."""
    for of, number in ((_TIMESTAMP, new.timestamp), (_HIGHEST, new.highest)):
        connection.execute(update(NUMBERS).where(NUMBERS.c.of == of, NUMBERS.c.number < number).values(number=number))
