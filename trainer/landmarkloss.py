"""The landmark baseline's contrastive loss: who moves, against other drivers of one face and against order lost.

After NVFAIR (Prashnani et al., ECCV 2024), -log N / (N + Q + R). How a similarity enters N, Q and R is not known to us:
here each is a sum of exp(cosine / temperature), as in Eq. 4 of the paper.
"""

import torch
from torch import Tensor


def ordered_contrastive(
    embeddings: Tensor, shuffled: Tensor, drivers: Tensor, targets: Tensor, temperature: float = 0.07
) -> Tensor:
    """Mean over clips of -log N / (N + Q + R), as a scalar; a clip whose driver has no other does not count.

    `embeddings` and `shuffled` (B, D) of unit norm, those of the clips and of the same with their frames in random
    order; `drivers` and `targets` (B,). For each clip N sums over the other clips of its driver, Q over clips of its
    target by other drivers, R over the shuffled clips of its driver, its own among them.
    """
    itself = torch.eye(len(drivers), dtype=torch.bool, device=drivers.device)
    same_driver = drivers[:, None] == drivers[None, :]
    same_target = targets[:, None] == targets[None, :]
    logits = embeddings.float() @ embeddings.float().T / temperature
    logits_shuffled = embeddings.float() @ shuffled.float().T / temperature
    numerator = same_driver & ~itself
    counted = numerator.any(dim=1)
    positive = logits.masked_fill(~numerator, -torch.inf)[counted]
    other = logits.masked_fill(~(same_target & ~same_driver), -torch.inf)[counted]
    disordered = logits_shuffled.masked_fill(~same_driver, -torch.inf)[counted]
    everything = torch.cat((positive, other, disordered), dim=1)
    return (everything.logsumexp(dim=1) - positive.logsumexp(dim=1)).mean()
