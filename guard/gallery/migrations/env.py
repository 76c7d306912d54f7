"""Run by Alembic: migrates over the connection, and in the transaction, that guard.gallery.migrating hands over."""

from alembic import context

from guard.gallery.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
