"""Which names there can be: one rule for people, calls and participants."""

import unicodedata

from guard.core.errors import ClaimError

NAME_LENGTH = 200


def checked_name(name: str) -> str:
    """The name in one spelling (Unicode NFC); raises ClaimError unless it is 1 to 200 printable characters."""
    name = unicodedata.normalize("NFC", name)
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable() or name != name.strip():
        raise ClaimError("name", f"must be 1 to {NAME_LENGTH} printable characters without space at either end")
    return name
