"""Frames as they arrive, put on a grid of 25 slots a second by their presentation time.

The model measures differences between pictures 40 ms apart. Streams come at 5 to 60 fps, with jitter, loss and pauses,
so each slot takes the nearest frame within half an interval of its centre, and a slot without one repeats the picture
before it (filler). More than three in a row cannot be bridged: the run is cut and the grid is anchored anew.

Rules for this file: time is what the frames say, never when they came; microseconds are integers, so that slot centres
do not drift; time only goes forward in what comes out, whatever the sender's clock does.
"""

from guard.core.items import FPS, Cut, Frame, Gray, GridFrame

INTERVAL = 1_000_000 // FPS
"""Microseconds from one slot centre to the next."""
MAX_FILLER = 3
"""Slots in a row that may repeat a picture."""
JUMP = 1_000_000
"""Microseconds of going backwards that no reordering explains: the sender's clock was set, or wrapped."""


class Grid:
    """The grid of one stream. `put` takes frames in order of arrival and tells what they settle."""

    def __init__(self) -> None:
        # Presentation time that counts as stream time 0; moved only when the sender's clock goes backwards.
        self._origin = 0
        # Presentation time of the newest frame taken; None before the stream's first.
        self._newest: int | None = None
        # Centre of slot 0 of this run; None from a cut until the next frame.
        self._anchor: int | None = None
        # The open slot: the first that has not been given out.
        self._slot = 0
        # The nearest frame so far of the open slot, always early: a frame at or past the centre closes the slot.
        self._waiting: Frame | None = None
        # Picture of the slot given out last, which filler repeats.
        self._picture: Gray | None = None
        # Frames not used because they came again, or after a later one.
        self.late = 0
        # Frames not used because another one was nearer to the slot.
        self.surplus = 0

    def put(self, frame: Frame) -> list[GridFrame | Cut]:
        """Take one frame; return the slots that it closes, oldest first, with a Cut between one run and the next."""
        time = _microseconds(frame.time)
        if self._anchor is None or self._newest is None:
            return self._begin(frame, time)
        if time < self._newest - JUMP:
            return [Cut.TIME_JUMP, *self._begin(frame, time)]
        if time <= self._newest:
            self.late += 1
            return []
        return self._continue(frame, time)

    @property
    def running(self) -> bool:
        """Whether a frame has come since the run was ended."""
        return self._anchor is not None

    def restart(self) -> None:
        """End the run: the next frame anchors a new one, whatever its time."""
        self._anchor = self._waiting = self._picture = None

    def stream_time(self, time: float) -> float:
        """Seconds from the stream's first frame to presentation time `time`."""
        return (_microseconds(time) - self._origin) / 1e6

    def misses(self, time: float) -> bool:
        """Whether no frame has come for longer than filler may bridge, at presentation time `time`."""
        return self._newest is not None and _microseconds(time) - self._newest > (MAX_FILLER + 1) * INTERVAL

    def _begin(self, frame: Frame, time: int) -> list[GridFrame | Cut]:
        if self._newest is None:
            self._origin = time
        elif time <= self._newest:
            self._origin += time - (self._newest + INTERVAL)  # stream time goes on as if this were the next frame
        self._newest = self._anchor = time
        self._slot, self._waiting = 0, None
        return [self._give_out(frame)]

    def _continue(self, frame: Frame, time: int) -> list[GridFrame | Cut]:
        slot = self._slot_of(time)
        closed: list[GridFrame | Cut] = []
        if slot > self._slot and self._waiting is not None:
            closed.append(self._give_out(self._waiting))
        if slot - self._slot > MAX_FILLER:
            return [*closed, Cut.GAP, *self._begin(frame, time)]
        self._newest = time
        closed += [self._give_out(None) for _ in range(slot - self._slot)]
        return closed + self._offer(frame, time)

    def _offer(self, frame: Frame, time: int) -> list[GridFrame]:
        """Let `frame` compete for the open slot, which it closes when no nearer frame can come."""
        late = time - self._centre()
        if late < -INTERVAL // 2:
            self.surplus += 1  # its own slot has just been closed by a nearer one
            return []
        if self._waiting is not None:
            self.surplus += 1
        if self._waiting is None or abs(late) < self._centre() - _microseconds(self._waiting.time):
            self._waiting = frame
        return [self._give_out(self._waiting)] if late >= 0 else []

    def _give_out(self, frame: Frame | None) -> GridFrame:
        """Close the open slot with `frame`, or with filler."""
        picture = self._picture if frame is None else frame.pixels
        if picture is None:
            raise AssertionError("a run begins with a frame, so filler always has a picture to repeat")
        given = GridFrame(picture, (self._centre() - self._origin) / 1e6, self._slot, filler=frame is None)
        self._picture, self._waiting = picture, None
        self._slot += 1
        return given

    def _centre(self) -> int:
        return self._run_start() + self._slot * INTERVAL

    def _slot_of(self, time: int) -> int:
        return (time - self._run_start() + INTERVAL // 2) // INTERVAL

    def _run_start(self) -> int:
        if self._anchor is None:
            raise AssertionError("slots are counted only within a run")
        return self._anchor


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6)
