"""How often loops, replays and still pictures are found, and found in genuine calls: the guard's own sketch at work."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from guard.core.items import FPS, Gray, Reason
from guard.core.recollection import PERIOD, SPAN, Recollection, Rows
from guard.core.sketch import CHECK, EARLIER, Sketch

SEED = 12
REASONS = (Reason.STILL_PICTURE, Reason.LOOPED, Reason.REPLAYED)


@dataclass(frozen=True)
class Look:
    """What a stream's looks said: how many there were, how often each reason, and seconds to the first of any."""

    looks: int
    found: Counter[Reason]
    first: float | None


def sketched(clip: Gray) -> Sketch:
    """The sketch of a clip (T, 128, 128)."""
    sketch = Sketch()
    for picture in clip:
        sketch.push(picture)
    return sketch


def looked_at(clip: Gray, known: Rows) -> Look:
    """What a stream of the clip is found to be, of a person of whom `known` is kept."""
    sketch, found, first = Sketch(), Counter[Reason](), None
    sketch.remember(known)
    looks = 0
    for number, picture in enumerate(clip):
        sketch.push(picture)
        if number >= SPAN * PERIOD and number % CHECK == 0:
            looks += 1
            if sketch.finding is not None:
                found[sketch.finding] += 1
                first = number / FPS if first is None else first
    return Look(looks, found, first)


def likeness(clip: Gray, known: Rows) -> list[float]:
    """The highest correlation of each of a clip's looks with what is known."""
    rows, memory = sketched(clip).rows, Recollection.of(known, EARLIER)
    found = []
    for last in range(SPAN + 1, len(rows) + 1, CHECK // PERIOD):
        window = Recollection.of(rows[last - SPAN : last], SPAN).window()
        if window is not None:
            found.append(memory.alike_mirrored(window))
    return found


def joined(parts: list[Rows]) -> Rows:
    """Several calls' rows, the newest EARLIER of them."""
    return np.concatenate(parts)[-EARLIER:]


def detection(kind: str, looks: Sequence[Look]) -> dict[str, float | str | int | None]:
    """How often streams of one kind are found, and after how long."""
    total = sum(look.looks for look in looks)
    first = [look.first for look in looks if look.first is not None]
    return {
        "kind": kind,
        "streams": len(looks),
        "streams_found": len(first),
        "first_s_median": round(float(np.median(first)), 1) if first else None,
        "looks": total,
        **{f"looks_{reason.lower()}": sum(look.found[reason] for look in looks) for reason in REASONS},
    }


def false_findings(
    kind: str, looks: Sequence[Look], frames: int, alike: Iterable[float]
) -> dict[str, float | str | int]:
    """How often genuine calls are taken for something else, in so many frames; `alike`: see `likeness`."""
    hours = frames / FPS / 3600
    highest = np.array(list(alike) or [0.0])
    rates = {
        f"{reason.lower()}_per_100h": round(100 * sum(look.found[reason] for look in looks) / hours, 1)
        for reason in REASONS
    }
    counted = detection(kind, looks)
    del counted["first_s_median"]
    return {
        "hours": round(hours, 2),
        **{name: value for name, value in counted.items() if value is not None},
        **rates,
        "correlation_median": round(float(np.median(highest)), 3),
        "correlation_99": round(float(np.percentile(highest, 99)), 3),
        "correlation_highest": round(float(highest.max()), 3),
    }
