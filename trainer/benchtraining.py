"""Frames per second of training, forward and backward, against the published loop and what the device can do."""

from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from trainer.bench import milliseconds
from trainer.losses import supervised_contrastive
from trainer.memory import keep_freed_memory
from trainer.models.fingerprint import Fingerprint
from trainer.published import PublishedLoop

CLIPS, FRAMES = 2, 64
MATRIX_SIDE = {"cpu": 1024, "cuda": 8192}
"""Large enough that the product is limited by arithmetic."""
PRECISION = {"cpu": torch.float32, "cuda": torch.bfloat16}
"""In which both sides compute: like is compared with like."""


def bench_training(device: str, rounds: int = 3, frames: int = FRAMES) -> dict[str, Any]:
    """Frames per second of ours and of the loop, their ratio, and the share that ours has of a matrix product's speed.

    On a CPU one thread in float32, on a GPU under autocast to bfloat16, all three alike. Ours embeds CLIPS clips as one
    batch, the loop one after the other and frame by frame; both then differentiate the same loss, and both keep freed
    memory as every training run does. They take turns, so that whatever else the machine does slows both alike; the
    medians count, after one round that does not.
    """
    torch.set_num_threads(1)
    keep_freed_memory()
    clips = torch.randint(0, 256, (CLIPS, frames, 128, 128), dtype=torch.uint8, device=device)
    ours, loop = Fingerprint().to(device).train(), PublishedLoop().to(device).train()
    works = {
        "ours": lambda: learn(lambda: ours(clips), device),
        "loop": lambda: learn(lambda: torch.cat([loop(clip) for clip in clips]), device),
        "product": matrix_product(device),
    }
    with FlopCounterMode(display=False) as counter:
        works["ours"]()
    seconds = taking_turns(works, rounds)
    found = figures(seconds, clips.shape[0] * frames, counter.get_total_flops(), 2 * MATRIX_SIDE[device] ** 3)
    return {"train_precision": str(PRECISION[device]).removeprefix("torch.")} | found


def figures(seconds: dict[str, float], frames: int, step_flops: float, product_flops: float) -> dict[str, float]:
    """What `bench_training` states, from the seconds of "ours", "loop" and "product"."""
    ours, loop = frames / seconds["ours"], frames / seconds["loop"]
    return {
        "train_frames_per_s": ours,
        "train_loop_frames_per_s": loop,
        "train_ratio": ours / loop,
        "train_matrix_share": (step_flops / seconds["ours"]) / (product_flops / seconds["product"]),
    }


def learn(embed: Callable[[], Tensor], device: str) -> None:
    """Forward and backward: the loss of these clips, as if they were one driver's, to the gradient of every weight."""
    with torch.autocast(device, PRECISION[device], enabled=PRECISION[device] != torch.float32):
        embeddings = embed()
    supervised_contrastive(embeddings, torch.zeros(len(embeddings), device=device)).backward()
    settle(device)


def matrix_product(device: str) -> Callable[[], None]:
    """One square product of the precision that is trained in."""
    matrix = torch.randn(MATRIX_SIDE[device], MATRIX_SIDE[device], device=device, dtype=PRECISION[device])

    def work() -> None:
        _ = matrix @ matrix
        settle(device)

    return work


def settle(device: str) -> None:
    """Wait for what a GPU was told to do; a CPU does it at once."""
    if device == "cuda":
        torch.cuda.synchronize()


def taking_turns(works: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Median seconds of each work, after a round that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + 1):
        for name, work in works.items():
            taken[name].append(milliseconds(work) / 1e3)
    return {name: median(times[1:]) for name, times in taken.items()}
