"""A user's own people: whose videos are learned from, and whose only show whether that helped."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guard.core.errors import InputError
from trainer.data.videos import Video
from trainer.protocols import plain_pairs, tells
from trainer.videosets import few

HELD_OUT = 3
"""One person in so many is held out: few people make wide intervals, and fewer make none."""
LEAST = 2
"""People needed on either side, and performances of each: one alone can be compared with nobody."""
_SEED = 8


@dataclass(frozen=True)
class OwnPeople:
    """Videos by what they are for; nobody drives a video of both lists. Faces may be in both."""

    learned: list[Video]
    held_out: list[Video]

    @property
    def measured(self) -> list[Video]:
        """Videos of those held out that are compared each with each."""
        return few(self.held_out)

    @property
    def unseen(self) -> list[str]:
        """The names of those held out."""
        return sorted({video.driver for video in self.held_out})

    def summary(self) -> str:
        """Who is where, in numbers: nobody is named in what a bundle carries."""
        known = {video.target for video in self.learned}
        shared = sum(video.target in known for video in self.held_out)
        return (
            f"{_counted(self.learned)} learned from, {_counted(self.held_out)} held out"
            f"{f' ({shared} of these on faces that are learned from too)' if shared else ''}"
        )


def parted(videos: Sequence[Video], seed: int) -> OwnPeople:
    """One driver in HELD_OUT, LEAST at least, drawn from those with LEAST performances; the others are learned from.

    Drivers with fewer performances make no genuine trial, and are learned from as somebody else. Raises InputError
    for too few people, saying how many more it takes, and if those held out make no trial.
    """
    clips: dict[str, set[str | None]] = {}
    for video in videos:
        clips.setdefault(video.driver, set()).add(video.clip)
    able = sorted(driver for driver, shown in clips.items() if len(shown) >= LEAST)
    if len(able) < 2 * LEAST:
        problem = f"shows {len(able)} people with {LEAST} clips each: it takes {LEAST} to learn, {LEAST} to hold out"
        raise InputError("--root", problem, f"add {2 * LEAST - len(able)} more, or clips of people who have one")
    count = max(LEAST, len(able) // HELD_OUT)
    chosen = set(np.random.default_rng((seed, _SEED)).permutation(able)[:count].tolist())
    people = OwnPeople([v for v in videos if v.driver not in chosen], [v for v in videos if v.driver in chosen])
    shown = people.measured
    if not any(map(tells, plain_pairs(shown, np.zeros((len(shown), 1), np.float32)).values())):
        problem = f"{people.summary()}: on no face do those held out make both a genuine and an impostor trial"
        raise InputError("--root", problem, "have people drive each other's faces")
    return people


def _counted(videos: Sequence[Video]) -> str:
    return f"{len(videos)} videos of {len({video.driver for video in videos})} people"
