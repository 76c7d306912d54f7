"""From a checkpoint to a bundle: write, load again, compare with torch, then move into place."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from guard.bundle import Bundle, write_bundle
from guard.core.errors import BundleError, InputError
from guard.core.window import EDGE
from guard.engine import OnnxEngine
from guard.manifest import CARD, FORMAT_VERSION, required_graphs
from trainer.card import LICENCE, LIMITS, model_card
from trainer.data.world.channel import SOURCE_FPS
from trainer.data.world.world import World
from trainer.graphs import build_graphs
from trainer.models.clips import FoldedClip, folded_clip
from trainer.models.covariance import SPAN
from trainer.models.fingerprint import Fingerprint

TOLERANCE = 1e-4
"""Largest difference of an embedding's component between torch and onnxruntime."""
CLIPS, FRAMES = 7, SPAN + 1
"""Of either kind, to compare on: the fewer frames, the fewer clips have a near-tie. The covariance head needs these."""
HORIZON = 64
ARCHITECTURES = {"convolutions": "f5c-feat-diff", "covariance": "f5c-feature-flow"}
"""By their heads, as a bundle names them."""
EDGES = {"convolutions": EDGE, "covariance": SPAN}
"""And how many frames of a window no column of its inside comes with (guard.core.window)."""
UNTRAINED = {
    "calibration": {str(HORIZON): {"slope": 1.0, "offset": 0.0}},
    "thresholds": {"verify": 1.5, "suspect": -3.0, "dwell": 3.0, "memory": 40.0, "limit": 5.0},
    "motion_floor": 0.05,
    "cohort": {"centre": None},
    "metrics": [],
    "training_data": [],
    "licence": LICENCE,
    "limits": list(LIMITS),
}
"""What a bundle says of scores before it was calibrated, and of where its weights come from."""


def export_bundle(model: Fingerprint, out: Path, model_id: str, knowledge: dict[str, Any]) -> Bundle:
    """Write `model` as a bundle to `out`, a directory or .zip.

    `knowledge` holds what was measured and learned: the keys of UNTRAINED. Raises BundleError when the graphs do not
    agree with `model`, and leaves what was at `out`. Raises InputError for a model that no bundle can hold.
    """
    if (model.architecture.condition, model.architecture.backbone) != ("FEAT_DIFF", "F5C"):
        which = f"{model.architecture.backbone} with {model.architecture.condition}"
        raise InputError("model", f"is {which}, a system to compare with", "bundles hold F5C with FEAT_DIFF")
    clip = folded_clip(model.cpu().eval())
    _, _, state_size = clip.streaming()
    manifest = {
        "format_version": FORMAT_VERSION,
        "model_id": model_id,
        "architecture": ARCHITECTURES[model.architecture.head],
        "input": {"size": 128, "fps": 25, "scale": model.architecture.scale, "least_fps": min(SOURCE_FPS)},
        "horizons": [HORIZON],
        "verdict_stride": 5,
        "state_size": state_size,
        "edge": EDGES[model.architecture.head],
        "graphs": {name: graph.model_dump() for name, graph in required_graphs(state_size).items()},
        **knowledge,
    }
    contents = {**build_graphs(clip), CARD: model_card(manifest).encode()}
    return write_bundle(out, manifest, contents, check=lambda bundle: compare(model, bundle))


def compare(model: Fingerprint | FoldedClip, bundle: Bundle) -> None:
    """Raise BundleError unless the engine embeds most random and most rendered clips as `model` does."""
    compare_engine(model, OnnxEngine(bundle), bundle.edge)


def compare_engine(model: Fingerprint | FoldedClip, engine: OnnxEngine, edge: int) -> None:
    """The same of an engine that runs graphs with this `edge` (guard.core.window)."""
    for kind, frames in compared_clips():
        with torch.no_grad():
            expected = model.eval()(torch.from_numpy(frames)).numpy()
        found = {"clip": engine.embed_clip(frames), "step": streamed(engine, frames, edge)}
        check_most(f"{kind} clips", expected, found)


def compared_clips() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Random and rendered clips (CLIPS, FRAMES, 128, 128), the same in every call, and what they are."""
    rng = np.random.default_rng(0)
    yield "random", rng.integers(0, 256, (CLIPS, FRAMES, 128, 128), dtype=np.uint8)
    yield "rendered", World().batch(rng, CLIPS, clips=1, frames=FRAMES)[0]


def check_most(clips: str, expected: NDArray[np.float32], found: Mapping[str, NDArray[np.float32]]) -> None:
    """Raise BundleError for a graph by which not most embeddings (C, 256) are those expected, to TOLERANCE.

    Where a position's fourth and fifth neighbour are equally near, rounding may swap them and move the embedding of so
    short a clip by 0.03. That is one clip in several; a wrong graph is wrong on every clip.
    """
    for graph, embeddings in found.items():
        errors = np.abs(embeddings - expected).max(axis=1)
        apart = int((~(errors <= TOLERANCE)).sum())  # NaN is apart, too
        if 2 * apart >= len(errors):
            by = f"by {np.median(errors):.1e} on {apart} of {len(errors)} {clips}"
            raise BundleError(graph, f"differs from torch {by}")


def streamed(engine: OnnxEngine, frames: NDArray[np.uint8], edge: int) -> NDArray[np.float32]:
    """Embeddings (B, 256) of clips (B, T, 128, 128), T >= `edge`, by way of the step and projection graphs."""
    count, length = frames.shape[:2]
    state = np.zeros((count, engine.state_size), np.float32)
    outputs = []
    for n in range(length):
        outputs.append(engine.step(frames[:, n], state))
        state = outputs[-1].state
    # As guard.core.window adds them up.
    pooled = outputs[edge - 1].start + sum(output.column for output in outputs[edge:])
    return engine.project(state, pooled.astype(np.float32), np.full(count, length - 1, np.float32))
