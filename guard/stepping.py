"""One step of the model for the streams whose turn it is, off the event loop."""

from collections.abc import Callable
from functools import partial

from guard.core.items import Verdict
from guard.dutycycle import DutyCycle
from guard.enginethreads import EngineThreads
from guard.lane import Turn, step_together
from guard.metrics import Metrics


class Stepping:
    """Shares the turns among the threads of the engine, and tells the duty cycle what they took."""

    def __init__(self, engine: EngineThreads, duty: DutyCycle, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._duty = duty
        self._metrics = metrics
        self._clock = clock

    async def step(self, turns: list[Turn]) -> list[list[Verdict]]:
        """The verdicts of each turn, in the same order."""
        stepped = await self._run_engine([turn for turn in turns if turn.scored])
        return [stepped[turn.key] if turn.scored else turn.lane.skip(turn.arrived, self._metrics) for turn in turns]

    async def _run_engine(self, turns: list[Turn]) -> dict[str, list[Verdict]]:
        """The verdicts of one step off the loop, by key. A failure costs these streams their run."""
        if not turns:
            return {}
        began = self._clock()
        parts = [turns[start :: self._engine.count] for start in range(min(self._engine.count, len(turns)))]
        stepped = await self._engine.run([partial(step_together, part) for part in parts])
        if shown := sum(turn.shown for turn in turns):  # others cost nothing, and would make a step look cheap
            self._duty.stepped(shown, self._clock() - began)
        verdicts: dict[str, list[Verdict]] = {turn.key: [] for turn in turns}
        for part, given in zip(parts, stepped, strict=True):
            if given is None:
                self._metrics.frames_dropped.labels("engine").inc(len(part))
            verdicts |= given or {}
        return verdicts
