"""The gradient of a loss over all clips of a batch, with memory for a part of them.

Gao et al., "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup", 2021 (GradCache): embed every
part without a graph, differentiate the loss by the embeddings, then embed each part again with a graph and carry its
share of that gradient on to the weights. Both passes must compute the same, so a part draws its dropout from a seed
of its own, and normalisation sees the same clips both times: those of the part.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from guard.core.errors import InputError
from trainer.processes import gathered, own_share, rank

Embed = Callable[[Tensor], Tensor]
"""Clips (B, T, 128, 128) -> embeddings (B, D)."""
Loss = Callable[[Tensor, Tensor], Tensor]
"""Embeddings (B, D), labels (B,) -> a scalar."""


def parts(frames: Tensor, at_once: int | None) -> Sequence[Tensor]:
    """Clips (B, ...) in as few parts of at most `at_once` (None: B) as there can be, equally long but for one clip.

    Raises InputError for a part of one clip, which batch normalisation has nothing to compare with.
    """
    number = -(-len(frames) // (at_once or len(frames)))
    if number > 1 and len(frames) // number < 2:
        raise InputError("--at-once", f"{at_once} leaves one of {len(frames)} clips alone", "give 2 or more")
    return frames.tensor_split(number)


def backpropagate(
    model: nn.Module, embed: Embed, parts: Sequence[Tensor], labels: Tensor, loss: Loss, seed: Sequence[int]
) -> Tensor:
    """Add the gradient of the loss of all clips to that of the parameters of `model`; returns the loss, a scalar.

    `parts` are this process's clips in one or more parts, `labels` (B,) name their drivers, `seed` the step. With
    several processes the gradient is this one's term of the sum.
    """
    if len(parts) == 1:
        embeddings = _drawing(embed, parts[0], seed, 0)
        value, (gradient,) = embedding_gradients(embeddings, labels, loss, parts)
        embeddings.backward(gradient)
        return value
    with torch.no_grad(), momentum_scaled(model, 1 / len(parts)):
        embeddings = torch.cat([_drawing(embed, part, seed, number) for number, part in enumerate(parts)])
    value, gradients = embedding_gradients(embeddings, labels, loss, parts)
    with momentum_scaled(model, 0.0):  # running averages have seen these clips
        for number, (part, gradient) in enumerate(zip(parts, gradients, strict=True)):
            _drawing(embed, part, seed, number).backward(gradient)
    return value


def embedding_gradients(
    embeddings: Tensor, labels: Tensor, loss: Loss, parts: Sequence[Tensor]
) -> tuple[Tensor, Sequence[Tensor]]:
    """The loss of the clips of all processes, and its gradient by the embeddings of each of this one's parts."""
    everyones = gathered(embeddings).requires_grad_()
    value = loss(everyones, gathered(labels))
    (gradient,) = torch.autograd.grad(value, everyones)
    return value.detach(), own_share(gradient).split([len(part) for part in parts])


@contextmanager
def momentum_scaled(model: nn.Module, factor: float) -> Iterator[None]:
    """Inside, a batch moves the running averages of batch normalisation `factor` times as far as it would."""
    norms = {norm: norm.momentum for norm in model.modules() if isinstance(norm, _BatchNorm)}
    for norm, momentum in norms.items():
        norm.momentum = momentum * factor
    try:
        yield
    finally:
        for norm, momentum in norms.items():
            norm.momentum = momentum


def _drawing(embed: Embed, part: Tensor, seed: Sequence[int], number: int) -> Tensor:
    """Embed a part with random numbers that are a function of step, process and part."""
    drawn = np.random.SeedSequence((*seed, rank(), number)).generate_state(1, np.uint64)
    torch.manual_seed(int(drawn[0]))
    return embed(part)
