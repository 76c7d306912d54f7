"""Clips of somebody who enrols, measured window by window as their frames come."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from guard.core.extractor import Engine, Extractor
from guard.core.items import FPS, Cut, Floats, Frame, Measurement, Reason
from guard.core.recollection import SPAN, Rows
from guard.core.scoring import EMBEDDING
from guard.core.verifier import Settings

if TYPE_CHECKING:
    from guard.enrolment.filming import Film  # brings the gallery with it, which measuring does without

EVERY = 8
"""Frames from one reference window to the next: neighbours share most of their frames, nothing falls between them."""


@dataclass(slots=True, eq=False)
class Clip:
    """One clip and every full window of it that was looked at, in order; `label` is what its sender knows it by.

    `session` is the recording session: clips of one occasion share it.
    """

    label: str
    session: str
    windows: list[Measurement] = field(default_factory=list)
    # Its frames, where they are to be kept.
    film: "Film | None" = None
    # How the picture moved in it, (N, 8); None until it is over.
    motion: Rows | None = None

    @property
    def usable(self) -> list[Measurement]:
        """The windows that have an embedding."""
        return [window for window in self.windows if window.embedding is not None]

    @property
    def embeddings(self) -> Floats:
        """Embeddings (N, 256) float32 of the usable windows, as the model gave them."""
        found = [window.embedding for window in self.windows if window.embedding is not None]
        return np.stack(found) if found else np.empty((0, EMBEDDING), np.float32)

    @property
    def seconds(self) -> float:
        """Seconds of video that lie in at least one usable window."""
        frames, last = 0, None
        for window in self.usable:
            joined = last is not None and last.run == window.run
            frames += min(window.horizon, window.slot - last.slot) if joined and last is not None else window.horizon
            last = window
        return frames / FPS

    def refused(self) -> Counter[str]:
        """How many windows gave no embedding, by the reason."""
        return Counter(str(window.reason) for window in self.windows if window.reason is not None)


class Windows:
    """Measures every `every`-th full window of the longest horizon of one clip. No window reaches across a cut."""

    def __init__(self, engine: Engine, settings: Settings, every: int = EVERY) -> None:
        longest = max(settings.horizons)
        self._extractor = Extractor(
            engine, [longest], every, settings.motion_floor, settings.least_fps, edge=settings.edge
        )
        self._stream = self._extractor.open()

    def take(self, frame: Frame) -> list[Measurement]:
        """The windows that the next frame completes, oldest first. Raises EngineError: the run is cut, others go on."""
        measured = self._extractor.step([(self._stream, frame)])[0]
        return [window for window in measured if window.reason is not Reason.TOO_FEW_FRAMES]

    def cut(self, cut: Cut) -> None:
        """Frames are missing before the next one."""
        self._stream.cut(cut)

    @property
    def motion(self) -> Rows | None:
        """How the picture has moved so far, (N, 8); None while that is too little to recognise it by."""
        rows = self._stream.sketch.rows
        return rows if len(rows) > SPAN else None
