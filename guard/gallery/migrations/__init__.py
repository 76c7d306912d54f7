"""Alembic's environment; a new step goes into versions/, and its number into guard.gallery.migrating.HEAD."""
