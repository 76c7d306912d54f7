"""The chain: each line holds the hash of the one before."""

import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from guard.access.caller import Caller
from guard.audit.chain import NOTHING, START, BrokenChainError, Happening, Link, follow, line_after, link_of

AT = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
OPENED = Happening("stream.opened", Caller("meet-1", "acme"), {"claim": "Ada\n\u2028", "enrolled": True}, AT)


def lines(count: int) -> list[bytes]:
    made, link = [], START
    for _ in range(count):
        made.append(line_after(link, OPENED))
        link = link_of(made[-1])
    return made


def test_a_line_says_who_did_what_when_and_what_it_follows() -> None:
    first, second = lines(2)
    assert json.loads(first) == {
        "sequence": 1,
        "at": "2026-01-02T03:04:05.000006+00:00",
        "subject": "meet-1",
        "tenant": "acme",
        "action": "stream.opened",
        "facts": {"claim": "Ada\n\u2028", "enrolled": True},
        "previous": NOTHING,
    }
    assert json.loads(second)["previous"] == sha256(first).hexdigest()
    assert first.isascii()
    assert len(first.splitlines()) == 1


def test_a_whole_chain_is_followed_to_its_end() -> None:
    *_, last = follow(lines(5))
    assert last == Link(5, sha256(lines(5)[-1]).hexdigest())
    assert list(follow([])) == []


def problem(broken: list[bytes]) -> str:
    with pytest.raises(BrokenChainError) as caught:
        list(follow(broken))
    return str(caught.value)


def test_the_first_line_that_does_not_fit_is_named() -> None:
    good = lines(4)
    assert problem([good[0], good[2], good[3]]) == "line 2 has the sequence number 3: lines are missing"
    assert problem(good[1:]) == "line 1 has the sequence number 2: lines are missing"
    changed = good[1].replace(b"acme", b"evil")
    assert problem([good[0], changed, *good[2:]]) == "line 3 does not continue line 2: one of them was changed"
    assert problem([good[0], b"{}", *good[2:]]) == "line 2 is no line of an audit log"
    assert problem([good[0], b"\xff", *good[2:]]) == "line 2 is no line of an audit log"
