"""When a token was used last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the column."""
    op.add_column("tokens", sa.Column("used", sa.String(32), nullable=False, server_default=""))
