"""A small tracks.npz and targets.npz of the real shape, made of invented people."""

import numpy as np
import pytest

from trainer.data.world.drawn import drawn_face
from trainer.data.world.prior import Prior
from trainer.data.world.procedural import ProceduralDriver

# driver, frames, source_fps, may_train: two long drivers, one with several clips, some that may not train
CLIPS = (
    (0, 260, 30.0, True),
    (1, 90, 25.0, True),
    (1, 100, 25.0, True),
    (2, 75, 25.0, True),
    (3, 75, 25.0, True),
    (4, 75, 25.0, True),
    (5, 90, 25.0, True),
    (6, 75, 25.0, False),
    (5, 75, 30.0, False),
    (7, 240, 25.0, False),
)


@pytest.fixture(scope="session")
def prior():
    return Prior.load()


@pytest.fixture(scope="session")
def motion_file(tmp_path_factory):
    """tracks.npz: 10 clips of 8 drivers; driver 6 and 7 may not train, nor may the second clip of driver 5."""
    rng = np.random.default_rng(0)
    moves = [ProceduralDriver(900 + driver).motion(rng, frames) for driver, frames, _, _ in CLIPS]
    lengths = np.array([frames for _, frames, _, _ in CLIPS])
    path = tmp_path_factory.mktemp("motion") / "tracks.npz"
    np.savez(
        path,
        displacement=np.clip(np.concatenate(moves) * 8192, -32768, 32767).astype(np.int16),
        reference=np.stack([Prior.load().shape + rng.normal(0, 0.003, (478, 3)) for _ in CLIPS]).astype(np.float32),
        driver=np.array([driver for driver, *_ in CLIPS]),
        session=np.array([driver for driver, *_ in CLIPS]),
        start=np.cumsum(lengths) - lengths,
        length=lengths,
        licence=np.array(["MIT"] * len(CLIPS)),
        source_fps=np.array([fps for *_, fps, _ in CLIPS], np.float32),
        may_train=np.array([may for *_, may in CLIPS]),
    )
    return path


@pytest.fixture(scope="session")
def targets_file(tmp_path_factory):
    """targets.npz: ten portraits."""
    faces = [drawn_face(1000 + number) for number in range(10)]  # numbers beyond those that training draws
    path = tmp_path_factory.mktemp("targets") / "targets.npz"
    pixels = np.stack([face.landmarks for face in faces]) * 128 - 0.5
    np.savez(path, gray=np.stack([face.picture for face in faces]), landmarks=pixels.astype(np.float32))
    return path
