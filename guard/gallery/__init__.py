"""The gallery: who is enrolled with which tenant, from what, by whose consent; encrypted, in SQLite or PostgreSQL."""

from guard.gallery.gallery import Gallery
from guard.gallery.names import checked_name

__all__ = ["Gallery", "checked_name"]
