"""The lines of an audit log, each of which holds the SHA-256 of the line before it.

    {"sequence":2,"at":"2026-01-01T00:00:00.000000+00:00","subject":"meet-1","tenant":"acme","action":"stream.opened",
     "facts":{"claim":"Ada"},"previous":"5e884898..."}                                        (one line)

A change, removal or swap of lines breaks the chain at that place. What it cannot show, a cut tail and a chain that was
computed anew from some line on, the signed heads of guard.audit.heads do.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from guard.access.caller import Caller

NOTHING = "0" * 64
"""What the first line holds for the hash of a line before it."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that somebody did. `facts` may name people and calls, and hold no embedding and no picture."""

    action: str
    caller: Caller
    facts: Mapping[str, str | int | float | bool | None]
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Link:
    """A line's place in the chain: its number, from 1 on, and its hash."""

    sequence: int
    hash: str


START = Link(0, NOTHING)


class BrokenChainError(Exception):
    """A line that does not continue the chain; says where and why. Only verification meets it."""


def line_after(link: Link, happening: Happening) -> bytes:
    """The line that goes on from `link`, without its end of line. ASCII, so nothing in it can end it early."""
    content = {
        "sequence": link.sequence + 1,
        "at": happening.at.isoformat(timespec="microseconds"),
        "subject": happening.caller.subject,
        "tenant": happening.caller.tenant,
        "action": happening.action,
        "facts": dict(happening.facts),
        "previous": link.hash,
    }
    return json.dumps(content, separators=(",", ":")).encode()


def link_of(line: bytes) -> Link:
    """The place of a line. BrokenChainError when it is no line of an audit log."""
    return Link(int(content_of(line)["sequence"]), sha256(line).hexdigest())


def content_of(line: bytes) -> dict[str, Any]:
    """What a line says. BrokenChainError when it is no line of an audit log."""
    try:
        content = json.loads(line)
    except ValueError:
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("sequence"), int):
        raise BrokenChainError("is no line of an audit log")
    return content


def follow(lines: Iterable[bytes]) -> Iterable[Link]:
    """The links of a whole log, from its first line on. BrokenChainError names the first that does not fit."""
    last = START
    for number, line in enumerate(lines, start=1):
        try:
            content = content_of(line)
        except BrokenChainError as error:
            raise BrokenChainError(f"line {number} {error}") from None
        if content["sequence"] != number:
            raise BrokenChainError(f"line {number} has the sequence number {content['sequence']}: lines are missing")
        if content.get("previous") != last.hash:
            raise BrokenChainError(f"line {number} does not continue line {number - 1}: one of them was changed")
        last = link_of(line)
        yield last
