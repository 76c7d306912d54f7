"""How often people are refused enrolment, rightly and wrongly: guard.enrolment on drivers of the simulated world."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guard.core.errors import QualityError
from guard.core.extractor import Engine
from guard.core.items import FPS, Floats, Frame
from guard.core.scoring import directions, make_template
from guard.core.verifier import Settings
from guard.enrolment.clips import Clip, Windows
from guard.enrolment.progress import NEEDS, variety
from guard.enrolment.quality import check
from trainer.data.world.circumstances import Circumstances, RecordingSession
from trainer.data.world.prior import Prior
from trainer.data.world.rendering import Rendering
from trainer.data.world.world import World

CLIPS = 3
"""Of each driver, each of a recording session of its own."""
SECONDS = 12
"""Of each clip: what the demo and the README enrol from."""
LOOPS = (3, 6)
"""Seconds that videos which repeat themselves show again and again."""
REFUSED, FOUND = 2, 95
"""Percentiles: of genuine clips that may be below the floor of variety, and of loops that shall be."""
GALLERY = 20
"""Other people who are enrolled when somebody is."""
SEED = 9


@dataclass(frozen=True)
class Filmed:
    """Clips of one driver, and `loops`, which repeat so many seconds of the first."""

    clips: list[Clip]
    loops: dict[int, Clip]


def film(world: World, engine: Engine, settings: Settings, rng: np.random.Generator) -> Filmed:
    """A procedural driver before one face: each clip another session, activity, artefacts and channel."""
    driver, face, prior = world.cast.procedural(rng), world.looks.some(rng), Prior.load()
    frames = SECONDS * FPS
    clips, first = [], None
    for number in range(CLIPS):
        met = Circumstances.drawn(rng, prior, RecordingSession.drawn(rng, prior))
        motion = driver.motion(rng, Rendering.frames_needed(frames), met)
        shown = Rendering.drawn(rng, face).clip(rng, motion, frames)
        first = shown if first is None else first
        clips.append(measured(shown, engine, settings, str(number)))
    assert first is not None
    repeated = {seconds: np.tile(first[: seconds * FPS], (SECONDS // seconds, 1, 1)) for seconds in LOOPS}
    return Filmed(clips, {seconds: measured(one, engine, settings, "loop") for seconds, one in repeated.items()})


def measured(shown: NDArray[np.uint8], engine: Engine, settings: Settings, label: str) -> Clip:
    """The windows of a clip (T, 128, 128), as an enrolment looks at them."""
    windows = Windows(engine, settings)
    found = [one for number, picture in enumerate(shown) for one in windows.take(Frame(picture, number / FPS))]
    return Clip(label, label, found)


def variety_floor(people: Sequence[Filmed]) -> float:
    """Least variety to ask for: midway between loops and genuine clips, if that refuses few of the latter."""
    genuine = np.percentile([variety([clip]) for one in people for clip in one.clips], REFUSED)
    looped = np.percentile([variety([clip]) for one in people for clip in one.loops.values()], FOUND)
    return round(float(min(genuine, (genuine + looped) / 2)), 3)


class Refusals:
    """Tries enrolments among people who are filmed; each rate is over all of them."""

    def __init__(self, people: Sequence[Filmed], settings: Settings) -> None:
        self._people = people
        self._settings = settings
        pieces = [np.concatenate([self._directions(clip) for clip in one.clips]) for one in people]
        self._templates = [make_template(piece, None) for piece in pieces]
        self._rng = np.random.default_rng(SEED)

    def _directions(self, clip: Clip) -> Floats:
        return directions(clip.embeddings, self._settings.centre)

    def rates(self) -> dict[str, float]:
        """Share of enrolments that are refused, by what is tried and, where it is no mistake, by the shortfall."""
        return {
            **self._by_shortfall("genuine, three clips", lambda who, other: (self._people[who].clips, [])),
            **self._by_shortfall("genuine, one clip", lambda who, other: (self._people[who].clips[:1], [])),
            "a clip of somebody enrolled among two": self._rate(
                lambda who, other: ([*self._people[who].clips[:2], self._people[other].clips[2]], [other])
            ),
            "a clip of a stranger among two": self._rate(
                lambda who, other: ([*self._people[who].clips[:2], self._people[other].clips[2]], [])
            ),
            "one clip, of somebody enrolled": self._rate(lambda who, other: ([self._people[other].clips[2]], [other])),
            "the same clip three times": self._rate(lambda who, other: (self._people[who].clips[:1] * 3, [])),
            **{
                f"{seconds} s that repeat themselves": self._rate(
                    lambda who, other, seconds=seconds: ([self._people[who].loops[seconds]], [])
                )
                for seconds in LOOPS
            },
        }

    def _by_shortfall(self, name: str, attempt: "Attempt") -> dict[str, float]:
        found = Counter(self._tried(attempt))
        total = sum(found.values())
        reasons = {f"{name}: {reason}": count / total for reason, count in sorted(found.items()) if reason}
        return {name: (total - found[""]) / total, **reasons}

    def _rate(self, attempt: "Attempt") -> float:
        return float(np.mean([reason != "" for reason in self._tried(attempt)]))

    def _tried(self, attempt: "Attempt") -> Iterator[str]:
        """The shortfall that each person's enrolment is refused for; "" when it is not."""
        for who in range(len(self._people)):
            others = [one for one in self._rng.permutation(len(self._people)) if one != who]
            clips, enrolled = attempt(who, others[0])
            # Whose clip is borrowed is enrolled only when that is what is tried, and from other clips than this.
            templates = [self._templates[one] for one in others[1 : GALLERY + 1 - len(enrolled)]]
            templates += [self._without_last(one) for one in enrolled]
            yield self._shortfall(clips, templates)

    def _without_last(self, who: int) -> Floats:
        return make_template(np.concatenate([self._directions(clip) for clip in self._people[who].clips[:2]]), None)

    def _shortfall(self, clips: Sequence[Clip], templates: Sequence[Floats]) -> str:
        def nearest(piece: Floats) -> list[tuple[str, float]]:
            return [("", float((piece @ template).mean())) for template in templates]

        try:
            check(clips, self._settings, None, nearest, NEEDS)
        except QualityError as error:
            return error.shortfall
        return ""


Attempt = Callable[[int, int], tuple[Sequence[Clip], Sequence[int]]]
"""A person and another one -> the clips to enrol the person from, and who of them is enrolled already."""
