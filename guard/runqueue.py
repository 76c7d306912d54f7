"""A bounded queue that keeps runs whole, as the media contract asks."""

from collections import deque
from typing import Generic, TypeVar

from guard.core.items import Cut

Item = TypeVar("Item")

LIMIT = 16
"""Frames that may wait: 0.64 s at 25 frames per second."""


class RunQueue(Generic[Item]):
    """First in, first out, at most LIMIT items. What does not fit ends the run: one frame is never dropped out of it.

    Thinning evenly would leave nothing to score, because differences mean something at 25 frames per second only.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Cut | None, Item]] = deque()
        self._cut: Cut | None = None  # to be told before the next item; a later cut replaces an earlier one

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """True when the next item would end the run."""
        return len(self._waiting) >= LIMIT

    def put(self, item: Item) -> int:
        """Append; returns how many items were dropped, which is none or all that waited."""
        dropped = self.clear(Cut.OVERFLOW) if self.full else 0
        self._waiting.append((self._cut, item))
        self._cut = None
        return dropped

    def cut(self, cut: Cut) -> None:
        """The run ends behind what waits now."""
        self._cut = cut

    def clear(self, cut: Cut) -> int:
        """Drop everything that waits and end the run; returns how many items that were."""
        dropped = len(self._waiting)
        self._waiting.clear()
        self._cut = cut
        return dropped

    def take(self) -> tuple[Cut | None, Item]:
        """The oldest item, and the cut that lies before it. IndexError when none waits."""
        return self._waiting.popleft()
