"""What a whole call says, when the scores of one session have something in common that more of them cannot average out.

A window's LLR is the mean of its kind (genuine or impostor), plus a part that the session's windows share, plus a part
of its own, which is alike in neighbouring windows. So the mean over a call has the variance `between + within / n`,
where n is how many independent windows the call is worth, and the evidence saturates: the shared part stays.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """How the LLRs of one kind of driver lie, in natural-log units: mean, and variances between and within sessions.

    `tau` is in seconds: the parts within a session of two windows `d` seconds apart correlate by exp(-d / tau).
    """

    mean: float
    between: float
    within: float
    tau: float


@dataclass(frozen=True, slots=True)
class SessionModel:
    """Both kinds, at one horizon. The genuine mean lies above the impostor's."""

    genuine: Spread
    impostor: Spread


ASSUMED = SessionModel(Spread(1.4, 0.9, 1.8, 2.5), Spread(-1.4, 0.9, 1.8, 2.5))
"""Of a bundle that says nothing: seven windows of eight are right, and a third of their spread is the session's."""

ONE_IN_TWENTY = 1.645
"""Standard deviations beyond which one in twenty lies."""
FARTHEST = 6.0
"""Standard deviations within which all calls lie, to nine places."""
HALVINGS = 40


def independent_windows(seconds: float, tau: float) -> float:
    """How many independent windows the mean over `seconds` of neighbouring ones is worth; 1 for a single window."""
    part = seconds / tau
    if part < 1e-3:  # the formula below would divide zero by zero
        return 1.0 + part / 3
    return part * part / (2.0 * (part - 1.0 + math.exp(-part)))


def call_llr(mean: float, seconds: float, model: SessionModel) -> float:
    """Natural-log likelihood ratio, genuine over impostor, of a call whose windows' LLRs over `seconds` average `mean`.

    It never falls when `mean` rises: of two normal distributions the wider one wins in both tails, and in the wrong one
    that would make a very good call an impostor's. There the value stays what it is at the turn.
    """
    genuine, impostor = model.genuine, model.impostor
    wide_g, wide_i = variance(genuine, seconds), variance(impostor, seconds)
    if wide_g != wide_i:
        turn = (genuine.mean / wide_g - impostor.mean / wide_i) / (1 / wide_g - 1 / wide_i)
        mean = min(mean, turn) if wide_g < wide_i else max(mean, turn)
    off_g, off_i = mean - genuine.mean, mean - impostor.mean
    return 0.5 * (math.log(wide_i / wide_g) + off_i * off_i / wide_i - off_g * off_g / wide_g)


def variance(spread: Spread, seconds: float) -> float:
    """Variance of the mean of a call's LLRs over `seconds`."""
    return spread.between + spread.within / independent_windows(seconds, spread.tau)


def separation(seconds: float, model: SessionModel) -> float:
    """How far the two kinds lie apart after `seconds`, squared, in units of their variance: the more, the better."""
    apart = model.genuine.mean - model.impostor.mean
    return apart * apart / (variance(model.genuine, seconds) + variance(model.impostor, seconds))


def reach(seconds: float, model: SessionModel) -> tuple[float, float]:
    """Evidence that one in twenty calls of `seconds` passes: of impostors downwards, of genuine people upwards."""
    low = model.impostor.mean - ONE_IN_TWENTY * math.sqrt(variance(model.impostor, seconds))
    high = model.genuine.mean + ONE_IN_TWENTY * math.sqrt(variance(model.genuine, seconds))
    return call_llr(low, seconds, model), call_llr(high, seconds, model)


def share_beyond(threshold: float, spread: Spread, seconds: float, model: SessionModel) -> float:
    """Share of calls of this kind, each of `seconds`, whose evidence is `threshold` or more; 0..1."""
    wide = math.sqrt(variance(spread, seconds))
    low, high = spread.mean - FARTHEST * wide, spread.mean + FARTHEST * wide
    if call_llr(high, seconds, model) < threshold:
        return 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if call_llr(middle, seconds, model) >= threshold else (middle, high)
    return 0.5 * math.erfc((high - spread.mean) / wide / math.sqrt(2))
