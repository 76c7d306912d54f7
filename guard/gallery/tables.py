"""The tables as they are now; guard/gallery/migrations makes them, from nothing or from what earlier versions wrote.

In the clear are only what a query has to look for and what counts windows and seconds. Times are UTC without a zone.
"""

import sqlalchemy as sa

ID = sa.String(32)
"""16 random bytes in hexadecimal: tells nothing about whose row it is."""

METADATA = sa.MetaData()

TENANTS = sa.Table(
    "tenants",
    METADATA,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("master_key_id", sa.String(16), nullable=False),  # which master key `wrapped` is encrypted with
    sa.Column("wrapped", sa.LargeBinary, nullable=False),  # the tenant's wrapping key and secret
)

# Apart from what they encrypt, so that they can be left out of a backup and are erased first.
DATA_KEYS = sa.Table(
    "data_keys",
    METADATA,
    sa.Column("id", ID, primary_key=True),  # that of the person or template whose key it is
    sa.Column("tenant", sa.ForeignKey(TENANTS.c.id), nullable=False, index=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),  # encrypted with the tenant's wrapping key
)

PEOPLE = sa.Table(
    "people",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("tenant", sa.ForeignKey(TENANTS.c.id), nullable=False),
    sa.Column("name_index", sa.String(64), nullable=False),  # HMAC of the name: found by it, not read from it
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # name, consent and opt-out
    sa.Column("expires_at", sa.DateTime, nullable=True),  # that of the consent; NULL when none was recorded
    sa.Column("opted_out", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("tenant", "name_index", name="one_person_of_a_name"),
)

TEMPLATES = sa.Table(
    "templates",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("person", sa.ForeignKey(PEOPLE.c.id, ondelete="CASCADE"), nullable=False),
    sa.Column("model_id", sa.String(200), nullable=False),  # templates of different models cannot be compared
    sa.Column("generation", sa.Integer, nullable=False),  # which of the tenant's transforms it went through
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # 256 little-endian float32
    sa.Column("windows", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("clips", sa.Integer, nullable=False),
    sa.Column("sessions", sa.Integer, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("person", "model_id", name="one_template_of_a_model"),
)

REFERENCES = sa.Table(
    "template_references",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("template", sa.ForeignKey(TEMPLATES.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),  # in the order in which they were given
    sa.Column("adapted", sa.Boolean, nullable=False),  # taken from a call, to be taken back by `revert`
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # session, seconds, embeddings and the clip's sketch
)

CROPS = sa.Table(
    "crops",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("person", sa.ForeignKey(PEOPLE.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),  # in the order in which the clips were given
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # session, times, cuts and pictures
)

MOTIONS = sa.Table(
    "motions",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("person", sa.ForeignKey(PEOPLE.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("ended_at", sa.DateTime, nullable=False),  # the call
    sa.Column("length", sa.Integer, nullable=False),  # rows of the sketch
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # the sketch
)

INCIDENTS = sa.Table(
    "incidents",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("tenant", sa.ForeignKey(TENANTS.c.id), nullable=False, index=True),
    # Who was claimed; NULL when that is nobody who is known.
    sa.Column("person", sa.ForeignKey(PEOPLE.c.id, ondelete="CASCADE"), nullable=True, index=True),
    sa.Column("happened_at", sa.DateTime, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # call, names, policy and verdicts
    sa.Column("disposition", sa.String(16), nullable=False),
    sa.Column("disposed_by", sa.String(200), nullable=True),
    sa.Column("disposed_at", sa.DateTime, nullable=True),
)

INCIDENT_PICTURES = sa.Table(
    "incident_pictures",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("incident", sa.ForeignKey(INCIDENTS.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("expires_at", sa.DateTime, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # times and pictures
)

# No person's, only a tenant's, and kept no longer than incidents are.
EXPOSURE = sa.Table(
    "exposure",
    METADATA,
    sa.Column("tenant", sa.String(200), primary_key=True),
    sa.Column("model_id", sa.String(200), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # in UTC
    sa.Column("seconds", sa.Float, nullable=False),  # of participants that were scored and not accused
    sa.Column("expected", sa.Float, nullable=False),  # false accusations that were to be expected in them
)

STRICTNESS = sa.Table(
    "strictness",
    METADATA,
    sa.Column("tenant", sa.String(200), primary_key=True),
    sa.Column("model_id", sa.String(200), nullable=False),  # whose scores were found to err
    sa.Column("strictness", sa.Float, nullable=False),
    sa.Column("applied_by", sa.String(200), nullable=False),
    sa.Column("applied_at", sa.DateTime, nullable=False),
)
