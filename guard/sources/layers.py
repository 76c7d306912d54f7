"""Which simulcast layer of a publisher is received: the lowest that still shows the face at its full size.

Layers usually halve from one to the next, but nobody says so: a step down that shows too little is taken back once,
and not tried again over the same connection. Each step ends a run.
"""

import asyncio
from collections.abc import Awaitable, Callable

from guard.core.items import SIZE

FIRST, TOP = 1, 2
"""Numbers of the layer that is asked for first, and of the largest that Janus knows."""
AMPLE = 2 * SIZE
"""Pixels a side of the kept square from which on half as many are enough."""
PERIOD = 2.0
"""Seconds between looks: by then what was asked for has come."""


class Layers:
    """The layer of one connection."""

    def __init__(self) -> None:
        self.asked = FIRST
        self._least = 0  # the layers below it showed too little

    def better(self, side: int | None) -> int | None:
        """The layer to ask for instead, when the square that is kept has `side` pixels a side; None: this one."""
        if side is None:
            return None
        if side < SIZE and self.asked < TOP:
            self._least = self.asked = self.asked + 1
        elif side >= AMPLE and self.asked > self._least:
            self.asked -= 1
        else:
            return None
        return self.asked


async def follow(side: Callable[[], int | None], ask: Callable[[int], Awaitable[None]]) -> None:
    """Ask for another layer whenever one is better, until cancelled."""
    layers = Layers()
    while True:
        await asyncio.sleep(PERIOD)
        if (layer := layers.better(side())) is not None:
            await ask(layer)
