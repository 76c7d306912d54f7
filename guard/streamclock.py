"""A stream's own clock, which goes on while one connection after the other carries its frames."""

from dataclasses import dataclass, replace

from guard.core.items import Frame


@dataclass(slots=True)
class StreamClock:
    """What it takes to put the frames of each connection, whose times may begin anywhere, on one clock, in seconds."""

    # Presentation time of the newest frame, on the stream's own clock, and when it came; None before the first.
    newest: tuple[float, float] | None = None
    # What is added to the times of the present connection; None until its first frame tells.
    offset: float | None = None

    def connect(self) -> None:
        """Another connection brings the frames from now on."""
        self.offset = None

    def timed(self, frame: Frame, at: float) -> Frame:
        """The frame, which came at `at`, on the stream's clock: as much later than the last one as it came later."""
        if self.offset is None:
            self.offset = 0.0 if self.newest is None else self.newest[0] + at - self.newest[1] - frame.time
        self.newest = frame.time + self.offset, at
        return replace(frame, time=self.newest[0])
