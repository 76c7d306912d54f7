"""A model of whole clips behind the engine that the core drives frame by frame."""

import numpy as np

from guard.core.extractor import StepOutput
from guard.core.items import SIZE, Floats, Gray
from guard.core.window import COLUMN
from guard.engine import OnnxEngine

_PICTURE = SIZE * SIZE // np.dtype(np.float32).itemsize
"""Values of a state that the bytes of one picture fill."""


class WholeClips:
    """guard.core.extractor.Engine for a bundle of input scale "clip": a stream's state is its newest pictures.

    Nothing is saved from one window to the next: a step only puts a picture in, a projection computes all of its
    window. `longest` is the longest horizon in frames.
    """

    def __init__(self, engine: OnnxEngine, longest: int) -> None:
        self._engine = engine
        self._longest = longest

    @property
    def state_size(self) -> int:
        """Number of values in a stream's state; their bytes are gray levels, the values themselves mean nothing."""
        return self._longest * _PICTURE

    def step(self, frames: Gray, state: Floats) -> StepOutput:
        """Put the next picture of each of B streams in: `frames` (B, 128, 128) uint8, `state` (B, K) float32."""
        pictures = np.concatenate((self._pictures(state)[:, 1:], frames[:, None]), axis=1)
        nothing = np.zeros((len(frames), COLUMN), np.float32)
        return StepOutput(pictures.reshape(len(frames), -1).view(np.float32), nothing, nothing)

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        """Embeddings (B, 256) of the newest pictures, one more than there are `differences` (B,); `pooled` is idle."""
        windows = zip(self._pictures(state), differences, strict=True)
        return np.concatenate([self.embed_clip(pictures[None, -int(count) - 1 :]) for pictures, count in windows])

    def embed_clip(self, frames: Gray) -> Floats:
        """Whole clips (B, T, 128, 128) uint8 of at least 2 frames -> embeddings (B, 256). Raises EngineError."""
        return self._engine.embed_clip(frames)

    def _pictures(self, state: Floats) -> Gray:
        """The bytes of states (B, K) as pictures (B, longest, 128, 128), the newest last."""
        return state.view(np.uint8).reshape(len(state), self._longest, SIZE, SIZE)
