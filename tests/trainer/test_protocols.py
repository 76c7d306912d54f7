"""Which pairs of videos each protocol compares, on casts small enough to list them."""

import tracemalloc
from itertools import combinations

import numpy as np
import pytest

from guard.core.errors import InputError
from trainer.data.avaprintdb import PairTable, Trial
from trainer.data.videos import Video
from trainer.measures import weighted_auc
from trainer.protocols import (
    MOST_VIDEOS,
    avaprintdb_figures,
    mean_over_targets,
    nvfair_figures,
    plain_figures,
    plain_pairs,
    target_pairs,
)
from trainer.trials import Interval, Pairs


def video(target: str, driver: str, clip: str | None, generator: str | None = "lia", split: str = "test") -> Video:
    """A rendered video, or an original where there is no generator."""
    name = f"{target}--{clip}--{driver}--{generator}.mp4"
    return Video(name, target, driver, clip, generator, split, original=generator is None)


CAST = [
    video("ann", "ann", "c1", None),
    video("ann", "ann", "c1"),
    video("ann", "ann", "c1", "tps"),
    video("ann", "ann", "c2"),
    video("ann", "bob", "c8"),
    video("ann", "bob", None, "tps"),
    video("bob", "bob", "c8"),
    video("bob", "ann", "c1"),
]
WHOLE = np.random.default_rng(0).integers(-99, 99, (len(CAST), 4)).astype(np.float32)
"""Whole numbers: their products are exact, in any order."""


def scored(strict: bool, generator: str | None = None) -> dict[str, list[float]]:
    """Scores of ann's trials by kind."""
    pairs = target_pairs(CAST, WHOLE, strict, generator)["ann"]
    return {"genuine": sorted(pairs.score[pairs.genuine]), "impostor": sorted(pairs.score[~pairs.genuine])}


def products(*pairs: tuple[int, int]) -> list[float]:
    return sorted(WHOLE[a] @ WHOLE[b] for a, b in pairs)


