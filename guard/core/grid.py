"""Frames as they arrive, put on a grid of 25 slots a second by their presentation time.

The model measures differences between pictures 40 ms apart. Streams come at 5 to 60 fps, with jitter, loss and pauses,
so each slot takes the nearest frame within half an interval of its centre, and a slot without one repeats the picture
before it (filler). More than three in a row cannot be bridged: the run is cut and the grid is anchored anew.

Rules for this file: time is what the frames say, never when they came; microseconds are integers, so that slot centres
do not drift; time only goes forward in what comes out, whatever the sender's clock does.
"""

from dataclasses import dataclass

from guard.core.items import FPS, Cut, Frame, Gray, GridFrame

INTERVAL = 1_000_000 // FPS
"""Microseconds from one slot centre to the next."""
MAX_FILLER = 3
"""Slots in a row that may repeat a picture."""
JUMP = 1_000_000
"""Microseconds of going backwards that no reordering explains: the sender's clock was set, or wrapped."""


@dataclass(slots=True)
class _Run:
    """The run that is going on. `anchor` is the centre of its slot 0."""

    anchor: int
    # The picture of the slot given out last, which filler repeats.
    picture: Gray
    # The open slot: the first that has not been given out.
    slot: int = 0
    # The nearest frame so far of the open slot, always early: a frame at or past the centre closes the slot.
    waiting: Frame | None = None

    @property
    def centre(self) -> int:
        """Centre of the open slot."""
        return self.anchor + self.slot * INTERVAL

    def slot_of(self, time: int) -> int:
        """The slot whose centre is nearest."""
        return (time - self.anchor + INTERVAL // 2) // INTERVAL


class Grid:
    """The grid of one stream. `put` takes frames in order of arrival and tells what they settle."""

    def __init__(self) -> None:
        # Presentation time that counts as stream time 0; moved only when the sender's clock goes backwards.
        self._origin = 0
        # Presentation time of the newest frame taken; None before the stream's first.
        self._newest: int | None = None
        # None before the first frame, and from a cut until the next frame.
        self._run: _Run | None = None
        # Frames not used because they came again, or after a later one.
        self.late = 0
        # Frames not used because another one was nearer to the slot.
        self.surplus = 0

    def put(self, frame: Frame) -> list[GridFrame | Cut]:
        """Take one frame; return the slots that it closes, oldest first, with a Cut between one run and the next."""
        time = _microseconds(frame.time)
        if self._run is None or self._newest is None:
            return self._begin(frame, time)
        if time < self._newest - JUMP:
            return [Cut.TIME_JUMP, *self._begin(frame, time)]
        if time <= self._newest:
            self.late += 1
            return []
        return self._continue(self._run, frame, time)

    def skip(self, time: float) -> float | None:
        """A frame came that is not to be used, while no run goes on: time passes. Returns stream time, None if late."""
        if self._run is not None:
            raise AssertionError("a frame cannot be left out of a run")
        arrived = _microseconds(time)
        if self._newest is not None and self._newest - JUMP <= arrived <= self._newest:
            self.late += 1
            return None
        self._pass_to(arrived)
        return (arrived - self._origin) / 1e6

    @property
    def running(self) -> bool:
        """Whether a frame has come since the run was ended."""
        return self._run is not None

    def restart(self) -> None:
        """End the run: the next frame anchors a new one, whatever its time."""
        self._run = None

    def stream_time(self, time: float) -> float:
        """Seconds from the stream's first frame to presentation time `time`."""
        return (_microseconds(time) - self._origin) / 1e6

    def misses(self, time: float) -> bool:
        """Whether no frame has come for longer than filler may bridge, at presentation time `time`."""
        return self._newest is not None and _microseconds(time) - self._newest > (MAX_FILLER + 1) * INTERVAL

    def _pass_to(self, time: int) -> None:
        """The newest frame is of `time`, and no run holds it to what came before."""
        if self._newest is None:
            self._origin = time
        elif time <= self._newest:
            self._origin += time - (self._newest + INTERVAL)  # stream time goes on as if this were the next frame
        self._newest = time

    def _begin(self, frame: Frame, time: int) -> list[GridFrame | Cut]:
        self._pass_to(time)
        self._run = _Run(time, frame.pixels)
        return [self._give_out(self._run, frame)]

    def _continue(self, run: _Run, frame: Frame, time: int) -> list[GridFrame | Cut]:
        slot = run.slot_of(time)
        closed: list[GridFrame | Cut] = []
        if slot > run.slot and run.waiting is not None:
            closed.append(self._give_out(run, run.waiting))
        if slot - run.slot > MAX_FILLER:
            return [*closed, Cut.GAP, *self._begin(frame, time)]
        self._newest = time
        closed += [self._give_out(run, None) for _ in range(slot - run.slot)]
        return closed + self._offer(run, frame, time)

    def _offer(self, run: _Run, frame: Frame, time: int) -> list[GridFrame]:
        """Let `frame` compete for the open slot, which it closes when no nearer frame can come."""
        late = time - run.centre
        if late < -INTERVAL // 2:
            self.surplus += 1  # its own slot has just been closed by a nearer one
            return []
        if run.waiting is not None:
            self.surplus += 1
        if run.waiting is None or abs(late) < run.centre - _microseconds(run.waiting.time):
            run.waiting = frame
        return [self._give_out(run, run.waiting)] if late >= 0 else []

    def _give_out(self, run: _Run, frame: Frame | None) -> GridFrame:
        """Close the open slot with `frame`, or with filler."""
        if frame is not None:
            run.picture = frame.pixels
        given = GridFrame(run.picture, (run.centre - self._origin) / 1e6, run.slot, filler=frame is None)
        run.slot += 1
        run.waiting = None
        return given


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6)
