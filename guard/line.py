"""Whose turn it is: the streams that something waits for, the longest waiting first."""

from collections import deque

from guard.lane import Lane, Turn
from guard.metrics import Metrics


class Line:
    """Keys of those of the `lanes` that are ready; one that was closed meanwhile is passed over."""

    def __init__(self, lanes: dict[str, Lane], metrics: Metrics) -> None:
        self._lanes = lanes
        self._metrics = metrics
        self._keys: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._keys)

    def join(self, key: str, lane: Lane) -> bool:
        """Stand last, unless the lane stands in line already; whether it did not."""
        if lane.ready:
            return False
        lane.ready = True
        self._keys.append(key)
        return True

    def take(self, most: int) -> list[Turn]:
        """Turns of the first lanes: a frame of each that is on, `most` of them, and all frames of one that is off.

        Lanes with more frames stand last again.
        """
        turns: list[Turn] = []
        scored = 0
        while self._keys and scored < most:
            key = self._keys.popleft()
            if lane := self._lanes.get(key):
                lane.ready, lane.stepping = False, True
                turns.append(Turn(key, lane, lane.take(self._metrics)))
                scored += turns[-1].scored
                while lane.waiting and not lane.on:  # they cost nothing, and steps that take long must not pile them up
                    turns.append(Turn(key, lane, lane.take(self._metrics)))
        for turn in turns:
            if turn.lane.waiting:
                self.join(turn.key, turn.lane)
        return turns
