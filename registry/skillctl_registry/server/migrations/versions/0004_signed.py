"""What is remembered of the signed files; the next start or commit of a server fills it in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "signed", sa.Column("key", sa.String(160), primary_key=True), sa.Column("data", sa.LargeBinary, nullable=False)
    )
    numbers = op.create_table(
        "numbers", sa.Column("of", sa.String(32), primary_key=True), sa.Column("number", sa.BigInteger, nullable=False)
    )
    op.bulk_insert(numbers, [{"of": "timestamp", "number": 0}, {"of": "highest", "number": 0}])
