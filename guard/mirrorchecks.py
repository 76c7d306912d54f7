"""Mirror checks that accusations wait for: one at a time, a few pictures at a time, between live frames."""

from collections.abc import Mapping
from functools import partial

from guard.core.turning import MirrorCheck
from guard.enginethreads import EngineThreads
from guard.lane import Lane

IDLE = 8
"""Pictures that the engine is shown at a time while no stream waits to be stepped; one less for each that does, and one
at least. So a check of a stream that comes faster than in real time does not fall behind it."""


class MirrorChecks:
    """Whose accusations wait, by key, in order."""

    def __init__(self) -> None:
        self._line: dict[str, None] = {}  # each stream once, so no more than there are
        self._check: MirrorCheck | None = None  # of the first in line, once begun

    def __bool__(self) -> bool:
        return bool(self._line)

    def line_up(self, key: str, lane: Lane) -> None:
        """Take the stream in if its accusation waits; to be called whenever it has been stepped."""
        if lane.stream.accused_at is not None:
            self._line[key] = None

    async def run(self, engine: EngineThreads, lanes: Mapping[str, Lane], waiting: int) -> None:
        """Go on with the first in line, if there is one; `waiting` streams are to be stepped."""
        if not self._line:
            return
        key = next(iter(self._line))
        lane = lanes.get(key)
        if lane is not None and lane.stream.accused_at is not None:
            (goes_on,) = await engine.run([partial(self._go_on, lane, max(1, IDLE - waiting))])
            if goes_on:
                return
        del self._line[key]  # of a check that failed or cannot be made now, until the stream is stepped again
        self._check = None

    def _go_on(self, lane: Lane, pictures: int) -> bool:
        """Show at most so many; whether there is more to do of the check."""
        if self._check is None or self._check.stream is not lane.stream:
            self._check = lane.verifier.mirror_check(lane.stream)
        if self._check is None:
            return False
        self._check.go_on(pictures)
        if not self._check.left:
            lane.verifier.checked(self._check)
        return bool(self._check.left)
