"""Who is scored when not everybody can be: whole streams take turns, nobody is thinned.

Theory of operation. A stream is on, which means that each of its frames is scored, or off: then it gets verdicts that
say CAPACITY. Each state lasts STAY seconds at least, because a run of less than a window scores nothing. Whoever has
been off longest takes over from whoever has been on longest. So with nearly enough capacity a stream is off for STAY
seconds now and then and on for long; with little, on for STAY seconds and off for as long as the others need.

Queues say whether there is an overload, measured capacity how much of one. While queues are short nobody is turned
off, whatever the estimate says.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

STAY = 5.0
"""Seconds that a stream is on, or off, at least."""
STRAINED = 8
"""Frames that wait in the middle one of the queues when the service does not keep up: half of what a queue holds."""
LASTING = 0.5
"""Seconds for which queues are that long when it is an overload and not a burst."""
SETTLE = 2.0
"""Seconds that queues get to shrink after somebody was turned off, before more are."""
RELIEF = 1 / 8
"""Share of the streams that are on which is turned off when the estimate is too good to tell how many."""
MARGIN = 1.1
"""Capacity over what is needed for one more stream to be turned on: without it, a stream would flutter."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Streams by key, each with the time since when it has been on or off, longest first. Times are in seconds."""

    on: Mapping[str, float] = field(default_factory=dict)
    off: Mapping[str, float] = field(default_factory=dict)
    # How many may be on; None: all.
    room: int | None = None
    # When the room was last made smaller.
    shrunk_at: float = float("-inf")
    # Since when queues have been long; None while they are short.
    strained_since: float | None = None


def review(duty: Duty, present: Collection[str], waiting: float, streams: float, time: float) -> Duty:
    """Who is on from `time` on, in seconds that never go back.

    `present` are the streams that send; `waiting` is how many frames wait in the middle one of the queues of those that
    are on; `streams` is the measured capacity.
    """
    on = {key: since for key, since in duty.on.items() if key in present}
    off = {key: since for key, since in duty.off.items() if key in present}
    off |= {key: time for key in present if key not in on and key not in off}
    since = None if waiting < STRAINED else time if duty.strained_since is None else duty.strained_since
    duty = _with_room(replace(duty, on=on, off=off, strained_since=since), streams, time)
    return _with_turns(_filled(_emptied(duty, time), time), time)


def _with_room(duty: Duty, streams: float, time: float) -> Duty:
    if time - duty.shrunk_at < SETTLE:
        return duty
    if duty.strained_since is not None:
        overload = time - duty.strained_since >= LASTING
        most = len(duty.on) - math.ceil(len(duty.on) * RELIEF)
        return replace(duty, room=max(1, min(int(streams), most)), shrunk_at=time) if overload else duty
    if duty.room is None:
        return duty
    room = max(duty.room, int(streams / MARGIN))
    return replace(duty, room=None if room >= len(duty.on) + len(duty.off) else room)


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
