"""What accusations and recordings were reported of whom."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(200), sa.ForeignKey("tenants.id"), nullable=False, index=True),
        sa.Column("person", sa.String(32), sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=True, index=True),
        sa.Column("happened_at", sa.DateTime, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("disposition", sa.String(16), nullable=False),
        sa.Column("disposed_by", sa.String(200), nullable=True),
        sa.Column("disposed_at", sa.DateTime, nullable=True),
    )
