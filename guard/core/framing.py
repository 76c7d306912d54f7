"""Where the face is: from face boxes that are found now and then to a square crop that hardly ever changes.

Theory of operation. The model learned from squares that a head and shoulders fill; webcams show a room. A change of
crop moves every pixel, so it ends the run and costs a window: the crop follows the face only where it is clearly wrong,
and only when several looks in a row say so. It begins as the centre square, and a picture that is framed well keeps it.
No face, or several, is not a crop but an obstacle: frames are not scored until one face is there again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from guard.core.items import Crop, Reason

CHECK = 5.0
"""Seconds between looks while they agree with what holds."""
CALM_CHECK = 8.0
"""Seconds between them once CALM looks in a row have agreed: a look costs as much as four steps of the model."""
CALM = 3
RECHECK = 1.0
"""Seconds between looks while they do not, or while there is an obstacle other than an empty chair."""
NO_FACE_CHECKS = 1.0, 1.0, 2.0, 4.0, 5.0
"""Seconds to the next look after one, two ... looks that found no face, where the picture keeps changing: a face that
comes back is found within the last of these. A picture in which nothing changes is spared: guard.emptyroom."""
DOUBTS = 3
"""Looks in a row that disagree before anything changes: detectors miss a face that turns away or is touched."""
CROP_SIDES = 1.54
"""Side of the training crop in sides of the detector's box; measured on the portraits that training shows."""
CROP_BELOW = 0.08
"""How far the middle of the crop lies below that of the box, in sides of the box; measured likewise."""
WRONG_SIZE = 1.3
"""Ratio of sides from which on a crop is clearly wrong. Training shows faces by .86 to 1.13 of their size."""
WRONG_PLACE = 0.15
"""Distance of the middles, in sides of the smaller crop, from which on a crop is clearly wrong."""
BYSTANDER = 0.5
"""Side of a second face, in sides of the first, below which it is a bystander's or a picture on the wall."""

SQUARE = 1.1
"""Ratio of a picture's sides up to which it is square: its sender framed it for a model, and no face is looked for."""


@dataclass(frozen=True, slots=True)
class Box:
    """A face as detectors mark it, from eyebrows to chin: a square, in pixels of the picture as displayed."""

    left: float
    top: float
    side: float

    @property
    def middle(self) -> tuple[float, float]:
        """x and y of the middle."""
        return self.left + self.side / 2, self.top + self.side / 2


@dataclass(frozen=True, slots=True)
class Framing:
    """What holds for the pictures of one stream until the next look. `crop` None is the centre square."""

    crop: Crop | None = None
    obstacle: Reason | None = None
    # Looks in a row that disagreed with the two above, and that agreed.
    doubts: int = 0
    agreed: int = 0
    # Presentation time of the newest look in seconds; None before the first.
    looked_at: float | None = None


def is_square(width: int, height: int) -> bool:
    """Whether a picture of this size is taken as framed by its sender."""
    return max(width, height) <= SQUARE * min(width, height)


def is_due(framing: Framing, time: float) -> bool:
    """Whether the picture of presentation `time` is to be looked at."""
    if framing.looked_at is None or time < framing.looked_at:  # the sender's clock may be set back
        return True
    return time - framing.looked_at >= pause(framing)


def pause(framing: Framing) -> float:
    """Seconds from a look to the next."""
    if framing.obstacle is Reason.NO_FACE:
        return NO_FACE_CHECKS[min(framing.agreed, len(NO_FACE_CHECKS) - 1)]
    if framing.doubts or framing.obstacle is not None:
        return RECHECK
    return CALM_CHECK if framing.agreed >= CALM else CHECK


def after_look(
    framing: Framing, faces: Sequence[Box], width: int, height: int, time: float, *, screen: bool = False
) -> Framing:
    """What holds after a look at a picture of `width` x `height` pixels in which `faces` were found; with `screen` they
    are shown on one."""
    seen = Reason.SCREEN if screen else seen_in(faces, width, height)
    if agrees(framing, seen, width, height):
        return replace(framing, doubts=0, agreed=framing.agreed + 1, looked_at=time)
    # The first look decides, and a stream that is not scored has no run to lose.
    if framing.looked_at is not None and framing.obstacle is None and framing.doubts + 1 < DOUBTS:
        return replace(framing, doubts=framing.doubts + 1, agreed=0, looked_at=time)
    if isinstance(seen, Reason):
        return Framing(framing.crop, seen, looked_at=time)
    fits = is_near(seen, kept(framing.crop, width, height))
    return Framing(framing.crop if fits else seen, looked_at=time)


def seen_in(faces: Sequence[Box], width: int, height: int) -> Crop | Reason:
    """The crop that the one face asks for, or why there is none."""
    if not faces:
        return Reason.NO_FACE
    first = max(faces, key=lambda face: face.side)
    others = [face for face in faces if face.side >= BYSTANDER * first.side and not _covers(first, face)]
    return Reason.MULTIPLE_FACES if others else crop_about(first, width, height)


def crop_about(face: Box, width: int, height: int) -> Crop:
    """The training crop of a face, moved and shrunk as far as the picture's edges demand."""
    side = min(round(face.side * CROP_SIDES), width, height)
    x, y = face.middle
    left = round(x - side / 2)
    top = round(y + CROP_BELOW * face.side - side / 2)
    return Crop(min(max(left, 0), width - side), min(max(top, 0), height - side), side)


def kept(crop: Crop | None, width: int, height: int) -> Crop:
    """The crop itself, or the centre square that stands for none; as guard.core.frames cuts it."""
    side = min(width, height)
    return Crop((width - side) // 2, (height - side) // 2, side) if crop is None else crop


def agrees(framing: Framing, seen: Crop | Reason, width: int, height: int) -> bool:
    """Whether a look leaves everything as it is."""
    if isinstance(seen, Reason) or framing.obstacle is not None:
        return seen is framing.obstacle
    return is_near(seen, kept(framing.crop, width, height))


def is_near(one: Crop, other: Crop) -> bool:
    """Whether two crops are so much alike that neither is clearly wrong where the other is right."""
    small, large = sorted((one.side, other.side))
    across = abs(one.left - other.left + (one.side - other.side) / 2)
    down = abs(one.top - other.top + (one.side - other.side) / 2)
    return large < WRONG_SIZE * small and max(across, down) < WRONG_PLACE * small


def _covers(first: Box, other: Box) -> bool:
    """Whether `other` is one more box about the same face: its middle lies in the first."""
    x, y = other.middle
    return first.left <= x <= first.left + first.side and first.top <= y <= first.top + first.side
