"""One training run's state: a step forward, and a checkpoint from which it goes on exactly."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from trainer.checkpoints import read_checkpoint, write_checkpoint
from trainer.losses import supervised_contrastive
from trainer.models.fingerprint import Architecture, Fingerprint
from trainer.presets import Preset
from trainer.schedule import learning_rate_factor

KIND = "training"
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Training:
    """Model, optimiser and how far they have come. The batches are the caller's: a function of `step`."""

    def __init__(self, preset: Preset, seed: int, architecture: Architecture | None = None) -> None:
        torch.manual_seed(seed)
        self.preset, self.seed = preset, seed
        self.step = 0
        self.facts: dict[str, Any] = {}
        """What the checkpoint that this goes on from says of itself."""
        self.model = Fingerprint(architecture).to(preset.device)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), preset.learning_rate, betas=(0.9, 0.999), weight_decay=preset.weight_decay
        )
        self.scaler = torch.amp.GradScaler(preset.device, enabled=preset.precision == "float16")

    def advance(self, frames: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        """One optimiser step on clips (B, T, 128, 128) and labels (B,); returns the loss."""
        preset = self.preset
        factor = learning_rate_factor(self.step, preset.warmup, preset.steps, preset.floor)
        self.optimiser.param_groups[0]["lr"] = preset.learning_rate * factor
        self.model.train()
        with torch.autocast(preset.device, DTYPES[preset.precision], enabled=preset.precision != "float32"):
            embeddings = self.model(torch.from_numpy(frames).to(preset.device))
        loss = supervised_contrastive(embeddings, torch.from_numpy(labels).to(preset.device), preset.temperature)
        self.optimiser.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimiser)
        nn.utils.clip_grad_norm_(self.model.parameters(), preset.clip_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.step += 1
        return loss.item()

    @torch.no_grad()
    def embed(self, frames: NDArray[np.uint8], at_once: int = 8) -> NDArray[np.float32]:
        """Clips (C, T, 128, 128) -> embeddings (C, 256), as the shipped model will compute them."""
        self.model.eval()
        parts = [self.model(part.to(self.preset.device)).cpu() for part in torch.from_numpy(frames).split(at_once)]
        return torch.cat(parts).numpy()

    def save(self, path: Path, facts: dict[str, Any]) -> None:
        """Write everything the next step depends on, and `facts` for whoever reads it; never half a file."""
        state = {
            "preset": asdict(self.preset),
            "architecture": asdict(self.model.architecture),
            "seed": self.seed,
            "step": self.step,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state() if self.preset.device == "cuda" else None,
            "facts": facts,
        }
        write_checkpoint(path, KIND, state)

    @classmethod
    def load(cls, path: Path, **changes: Any) -> "Training":
        """Go on from what `save` wrote, with `changes` of the preset's fields. Raises InputError."""
        state = read_checkpoint(path, KIND)
        architecture = Architecture(**state.get("architecture", {}))  # earlier checkpoints are all of the default one
        training = cls(Preset(**{**state["preset"], **changes}), state["seed"], architecture)
        training.model.load_state_dict(state["model"])
        training.optimiser.load_state_dict(state["optimiser"])
        training.scaler.load_state_dict(state["scaler"])
        training.step, training.facts = state["step"], state["facts"]
        torch.set_rng_state(state["random"])
        if training.preset.device == "cuda":
            torch.cuda.set_rng_state(state["random_cuda"])
        return training
