"""From a checkpoint to a bundle: write, load again, compare with torch, then move into place."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from guard.bundle import Bundle, write_bundle
from guard.core.errors import BundleError, InputError
from guard.engine import OnnxEngine
from guard.manifest import CARD, FORMAT_VERSION, required_graphs
from trainer.card import LIMITS, model_card
from trainer.data.world.world import World
from trainer.graphs import build_graphs
from trainer.models.fingerprint import Fingerprint
from trainer.models.streaming import STATE, Clip

TOLERANCE = 1e-4
"""Largest difference of an embedding's component between torch and onnxruntime."""
HORIZON = 64
UNTRAINED = {
    "calibration": {str(HORIZON): {"slope": 1.0, "offset": 0.0}},
    "thresholds": {"verify": 1.5, "suspect": -3.0, "dwell": 3.0, "memory": 40.0, "limit": 5.0},
    "motion_floor": 0.05,
    "cohort": {"centre": None},
    "metrics": [],
    "training_data": [],
}
"""What a bundle says of scores before it was calibrated."""


def export_bundle(model: Fingerprint, out: Path, model_id: str, knowledge: dict[str, Any]) -> Bundle:
    """Write `model` as a bundle to `out`, a directory or .zip.

    `knowledge` holds what was measured and learned: the keys of UNTRAINED. Raises BundleError when the graphs do not
    agree with `model`, and leaves what was at `out`. Raises InputError for a model that no bundle can hold.
    """
    if (model.architecture.condition, model.architecture.backbone) != ("FEAT_DIFF", "F5C"):
        which = f"{model.architecture.backbone} with {model.architecture.condition}"
        raise InputError("model", f"is {which}, a system to compare with", "bundles hold F5C with FEAT_DIFF")
    manifest = {
        "format_version": FORMAT_VERSION,
        "model_id": model_id,
        "architecture": "f5c-feat-diff",
        "input": {"size": 128, "fps": 25, "scale": model.architecture.scale},
        "horizons": [HORIZON],
        "verdict_stride": 5,
        "state_size": STATE,
        "graphs": {name: graph.model_dump() for name, graph in required_graphs(STATE).items()},
        **knowledge,
        "licence": "Apache-2.0",
        "limits": list(LIMITS),
    }
    contents = {**build_graphs(Clip.of(model.cpu().eval())), CARD: model_card(manifest).encode()}
    return write_bundle(out, manifest, contents, check=lambda bundle: compare(model, OnnxEngine(bundle)))


def compare(model: Fingerprint | Clip, engine: OnnxEngine) -> None:
    """Raise BundleError unless the engine embeds random and rendered clips as `model` does."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (2, 12, 128, 128), dtype=np.uint8)
    rendered, _ = World().batch(rng, identities=2, clips=1, frames=12)
    for kind, frames in (("random", noise), ("rendered", rendered)):
        with torch.no_grad():
            expected = model.eval()(torch.from_numpy(frames)).numpy()
        for graph, found in (("clip", engine.embed_clip(frames)), ("step", streamed(engine, frames))):
            error = float(np.abs(found - expected).max())
            if not error <= TOLERANCE:  # so that NaN does not pass
                raise BundleError(graph, f"differs from torch by {error:.1e} on {kind} clips")


def streamed(engine: OnnxEngine, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Embeddings (B, 256) of clips (B, T, 128, 128), T >= 5, by way of the step and projection graphs."""
    count, length = frames.shape[:2]
    state = np.zeros((count, engine.state_size), np.float32)
    outputs = []
    for n in range(length):
        outputs.append(engine.step(frames[:, n], state))
        state = outputs[-1].state
    # Frame n gives difference n (of 1 .. T-1), column n-2 and the start pair of n-3: see guard.core.window.
    pooled = outputs[4].start + sum(output.column for output in outputs[5:])
    return engine.project(state, pooled.astype(np.float32), np.full(count, length - 1, np.float32))
