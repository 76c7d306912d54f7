"""Supervised contrastive loss. Paper section III-D, Eq. 4."""

import torch
from torch import Tensor


def supervised_contrastive(embeddings: Tensor, labels: Tensor, temperature: float = 0.07) -> Tensor:
    """Mean over clips of minus the mean log-probability of their positives, as a scalar.

    `embeddings` (B, D) of unit norm, `labels` (B,) naming the driver. A clip's positives are the other clips of its
    driver, its candidates all other clips; a clip without positives does not count. Eq. 4 sums over the batch; like
    the loss's authors (Khosla et al., 2020) we average, so the learning rate does not depend on the batch size.
    """
    logits = embeddings.float() @ embeddings.float().T / temperature
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    log_probability = logits - logits.masked_fill(itself, -torch.inf).logsumexp(dim=1, keepdim=True)
    positive = (labels[:, None] == labels[None, :]) & ~itself
    partners = positive.sum(dim=1)
    per_clip = -(log_probability * positive).sum(dim=1) / partners.clamp(min=1)
    return per_clip[partners > 0].mean()
