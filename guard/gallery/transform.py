"""A tenant's orthogonal matrices: what a template is turned by before it is stored, so that it can be renewed.

An orthogonal matrix keeps every inner product, so this hides nothing from who has several templates and knows whose
some of them are (docs/privacy.md, `guard.gallery.linkage`). Confidentiality rests on the encryption alone.
"""

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from guard.core.scoring import EMBEDDING

Matrix = NDArray[np.float64]


@lru_cache(maxsize=16)  # half a megabyte each
def orthogonal(seed: bytes) -> Matrix:
    """The orthogonal matrix (256, 256) of a secret seed, uniform among all of them (Mezzadri 2007, section 5).

    QR of Gaussians, made from SHAKE-256 by Box and Muller's transform: the stored data must not depend on which numbers
    a library's generator gives in its next version.
    """
    factor, triangle = np.linalg.qr(gaussians(seed, EMBEDDING * EMBEDDING).reshape(EMBEDDING, EMBEDDING))
    # QR leaves the signs of the columns open; the diagonal's fix them, for every LAPACK alike.
    matrix: Matrix = factor * np.sign(np.diag(triangle))
    matrix.flags.writeable = False
    return matrix


def gaussians(seed: bytes, count: int) -> Matrix:
    """An even number of standard normal values from SHAKE-256 of the seed."""
    words = np.frombuffer(hashlib.shake_256(seed).digest(8 * count), "<u8")
    uniform = ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53  # 53 bits, never 0 or 1
    radius = np.sqrt(-2 * np.log(uniform[: count // 2]))
    angle = 2 * np.pi * uniform[count // 2 :]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
