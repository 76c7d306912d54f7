"""One training run's state: a step forward, and a checkpoint from which it goes on exactly."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from guard.core.errors import InputError
from trainer.checkpoints import read_checkpoint, write_checkpoint
from trainer.gradients import backpropagate, parts
from trainer.losses import supervised_contrastive
from trainer.models.fingerprint import Architecture, Fingerprint
from trainer.presets import Preset
from trainer.processes import add_up, count
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
        self.gradient_norm = 0.0
        """Of the last step, before it was clipped."""
        self.model = Fingerprint(architecture).to(preset.device)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), preset.learning_rate, betas=(0.9, 0.999), weight_decay=preset.weight_decay
        )
        self.scaler = torch.amp.GradScaler(preset.device, enabled=preset.precision == "float16")

    def advance(self, frames: NDArray[np.uint8] | Tensor, labels: NDArray[np.int64] | Tensor) -> float:
        """One optimiser step on clips (B, T, 128, 128) and labels (B,); returns the loss.

        With several processes each gives its own clips, and all make the same step on the clips of all. Raises
        InputError when the preset's `at_once` leaves a clip alone.
        """
        preset = self.preset
        factor = learning_rate_factor(self.step, preset.warmup, preset.steps, preset.floor)
        self.optimiser.param_groups[0]["lr"] = preset.learning_rate * factor
        self.model.train()
        self.optimiser.zero_grad()
        loss = self._backpropagate(*(torch.as_tensor(values, device=preset.device) for values in (frames, labels)))
        self.scaler.unscale_(self.optimiser)
        self.gradient_norm = nn.utils.clip_grad_norm_(self.model.parameters(), preset.clip_norm).item()
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.step += 1
        return loss

    def _backpropagate(self, frames: Tensor, labels: Tensor) -> float:
        """Leave the gradient of the loss of all processes' clips, times the scaler's scale; returns the loss."""
        loss = backpropagate(
            self.model,
            self._embedded,
            parts(frames, self.preset.at_once),
            labels,
            lambda *batch: self.scaler.scale(supervised_contrastive(*batch, self.preset.temperature)),
            seed=(self.seed, self.step),
        )
        add_up(parameter.grad for parameter in self.model.parameters())
        # Every process normalised its own clips; all keep the same running averages, which the checkpoint holds.
        add_up((value for name, value in self.model.named_buffers() if "running_" in name), share=1 / count())
        return loss.item() / self.scaler.get_scale()

    def _embedded(self, frames: Tensor) -> Tensor:
        precision = self.preset.precision
        with torch.autocast(self.preset.device, DTYPES[precision], enabled=precision != "float32"):
            return self.model(frames)

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
            "facts": facts,
        }
        write_checkpoint(path, KIND, state)

    @classmethod
    def load(cls, path: Path, **changes: Any) -> "Training":
        """Go on from what `save` wrote, with `changes` of the preset's fields. Raises InputError."""
        state = read_checkpoint(path, KIND)
        architecture = Architecture(**state.get("architecture", {}))  # earlier checkpoints are all of the default one
        training = cls(Preset(**{**state["preset"], **changes}), state["seed"], architecture)
        try:
            training.model.load_state_dict(state["model"])
        except RuntimeError as error:
            raise InputError(str(path), "is of another network than this trainer makes", "begin a new run") from error
        training.optimiser.load_state_dict(state["optimiser"])
        training.scaler.load_state_dict(state["scaler"])
        training.step, training.facts = state["step"], state["facts"]
        return training
