"""People for tests: embeddings that are normal about an axis of their own, sessions and moments spread as said."""

import numpy as np

from trainer.calls.bank import HORIZONS, Person, Recording
from trainer.calls.films import Label

MOMENTS = 150
"""Of each recording, five a second: 30 s."""


def recording(
    rng: np.random.Generator, middle: np.ndarray, spread: float, label: Label, moments: int = MOMENTS
) -> Recording:
    """Moments that scatter about `middle`, each alike for all horizons; windows are there once they are filled."""
    scattered = middle + spread * rng.standard_normal((moments, 256)) / 16
    unit = (scattered / np.linalg.norm(scattered, axis=1, keepdims=True)).astype(np.float32)
    frames = np.arange(moments) * 5 + 3
    short = frames[:, None] < np.array(HORIZONS)[None]
    motion = np.exp(rng.normal(0.0, 0.2, (moments, 1)))
    return Recording(
        label=label,
        time=(frames - 1) / 25,
        run=np.zeros(moments, np.int64),
        slot=frames - 1,
        motion=np.where(short, np.nan, motion),
        filler=np.where(short, np.nan, 0.0),
        smoothness=np.where(short, np.nan, 1.8 + rng.normal(0.0, 0.05, (moments, 1))),
        reason=np.where(short, "TOO_FEW_FRAMES", "").astype("U20"),
        embedding=np.where(short[:, :, None], 0, unit[:, None]).astype(np.float32),
    )


def person(number: int, face: int, *, between: float = 0.3, within: float = 0.8, kind: str = "procedural") -> Person:
    """Three references of sessions of their own, and two sessions of two performances each."""
    rng = np.random.default_rng([7, number, face])
    axis = np.random.default_rng([8, number]).standard_normal(256) / 16
    found = []
    for session in range(5):
        middle = axis + between * rng.standard_normal(256) / 16
        reference = session < 3
        for _ in range(1 if reference else 2):
            label = Label(session, reference, "gaussian" if face % 2 else "latent", "none", "speaking")
            found.append(recording(rng, middle, within, label, 60 if reference else MOMENTS))
    return Person(kind, number, face, tuple(found))


def bank(drivers: int, faces: int, kind: str = "procedural", **spread: float) -> list[Person]:
    """Drivers who share the faces in turn."""
    return [person(number, number % faces, kind=kind, **spread) for number in range(drivers)]
