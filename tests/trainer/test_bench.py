"""The benchmark reports what it measured."""

import pytest

from guard.bundle import Bundle
from trainer.bench import bench, milliseconds


@pytest.mark.slow
def test_the_ratio_is_that_of_the_two_times() -> None:
    found = bench(Bundle.default(), rounds=1)
    assert set(found) == {"step_ms", "published_ms", "ratio"}
    assert found["ratio"] == pytest.approx(found["published_ms"] / found["step_ms"])
    assert found["step_ms"] > 0


def test_work_is_done_while_it_is_measured() -> None:
    done = []
    assert milliseconds(lambda: done.append(1)) >= 0
    assert done == [1]
