"""Who is scored when not everybody can be: whole streams take turns, nobody is thinned.

Theory of operation. A stream is on, which means that each of its frames is scored, or off: then it gets verdicts that
say CAPACITY. Each state lasts STAY seconds at least, because a run of less than a window scores nothing. Whoever has
been off longest takes over from whoever has been on longest. So with nearly enough capacity a stream is off for STAY
seconds now and then and on for long; with little, on for STAY seconds and off for as long as the others need.

Queues alone say how many may be on, as lost packets tell a sender its rate: while they are long a share is turned off,
while they are short one more is turned on after a time that doubles whenever that proves one too many. What steps take
is no guide here: other programs, decoding and the loop itself take their part of the processor beside them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

STAY = 6.5
"""Seconds that a stream is on, or off, at least. With a window of 2.56 s behind it an off leaves no decision STALE."""
STRAINED = 8
"""Frames that wait in the middle one of the queues when the service does not keep up: half of what a queue holds."""
LASTING = 2.5
"""Seconds for which queues are that long when it is an overload and not a burst, which is over when it has cost a
queue: a run that it broke is back in the time of a window, one that is turned off in that and STAY."""
SETTLE = 2.0
"""Seconds that queues get to shrink after somebody was turned off, before more are."""
RELIEF = 1 / 8
"""Share of the streams that are on which an overload turns off."""
PATIENCE = 2.0, 64.0
"""Seconds of short queues after which one more stream is turned on, after the first overload and at most."""
PROBATION = 20.0
"""Seconds since one more was turned on within which an overload says that it was one too many."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Streams by key, each with the time since when it has been on or off, longest first. Times are in seconds."""

    on: Mapping[str, float] = field(default_factory=dict)
    off: Mapping[str, float] = field(default_factory=dict)
    # How many may be on; None: all.
    room: int | None = None
    # When the room was last made smaller, and when larger.
    shrunk_at: float = float("-inf")
    grown_at: float = float("-inf")
    # Seconds of short queues after which it is made larger.
    patience: float = PATIENCE[0]
    # Since when queues have been long; None while they are short.
    strained_since: float | None = None


def review(duty: Duty, present: Collection[str], waiting: float, time: float) -> Duty:
    """Who is on from `time` on, in seconds that never go back.

    `present` are the streams that send; `waiting` is how many frames wait in the middle one of the queues of those that
    are on.
    """
    on = {key: since for key, since in duty.on.items() if key in present}
    off = {key: since for key, since in duty.off.items() if key in present}
    off |= {key: time for key in present if key not in on and key not in off}
    since = None if waiting < STRAINED else time if duty.strained_since is None else duty.strained_since
    duty = replace(duty, on=on, off=off, strained_since=since)
    return _with_turns(_filled(_emptied(_with_room(duty, time), time), time), time)


def _with_room(duty: Duty, time: float) -> Duty:
    if duty.strained_since is not None:
        settled = time - max(duty.strained_since + LASTING, duty.shrunk_at + SETTLE) >= 0
        return _shrunk(duty, time) if settled else duty
    if duty.room is None or time - max(duty.shrunk_at, duty.grown_at) < duty.patience:
        return duty
    room = max(duty.room, len(duty.on)) + 1
    return replace(duty, room=None if room >= len(duty.on) + len(duty.off) else room, grown_at=time)


def _shrunk(duty: Duty, time: float) -> Duty:
    first, most = PATIENCE
    failed = time - duty.grown_at < PROBATION
    room = max(1, len(duty.on) - max(1, round(len(duty.on) * RELIEF)))
    return replace(duty, room=room, shrunk_at=time, patience=min(most, 2 * duty.patience) if failed else first)


def _emptied(duty: Duty, time: float) -> Duty:
    """Turn off those who have been on longest, as far as room demands and their turn is over."""
    on, off = dict(duty.on), dict(duty.off)
    for key, since in duty.on.items():
        if duty.room is None or len(on) <= duty.room or time - since < STAY:
            break
        del on[key]
        off[key] = time
    return replace(duty, on=on, off=off)


def _filled(duty: Duty, time: float) -> Duty:
    """Turn on those who have been off longest, as far as there is room."""
    on, off = dict(duty.on), dict(duty.off)
    for key in duty.off:
        if duty.room is not None and len(on) >= duty.room:
            break
        del off[key]
        on[key] = time
    return replace(duty, on=on, off=off)


def _with_turns(duty: Duty, time: float) -> Duty:
    """Let those who have been off longest take over from those who have been on longest."""
    on, off = dict(duty.on), dict(duty.off)
    for (leaving, on_since), (coming, off_since) in zip(duty.on.items(), duty.off.items(), strict=False):
        if min(time - on_since, time - off_since) < STAY:
            break
        del on[leaving], off[coming]
        on[coming] = off[leaving] = time
    return replace(duty, on=on, off=off)
