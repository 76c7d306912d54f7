"""A small engine whose answer for a whole window can be computed by an independent, slow function.

It is shaped like the real one: two convolutions over time with three taps, zero padding and a rectifier, then a mean.
The encoder is linear: one pixel from the middle of each quarter of the picture. Everything is float64 inside, so that
tests can be strict.
"""

import numpy as np

from guard.core.extractor import StepOutput
from guard.core.items import Floats, Gray

FEATURES, HIDDEN, VALUES, DEPTH = 4, 3, 5, 5
random = np.random.default_rng(1)
A = random.normal(size=(3, HIDDEN, FEATURES))
B = random.normal(size=(3, VALUES, HIDDEN))
BIAS_A, BIAS_B = random.normal(size=HIDDEN), random.normal(size=VALUES)
WIDE = random.normal(size=(512, VALUES))
OUT = random.normal(size=(256, 512))


def rectify(values: np.ndarray) -> np.ndarray:
    return np.maximum(values, 0)


def encode(pictures: Gray) -> np.ndarray:
    """(N, 128, 128) uint8 -> (N, 4): the middle of each quarter, 0..1."""
    return pictures[:, 32::64, 32::64].reshape(-1, FEATURES) / 255


def finish(total: np.ndarray, differences: float) -> np.ndarray:
    """Sum of columns (512,) -> embedding (256,) of unit norm."""
    projected = OUT @ (total / differences)
    return projected / np.linalg.norm(projected)


def convolve(rows: list[np.ndarray], taps: np.ndarray, bias: np.ndarray) -> list[np.ndarray]:
    """Three taps over time, zeros beyond both ends, rectified."""
    zero = np.zeros_like(rows[0])
    padded = [zero, *rows, zero]
    return [rectify(sum(taps[k] @ padded[j + k] for k in range(3)) + bias) for j in range(len(rows))]


def whole_clip(pictures: Gray) -> np.ndarray:
    """The embedding (256,) of a whole window (T, 128, 128), straight from the definition."""
    features = encode(pictures)
    differences = [features[n] - features[n - 1] for n in range(1, len(features))]
    columns = convolve(convolve(differences, A, BIAS_A), B, BIAS_B)
    return finish(WIDE @ sum(columns), len(differences))


class FakeEngine:
    """Computes the same incrementally: a stream's state is its last feature and its newest five differences."""

    state_size = FEATURES * (DEPTH + 1)

    def __init__(self) -> None:
        # Sizes of the batches that came, to be looked at by tests.
        self.steps: list[int] = []
        self.projections: list[int] = []
        # What to raise, or to return, instead of an answer; used once.
        self.fail_step: Exception | StepOutput | None = None
        self.fail_project: Exception | Floats | None = None

    def step(self, frames: Gray, state: Floats) -> StepOutput:
        self.steps.append(len(frames))
        if (fault := self._take("fail_step")) is not None:
            return fault
        rows = [step_one(frame, one) for frame, one in zip(frames, state, strict=True)]
        return StepOutput(*(np.stack([row[k] for row in rows]).astype(np.float32) for k in range(3)))

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        self.projections.append(len(state))
        if (fault := self._take("fail_project")) is not None:
            return fault
        rows = [project_one(*row) for row in zip(state, pooled, differences, strict=True)]
        return np.stack(rows).astype(np.float32)

    def _take(self, fault: str) -> StepOutput | Floats | None:
        planned = getattr(self, fault)
        setattr(self, fault, None)
        if isinstance(planned, Exception):
            raise planned
        return planned


def layer_one(before: np.ndarray, at: np.ndarray, behind: np.ndarray) -> np.ndarray:
    return rectify(A[0] @ before + A[1] @ at + A[2] @ behind + BIAS_A)


def layer_two(before: np.ndarray, at: np.ndarray, behind: np.ndarray) -> np.ndarray:
    return rectify(B[0] @ before + B[1] @ at + B[2] @ behind + BIAS_B)


NO_D, NO_A = np.zeros(FEATURES), np.zeros(HIDDEN)


def step_one(picture: Gray, state: Floats) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    memory = state.reshape(DEPTH + 1, FEATURES).astype(float)
    feature = encode(picture[None])[0]
    d = [*memory[2:], feature - memory[0]]
    column = layer_two(layer_one(*d[0:3]), layer_one(*d[1:4]), layer_one(*d[2:5]))
    first, second, third = layer_one(NO_D, d[1], d[2]), layer_one(*d[1:4]), layer_one(*d[2:5])
    start = layer_two(NO_A, first, second) + layer_two(first, second, third)
    return np.concatenate([feature, *d]), WIDE @ column, WIDE @ start


def project_one(state: Floats, pooled: Floats, differences: float) -> np.ndarray:
    d = state.reshape(DEPTH + 1, FEATURES).astype(float)[1:]
    last, second, third = layer_one(d[3], d[4], NO_D), layer_one(*d[2:5]), layer_one(*d[1:4])
    end = layer_two(third, second, last) + layer_two(second, last, NO_A)
    return finish(pooled + WIDE @ end, differences)


class SideEngine:
    """Sees on which side the newest picture is how bright; its state is just that."""

    state_size = 2

    def step(self, frames: Gray, state: Floats) -> StepOutput:
        halves = frames.reshape(len(frames), 128, 2, 64).mean(axis=(1, 3), dtype=np.float32)
        nothing = np.zeros((len(frames), 512), np.float32)
        return StepOutput(halves, nothing, nothing)

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        embeddings = np.zeros((len(state), 256), np.float32)
        embeddings[:, :2] = state / np.linalg.norm(state, axis=1, keepdims=True)
        return embeddings


def sides(count: int, left: int, right: int) -> Gray:
    """(count, 128, 128): each side of some brightness, and noise that is never the same."""
    random = np.random.default_rng(0)
    return (np.repeat([left, right], 64) + random.integers(-20, 20, (count, 128, 128))).astype(np.uint8)
