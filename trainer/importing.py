"""A checkpoint of the paper's published code as a bundle of whole clips."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from guard.bundle import Bundle, write_bundle
from guard.core.errors import InputError
from guard.core.window import EDGE
from guard.engine import OnnxEngine
from guard.manifest import CARD, FORMAT_VERSION, required_graphs
from trainer.card import GENERAL_LIMITS, model_card
from trainer.checkpoints import read_weights
from trainer.export import HORIZON, check_most, compared_clips
from trainer.graphs import build_clip_graph
from trainer.models.authors import AuthorsNetwork
from trainer.models.f5c import NEIGHBOURS

LIMITS = (
    *GENERAL_LIMITS,
    "Trained elsewhere; its figures and calibration are of this project's simulated world, which it was not made for.",
    "Scales every clip by the clip's own mean and deviation, so each score computes its whole window again: it judges "
    "files, and `guard serve` refuses it.",
)


@dataclass(frozen=True)
class Imported:
    """A published checkpoint: its network in eval mode, the frames of the clips it was trained on, what it claims."""

    network: AuthorsNetwork
    length: int
    claim: str

    @torch.no_grad()
    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Clips (C, T, 128, 128) -> embeddings (C, 256), one clip at a time."""
        return torch.cat([self.network(clip[None]) for clip in torch.from_numpy(frames)]).numpy()


def read_published(path: Path) -> Imported:
    """Read best_model.pt: `model`, `auc`, `epoch`, `config`. Raises InputError naming the key that does not fit."""
    state = read_weights(path)
    if not isinstance(state, dict) or not isinstance(state.get("model"), dict):
        raise InputError(str(path), "is no checkpoint of the published code: it holds no dictionary named model")
    config = state["config"] if isinstance(state.get("config"), dict) else {}
    length, neighbours = config.get("clip_length", HORIZON), config.get("neighbor_k", NEIGHBOURS)
    if neighbours != NEIGHBOURS:
        raise InputError(str(path), f"config.neighbor_k is {neighbours}; only {NEIGHBOURS} can be imported")
    if not isinstance(length, int) or length < EDGE:
        raise InputError(str(path), f"config.clip_length is {length}; a window has at least {EDGE} frames")
    network, weights = AuthorsNetwork(), state["model"]
    if all(str(name).startswith("module.") for name in weights):  # as training on several devices names them
        weights = {str(name).removeprefix("module."): value for name, value in weights.items()}
    check_weights(path, weights, network.state_dict())
    network.load_state_dict(weights)
    return Imported(network.eval(), length, f"a validation AUC of {state.get('auc')} after epoch {state.get('epoch')}")


def check_weights(path: Path, found: Mapping[str, Any], expected: Mapping[str, Tensor]) -> None:
    """Raise InputError for the first key that is missing, unknown, of another shape, or not finite."""
    for name, value in expected.items():
        if name not in found:
            raise InputError(str(path), f"misses {name}")
        if not isinstance(found[name], Tensor) or found[name].shape != value.shape:
            shape = tuple(found[name].shape) if isinstance(found[name], Tensor) else type(found[name]).__name__
            raise InputError(str(path), f"{name} is {shape}, not {tuple(value.shape)}")
        if not found[name].isfinite().all():
            raise InputError(str(path), f"{name} holds values that are not finite")
    for name in found:
        if name not in expected:
            raise InputError(str(path), f"holds {name}, which the published network has not")


def export_published(imported: Imported, out: Path, model_id: str, knowledge: dict[str, Any]) -> Bundle:
    """Write a bundle to `out`, a directory or .zip; `knowledge` as in trainer.export.UNTRAINED, for its own length.

    Raises BundleError when the graph does not agree with the network, and leaves what was at `out`.
    """
    source = {
        "name": "what the checkpoint was trained on, NVFAIR if by the published code",
        "licence": "not stated by the checkpoint",
        "use": f"training by its authors; it claims {imported.claim}, which was not checked",
    }
    manifest = {
        "format_version": FORMAT_VERSION,
        "model_id": model_id,
        "architecture": "f5c-feat-diff-authors",
        "input": {"size": 128, "fps": 25, "scale": "clip"},
        "horizons": [imported.length],
        "verdict_stride": 5,
        "graphs": {name: graph.model_dump() for name, graph in required_graphs(None).items()},
        **knowledge,
        "training_data": [source],
        "licence": "not stated by the checkpoint; ask its authors",
        "limits": list(LIMITS),
    }
    contents = {**build_clip_graph(imported.network), CARD: model_card(manifest).encode()}
    return write_bundle(out, manifest, contents, check=lambda bundle: compare(imported, OnnxEngine(bundle)))


def compare(imported: Imported, engine: OnnxEngine) -> None:
    """Raise BundleError unless the engine embeds most random and most rendered clips as the network does."""
    for kind, frames in compared_clips():
        check_most(f"{kind} clips", imported.embed(frames), {"clip": engine.embed_clip(frames)})
