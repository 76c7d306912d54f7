"""Brings a database's tables to the present form, whichever version wrote it, in one transaction."""

from pathlib import Path

import sqlalchemy as sa

from guard.core.errors import GalleryError
from guard.gallery import takeover
from guard.gallery.database import Database, hold_keys
from guard.gallery.vaults import Vaults

HEAD = "0006"
"""The newest file in migrations/versions; written here so that a database that is up to date needs no Alembic,
which takes 0.4 s to import."""


def migrate(database: Database, vaults: Vaults) -> None:
    """Make or change the tables if that is needed. Raises GalleryError for a database of a later version."""
    with database.reading() as connection:
        if revision(connection) == HEAD:
            return
    with database.writing() as connection:
        hold_keys(connection)
        found = revision(connection)
        if found == HEAD:  # somebody else was quicker
            return
        if found is not None and found > HEAD:
            raise GalleryError(f"gallery: {database.name} is of a later version of guard (revision {found})")
        upgrade(connection)
        takeover.take_over(connection, vaults)
    database.scrub()


def revision(connection: sa.Connection) -> str | None:
    """Which revision the tables are of; None for an empty database, and for one of version 1."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def upgrade(connection: sa.Connection) -> None:
    """Run what the database lacks of migrations/versions, inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
