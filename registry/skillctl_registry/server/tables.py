"""The tables of a registry's server.

    facts       what belongs to the registry as a whole: its id, the digest of its root
    packs       every name that was ever taken; `changed` counts the changes of its index file, `signed` how many of
                them are in the tree, `waiting` is 1 while these differ; `entry` is its line of the catalog
    releases    every version that was ever taken, in the order of publishing, with its index line
    learned     what the views show of a release, by its archive, and who has made it
    owners      who owns a pack or a scope
    tokens      by their sha256; `used` is when one was used last, to the minute
    downloads   archives given, by day
    audit       who did what
    leases      who may sign until when
    signed      roots and top-level targets as they were signed, by their keys in the tree: keys that are kept elsewhere
                signed them, and no row tells what they say
    numbers     the numbers of the last commit to the tree, which no new file may fall below

Names and versions are never taken out, so that none is ever used again.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()
_COUNTED = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up in a plain integer alone

FACTS = Table("facts", METADATA, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

PACKS = Table(
    "packs",
    METADATA,
    Column("name", String(160), primary_key=True),
    Column("created", String(32), nullable=False),
    Column("entry", Text),
    Column("changed", Integer, nullable=False, default=0),
    Column("signed", Integer, nullable=False, default=0),
    Column("waiting", Integer, nullable=False, default=0),
    Index("packs_waiting", "waiting"),
)

RELEASES = Table(
    "releases",
    METADATA,
    Column("id", _COUNTED, primary_key=True, autoincrement=True),
    Column("name", String(160), ForeignKey("packs.name"), nullable=False),
    Column("version", String(64), nullable=False),
    Column("tree", String(80), nullable=False),
    Column("archive", String(80), nullable=False),
    Column("line", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("publisher", String(64), nullable=False),
    Column("deleted", String(32), nullable=False, default=""),
    UniqueConstraint("name", "version", name="one_release_a_version"),
    Index("releases_by_archive", "archive"),
)

LEARNED = Table(
    "learned",
    METADATA,
    Column("archive", String(80), primary_key=True),
    Column("maker", String(64), nullable=False),
    Column("manifest", Text, nullable=False),
    Column("skills", Text, nullable=False),
)

OWNERS = Table(
    "owners",
    METADATA,
    Column("name", String(160), nullable=False),
    Column("owner", String(64), nullable=False),
    PrimaryKeyConstraint("name", "owner"),
)

TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("owner", String(64), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("created", String(32), nullable=False),
    Column("expires", String(32), nullable=False, default=""),
    Column("revoked", String(32), nullable=False, default=""),
    Column("used", String(32), nullable=False, default="", server_default=""),
    Index("tokens_by_owner", "owner"),
)

DOWNLOADS = Table(
    "downloads",
    METADATA,
    Column("archive", String(80), nullable=False),
    Column("day", String(10), nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("archive", "day"),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", _COUNTED, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("who", String(64), nullable=False),
    Column("token", String(16), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False),
)

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", Float, nullable=False),
)

SIGNED = Table(
    "signed", METADATA, Column("key", String(160), primary_key=True), Column("data", LargeBinary, nullable=False)
)

NUMBERS = Table(
    "numbers", METADATA, Column("of", String(32), primary_key=True), Column("number", BigInteger, nullable=False)
)
