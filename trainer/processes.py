"""Processes that train one model together, started by torchrun; a process that was started alone is one of one.

Each takes its share of every batch. Embeddings are gathered, so that the loss contrasts the clips of all, and
gradients are added up: each process differentiates the same joint loss by its own embeddings, so the sum over the
processes is the gradient of the joint loss, exactly. The model is small (2 MB): one sum at the end of a step costs
less than torch's DistributedDataParallel takes to hide it, and goes with gradients that come in several passes.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed

from guard.core.errors import InputError

Values = TypeVar("Values", NDArray[np.uint8], NDArray[np.int64], Tensor)


@contextmanager
def joined() -> Iterator[None]:
    """Take part in what torchrun started, with a GPU of one's own where there are GPUs; alone, do nothing."""
    if "WORLD_SIZE" not in os.environ:
        yield
        return
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    distributed.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()


def rank() -> int:
    """Number of this process, from 0. Process 0 writes and speaks for all."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def count() -> int:
    """How many processes there are."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


@contextmanager
def in_turn() -> Iterator[None]:
    """Process 0 first, then the others, who find done what it did to files, or fail for the same reason as it did."""
    if rank() > 0:
        distributed.barrier()
    try:
        yield
    finally:
        if rank() == 0 and count() > 1:
            distributed.barrier()


def own_share(batch: Values) -> Values:
    """This process's rows of what all processes have. Raises InputError if they cannot share evenly."""
    if len(batch) % count():
        raise InputError("--nproc-per-node", f"{len(batch)} clips cannot be shared evenly by {count()} processes")
    rows = len(batch) // count()
    return batch[rank() * rows : (rank() + 1) * rows]


def gathered(own: Tensor) -> Tensor:
    """Rows (B, ...) of every process, in their order: (count * B, ...), without a graph."""
    if count() == 1:
        return own.detach()
    rows = [torch.empty_like(own) for _ in range(count())]
    distributed.all_gather(rows, own.detach().contiguous())
    return torch.cat(rows)


@torch.no_grad()
def add_up(tensors: Iterable[Tensor], share: float = 1.0) -> None:
    """Replace each float tensor by `share` times its sum over the processes: the same bits in all of them."""
    if count() == 1:
        return
    places = list(tensors)
    flat = torch.cat([place.flatten() for place in places])
    distributed.all_reduce(flat)
    for place, total in zip(places, flat.split([place.numel() for place in places]), strict=True):
        place.copy_(total.view_as(place) * share)


def agreed(mine: bool, device: str) -> bool:
    """Whether process 0 says so: clocks differ, and all have to stop after the same step."""
    if count() == 1:
        return mine
    said = torch.tensor([float(mine)], device=device)
    distributed.broadcast(said, src=0)
    return bool(said.item())
