"""What a disguise changes: for impostors who wear it, and for genuine people whose motion became like that."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from guard.core.items import Decision, Floats
from trainer.attacks.disguises import Disguise
from trainer.attacks.judging import Claim
from trainer.measures import Bools, Measure, weighted_auc
from trainer.trials import Pairs, bootstrap

SEED = 13
Figures = dict[str, float | int | str | None]


def row(disguise: Disguise, worn: Sequence[Claim], honest: Sequence[Claim], verify: float) -> Figures:
    """Figures of the claims of those who wore the disguise, beside the undisguised; 95 % intervals over people.

    `verify` is the LLR from which a window on its own is counted as accepted.
    """
    impostors, genuine = _parted(worn)
    told: Figures = {"attack": disguise.attack, "strength": disguise.strength}
    told |= {"claims": len(impostors), "scored": round(_scored(worn), 3)}
    told |= _impostors(impostors, _parted(honest)[1], verify)
    return told | (_genuine(genuine, honest) if genuine else {})


def _impostors(worn: Sequence[Claim], genuine: Sequence[Claim], verify: float) -> Figures:
    """Impostors so disguised against genuine people as they always were."""
    windows = _windows(worn)
    accepted = Pairs((windows.score >= verify).astype(float), windows.genuine, windows.drivers)
    return {
        **_interval("auc", _windows([*worn, *genuine]), weighted_auc),
        **_mean("impostor_llr", windows.score),
        **_interval("window_accepted", accepted, _average),
        **_interval("verified_10s", _decided(worn, Decision.VERIFIED), _average),
    }


def _genuine(worn: Sequence[Claim], honest: Sequence[Claim]) -> Figures:
    """Genuine people so changed against impostors as they always were, and against their own former selves."""
    impostors, former = _parted(honest)
    means = {claim.who: claim.llr.mean() for claim in former if len(claim.llr)}
    changed = [claim for claim in worn if len(claim.llr) and claim.who in means]
    moved = np.array([claim.llr.mean() - means[claim.who] for claim in changed])
    return {
        **_interval("genuine_auc", _windows([*worn, *impostors]), weighted_auc),
        **_mean("genuine_llr", _windows(worn).score),
        **_interval("genuine_llr_change", _pairs(changed, moved), _average),
        **_interval("genuine_verified_10s", _decided(worn, Decision.VERIFIED), _average),
        **_interval("genuine_accused_10s", _decided(worn, Decision.IMPOSTOR_SUSPECTED), _average),
    }


def _parted(claims: Sequence[Claim]) -> tuple[list[Claim], list[Claim]]:
    """Impostors and genuine people."""
    return [one for one in claims if not one.genuine], [one for one in claims if one.genuine]


def _scored(claims: Sequence[Claim]) -> float:
    """Share of the full windows that have a score."""
    return sum(len(claim.llr) for claim in claims) / max(1, sum(claim.due for claim in claims))


def _windows(claims: Sequence[Claim]) -> Pairs:
    """The LLR of every scored window."""
    return _pairs(
        [claim for claim in claims for _ in claim.llr], np.concatenate([np.empty(0), *(one.llr for one in claims)])
    )


def _decided(claims: Sequence[Claim], decision: Decision) -> Pairs:
    """1 for each claim that ended in the decision."""
    return _pairs(claims, np.array([float(claim.decision is decision) for claim in claims]))


def _pairs(claims: Sequence[Claim], values: Floats) -> Pairs:
    drivers = np.array([(claim.claimed, claim.who) for claim in claims], np.int64).reshape(-1, 2)
    return Pairs(values, drivers[:, 0] == drivers[:, 1], drivers)


def _interval(name: str, pairs: Pairs, measure: Measure) -> dict[str, Any]:
    if not len(pairs.score) or np.isnan(measure(pairs.score, pairs.genuine, np.ones(len(pairs.score)))):
        return {}  # nothing was scored, or nothing to compare it with
    return bootstrap(pairs, measure, np.random.default_rng(SEED)).named(name)


def _average(score: Floats, genuine: Bools, weight: Floats) -> float:
    """NaN where the draw left no claim."""
    return float(np.average(score, weights=weight)) if weight.sum() else float("nan")


def _mean(name: str, values: Floats) -> Figures:
    return {name: round(float(values.mean()), 3)} if len(values) else {}
