"""A bundle made ready: what is timed of it."""

from pathlib import Path

import pytest

from guard.core.errors import BundleError
from guard.model import SIZES, load_model, seconds_of_step
from guard.policy import PolicySettings
from tests.core.fakes import FakeEngine


@pytest.mark.slow
def test_the_shipped_bundle_is_loaded_and_timed_by_the_frames_of_a_step() -> None:
    model = load_model(None, 2, PolicySettings())
    assert list(model.capacity.costs) == [2 * size for size in SIZES]
    assert all(seconds > 0 for seconds in model.capacity.costs.values())
    assert model.capacity.streams > 0


def test_a_step_is_timed_on_all_threads_with_its_share_of_projections() -> None:
    engine = FakeEngine()
    assert seconds_of_step(engine, 4, stride=5, threads=2, windows=3) > 0
    assert set(engine.steps) == {4}
    assert len(engine.steps) == 5 * len(engine.projections)


def test_a_bundle_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no such directory"):
        load_model(tmp_path / "absent", 1, PolicySettings())
