"""A procedural driver: performances improvised within a style, as many and as long as one likes."""

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.circumstances import DOING, Circumstances
from trainer.data.world.prior import BLINK, Prior
from trainer.data.world.spectra import FPS, coloured_noise
from trainer.data.world.style import Style, drawn_mood

_ORDINARY = DOING["speaking"]
_LEAD = 25  # frames before the performance, so that it does not start with everybody at rest


class ProceduralDriver:
    """Driver number `seed`: coloured motion of all channels, speech with accents, and blinks."""

    def __init__(self, seed: int, prior: Prior | None = None) -> None:
        self._prior = prior or Prior.load()
        self.style = Style.drawn(self._prior, seed)

    def motion(
        self, rng: np.random.Generator, frames: int, circumstances: Circumstances | None = None
    ) -> NDArray[np.float32]:
        """A performance in a mood of its own, mostly speaking, at times listening."""
        total, style = frames + _LEAD, self.style
        doing, tempo = (circumstances.doing, circumstances.tempo) if circumstances else (_ORDINARY, 1.0)
        channels = coloured_noise(rng, total, style.mixing)
        channels *= _envelope(rng, total, style.burstiness)[:, None]
        channels += self._speech(rng, total, tempo) * np.float32(doing.speech)
        channels *= drawn_mood(rng, total, self._prior.channels)
        channels[:, BLINK] += self._blinks(rng, total, doing.blinks)
        if circumstances is None:
            return self._prior.join(channels[_LEAD:], bias=style.bias)
        changed = circumstances.changed(rng, channels[_LEAD:])
        return circumstances.tracked(rng, self._prior.join(changed, bias=style.bias))

    def _speech(self, rng: np.random.Generator, frames: int, pace: float) -> NDArray[np.float32]:
        """Channels (frames, C) of speaking: syllables in phrases, each a smooth bump, some with an accent."""
        style, tempo = self.style, pace * float(np.exp(rng.normal(0.0, 0.1)))
        times = _syllables(rng, frames / FPS, style, tempo)
        stress = np.exp(rng.normal(0.0, 0.4, len(times)))
        accents = stress * (rng.random(len(times)) < style.accent_share)
        width = 0.32 / (style.syllable_rate * tempo)
        return (
            _bumps(times, stress, frames, style.lag, width) * style.jaw
            + _bumps(times, accents, frames, style.lag, 2.5 * width) * style.accent
        )

    def _blinks(self, rng: np.random.Generator, frames: int, often: float) -> NDArray[np.float32]:
        """How far the eyes are closed (frames,), 1 = closed; `often` is a factor of the driver's own rate."""
        style, seconds = self.style, frames / FPS
        times = rng.uniform(0.0, seconds, rng.poisson(style.blink_rate * often * seconds))
        twice = times[rng.random(len(times)) < style.double_blinks] + 1.8 * style.blink_seconds
        times = np.concatenate([times, twice])
        depth = style.blink_depth * np.clip(rng.normal(1.0, 0.12, len(times)), 0.4, 1.2)
        closed = _bumps(times, depth, frames, np.zeros(1, np.float32), style.blink_seconds / 2.35)[:, 0]
        return np.minimum(closed, 1.1)


def _syllables(rng: np.random.Generator, seconds: float, style: Style, tempo: float) -> NDArray[np.float64]:
    """Times of the syllables (seconds): phrases and pauses alternate, begun before the performance."""
    times: list[float] = []
    now = -float(rng.uniform(5.0, 10.0))
    while now < seconds:
        end = now + style.phrase_seconds * float(rng.gamma(4.0, 0.25))
        while now < end:
            times.append(now)
            now += max(0.08, float(rng.normal(1.0, style.syllable_regularity))) / (style.syllable_rate * tempo)
        now += style.pause_seconds * float(rng.gamma(2.0, 0.5))
        if rng.random() < style.listening:
            now += float(rng.uniform(2.0, 6.0))
    return np.asarray([time for time in times if time > -1.0])


def _bumps(
    times: NDArray[np.float64], heights: NDArray[np.float64], frames: int, lag: NDArray[np.float32], width: float
) -> NDArray[np.float32]:
    """Gaussian bumps of `width` (seconds, one standard deviation), `lag` (C,) seconds late: (frames, C)."""
    bumps = np.zeros((frames, len(lag)), np.float32)
    reach = int(np.ceil((4.0 * width + float(lag.max())) * FPS))
    for time, height in zip(times, heights, strict=True):
        middle = round(time * FPS)
        near = slice(max(0, middle - reach), max(0, middle + reach))
        grid = np.arange(near.start, min(near.stop, frames), dtype=np.float32)[:, None] / FPS
        bumps[near] += np.float32(height) * np.exp(-0.5 * ((grid - lag - np.float32(time)) / width) ** 2)
    return bumps


def _envelope(rng: np.random.Generator, frames: int, burstiness: float) -> NDArray[np.float32]:
    """A slow random gain (frames,) with mean square 1 in the long run."""
    knots = rng.normal(0.0, burstiness, frames // 15 + 2)
    log_gain = np.interp(np.arange(frames) / 15.0, np.arange(len(knots)), knots)
    return np.exp(log_gain - burstiness**2).astype(np.float32)
