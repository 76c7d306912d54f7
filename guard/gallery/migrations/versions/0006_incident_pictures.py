"""Pictures about an accusation, for who keeps them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "incident_pictures",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column(
            "incident", sa.String(32), sa.ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
