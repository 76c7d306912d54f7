"""How long a tenant's participants were scored, and how much stricter its thresholds are than the operator's."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "exposure",
        sa.Column("tenant", sa.String(200), primary_key=True),
        sa.Column("model_id", sa.String(200), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("expected", sa.Float, nullable=False),
    )
    op.create_table(
        "strictness",
        sa.Column("tenant", sa.String(200), primary_key=True),
        sa.Column("model_id", sa.String(200), nullable=False),
        sa.Column("strictness", sa.Float, nullable=False),
        sa.Column("applied_by", sa.String(200), nullable=False),
        sa.Column("applied_at", sa.DateTime, nullable=False),
    )
