"""The paper's systems: one configuration each, trained once and measured once whatever tables they stand in."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import nn

from guard.core.errors import InputError
from trainer.data.videos import Video
from trainer.measures import weighted_auc
from trainer.models.fingerprint import Architecture
from trainer.presets import Preset
from trainer.protocols import Embeddings, mean_over_targets, target_pairs, tells
from trainer.train import CHECKPOINT
from trainer.training import Training
from trainer.videosets import VideoSet, digest
from trainer.videotraining import Embedder, embedded, train_on_videos

RESULT = "result.json"
PUBLISHED, STRICT = "published", "strict"


@dataclass(frozen=True)
class System:
    """A network, the frames of a clip, and whose videos it learns from: of all generators if none is named."""

    architecture: Architecture = field(default_factory=Architecture)
    frames: int = 64
    generators: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The folder that it is kept in."""
        made_by = "+".join(self.generators) or "all"
        return f"{self.architecture.backbone}-{self.architecture.condition}-T{self.frames}-{made_by}".lower()

    def preset(self, base: Preset) -> Preset:
        """`base` with clips of this system's length."""
        return replace(base, frames=self.frames, block_frames=max(base.block_frames, self.frames))

    def pictures(self, clips: int) -> int:
        """How many pictures go through the encoder for so many clips."""
        each = {"STATIC": 1, "PIXEL_DIFF": self.frames - 1}.get(self.architecture.condition, self.frames)
        return clips * each


def trained(system: System, base: Preset, videos: VideoSet, folder: Path, seed: int) -> Training:
    """The system's run in `folder`, gone on with where it was stopped; the last state counts, none is picked.

    Raises InputError where the folder holds a run of another kind.
    """
    preset, checkpoint = system.preset(base), folder / CHECKPOINT
    training = Training.load(checkpoint) if checkpoint.exists() else Training(preset, seed, system.architecture)
    begun = training.preset, training.seed, training.model.architecture
    if begun != (preset, seed, system.architecture):
        raise InputError(str(folder), "was begun with another preset or seed", "name another --out")
    train_on_videos(training, folder, videos.chosen(system.generators))
    return training


def measured(training: Embedder, videos: VideoSet, folder: Path) -> list[dict[str, Any]]:
    """Figures on the test videos, as `figures`; kept in `folder`, so that another table need not embed them again."""
    of = {"weights": _weights(training.model), "videos": digest(videos.cache, videos.test)}
    path = folder / RESULT
    if path.exists():
        kept: dict[str, Any] = json.loads(path.read_text())
        if kept["of"] == of:
            return list(kept["figures"])
    found = figures(videos.test, embedded(training, videos.cache, videos.test))
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps({"of": of, "figures": found}, indent=1))
    temporary.replace(path)
    return found


def figures(videos: Sequence[Video], embeddings: Embeddings) -> list[dict[str, Any]]:
    """AUCs by both protocols of NVFAIR, over all generators (`generator` None) and on each: means over targets.

    Each with its 95 % interval over targets, in how many pairs; a figure without both kinds of trial is left out.
    """
    found = []
    generators = [None, *sorted({video.generator for video in videos if video.generator})]
    for protocol in (PUBLISHED, STRICT):
        for generator in generators:
            by_target = target_pairs(videos, embeddings, protocol == STRICT, generator).values()
            telling = [pairs for pairs in by_target if tells(pairs)]
            if telling:
                interval = asdict(mean_over_targets(telling, weighted_auc))
                found.append({"protocol": protocol, "generator": generator, "targets": len(telling), **interval})
    return found


def _weights(model: nn.Module) -> str:
    """Tells one state of a network from another."""
    found = hashlib.sha256()
    for name, value in model.state_dict().items():
        found.update(name.encode() + value.cpu().numpy().tobytes())
    return found.hexdigest()[:16]
