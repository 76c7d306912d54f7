"""What `test_processes` runs under torchrun: `python -m tests.trainer.together FOLDER` in each process."""

import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from guard.core.errors import InputError
from trainer.presets import PRESETS
from trainer.processes import agreed, in_turn, joined, own_share, rank
from trainer.training import Training

TINY = replace(PRESETS["cpu"], identities=2, clips=2, frames=3, steps=4, warmup=1)


def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
    """Eight clips of two drivers, of whom each process has clips."""
    frames = np.random.default_rng(step).integers(0, 256, (8, 3, 128, 128), dtype=np.uint8)
    return frames, np.array([0, 0, 1, 1, 0, 1, 0, 1])


def training(frozen: bool) -> Training:
    """With `frozen`, norms and dropout behave as in the shipped model, so that one process can do what two do."""
    made = Training(TINY, seed=1)
    if frozen:
        made.model.eval()
        made.model.train = lambda *_: made.model  # type: ignore[method-assign]
    return made


def taken_turns(folder: Path) -> bool:
    """Whether this process found what the first one, which takes its time, wrote to `folder` and then failed at."""
    found = False
    with suppress(InputError), in_turn():
        if rank() == 0:
            time.sleep(0.3)
            (folder / "first").touch()
        found = (folder / "first").exists()
        raise InputError("folder", "is refused by every process")
    return found


def main(folder: Path) -> None:
    """Write to `folder` this process's loss and gradient of a step, and its state after two others."""
    with joined():
        frozen, found = training(frozen=True), {"turns": torch.tensor(taken_turns(folder))}
        found["loss"] = torch.tensor(frozen.advance(*map(own_share, batch(0))))
        found |= {f"gradient {name}": parameter.grad for name, parameter in frozen.model.named_parameters()}
        free = training(frozen=False)
        for step in range(2):
            free.advance(*map(own_share, batch(step)))
        found |= {f"after {name}": value for name, value in free.model.state_dict().items()}
        found["agreed"] = torch.tensor(agreed(rank() == 0, "cpu"))
        torch.save(found, folder / f"{rank()}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
