"""What became of simulated calls: who was accused when, and the figures that many calls give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from guard.core.decision import ACCUSATIONS
from guard.core.items import Decision
from trainer.calls.curves import delays
from trainer.calls.scenes import Played, trusted

SEED = 43


@dataclass(frozen=True)
class Outcome:
    """What became of one call: seconds from its start, or from when the impostor came, to the first accusation."""

    driver: int
    impostor: int | None
    lot: int
    """What stays together when people are drawn again, see trainer.calls.scored.lot."""
    kind: str
    """"genuine", "impostor" or "takeover"."""
    exposed: float
    """Seconds for which an accusation could have come."""
    accused: float
    """Infinite: never."""
    accusations: int
    """Changes of the decision into an accusation."""
    trusted: bool
    """The call was taken for the right person's when the impostor came."""
    verified: float
    """Seconds from the start to VERIFIED; infinite: never."""
    spoilt: bool = False
    """The session's motion or channel was spoilt beyond the ordinary."""


def outcome(one: Played) -> Outcome:
    """Of a call that was judged by the thresholds in question."""
    since = one.since or 0.0
    told = list(zip(one.call.time.tolist(), one.call.decisions, strict=True))
    accusing = [decision in ACCUSATIONS for _, decision in told]
    starts = [n for n, now in enumerate(accusing) if now and not (n and accusing[n - 1])]
    after = [time for time, decision in told if time >= since and decision in ACCUSATIONS]
    verified = next((time for time, decision in told if decision is Decision.VERIFIED), np.inf)
    return Outcome(
        driver=one.driver,
        impostor=one.impostor,
        lot=one.scene.lot,
        kind="genuine" if one.since is None else "takeover" if one.since else "impostor",
        exposed=one.call.seconds - since,
        accused=(after[0] if after else np.inf) - since,
        accusations=len(starts),
        trusted=trusted(one),
        verified=verified,
        spoilt=one.scene.spoilt,
    )


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of one kind of driver; an event is a genuine call in which somebody is accused, counted once.

    `pairs` are how many of those people were an impostor of whom, either way round. What nothing was seen of is None.
    """
    genuine = [one for one in outcomes if one.kind == "genuine"]
    takeover = [one for one in outcomes if one.kind == "takeover" and one.trusted]
    impostor = [one for one in outcomes if one.kind == "impostor"]
    hours = sum(min(one.accused, one.exposed) for one in genuine) / 3600
    events = sum(np.isfinite(one.accused) for one in genuine)
    low, high = interval(genuine)
    delay_low, delay_high = delay_interval(takeover)
    median, late, share = _delays([one.accused for one in takeover])
    start_median, start_late, start_share = _delays([one.accused for one in impostor])
    verified_median, verified_late, verified_share = _delays([one.verified for one in genuine])
    wrongly = [one.verified for one in impostor]
    return {
        "delay_median_s": median,
        "delay_p95_s": late,
        "delay_low": delay_low,
        "delay_high": delay_high,
        "detected": share,
        "takeovers": len(takeover),
        "false_accusations_per_100h": 100 * events / hours if hours else None,
        "rate_low": low,
        "rate_high": high,
        "hours": hours,
        "events": int(events),
        "accusations": sum(one.accusations for one in genuine),
        "people": len({one.driver for one in genuine}),
        "pairs": len({frozenset((one.driver, one.impostor)) for one in [*takeover, *impostor]}),
        "impostor_delay_median_s": start_median,
        "impostor_delay_p95_s": start_late,
        "impostors_accused": start_share,
        "impostors_verified": float(np.isfinite(wrongly).mean()) if wrongly else None,
        "verified_median_s": verified_median,
        "verified_p95_s": verified_late,
        "verified": verified_share,
    }


def _delays(seconds: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    return delays(seconds) if seconds else (None, None, None)


def interval(genuine: Sequence[Outcome], rounds: int = 400) -> tuple[float, float]:
    """95 % interval of accusations per 100 hours when lots of drivers are drawn again with replacement.

    Where nobody was accused drawing again says nothing: then the interval ends where one more person like these, who
    is accused once in each call, would take it, as thresholds are chosen (curves.py).
    """
    if not any(np.isfinite(one.accused) for one in genuine):
        hours = float(np.mean([one.exposed for one in genuine])) / 3600
        return 0.0, 100 / hours / (len({one.driver for one in genuine}) + 1)
    lots = sorted({one.lot for one in genuine})
    events, hours = np.zeros(len(lots)), np.zeros(len(lots))
    for one in genuine:
        events[lots.index(one.lot)] += np.isfinite(one.accused)
        hours[lots.index(one.lot)] += min(one.accused, one.exposed) / 3600
    drawn = np.random.default_rng(SEED).integers(len(lots), size=(rounds, len(lots)))
    low, high = np.percentile(100 * events[drawn].sum(axis=1) / hours[drawn].sum(axis=1), (2.5, 97.5))
    return float(low), float(high)


def delay_interval(takeover: Sequence[Outcome], rounds: int = 200) -> tuple[float, float] | tuple[None, None]:
    """95 % interval of the median delay when lots of drivers are drawn again with replacement."""
    if not takeover:
        return None, None
    rng = np.random.default_rng(SEED)
    by_lot: dict[int, list[float]] = {}
    for one in takeover:
        by_lot.setdefault(one.lot, []).append(one.accused)
    lots = [*by_lot.values()]
    medians = []
    for drawn in rng.integers(len(lots), size=(rounds, len(lots))):
        medians.append(delays([delay for number in drawn for delay in lots[number]])[0])
    low, high = np.percentile(medians, (2.5, 97.5))
    return float(low), float(high)