def test_published_protocol_counts_originals_and_renderings_of_one_clip() -> None:
    found = scored(strict=False)
    assert found["genuine"] == products((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    assert found["impostor"] == products(*[(own, other) for own in (0, 1, 2, 3) for other in (4, 5)])


def test_strict_protocol_leaves_originals_and_renderings_of_one_clip_out() -> None:
    found = scored(strict=True)
    assert found["genuine"] == products((1, 3), (2, 3))
    assert found["impostor"] == products(*[(own, other) for own in (1, 2, 3) for other in (4, 5)])


def test_a_generator_is_compared_with_itself() -> None:
    found = scored(strict=False, generator="lia")
    assert found["genuine"] == products((1, 3))
    assert found["impostor"] == products((1, 4), (3, 4))


def test_unknown_driving_clips_make_no_strict_genuine_trial() -> None:
    cast = [video("ann", "ann", None), video("ann", "ann", "c1"), video("ann", "bob", "c2")]
    assert not target_pairs(cast, np.eye(3, dtype=np.float32), strict=True)["ann"].genuine.any()
    assert target_pairs(cast, np.eye(3, dtype=np.float32), strict=False)["ann"].genuine.sum() == 1


def told_apart(cast: list[Video]) -> np.ndarray:
    """Embeddings of a system that knows every driver."""
    return np.eye(9, dtype=np.float32)[[sorted({v.driver for v in cast}).index(v.driver) for v in cast]]


def test_nvfair_figures_are_means_over_targets_that_tell() -> None:
    figures = nvfair_figures(CAST, told_apart(CAST))
    published = figures["AUC, published protocol, all generators"]
    assert (published.value, published.low, published.high) == (1.0, None, None)
    assert published.remark == "no interval: 1 of at least 5 identities"
    assert published.pairs == 14  # ann's: of bob there is one video of his own
    assert figures["EER, strict protocol, lia"].value == 0.0
    # One self-reenactment makes no genuine trial.
    assert figures["AUC, strict protocol, tps"] == "no target has both genuine and impostor trials"


def test_a_target_counts_once_however_many_videos_it_has() -> None:
    many = [video("ann", "ann", f"c{n}") for n in range(9)] + [video("ann", "bob", "x")]
    few = [video("bob", "bob", "c1"), video("bob", "bob", "c2"), video("bob", "ann", "y")]
    right, wrong = told_apart(many), np.array([[1, 0], [-1, 0], [1, 0]], np.float32)
    embeddings = np.zeros((13, 9), np.float32)
    embeddings[:10], embeddings[10:, :2] = right, wrong
    auc = nvfair_figures(many + few, embeddings)["AUC, strict protocol, all generators"]
    assert auc.value == pytest.approx((1.0 + 0.25) / 2)


def test_intervals_are_over_five_targets_or_more() -> None:
    def told(right: int, wrong: int) -> Interval:
        score = {True: np.array([0.9, 0.1]), False: np.array([0.1, 0.9])}
        targets = [
            Pairs(score[n < right], np.array([True, False]), np.zeros((2, 2), int)) for n in range(right + wrong)
        ]
        return mean_over_targets(targets, weighted_auc)

    five = told(3, 2)
    assert (five.value, five.low, five.high) == (0.6, 0.2, 1.0)
    assert (told(2, 2).value, told(2, 2).low, told(2, 2).high) == (0.5, None, None)


def test_plain_videos_are_compared_on_one_face_and_on_two() -> None:
    cast = [video(t, d, f"{d}{n}", "lia") for t in ("x", "y") for d in ("a", "b", "c") for n in range(2)]
    figures = plain_figures(cast, told_apart(cast))
    assert figures["AUC, same face"].value == 1.0
    # A face: 3 drivers x 1 pair of clips, and 15 - 3 impostor pairs.
    assert figures["AUC, same face"].pairs == 2 * 15
    # Two faces: 6 x 6 pairs less the 6 that show one performance twice.
    assert figures["minDCF, other face"].pairs == 30


@pytest.mark.slow
def test_scoring_many_videos_takes_memory_for_their_pairs_and_not_for_both_embeddings_of_each() -> None:
    rng = np.random.default_rng(0)
    cast = [video(f"t{n % 3}", f"d{n % 7}", f"c{n}") for n in range(400)]
    embeddings = rng.normal(size=(len(cast), 256)).astype(np.float32)
    tracemalloc.start()
    found = plain_pairs(cast, embeddings)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    pairs = len(cast) * (len(cast) - 1) // 2
    assert peak < 250 * pairs  # both embeddings of a pair are 2,048 bytes
    same_face = [(a, b) for a, b in combinations(range(len(cast)), 2) if a % 3 == b % 3]
    slow = [float(embeddings[a] @ embeddings[b]) for a, b in same_face]
    np.testing.assert_allclose(found["same face"].score, slow, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_what_cannot_be_measured_says_why() -> None:
    cast = [video("x", "a", "a1"), video("x", "b", "b1"), video("x", "b", "b2"), video("y", "c", "c1")]
    figures = plain_figures(cast, told_apart(cast))
    assert isinstance(figures["AUC, same face"], Interval)
    assert figures["EER, other face"] == "0 genuine, 3 impostor trials"


def test_plain_folder_with_too_many_videos_is_refused() -> None:
    with pytest.raises(InputError, match="at most 5000"):
        plain_figures([CAST[1]] * (MOST_VIDEOS + 1), np.zeros((MOST_VIDEOS + 1, 2), np.float32))


def test_pair_tables_are_pooled_and_say_how_many_of_their_trials_could_be_scored() -> None:
    cast = [video("t", driver, f"{driver}{n}") for driver in "abc" for n in range(2)]
    paths = [v.path for v in cast]
    table = [Trial(paths[0], paths[1], True), Trial(paths[2], paths[3], True), Trial(paths[0], paths[2], False)]
    table += [Trial(paths[1], paths[4], False), Trial(paths[2], paths[5], False), Trial(paths[0], "lost.mp4", True)]
    figures = avaprintdb_figures(cast, told_apart(cast), "pairs_LIVE", PairTable(table, ["line 9: is not UTF-8"]))
    assert figures["AUC, pairs_LIVE, 5 of its 7 trials"].value == 1.0
    assert figures["EER, pairs_LIVE, 5 of its 7 trials"].value == 0.0
