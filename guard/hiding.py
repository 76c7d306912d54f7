"""What may be shown of an address: neither its password nor its query, which may hold a token."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

HIDDEN = "***"


def hidden(text: str) -> str:
    """The text, in which an address has neither password nor query; of what cannot be read as one the scheme is left.

    SQLAlchemy's parser is the one that the gallery's address is read with, and takes any scheme.
    """
    scheme, mark, _ = text.partition("://")
    if not mark:
        return text
    try:
        url = sa.make_url(text)
    except (ArgumentError, ValueError):
        return f"{scheme}://{HIDDEN}"
    if url.password is not None and "@" in f"{url.host}{url.database}":  # a part of the password, with its own @
        return f"{scheme}://{HIDDEN}"
    if url.password is not None:
        text = url.render_as_string(hide_password=True)
    before, question, _ = text.partition("?")
    return f"{before}?{HIDDEN}" if question else before


def hidden_within(value: Any) -> Any:
    """The value with every text in it as `hidden` has it, however deep in tables and lists."""
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, Mapping):
        return {key: hidden_within(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(hidden_within, value))
    return value
