"""Performances rendered from sources of several rates, and what is said of their embeddings."""

import numpy as np
import pytest

from trainer import rates
from trainer.data.world.world import World
from trainer.rates import AGAIN, MIRRORED, Seen, against, costs, takes


def read(spoilt: str) -> rates.Read:
    """Four drivers before two faces, two takes each; those from the source `spoilt` show somebody else."""
    axes = np.eye(256, dtype=np.float32)
    return [
        (Seen(who, who % 2), {source: axes[who + (4 if source == spoilt else 0)] for source in ("25", "15", "30")})
        for who in range(4)
        for _ in range(2)
    ]


def test_a_source_that_shows_the_same_costs_nothing_and_one_that_does_not_costs_all() -> None:
    found = {row["source_fps"]: row for row in costs(read(spoilt="15"))}
    assert [(found[fps]["cosine_median"], found[fps]["auc"]) for fps in ("25", "30")] == [(1.0, 1.0)] * 2
    assert (found["15"]["cosine_median"], found["15"]["auc"]) == (0.0, 0.5)
    assert (found["30"]["genuine_score"], found["30"]["impostor_score"]) == (1.0, 0.0)


def test_takes_are_compared_before_one_face_and_never_with_themselves() -> None:
    pairs = against(read(spoilt=""), "30")
    assert len(pairs.score) == 8 * 3
    assert pairs.genuine.sum() == 8
    assert {tuple(pair) for pair in pairs.drivers.tolist()} == {
        (a, b) for a in range(4) for b in range(4) if a % 2 == b % 2
    }


@pytest.mark.slow
def test_one_performance_is_shown_from_every_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "HORIZON", 8)
    monkeypatch.setattr(rates, "TAKES", 1)
    (take,) = takes(World(split="validation"), 1, np.random.default_rng(0))
    assert take.seen == Seen(0, 0)
    assert set(take.clips) == {*map(str, rates.RATES), AGAIN, MIRRORED}
    assert {clip.shape for clip in take.clips.values()} == {(8, 128, 128)}
    assert (take.clips[MIRRORED][:, :, ::-1] == take.clips["25"]).all()
    assert (take.clips["10"][1] == take.clips["10"][0]).all()  # filler
    assert (take.clips["25"][1] != take.clips["25"][0]).any()
