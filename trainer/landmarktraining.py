"""Training the landmark baseline: its run, a checkpoint from which it goes on exactly, and its loop."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from guard.core.errors import InputError
from trainer.checkpoints import read_checkpoint, write_checkpoint
from trainer.landmarkbatches import LandmarkBatch, LandmarkBatches
from trainer.landmarkloss import ordered_contrastive
from trainer.memory import keep_freed_memory
from trainer.models.landmarks import LandmarkNetwork
from trainer.presets import Preset
from trainer.resume import begun_with_videos, check_begun_with_videos
from trainer.schedule import learning_rate_factor
from trainer.train import CHECKPOINT
from trainer.videosets import VideoSet, few
from trainer.videotraining import embedded, validation_aucs

KIND = "landmark baseline"
FRAMES = 71
"""Of a clip; NVFAIR's, as we know it from others' accounts of that paper, not from itself."""
NAME = f"landmarks-t{FRAMES}-all"
"""The folder that it is kept in, among the systems."""


class LandmarkTraining:
    """Network, optimiser and how far they have come; of the preset what fits, in float32: the network is small."""

    def __init__(self, preset: Preset, seed: int) -> None:
        torch.manual_seed(seed)
        self.preset, self.seed, self.step = preset, seed, 0
        self.facts: dict[str, Any] = {}
        """What its checkpoint says of what it learns from."""
        self.model = LandmarkNetwork().to(preset.device)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), preset.learning_rate, weight_decay=preset.weight_decay
        )

    def advance(self, batch: LandmarkBatch) -> float:
        """One optimiser step; returns the loss."""
        preset = self.preset
        factor = learning_rate_factor(self.step, preset.warmup, preset.steps, preset.floor)
        self.optimiser.param_groups[0]["lr"] = preset.learning_rate * factor
        self.model.train()
        clips, shuffled, drivers, targets = (torch.from_numpy(part).to(preset.device) for part in batch)
        embeddings, disordered = self.model(torch.cat((clips, shuffled))).chunk(2)
        loss = ordered_contrastive(embeddings, disordered, drivers, targets, preset.temperature)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), preset.clip_norm)
        self.optimiser.step()
        self.step += 1
        return loss.item()

    @torch.no_grad()
    def embed(self, frames: NDArray[Any]) -> NDArray[np.float32]:
        """Landmarks of clips (C, T, 126, 2) -> embeddings (C, 256)."""
        self.model.eval()
        return self.model(torch.from_numpy(frames).to(self.preset.device)).cpu().numpy()

    def save(self, path: Path) -> None:
        """Write everything the next step depends on; never half a file."""
        state = {"preset": asdict(self.preset), "seed": self.seed, "step": self.step, "facts": self.facts}
        state |= {"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict()}
        write_checkpoint(path, KIND, state)

    @classmethod
    def load(cls, path: Path) -> "LandmarkTraining":
        """Go on from what `save` wrote. Raises InputError."""
        state = read_checkpoint(path, KIND)
        training = cls(Preset(**state["preset"]), state["seed"])
        training.model.load_state_dict(state["model"])
        training.optimiser.load_state_dict(state["optimiser"])
        training.step = state["step"]
        training.facts = state["facts"] if "facts" in state else {"videos": [state["videos"]]}  # an earlier one's
        return training


def trained_on_landmarks(base: Preset, videos: VideoSet, folder: Path, seed: int) -> LandmarkTraining:
    """The baseline's run in `folder`, gone on with where it was stopped; `videos` hold landmarks instead of pictures.

    Raises InputError where the folder holds a run of another kind.
    """
    keep_freed_memory()
    preset, checkpoint, chosen = replace(base, frames=FRAMES), folder / CHECKPOINT, videos.chosen()
    training = LandmarkTraining.load(checkpoint) if checkpoint.exists() else LandmarkTraining(preset, seed)
    if (training.preset, training.seed) != (preset, seed):
        raise InputError(str(folder), "was begun with another preset or seed", "name another --out")
    if training.step:
        check_begun_with_videos(chosen, training.facts, folder)
    training.facts = {"videos": [chosen.summary()], "begun_with": begun_with_videos(chosen)}
    _run(training, folder, chosen)
    return training


def _run(training: LandmarkTraining, folder: Path, videos: VideoSet) -> None:
    preset, watched = training.preset, few(videos.validation)
    batches = LandmarkBatches(videos.cache, videos.training, preset, training.seed)
    for step in tqdm(range(training.step, preset.steps), unit="step"):
        loss = training.advance(batches.batch(step))
        if training.step % preset.checkpoint_every == 0 or training.step == preset.steps:
            training.save(folder / CHECKPOINT)
            found = validation_aucs(videos.layout, watched, embedded(training, videos.cache, watched))
            with (folder / "log.jsonl").open("a") as log:
                log.write(json.dumps({"step": training.step, "loss": loss} | found) + "\n")
