"""Batches on the device before they are asked for."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from trainer.blocks import Batch
from trainer.processes import own_share


def batches_ahead(batch: Callable[[int], Batch], steps: range, device: str) -> Iterator[tuple[Tensor, Tensor]]:
    """This process's share of the batch of each step, read by a thread while the step before it is computed.

    `batch` is called in order, from that one thread.
    """
    with ThreadPoolExecutor(1, "batches") as thread:
        following = thread.submit(_on_device, batch, steps.start, device) if steps else None
        for step in steps:
            assert following is not None
            here = following.result()
            if step + 1 < steps.stop:
                following = thread.submit(_on_device, batch, step + 1, device)
            yield here


def _on_device(batch: Callable[[int], Batch], step: int, device: str) -> tuple[Tensor, Tensor]:
    frames, labels = (torch.from_numpy(own_share(array)) for array in batch(step))
    if device != "cuda":
        return frames, labels
    # Only from pinned memory does a copy go on beside the computation.
    return tuple(tensor.pin_memory().to(device, non_blocking=True) for tensor in (frames, labels))  # type: ignore[return-value]
