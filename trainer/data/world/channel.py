"""The channel: what lies between a generator's pictures and the frames a guard receives, different for every clip.

A network that could tell clips by exposure, frame rate or codec would learn those instead of the driver, so each
rendering draws its own, whoever drives. What the generator itself does wrong is in `artefacts`.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.world.codec import Codec, transcoded
from trainer.data.world.timing import grid_frames, read_at

_NOISE = np.random.default_rng(0).standard_normal(1 << 20).astype(np.float32)
"""A bank that clips read from random offsets: drawing fresh noise would cost more than rendering."""

_STRETCH = 0.05  # of the logarithm of the tempo

SOURCE_FPS = (15, 20, 24, 30, 50, 60)
"""Frame rates of calls besides the grid's own 25."""

LADDER = (120, 90, 72)
"""Heights of the pictures that a sender falls back to; the taller steps of a ladder leave 128 pixels as they are."""

_SQUARE = 0.5
"""Bits of a 640x360 call's stream that code what is left in the centre square at 128x128: measured, docs/world.md."""


@dataclass(frozen=True)
class Channel:
    """One clip's path. Lengths are picture sides, grey levels 0..255, times frames of the 25 fps grid."""

    stretch: float
    """Grid frames of performance played in one frame shown."""
    source_fps: int
    """Frame rate before the picture was put on the 25 fps grid by nearest frame."""
    zoom: float
    turn: float
    """Radians by which the camera is tilted."""
    shift: tuple[float, float]
    shake: float
    gamma: float
    contrast: float
    brightness: float
    drift: float
    """Grey levels that the exposure wanders."""
    blur: float
    reduced: int
    """Side to which the picture was reduced on its way; 0 where it was not."""
    noise: float
    codec: Codec | None
    bit_rate: int
    """Bits a second of a 640x360 call."""

    @classmethod
    def drawn(cls, rng: np.random.Generator, strength: float = 1.0) -> "Channel":
        """A random channel; `strength` 0 is a clean one, 1 the ordinary range of a training preset."""

        def at_times(share: float) -> bool:
            return bool(rng.random() < share * strength)

        codec: Codec = "vp8" if rng.random() < 0.6 else "h264"
        return cls(
            stretch=float(np.exp(strength * rng.uniform(-_STRETCH, _STRETCH))),
            source_fps=int(rng.choice(SOURCE_FPS)) if at_times(0.45) else 25,
            zoom=float(np.exp(strength * rng.uniform(-0.15, 0.12))),
            turn=strength * float(rng.normal(0.0, 0.06)),
            shift=(strength * float(rng.normal(0.0, 0.02)), strength * float(rng.normal(0.0, 0.02))),
            shake=strength * float(rng.exponential(0.0007)) if at_times(0.6) else 0.0,
            gamma=float(np.exp(strength * rng.normal(0.0, 0.2))),
            contrast=float(np.exp(strength * rng.normal(0.0, 0.15))),
            brightness=strength * float(rng.normal(0.0, 12.0)),
            drift=strength * float(rng.exponential(3.0)) if at_times(0.6) else 0.0,
            blur=strength * float(rng.uniform(0.0, 0.9)) if at_times(0.5) else 0.0,
            reduced=int(rng.choice(LADDER)) if at_times(0.3) else 0,
            noise=strength * float(rng.exponential(1.2)) if at_times(0.7) else 0.0,
            codec=codec if at_times(0.4) else None,
            bit_rate=int(np.exp(rng.uniform(np.log(80_000), np.log(800_000)))),
        )

    @staticmethod
    def frames_needed(frames: int) -> int:
        """How many frames of performance make `frames` frames shown, at the fastest."""
        return int(np.ceil(frames * np.exp(_STRETCH))) + 4

    def played(self, motion: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
        """Motion (n, 478, 3) of the n source frames that `frames` slots of the grid show, of a performance.

        The performance has `frames_needed(frames)` frames, 25 a second. Source frames that the grid leaves out are not
        made: only the encoder would have seen them.
        """
        moments = np.unique(grid_frames(self.source_fps, frames)) * (25.0 / self.source_fps)
        return read_at(motion, 1.0 + moments * self.stretch)

    def on_grid(self, frames: int) -> NDArray[np.intp]:
        """(frames,) which of the source frames played each slot of the grid shows."""
        return np.unique(grid_frames(self.source_fps, frames), return_inverse=True)[1]

    def camera(self, rng: np.random.Generator, frames: int) -> NDArray[np.float32]:
        """(frames, 2, 3): for places of the shown picture (in sides) the places of the face's picture."""
        turn = np.array([[np.cos(self.turn), -np.sin(self.turn)], [np.sin(self.turn), np.cos(self.turn)]]) / self.zoom
        middle = 0.5 - turn @ (0.5 + np.asarray(self.shift))
        views = np.empty((frames, 2, 3), np.float32)
        views[:, :, :2] = turn
        views[:, :, 2] = middle + self.shake * rng.standard_normal((frames, 2))
        return views

    def seen(self, rng: np.random.Generator, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The source frames (n, S, S) after camera, scaling and codec."""
        seen = [self._optics(frame) for frame in self._exposed(rng, frames)]
        noisy = _with_noise(rng, np.stack(seen), self.noise)
        if self.codec is None:
            return noisy
        return transcoded(noisy, self.codec, round(_SQUARE * self.bit_rate), self.source_fps)

    def _exposed(self, rng: np.random.Generator, frames: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        """Every frame through its own tone curve: gamma, contrast, brightness and an exposure that wanders."""
        knots = rng.standard_normal(len(frames) // 12 + 2) * self.drift
        wander = np.interp(np.arange(len(frames)) / 12.0, np.arange(len(knots)), knots)
        curve = 128.0 + self.contrast * (255.0 * (np.arange(256) / 255.0) ** self.gamma - 128.0) + self.brightness
        tables = np.clip(curve * (1.0 + wander[:, None] / 128.0), 0, 255).astype(np.uint8)
        return [np.asarray(cv2.LUT(frame, table), np.uint8) for frame, table in zip(frames, tables, strict=True)]

    def _optics(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        size = len(frame)
        if self.blur > 0.2:
            frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), self.blur), np.uint8)
        if 0 < self.reduced < size:
            small = cv2.resize(frame, (self.reduced, self.reduced), interpolation=cv2.INTER_AREA)
            frame = np.asarray(cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)
        return frame


def _with_noise(rng: np.random.Generator, frames: NDArray[np.uint8], level: float) -> NDArray[np.uint8]:
    if level < 0.1:
        return frames
    pixels = frames[0].size
    noisy = np.empty_like(frames)
    for index, start in enumerate(rng.integers(0, len(_NOISE) - pixels, len(frames))):
        noise = _NOISE[start : start + pixels].reshape(frames[index].shape)
        noisy[index] = np.clip(frames[index] + level * noise + 0.5, 0, 255)
    return noisy
