"""What videos' names tell, and which of them the tables take."""

import numpy as np
import pytest

from tests.trainer.test_protocols import CAST, video
from trainer.data.world.world import Trials
from trainer.tables.labels import UNKNOWN, joined, thinned, trial_labels, video_labels


def test_equal_numbers_are_equal_things() -> None:
    labels = video_labels(CAST)
    for one in range(len(CAST)):
        for other in range(len(CAST)):
            a, b = CAST[one], CAST[other]
            assert (labels.driver[one] == labels.driver[other]) == (a.driver == b.driver)
            assert (labels.face[one] == labels.face[other]) == (a.target == b.target)
            assert (labels.generator[one] == labels.generator[other]) == (a.generator == b.generator)
            if a.clip and b.clip:
                one_performance = (a.driver, a.clip) == (b.driver, b.clip)
                assert (labels.performance[one] == labels.performance[other]) == one_performance
    assert labels.own.tolist() == [True, True, True, True, False, False, True, False]
    assert labels.generators == ("lia", "tps")


def test_what_a_layout_does_not_tell_is_unknown() -> None:
    labels = video_labels([video("ann", "bob", None, None)])
    assert labels.performance.tolist() == labels.session.tolist() == labels.generator.tolist() == [UNKNOWN]
    assert [aspect for aspect in ("face", "generator", "session") if labels.knows(aspect)] == ["face"]


def test_thinning_keeps_every_driver_generator_and_kind_while_it_can() -> None:
    many = [video("ann", "ann", f"c{n}", "lia") for n in range(50)] + [video("ann", "bob", f"d{n}") for n in range(50)]
    few = [video("ann", "bob", "x", "tps"), video("bob", "bob", "y", "tps"), video("bob", "bob", "z", None)]
    chosen = thinned(many + few, 8, np.random.default_rng(0))
    assert len(chosen) == 8
    assert {(v.driver, v.generator, v.kind.value) for v in chosen} == {
        ("ann", "lia", "self-reenactment"),
        ("bob", "lia", "cross-reenactment"),
        ("bob", "tps", "cross-reenactment"),
        ("bob", "tps", "self-reenactment"),
    }


@pytest.mark.parametrize("most", [2, 7, 100])
def test_thinning_keeps_the_order_and_leaves_originals_out(most: int) -> None:
    chosen = thinned(CAST, most, np.random.default_rng(1))
    rows = [CAST.index(v) for v in chosen]
    assert rows == sorted(rows)
    assert len(rows) == min(most, 7)
    assert 0 not in rows


def shown(family: str) -> Trials:
    numbers = np.array([0, 0, 1])
    kinds, rates = np.array(["real", "real", "procedural"]), np.array([25, 30, 0], np.float32)
    families = np.full(3, family)
    return Trials(np.zeros((3, 2, 1, 1), np.uint8), numbers, numbers, kinds, numbers, rates, numbers, kinds, families)


def test_clips_of_the_world_are_compared_within_a_kind_and_frame_rate() -> None:
    labels = trial_labels(shown("latent"))
    assert len(set(labels.group.tolist())) == 3
    assert labels.generators == ("latent",)
    assert labels.session.tolist() == [0, 0, 1]
    assert not labels.own.any()


def test_joined_parts_differ_in_their_generator_and_share_no_session() -> None:
    labels = joined([trial_labels(shown("latent")), trial_labels(shown("turning"))])
    assert labels.driver.tolist() == [0, 0, 1] * 2
    assert labels.generator.tolist() == [0, 0, 0, 1, 1, 1]
    assert labels.generators == ("latent", "turning")
    assert set(labels.session.tolist()) == {UNKNOWN}
