"""How often each threshold would accuse in vain, and how soon rightly: guard.core.policy.Operating, by simulation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guard.core.items import Thresholds
from guard.core.policy import Point
from trainer.calls.passages import passages
from trainer.calls.scenes import IMPOSTOR, Played, trusted

Floats = NDArray[np.float64]

VERIFY = np.arange(0.25, 8.01, 0.25)
SUSPECT = np.arange(0.25, 15.01, 0.25)
CHANGE = np.arange(1.0, 40.01, 0.25)
"""Thresholds that are tried; of `suspect` the amounts below 0."""
OFF = 1e6
"""A threshold that nothing reaches."""


def open_ended(thresholds: Thresholds) -> Thresholds:
    """The thresholds without any accusation: so the evidence and the suspicion of a call go on as far as they like."""
    return replace(thresholds, suspect=-OFF, limit=OFF, change=OFF, continuity=OFF)


@dataclass(frozen=True, eq=False)
class Reached:
    """Of one call: seconds from its start (of genuine people) or from when the impostor came to each threshold.

    `scene` is whose session and which opening it was of, `exposed` for how many seconds that could have happened;
    `spoilt` (K,) tells the thresholds for which the call was no longer taken for the right person's when the impostor
    came.
    """

    scene: int
    exposed: float
    seconds: Floats
    spoilt: NDArray[np.bool_]


def reached(played: Played, values: Floats, time: Floats, thresholds: Floats, dwell: float) -> Reached:
    """When `values` (n,) at `time` (n,) s of the call kept each of the `thresholds` (K,)."""
    since = played.since or 0.0
    before, after = time < since, time >= since
    spoilt = np.isfinite(passages(values[before], time[before], thresholds, dwell))
    seconds = passages(values[after], time[after], thresholds, dwell) - since
    return Reached(played.scene.number, played.call.seconds - since, seconds, spoilt)


def of_evidence(played: Played, thresholds: Floats, dwell: float, sign: float) -> Reached:
    """The evidence, or with `sign` -1 the evidence against the driver."""
    return reached(played, sign * played.call.evidence, played.call.time, thresholds, dwell)


def of_suspicion(played: Played, thresholds: Floats) -> Reached:
    """The suspicion of a change of driver, which needs no dwell."""
    found = reached(played, played.call.suspicion, played.call.time, thresholds, 0.0)
    return found if not played.since or trusted(played) else replace(found, spoilt=np.full(len(thresholds), True))


def curve(thresholds: Floats, wrong: Sequence[Reached], right: Sequence[Reached]) -> tuple[Point, ...]:
    """A point for each threshold, from the laxest to the first that never erred in calls that were `wrong` to decide.

    A call counts up to its first decision. Of n scenes that never erred the next one does with a probability of about
    1 / (n + 1), and a threshold is chosen because these did so seldom: so one scene's calls count as errors beside
    those that were. Delays are those of calls that were `right` to decide.
    """
    points, one_more = [], len(wrong) / max(1, len({call.scene for call in wrong}))
    for place, threshold in enumerate(thresholds.tolist()):
        seconds = np.array([call.seconds[place] for call in wrong])
        exposed = np.minimum(seconds, [call.exposed for call in wrong]).sum() / 3600
        events = int(np.isfinite(seconds).sum())
        median, late, share = delays([call.seconds[place] for call in right if not call.spoilt[place]])
        points.append(
            Point(threshold, 100 * (events + one_more) / exposed, median, late, share, events, float(exposed))
        )
        if not events:
            break
    return tuple(points)


def delays(seconds: Iterable[float]) -> tuple[float, float, float]:
    """Median, 95th percentile and the share that came to a decision; IMPOSTOR seconds stand for never."""
    found = np.minimum(np.array([*seconds]), IMPOSTOR)
    if not len(found):
        return IMPOSTOR, IMPOSTOR, 0.0
    median, late = np.percentile(found, (50, 95), method="higher")
    return float(median), float(late), float((found < IMPOSTOR).mean())
