"""The tables of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "facts", sa.Column("key", sa.String(64), primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )
    op.create_table(
        "packs",
        sa.Column("name", sa.String(160), primary_key=True),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("entry", sa.Text),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("signed", sa.Integer, nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
    )
    op.create_index("packs_waiting", "packs", ["waiting"])
    op.create_table(
        "releases",
        sa.Column("id", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(160), sa.ForeignKey("packs.name"), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("tree", sa.String(80), nullable=False),
        sa.Column("archive", sa.String(80), nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("publisher", sa.String(64), nullable=False),
        sa.Column("deleted", sa.String(32), nullable=False),
        sa.UniqueConstraint("name", "version", name="one_release_a_version"),
    )
    op.create_index("releases_by_archive", "releases", ["archive"])
    op.create_table(
        "owners",
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("name", "owner"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("expires", sa.String(32), nullable=False),
        sa.Column("revoked", sa.String(32), nullable=False),
    )
    op.create_index("tokens_by_owner", "tokens", ["owner"])
    op.create_table(
        "downloads",
        sa.Column("archive", sa.String(80), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("archive", "day"),
    )
    op.create_table(
        "audit",
        sa.Column("id", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("token", sa.String(16), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until", sa.Float, nullable=False),
    )
