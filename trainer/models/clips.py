"""A trained network as what is shipped: folded, by the head it has."""

from trainer.models.fingerprint import Fingerprint
from trainer.models.flowstreaming import FlowClip
from trainer.models.streaming import Clip

FoldedClip = Clip | FlowClip


def folded_clip(model: Fingerprint) -> FoldedClip:
    """`model` folded; it is on the CPU and in eval mode."""
    return FlowClip.of(model) if model.architecture.head == "covariance" else Clip.of(model)
