"""What is learned about a model's scores, with an embedding that needs no network."""

import numpy as np
import pytest

from guard.core.items import Floats, Gray
from tests.trainer.test_trials import trials
from trainer.blocks import WorldFiles
from trainer.evaluate import directions, evaluation_trials, in_line, learn, metrics


def motion_histogram(frames: Gray) -> Floats:
    """Where a clip moves: (C, T, 128, 128) -> (C, 256) of unit norm."""
    change = np.abs(np.diff(frames[:, ::8].astype(np.float32), axis=1)).mean(axis=1)
    cells = change.reshape(len(frames), 16, 8, 16, 8).mean(axis=(2, 4)).reshape(len(frames), 256)
    return cells / np.linalg.norm(cells, axis=1, keepdims=True)


def test_trials_are_full_windows() -> None:
    found = evaluation_trials(WorldFiles(), drivers=2, faces=1, clips=1)
    assert found.frames.shape == (2, 64, 128, 128)
    assert found.driver.tolist() == [0, 1]


def test_directions_lose_the_centre_and_keep_unit_norm() -> None:
    embeddings = np.random.default_rng(0).normal(size=(5, 256)).astype(np.float32)
    found = directions(embeddings, embeddings.mean(axis=0))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    assert not np.allclose(found, directions(embeddings, None))


def test_perfect_embeddings_are_measured_as_perfect() -> None:
    rows = [(driver, face, 2 * face + n, "procedural", 0.0) for driver in range(3) for face in (0, 1) for n in (0, 1)]
    listed = trials(rows)
    found = {metric["name"]: metric for metric in metrics(np.eye(256, dtype=np.float32)[listed.driver], listed, None)}
    assert found["AUC, same face"]["value"] == found["AUC, other face"]["value"] == 1
    few = found["AUC, same face"]
    assert "3 held-out procedural drivers" in few["on"]
    assert (few["low"], few["high"]) == (None, None)
    assert few["on"].endswith("; no interval: 3 of at least 5 identities")
    assert in_line(few).startswith("AUC, same face 1.000 (no interval) on 3 held-out procedural drivers, ")


@pytest.mark.slow
def test_learning_fills_in_what_a_bundle_says_of_scores() -> None:
    knowledge = learn(motion_histogram, WorldFiles(), drivers=4)
    assert np.isfinite(knowledge["calibration"]["64"]["slope"])
    names = {metric["name"] for metric in knowledge["metrics"]}
    other = "AUC, other face, other session"
    assert names == {"AUC, same face", "AUC, other face", other, "Cllr of one window (1: knows nothing)"}
    assert knowledge["thresholds"]["suspect"] < 0 < knowledge["thresholds"]["verify"]
