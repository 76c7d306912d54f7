"""What clips must hold before somebody is enrolled from them: policy over measurements, without engine or gallery."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from guard.core.calibration import Calibration, log_likelihood_ratio
from guard.core.errors import QualityError
from guard.core.items import FPS, Floats
from guard.core.scoring import directions, make_template
from guard.core.verifier import Settings
from guard.enrolment.clips import Clip
from guard.enrolment.progress import ADVICE, Needs, Shortfall, progress

Nearest = Callable[[Floats], Iterable[tuple[str, float]]]
"""Directions (N, 256) of one clip -> mean score against the template of everybody else who is enrolled, by name."""


def check(clips: Sequence[Clip], settings: Settings, earlier: Floats | None, nearest: Nearest, needs: Needs) -> None:
    """Raises QualityError unless a person can be enrolled from these clips.

    `earlier` is the template (256,) that they are added to, None when they stand alone.
    """
    check_amounts(clips, needs, settings)
    used = [clip for clip in clips if clip.usable]
    calibration = settings.calibration[max(settings.horizons)]
    pieces = [directions(clip.embeddings, settings.centre) for clip in used]
    own = [agreement(pieces, number, earlier, calibration) for number in range(len(pieces))]
    check_agreement(used, own, needs)
    for clip, piece, llr in zip(used, pieces, own, strict=True):
        likest = max((log_likelihood_ratio(score, calibration) for _, score in nearest(piece)), default=-math.inf)
        check_likeness(clip, likest, llr, needs)


def check_amounts(clips: Sequence[Clip], needs: Needs, settings: Settings) -> None:
    """Raises QualityError for too little material, motion or variety, in this order."""
    reached = progress(clips, needs, settings.variety_floor)
    if reached.material < 1:
        problem = f"{reached.windows} usable windows of {reached.seconds:.1f} s where {needs.windows} of "
        problem += f"{needs.seconds:g} s are needed ({obstacles(clips, max(settings.horizons))})"
        remedy = "give 10 s or more in which the face moves, at 20 frames a second or more"
        raise QualityError("clips", problem, remedy, Shortfall.MATERIAL)
    if reached.motion < 1:
        problem = f"the face moves {reached.motion:.0%} of what is needed"
        raise QualityError("clips", problem, ADVICE[Shortfall.MOTION], Shortfall.MOTION)
    if reached.variety < 1:
        problem = f"the motion varies {reached.variety:.0%} of what is needed, as in a video that repeats itself"
        raise QualityError("clips", problem, ADVICE[Shortfall.VARIETY], Shortfall.VARIETY)


def agreement(pieces: Sequence[Floats], number: int, earlier: Floats | None, calibration: Calibration) -> float | None:
    """Mean LLR of one clip's windows against `earlier`, or else the template of all other clips; None without any."""
    others = [piece for place, piece in enumerate(pieces) if place != number]
    if earlier is None and not others:
        return None
    template = make_template(np.concatenate(others), None) if earlier is None else earlier
    return log_likelihood_ratio(float((pieces[number] @ template).mean()), calibration)


def check_agreement(clips: Sequence[Clip], own: Sequence[float | None], needs: Needs) -> None:
    """Raises QualityError that names the clip which agrees least with the others, if that is too little."""
    compared = [(llr, clip.label) for clip, llr in zip(clips, own, strict=True) if llr is not None]
    if compared and min(compared)[0] < needs.agreement:
        problem = "somebody moves in it who is not like the person in the other clips"
        raise QualityError(min(compared)[1], problem, ADVICE[Shortfall.OUTLIER], Shortfall.OUTLIER)


def check_likeness(clip: Clip, likest: float, own: float | None, needs: Needs) -> None:
    """Raises QualityError when the clip is much more like another enrolled person than the rest of its own is.

    `likest` is the largest mean LLR against another's template, `own` that against the person's other clips.
    """
    if likest > (needs.likeness if own is None else max(0.0, own + needs.lead)):
        problem = "matches somebody else who is enrolled"  # who it is, is not the caller's to learn this way
        raise QualityError(clip.label, problem, ADVICE[Shortfall.LIKENESS], Shortfall.LIKENESS)


def obstacles(clips: Sequence[Clip], horizon: int) -> str:
    """Why windows cannot be used, in a few words."""
    if not any(clip.windows for clip in clips):
        return f"a window takes {horizon} frames, {horizon / FPS:.2f} s, without a cut"
    refused = sum((clip.refused() for clip in clips), start=Counter[str]())
    return ", ".join(f"{reason} {count}" for reason, count in refused.items()) or "all can be used"
