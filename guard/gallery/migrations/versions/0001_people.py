"""Tenants, keys, people, templates and references; the table of version 1 is put aside for guard.gallery.takeover."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.String(32)


def upgrade() -> None:
    """Make the tables."""
    if sa.inspect(op.get_bind()).has_table("templates"):
        op.rename_table("templates", "templates_in_the_clear")
    op.create_table(
        "tenants",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("master_key_id", sa.String(16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "data_keys",
        sa.Column("id", ID, primary_key=True),
        sa.Column("tenant", sa.String(200), sa.ForeignKey("tenants.id"), nullable=False, index=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("id", ID, primary_key=True),
        sa.Column("tenant", sa.String(200), sa.ForeignKey("tenants.id"), nullable=False),
        sa.Column("name_index", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=True),
        sa.Column("opted_out", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("tenant", "name_index", name="one_person_of_a_name"),
    )
    make_templates()


def make_templates() -> None:
    """The tables of templates and references."""
    op.create_table(
        "templates",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("model_id", sa.String(200), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("windows", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("clips", sa.Integer, nullable=False),
        sa.Column("sessions", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("person", "model_id", name="one_template_of_a_model"),
    )
    op.create_table(
        "template_references",
        sa.Column("id", ID, primary_key=True),
        sa.Column("template", ID, sa.ForeignKey("templates.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("adapted", sa.Boolean, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
