"""Calls whose pictures freeze, and calls whose pictures get lost: which of their verdicts the guard gives no score."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from guard.core.extractor import Extractor, StepOutput
from guard.core.items import FPS, Floats, Frame, Gray, Reason
from guard.core.scoring import EMBEDDING
from guard.core.settings import Settings
from guard.core.window import COLUMN
from trainer.data.world.channel import Channel
from trainer.data.world.circumstances import ACTIVITIES, Circumstances, RecordingSession
from trainer.data.world.codec import Codec
from trainer.data.world.prior import Prior
from trainer.data.world.rendering import Rendering
from trainer.retakes import REPLAY, Person

ALIVE, FROZEN = 5 * FPS, 10 * FPS
"""Frames of a call before it freezes, and for which it does."""
NOISE = 1.0
"""Grey levels of a camera's noise, standard deviation."""
BIT_RATE = 200_000
"""Bits a second of a 640x360 call."""
LOST = (0.1, 0.2, 0.3, 0.4, 0.5)
"""Shares of pictures that get lost, each by itself."""
REASONS = (
    Reason.TOO_FEW_FRAMES,
    Reason.LOW_FRAME_RATE,
    Reason.TOO_MUCH_FILLER,
    Reason.FROZEN,
    Reason.NO_MOTION,
    Reason.STILL_PICTURE,
)


class NoModel:
    """An engine that sees nothing: why a verdict has no score is told without one."""

    state_size = 1

    def step(self, frames: Gray, state: Floats) -> StepOutput:
        columns = np.zeros((len(frames), COLUMN), np.float32)
        return StepOutput(state, columns, columns)

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        return np.zeros((len(state), EMBEDDING), np.float32)


@dataclass(frozen=True)
class Told:
    """One stream's verdicts: how many have a score, and by reason those that have none; `frames` that arrived."""

    frames: int
    scored: int
    refused: Counter[Reason]

    @property
    def found(self) -> bool:
        """Whether any is refused, other than because a run has just begun."""
        return self.refused.total() > self.refused[Reason.TOO_FEW_FRAMES]


def frozen(call: Gray, rng: np.random.Generator) -> Iterator[tuple[str, Gray]]:
    """The beginning of a call whose source hangs after ALIVE frames, by what comes after the source."""
    hung = np.concatenate([call[:ALIVE], np.repeat(call[ALIVE - 1 : ALIVE], FROZEN, axis=0)])
    clean = Channel.drawn(rng, strength=0.0)
    yield "frozen, by the decoder", hung
    yield "frozen before noise", replace(clean, noise=NOISE).seen(rng, hung)
    codecs: tuple[tuple[str, Codec], ...] = (("VP8", "vp8"), ("H.264", "h264"))
    for name, codec in codecs:
        coded = replace(clean, codec=codec, bit_rate=BIT_RATE)
        yield f"frozen before {name}", coded.seen(rng, hung)
        yield f"frozen before noise and {name}", replace(coded, noise=NOISE).seen(rng, hung)


def lost(call: Gray, share: float, rng: np.random.Generator) -> list[Frame]:
    """What arrives of a call of which this share gets lost."""
    return [frame for frame in frames(call) if rng.random() >= share]


def stopped(call: Gray, settings: Settings, rng: np.random.Generator) -> Iterator[tuple[str, Told]]:
    """What a guard says of a call that freezes, of windows that hold nothing else, and of one that loses pictures."""
    for kind, clip in frozen(call, rng):
        yield kind, told(frames(clip), settings, ALIVE / FPS)
    for share in LOST:
        yield f"{share:.0%} of the pictures lost", told(lost(call[:REPLAY], share, rng), settings)


def at_ease(one: Person, rng: np.random.Generator) -> Iterator[tuple[str, Gray]]:
    """Genuine clips of a driver, one of each activity, as any session, artefacts and channel show it."""
    prior = Prior.load()
    for activity in ACTIVITIES:
        met = Circumstances(prior, RecordingSession.drawn(rng, prior), activity)
        motion = one.driver.motion(rng, Rendering.frames_needed(REPLAY), met)
        yield activity, Rendering.drawn(rng, one.shown.generator).clip(rng, motion, REPLAY)


def frames(clip: Gray) -> Iterator[Frame]:
    """A clip (T, 128, 128) as it arrives when nothing is lost."""
    return (Frame(picture, number / FPS) for number, picture in enumerate(clip))


def told(arriving: Iterable[Frame], settings: Settings, since: float = 0.0) -> Told:
    """The verdicts of a stream; those about windows only if all of the window is of `since` (seconds) or later."""
    rhythm = settings.horizons, settings.verdict_stride
    extractor = Extractor(NoModel(), *rhythm, settings.motion_floor, settings.least_fps, edge=settings.edge)
    stream, count, reasons = extractor.open(), 0, Counter[Reason | None]()
    for frame in arriving:
        count += 1
        for seen in extractor.step([(stream, frame)])[0]:
            if round((seen.time - since) * FPS) >= max(0, seen.horizon - 1):
                reasons[seen.reason] += 1
    return Told(count, reasons.pop(None, 0), Counter({reason: n for reason, n in reasons.items() if reason}))


def refusals(kind: str, streams: Sequence[Told]) -> dict[str, str | int]:
    """How many verdicts of streams of one kind have no score, and why."""
    return {
        "kind": kind,
        "streams": len(streams),
        "streams_found": sum(one.found for one in streams),
        "verdicts": sum(one.scored + one.refused.total() for one in streams),
        "scored": sum(one.scored for one in streams),
        **{reason.lower(): sum(one.refused[reason] for one in streams) for reason in REASONS},
    }


def hours(streams: Sequence[Told]) -> float:
    """How long streams were that lost nothing."""
    return round(sum(one.frames for one in streams) / FPS / 3600, 2)
