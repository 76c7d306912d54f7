"""Keeps one stream's crop about its face: looks at a picture when one is due, and blanks what cannot be scored."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from av import VideoFrame

from guard.core.framing import Framing, after_look, crop_about, is_due, is_square
from guard.core.items import SIZE, Crop, Cut, Frame, Gray, Reason
from guard.core.screens import is_screen
from guard.emptyroom import EmptyRoom
from guard.faces import find_faces, look_closely
from guard.picture import Reducer

Framed = tuple[Cut | None, Frame]
"""A frame, and the cut that lies before it."""

_BLANK: Gray = np.zeros((SIZE, SIZE), np.uint8)


class Framer:
    """Frames the pictures of one stream, all of one size. For one thread at a time: a look takes it some 6 ms.

    Square pictures are taken as framed by their sender, and no face is looked for in them. `looks` is asked with each
    picture whether one may be looked for: who opts out is not looked at any more, and the centre square is kept.
    """

    def __init__(self, looks: Callable[[], bool] = lambda: True) -> None:
        self._looks = looks
        self._framing = Framing()
        self._empty: EmptyRoom | None = None
        self._goes_on = False  # the picture before was a frame to be scored
        self.crop: Crop | None = None  # what was kept of it; None is the centre square

    def frame(self, time: float, shown: Callable[[], Gray], reduce: Callable[[Crop | None], Gray]) -> Framed:
        """The picture of presentation `time` as a frame, and the cut that lies before it if its crop is another.

        `shown` gives the luma plane (height, width) as displayed, asked for only where a look is due; `reduce` makes
        (128, 128) of the square it is given, None being the one in the centre.
        """
        if not self._looks():
            self._framing, self._empty = Framing(), None
        elif is_due(self._framing, time) and not (self._empty and self._empty.is_still_empty(shown, time)):
            picture = shown()
            self._framing = looked(self._framing, picture, time)
            self._empty = EmptyRoom(picture, time) if self._framing.obstacle is Reason.NO_FACE else None
        crop, obstacle = self._framing.crop, self._framing.obstacle
        changed = self._goes_on and crop != self.crop
        self._goes_on, self.crop = obstacle is None, crop
        frame = Frame(reduce(crop), time) if obstacle is None else Frame(_BLANK, time, obstacle)
        return Cut.CROP_CHANGED if changed else None, frame


def looked(framing: Framing, shown: Gray, time: float) -> Framing:
    """What holds after a look at this luma plane."""
    height, width = shown.shape
    if is_square(width, height):
        return Framing(looked_at=time)
    screen = is_screen(shown)
    faces = [] if screen else find_faces(shown)
    following = after_look(framing, faces, width, height, time, screen=screen)
    if following.crop is None or following.crop == framing.crop:
        return following
    nearer = look_closely(shown, max(faces, key=lambda face: face.side))
    return replace(following, crop=crop_about(nearer, width, height))


def framed(picture: VideoFrame, time: float, reducer: Reducer, framer: Framer) -> Framed:
    """A decoded picture as a frame of `time`, and the cut that `framer` asks for before it. Raises FrameError."""
    cut, frame = framer.frame(time, partial(reducer.shown, picture), partial(reducer.reduce, picture))
    side = min(picture.width, picture.height) if framer.crop is None else framer.crop.side
    return cut, frame if frame.obstacle else replace(frame, side=side)
