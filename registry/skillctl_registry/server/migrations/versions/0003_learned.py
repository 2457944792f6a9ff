"""What the views show of each release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table; it is filled by the first who asks for a view."""
    op.create_table(
        "learned",
        sa.Column("archive", sa.String(80), primary_key=True),
        sa.Column("maker", sa.String(64), nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("skills", sa.Text, nullable=False),
    )
