"""Pages of a list that changes while it is read: a token holds the last item's sort key, not a position."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from guard.core.errors import PageError

Item = TypeVar("Item")
USUAL_PAGE = 100
LARGEST_PAGE = 1000


def page(
    items: Iterable[Item], key: Callable[[Item], tuple[str, ...]], size: int, token: str
) -> tuple[list[Item], str]:
    """The items behind `token` in order of their unique `key`, and the token of the next page; "" after the last.

    A `size` of 0 is USUAL_PAGE, above LARGEST_PAGE it is that. PageError for a token that no page came with.
    """
    size = min(size or USUAL_PAGE, LARGEST_PAGE)
    after = key_of(token) if token else ()
    behind = sorted((item for item in items if key(item) > after), key=key)
    more = len(behind) > size
    return behind[:size], token_of(key(behind[size - 1])) if more else ""


async def page_behind(
    behind: Callable[[str, int], Awaitable[list[Item]]], name: Callable[[Item], str], size: int, token: str
) -> tuple[list[Item], str]:
    """As `page`, of a list too long to be held: `behind` gives the first so many items after a name, in their order."""
    size = min(size or USUAL_PAGE, LARGEST_PAGE)
    after = key_of(token) if token else ("",)
    if len(after) != 1:
        raise foreign_token()
    found = await behind(after[0], size + 1)
    return found[:size], token_of((name(found[size - 1]),)) if len(found) > size else ""


def token_of(key: tuple[str, ...]) -> str:
    """A key as callers carry it about."""
    return urlsafe_b64encode(json.dumps(key).encode()).decode()


def key_of(token: str) -> tuple[str, ...]:
    """The key in a token. PageError."""
    try:
        parts = json.loads(urlsafe_b64decode(token.encode("ascii")))
    except (binascii.Error, ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise foreign_token()
    return tuple(parts)


def foreign_token() -> PageError:
    """The refusal of a token that no page came with."""
    return PageError("page_token", "is none that this service gave", "send an empty one for the first page")
