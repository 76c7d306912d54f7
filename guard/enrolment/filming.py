"""The reduced frames of a clip, kept as they come: another model can be enrolled from them."""

import numpy as np

from guard.core.items import SIZE, Frame, Gray
from guard.gallery.items import Crops

MOST = 1500
"""Frames of one enrolment that are kept: a minute, 24 MB before they are packed. What comes after them is not."""


class Film:
    """Frames of one clip, at most `room` of them."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._pixels: list[Gray] = []
        self._times: list[float] = []
        self._cuts: list[int] = []

    def add(self, frame: Frame) -> None:
        """Keep the frame if there is room."""
        if self.room > 0:
            self.room -= 1
            self._pixels.append(frame.pixels)
            self._times.append(frame.time)

    def cut(self) -> None:
        """Frames are missing before the next one."""
        self._cuts.append(len(self._times))

    def crops(self, session: str) -> Crops | None:
        """All that was kept; None when that is nothing."""
        if not self._times:
            return None
        cuts = tuple(cut for cut in dict.fromkeys(self._cuts) if cut < len(self._times))
        return Crops(np.stack(self._pixels).reshape(-1, SIZE, SIZE), tuple(self._times), cuts, session)
