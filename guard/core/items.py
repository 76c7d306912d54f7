"""What travels through the core: frozen items, each with its units. The words are those of docs/glossary.md."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from guard.core.errors import FrameError

Gray = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIZE = 128
"""Side of the reduced gray picture, in pixels."""
FPS = 25
"""Frames per second of the grid."""


class Decision(StrEnum):
    """Where the accumulated evidence about one participant has led."""

    COLLECTING = "COLLECTING"
    VERIFIED = "VERIFIED"
    UNCERTAIN = "UNCERTAIN"
    IMPOSTOR_SUSPECTED = "IMPOSTOR_SUSPECTED"
    NOT_ENROLLED = "NOT_ENROLLED"
    STALE = "STALE"
    OPTED_OUT = "OPTED_OUT"
    CONSISTENT = "CONSISTENT"
    DRIVER_CHANGED = "DRIVER_CHANGED"


class Reason(StrEnum):
    """Why a verdict carries no score."""

    TOO_FEW_FRAMES = "TOO_FEW_FRAMES"
    TOO_MUCH_FILLER = "TOO_MUCH_FILLER"
    FROZEN = "FROZEN"
    NO_MOTION = "NO_MOTION"
    GAP = "GAP"
    DECODER_FAULT = "DECODER_FAULT"
    NOT_ENROLLED = "NOT_ENROLLED"
    OPTED_OUT = "OPTED_OUT"
    CAPACITY = "CAPACITY"
    NEEDS_REENROLMENT = "NEEDS_REENROLMENT"
    NO_FACE = "NO_FACE"
    MULTIPLE_FACES = "MULTIPLE_FACES"
    LOW_FRAME_RATE = "LOW_FRAME_RATE"
    OPENING = "OPENING"
    STILL_PICTURE = "STILL_PICTURE"
    LOOPED = "LOOPED"
    REPLAYED = "REPLAYED"
    SCREEN = "SCREEN"


SEEN_BEFORE = frozenset({Reason.STILL_PICTURE, Reason.LOOPED, Reason.REPLAYED})
"""Reasons that say that nobody moves the face now: it was recorded."""


class Cut(StrEnum):
    """Why a run ended and the window starts anew."""

    GAP = "GAP"
    OVERFLOW = "OVERFLOW"
    PICTURE_CHANGED = "PICTURE_CHANGED"
    DECODER_FAULT = "DECODER_FAULT"
    TIME_JUMP = "TIME_JUMP"
    CAPACITY = "CAPACITY"
    CROP_CHANGED = "CROP_CHANGED"
    MIRRORED = "MIRRORED"


@dataclass(frozen=True, slots=True)
class Crop:
    """The square part of a picture that is kept: place of its upper left pixel and its side, in pixels as displayed."""

    left: int
    top: int
    side: int


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture as it arrived, reduced: `pixels` (128, 128) uint8, `time` in seconds of presentation time.

    `obstacle` says why the picture is not to be scored, as NO_FACE; the pixels then mean nothing.
    `side` is that of the square it was reduced from, in pixels; None where nobody asks.
    The pixels belong to the frame from here on: a buffer that is written to again must be copied first.
    Raises FrameError naming the field, so that a bad frame ends here and never in a batch with other streams.
    """

    pixels: Gray
    time: float
    obstacle: Reason | None = None
    side: int | None = None

    def __post_init__(self) -> None:
        if self.pixels.shape != (SIZE, SIZE) or self.pixels.dtype != np.uint8:
            problem = f"{self.pixels.shape} of {self.pixels.dtype} is not {SIZE}x{SIZE} of uint8"
            raise FrameError("pixels", problem, "reduce the picture with core.frames first")
        if not math.isfinite(self.time):
            raise FrameError("time", f"{self.time} is not a time stamp")


@dataclass(frozen=True, slots=True, eq=False)
class GridFrame:
    """One slot of the 25 fps grid: `time` of its centre in seconds since the stream's first frame.

    `slot` counts from 0 in its run; `filler` marks a repeated picture.
    """

    pixels: Gray
    time: float
    slot: int
    filler: bool


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """One look at a window: `embedding` (256,) float32, or the `reason` why there is none; never both, never neither.

    `time` is that of the window's newest frame, in seconds since the stream's first. `horizon` is the window's length
    in frames, `motion` its mean absolute difference between neighbours in gray levels, `filler` its share of filler,
    0..1, `smoothness` how much more its pictures differ over two frames than over one, 1 (they tremble) to 2; None
    where nothing moves. While the run is too short for any window, horizon is 0 and these are None.
    `run` numbers the run from 0 and `slot` the newest frame within it: windows of different runs share no frame.
    `shorter` has the embeddings of the shorter horizons by their frames; motion, filler and smoothness are not
    theirs.
    """

    time: float
    horizon: int
    embedding: Floats | None
    reason: Reason | None
    motion: float | None
    filler: float | None
    run: int
    slot: int
    shorter: Mapping[int, Floats] = field(default_factory=dict)
    smoothness: float | None = None

    def of(self, horizon: int) -> Floats | None:
        """The embedding (256,) of the window of that many frames; None when it was not measured."""
        return self.embedding if horizon == self.horizon else self.shorter.get(horizon)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Evidence (natural-log units) that verifies or raises suspicion, and how it is accumulated.

    `dwell` and `memory` are seconds; `limit` bounds the absolute evidence, so that a take-over is seen in finite time.
    `change` is the suspicion of another driver that accuses, of who is enrolled, and `continuity` of who is not.
    """

    verify: float
    suspect: float
    dwell: float
    memory: float
    limit: float
    change: float = 4.0
    continuity: float = 4.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about one participant at `time` seconds of its stream. `score` is None unless it was measured.

    `change` is the suspicion that somebody else has taken over, from 0 up, and `change_llr` the window's part in it:
    None unless the call was compared with its own past. `motion` and `filler` are the window's, see Measurement.
    `withheld` is the accusation that `decision` does not make because the service only observes. `decision` is
    that told before, too, while an accusation waits for a mirror check, which `mirror_check_pending` says.
    """

    time: float
    score: float | None
    llr: float | None
    evidence: float
    decision: Decision
    reason: Reason | None
    horizon: int
    sequence: int
    cuts: int
    last_cut: Cut | None
    model_id: str
    decision_changed: bool
    change: float = 0.0
    change_llr: float | None = None
    motion: float | None = None
    filler: float | None = None
    withheld: Decision | None = None
    mirror_check_pending: bool = False
