"""What is learned about a model's scores, with an embedding that needs no network."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from guard.core.items import Floats, Gray
from tests.trainer.test_trials import trials
from trainer.blocks import WorldFiles
from trainer.data.world.warp import FAMILIES
from trainer.evaluate import beside, directions, evaluation_trials, in_line, learn, metrics, relations
from trainer.models.fingerprint import PAPER


def motion_histogram(frames: Gray) -> Floats:
    """Where a clip moves: (C, T, 128, 128) -> (C, 256) of unit norm."""
    change = np.abs(np.diff(frames[:, ::8].astype(np.float32), axis=1)).mean(axis=1)
    cells = change.reshape(len(frames), 16, 8, 16, 8).mean(axis=(2, 4)).reshape(len(frames), 256)
    return cells / np.linalg.norm(cells, axis=1, keepdims=True)


def test_trials_are_full_windows() -> None:
    found = evaluation_trials(WorldFiles(), drivers=2, faces=1, clips=1)
    assert found.frames.shape == (2, 64, 128, 128)
    assert found.driver.tolist() == [0, 1]


def test_trials_are_on_many_faces_by_all_families() -> None:
    found = evaluation_trials(WorldFiles(), drivers=1, clips=1, length=6)
    assert np.unique(found.face).tolist() == list(range(8))
    assert set(found.family) == set(FAMILIES)


def test_another_face_is_another_generators_too_where_there_are_two_families() -> None:
    rows = [
        (driver, face, 2 * face + n, "procedural", 0.0) for driver in range(3) for face in (0, 1, 2) for n in (0, 1)
    ]
    listed = trials(rows)
    mixed = replace(listed, family=np.array(["latent", "turning", "latent"])[listed.face])
    other, same = np.eye(18, dtype=np.float32), {}
    for one in (listed, mixed):
        for words, pairs in relations(other, one, "procedural"):
            same.setdefault(words, pairs)
    assert list(same) == [
        "same face",
        "other face",
        "other face, other session",
        "other face, other generator",
        "other face, other generator, other session",
    ]
    assert np.unique(np.sort(same["other face"].faces), axis=0).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert np.unique(np.sort(same["other face, other generator"].faces), axis=0).tolist() == [[0, 1], [1, 2]]
    assert not same["other face, other generator, other session"].genuine.any()  # all clips are of one session


def test_figures_of_other_systems_say_whose_they_are() -> None:
    listed = trials([(driver, 0, number, "procedural", 0.0) for driver in range(6) for number in (0, 1)])
    shades = replace(listed, frames=(listed.frames + listed.driver[:, None, None, None]).astype(np.uint8))

    def shade(frames: Gray) -> Floats:
        return np.eye(6, dtype=np.float32)[frames[0, 0, 0]]

    (found,) = beside(shades, {"shade": shade})
    assert (found["system"], found["name"], found["value"]) == ("shade", "AUC, same face", 1.0)
    assert "6 held-out procedural drivers on 1 faces, 66 pairs" in found["on"]
    assert in_line(found).startswith("shade: AUC, same face 1.000 (1.000 to 1.000) on 6 held-out")


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
    assert in_line(few).startswith("AUC, same face 1.000 (no interval) on 3 held-out procedural drivers on 2 faces, ")


@pytest.mark.slow
def test_learning_fills_in_what_a_bundle_says_of_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.evaluate.evaluation_trials", partial(evaluation_trials, faces=2))
    knowledge = learn(motion_histogram, WorldFiles(), 4, PAPER)
    assert np.isfinite(knowledge["calibration"]["64"]["slope"])
    aucs = ["AUC, same face", "AUC, other face, other generator", "AUC, other face, other generator, other session"]
    found: dict[str | None, list[str]] = {}
    for metric in knowledge["metrics"]:
        found.setdefault(metric.get("system"), []).append(metric["name"])
    beside = dict.fromkeys(("motion energy", "pixels", "untrained"), aucs)
    assert found == {None: [*aucs, "Cllr of one window (1: knows nothing)"], **beside}
    assert knowledge["thresholds"]["suspect"] < 0 < knowledge["thresholds"]["verify"]
