"""The warp of each family of generators."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.bend import gaussian_weights, thin_plate_weights
from trainer.data.world.faces import Face
from trainer.data.world.keypoints import keypoint_warp
from trainer.data.world.latent import Latent, latent_basis
from trainer.data.world.prior import Prior
from trainer.data.world.triangles import triangle_weights
from trainer.data.world.turning import Turning
from trainer.data.world.warp import Family, Spread, Warp, own_lips

_WEIGHTS: dict[Family, Callable[[Face], NDArray[np.float64]]] = {
    "thin-plate": thin_plate_weights,
    "triangles": triangle_weights,
}


def warp_of(family: Family, face: Face, axes: NDArray[np.float32], prior: Prior, seed: int) -> Warp:
    """The warp of generator number `seed` of a family on a face, whose `Face.axes` are given."""
    if family == "keypoint":
        return keypoint_warp(face, axes)
    if family == "turning":
        return Turning.of(face, axes, prior)
    weights = _WEIGHTS.get(family, gaussian_weights)(face)
    spread = Spread(axes, weights.astype(np.float32), own_lips())
    return Latent(spread, latent_basis(prior, seed)) if family == "latent" else spread
