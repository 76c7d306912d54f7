"""The published network computed slowly in float64, straight from its description, and checkpoints for it."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]

NORMS = {
    **{"conv_stack.net.1": 8, "conv_stack.net.4": 32, "conv_stack.net.7": 64, "conv_stack.net.10": 128},
    **{"fcc.pre_norm_1": 64, "fcc.pre_norm_2": 64, "head.net.1": 64, "head.net.4": 32},
}
LAYERS = {
    "conv_stack.net.0": (8, 1, 4, 4),
    "conv_stack.net.3": (32, 8, 3, 3),
    "conv_stack.net.6": (64, 32, 2, 2),
    "conv_stack.net.9": (128, 64, 1, 1),
    "ccc.edge_fc.0": (128, 128),
    "head.net.0": (64, 128, 3, 3, 3),
    "head.net.3": (32, 64, 3, 3, 3),
    "head.fc.0": (256, 512),
    "head.fc.3": (256, 256),
}
AXES = {"H": (32, 1), "W": (1, 32)}


def published_state(seed: int = 0) -> dict[str, Tensor]:
    """A state dict under the published names, in which everything counts."""
    rng = np.random.default_rng(seed)
    state: dict[str, Array] = {}
    for name, shape in LAYERS.items():
        state[f"{name}.weight"] = rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        state[f"{name}.bias"] = rng.normal(0, 0.1, shape[0])
    for name, channels in NORMS.items():
        state[f"{name}.weight"] = rng.uniform(0.5, 1.5, channels)
        state[f"{name}.bias"] = rng.uniform(-0.3, 0.3, channels)
        state[f"{name}.running_mean"] = rng.uniform(-0.2, 0.2, channels)
        state[f"{name}.running_var"] = rng.uniform(0.5, 2.0, channels)
    for stage in "12":
        for axis, shape in AXES.items():
            state[f"fcc.mk_{stage}_{axis}"] = rng.uniform(-0.25, 0.25, (64, 1, *shape))
            state[f"fcc.b{stage}{axis}"] = rng.normal(0, 1, 64)
            state[f"fcc.pe_{stage}{axis}"] = rng.normal(0, 1, (1, 64, *shape))
    counts = {f"{name}.num_batches_tracked": torch.tensor(7) for name in NORMS}
    return {name: torch.from_numpy(value.astype(np.float32)) for name, value in state.items()} | counts


def write_published(path: Path, length: int = 64, **changes: Any) -> Path:
    """A best_model.pt, with `changes` of its keys."""
    config = {"clip_length": length, "embed_dim": 256, "neighbor_k": 4, "lr": 1e-3, "wd": 1e-4, "temperature": 0.07}
    torch.save({"model": published_state(), "auc": 0.8125, "epoch": 94, "config": config} | changes, path)
    return path


def slow_embedding(state: Mapping[str, Tensor], clip: NDArray[np.uint8]) -> tuple[Array, float]:
    """(T, 128, 128) -> (256,), and how much nearer, at the least, a fourth neighbour is than a fifth, by cosine.

    Below some 1e-6 rounding decides between the two, and results cannot be compared.
    """
    weights = {name: value.double().numpy() for name, value in state.items()}
    levels = clip / 255.0
    scaled = (levels - levels.mean()) / (levels.std(ddof=1) + 1e-6)
    features, gaps = zip(*(slow_feature(weights, frame) for frame in scaled), strict=True)
    motion = np.stack([after - before for before, after in pairwise(features)], axis=-1)
    for layer in (0, 3):
        motion = convolved_in_space_and_time(motion, weights, f"head.net.{layer}")
        motion = np.maximum(normed(motion, weights, f"head.net.{layer + 1}"), 0)
    assert motion.shape == (32, 16, 4, len(clip) - 1)  # channels, height, width, time
    cells = [motion[c, 4 * h : 4 * h + 4, w].mean() for c in range(32) for h in range(4) for w in range(4)]
    hidden = np.maximum(weights["head.fc.0.weight"] @ np.array(cells) + weights["head.fc.0.bias"], 0)
    answer = weights["head.fc.3.weight"] @ hidden + weights["head.fc.3.bias"]
    return answer / np.linalg.norm(answer), min(gaps)


def slow_feature(weights: Mapping[str, Array], frame: Array) -> tuple[Array, float]:
    """Scaled frame (128, 128) -> (128, 16, 16), and the smallest gap between neighbours."""
    x, sides = frame[None], []
    for layer, stride, padding in ((0, 2, 0), (3, 2, 0), (6, 2, 1), (9, 1, 0)):
        x = convolved(x, weights, f"conv_stack.net.{layer}", stride, padding)
        x = np.maximum(normed(x, weights, f"conv_stack.net.{layer + 1}"), 0)
        sides.append(x.shape[1])
    assert sides == [63, 31, 16, 16]
    halves = []
    for half, stages in ((1, "HW"), (2, "WH")):
        part = x[:64] if half == 1 else x[64:]
        mixed = normed(placed(part, weights, f"1{stages[0]}"), weights, f"fcc.pre_norm_{half}")
        mixed = placed(around(mixed, weights, "1", stages[0]), weights, f"2{stages[1]}")
        halves.append(part + around(mixed, weights, "2", stages[1]))
    return with_neighbours(np.concatenate(halves))


def convolved(x: Array, weights: Mapping[str, Array], name: str, stride: int, padding: int) -> Array:
    """(C, H, W) -> (D, H', W'), tap by tap."""
    kernel = weights[f"{name}.weight"]
    wide = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    side = (wide.shape[1] - kernel.shape[2]) // stride + 1
    total = np.zeros((len(kernel), side, side)) + weights[f"{name}.bias"][:, None, None]
    for i in range(kernel.shape[2]):
        for j in range(kernel.shape[3]):
            seen = wide[:, i : i + stride * (side - 1) + 1 : stride, j : j + stride * (side - 1) + 1 : stride]
            total += np.einsum("dc,chw->dhw", kernel[:, :, i, j], seen)
    return total


def convolved_in_space_and_time(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    """(C, H, W, T) -> (D, H, W / 2, T): 3x3x3, padding 1, stride (1, 2, 1)."""
    kernel = weights[f"{name}.weight"]
    _, height, width, length = x.shape
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (1, 1)))
    total = np.zeros((len(kernel), height, width // 2, length)) + weights[f"{name}.bias"][:, None, None, None]
    for i, j, k in np.ndindex(3, 3, 3):
        seen = wide[:, i : i + height, j : j + width : 2, k : k + length]
        total += np.einsum("dc,chwt->dhwt", kernel[:, :, i, j, k], seen)
    return total


def normed(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    """BatchNorm in inference, over the first axis."""
    wide = (-1,) + (1,) * (x.ndim - 1)
    parts = ("running_mean", "running_var", "weight", "bias")
    mean, variance, scale, shift = (weights[f"{name}.{part}"].reshape(wide) for part in parts)
    return (x - mean) / np.sqrt(variance + 1e-5) * scale + shift


def placed(x: Array, weights: Mapping[str, Array], which: str) -> Array:
    """The positional embedding added, cropped to 16."""
    return x + weights[f"fcc.pe_{which}"][0, :, :16, :16]


def around(x: Array, weights: Mapping[str, Array], stage: str, axis: str) -> Array:
    """Position by position: the kernel's first 16 taps, the axis going round."""
    kernel = weights[f"fcc.mk_{stage}_{axis}"].reshape(64, 32)
    total = np.empty_like(x)
    for at in range(16):
        if axis == "H":
            total[:, at] = sum(kernel[:, t, None] * x[:, (at + t) % 16] for t in range(16))
        else:
            total[:, :, at] = sum(kernel[:, t, None] * x[:, :, (at + t) % 16] for t in range(16))
    return total + weights[f"fcc.b{stage}{axis}"][:, None, None]


def with_neighbours(x: Array) -> tuple[Array, float]:
    """f + relu(f + max_j (f_j - f)), j over the four positions of largest cosine, f itself among them."""
    positions = x.reshape(128, 256).T
    unit = positions / np.linalg.norm(positions, axis=1, keepdims=True)
    answer, gaps = np.empty_like(positions), []
    for i, feature in enumerate(positions):
        cosine = unit @ unit[i]
        *nearest, fifth = np.argsort(-cosine)[:5]
        gaps.append(cosine[nearest[-1]] - cosine[fifth])
        assert i in nearest
        largest = np.max([positions[j] - feature for j in nearest], axis=0)
        answer[i] = feature + np.maximum(feature + largest, 0)
    return answer.T.reshape(128, 16, 16), min(gaps)
