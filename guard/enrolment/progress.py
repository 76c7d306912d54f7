"""How far clips have come towards what an enrolment needs, and what to do next.

The figures behind NEEDS, and how they were measured: docs/enrolment.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from guard.core.items import Reason
from guard.core.scoring import directions
from guard.enrolment.clips import Clip


class Shortfall(StrEnum):
    """What is wrong with clips that nobody can be enrolled from."""

    MATERIAL = "MATERIAL"
    MOTION = "MOTION"
    VARIETY = "VARIETY"
    OUTLIER = "OUTLIER"
    LIKENESS = "LIKENESS"


ADVICE = {
    Shortfall.MATERIAL: "go on",
    Shortfall.MOTION: "speak, and move the head as in a lively talk",
    Shortfall.VARIETY: "speak about something else, smile, look around",
    Shortfall.OUTLIER: "leave it out, or add more clips of this person",
    Shortfall.LIKENESS: "leave it out unless it shows this person, and enrol nobody under two names",
}
REMEDIES = {
    Reason.TOO_MUCH_FILLER: "frames are lost: send 20 a second or more over a better network",
    Reason.LOW_FRAME_RATE: "send 20 frames a second or more",
    Reason.STILL_PICTURE: "the picture stands still: show yourself, not a photograph",
    Reason.LOOPED: "the video repeats itself: film the person anew",
    Reason.NO_FACE: "no face is seen: look into the camera, nearer and in better light",
    Reason.MULTIPLE_FACES: "several people are seen: be alone in the picture",
    Reason.SCREEN: "a computer's screen is seen: show the camera instead",
    Reason.FROZEN: "the picture stands still: look whether the camera works",
    Reason.NO_MOTION: ADVICE[Shortfall.MOTION],
}
"""For reasons that the newest window cannot be used; the others pass by themselves."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The least that clips must hold together, and how far a single one may stand out.

    `seconds` of video in at least so many usable `windows`; mean `motion` of these windows in gray levels. The others
    are mean LLRs of one clip's windows: `agreement` with the person's other clips at the least, `lead` of somebody else
    over these at the most, and `likeness` to somebody else at the most where there are no other clips. How much
    variety there has to be follows the model, so the bundle says it.
    """

    seconds: float
    windows: int
    motion: float
    agreement: float
    lead: float
    likeness: float


LOOKED_AT = 128
"""Windows whose nearest one is looked for, evenly drawn from more: ten minutes of video have 1,875."""
NEEDS = Needs(seconds=5.0, windows=10, motion=0.15, agreement=-2.5, lead=2.5, likeness=1.3)


@dataclass(frozen=True, slots=True)
class Progress:
    """What clips have given so far: `seconds` of video in so many usable `windows`.

    `material`, `motion` and `variety` are shares of what is needed, 0..1. `reason` says why the newest window cannot be
    used, None when it can; `advice` what to do, in one sentence for whoever is filmed, "" when all is well.
    """

    windows: int
    seconds: float
    material: float
    motion: float
    variety: float
    reason: Reason | None
    advice: str


def progress(clips: Sequence[Clip], needs: Needs, variety_floor: float, reason: Reason | None = None) -> Progress:
    """How far clips have come, the newest window being of no use for `reason`; `variety_floor` is the bundle's."""
    usable = [window for clip in clips for window in clip.usable]
    seconds = sum(clip.seconds for clip in clips)
    motion = float(np.mean([window.motion for window in usable])) if usable else 0.0
    shares = {
        Shortfall.MOTION: share(motion, needs.motion),
        Shortfall.VARIETY: share(variety(clips), variety_floor),
        Shortfall.MATERIAL: min(share(seconds, needs.seconds), share(len(usable), needs.windows)),
    }
    return Progress(
        windows=len(usable),
        seconds=seconds,
        material=shares[Shortfall.MATERIAL],
        motion=shares[Shortfall.MOTION],
        variety=shares[Shortfall.VARIETY],
        reason=reason,
        advice=REMEDIES.get(reason, "") if reason or not usable else advice(shares),
    )


def advice(shares: dict[Shortfall, float]) -> str:
    """What brings forward whatever is scarcest; "" when there is enough of everything."""
    scarcest = min(shares, key=shares.__getitem__)
    return ADVICE[scarcest] if shares[scarcest] < 1 else ""


def share(reached: float, needed: float) -> float:
    """What has been reached of what is needed, 0..1."""
    return 1.0 if reached >= needed else reached / needed


def variety(clips: Sequence[Clip]) -> float:
    """Mean cosine distance of windows to the nearest one that shares no frame with them; 0 while there is no such pair.

    A video that repeats itself, or a clip that is given twice, shows each window again, however much others differ.
    """
    windows = [(number, window) for number, clip in enumerate(clips) for window in clip.usable]
    found = [window.embedding for _, window in windows if window.embedding is not None]
    if len(found) < 2:
        return 0.0
    units, looked = directions(np.stack(found), None), slice(None, None, 1 + len(found) // LOOKED_AT)
    clip, run, slot = np.array([(number, window.run, window.slot) for number, window in windows]).T
    apart = np.abs(slot[looked, None] - slot) >= windows[0][1].horizon
    apart |= (clip[looked, None] != clip) | (run[looked, None] != run)
    nearest = np.where(apart, units[looked] @ units.T, -1.0).max(axis=1)[apart.any(axis=1)]
    return max(0.0, 1.0 - float(nearest.mean())) if len(nearest) else 0.0
