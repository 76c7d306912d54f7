"""Piecewise affine motion, as avatars have it that are a picture on a net of triangles.

Every landmark goes exactly where it should; between three of them everything moves by one affine map, with a crease
where triangles meet. No training sees this family: a model's AUC on it is that of a generator that nobody foresaw.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from trainer.data.world.bend import CELLS, border
from trainer.data.world.faces import Face
from trainer.data.world.mesh import CONTROL


def triangle_weights(face: Face) -> NDArray[np.float64]:
    """(GRID * GRID, CONTROL): barycentric coordinates of each cell among the landmarks; the picture's border stays."""
    points = np.concatenate([face.landmarks[list(CONTROL)].astype(float), border()])
    net = Delaunay(points)
    triangle = net.find_simplex(CELLS.astype(float))
    to_barycentric = net.transform[triangle]  # (N, 3, 2): two rows that invert the triangle, and its last corner
    two = np.einsum("nij,nj->ni", to_barycentric[:, :2], CELLS - to_barycentric[:, 2])
    coordinates = np.concatenate([two, 1.0 - two.sum(axis=1, keepdims=True)], axis=1)
    weights = np.zeros((len(CELLS), len(points)))
    np.put_along_axis(weights, net.simplices[triangle], coordinates, axis=1)
    return weights[:, : len(CONTROL)]
