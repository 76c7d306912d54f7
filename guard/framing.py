"""Keeps one stream's crop about its face: looks at a picture when one is due, and blanks what cannot be scored."""

from collections.abc import Callable

import numpy as np

from guard.core.framing import Framing, after_look, is_due, is_square
from guard.core.items import SIZE, Crop, Cut, Frame, Gray
from guard.faces import find_faces

Framed = tuple[Cut | None, Frame]
"""A frame, and the cut that lies before it."""

_BLANK: Gray = np.zeros((SIZE, SIZE), np.uint8)


class Framer:
    """Frames the pictures of one stream, all of one size. For one thread at a time: a look takes it some 6 ms.

    Square pictures are taken as framed by their sender, and no face is looked for in them.
    """

    def __init__(self) -> None:
        self._framing = Framing()

    def frame(self, time: float, shown: Callable[[], Gray], reduce: Callable[[Crop | None], Gray]) -> Framed:
        """The picture of presentation `time` as a frame, and the cut that lies before it if its crop is another.

        `shown` gives the luma plane (height, width) as displayed, asked for only where a look is due; `reduce` makes
        (128, 128) of the square it is given, None being the one in the centre.
        """
        cut = self._look(shown(), time) if is_due(self._framing, time) else None
        if self._framing.obstacle is not None:
            return cut, Frame(_BLANK, time, self._framing.obstacle)
        return cut, Frame(reduce(self._framing.crop), time)

    def _look(self, shown: Gray, time: float) -> Cut | None:
        height, width = shown.shape
        if is_square(width, height):
            self._framing = Framing(looked_at=time)
            return None
        before = self._framing
        self._framing = after_look(before, find_faces(shown), width, height, time)
        goes_on = before.looked_at is not None and before.obstacle is None  # else no run can be there to end
        return Cut.CROP_CHANGED if goes_on and self._framing.crop != before.crop else None
