"""Two processes that train together make the step that one makes on the clips of both."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from guard.core.errors import InputError
from tests.trainer.together import batch, training
from trainer import processes

pytestmark = pytest.mark.slow


def test_alone_everything_is_ones_own() -> None:
    rows = torch.arange(4.0, requires_grad=True)
    assert (processes.rank(), processes.count()) == (0, 1)
    assert not processes.gathered(rows).requires_grad
    np.testing.assert_array_equal(processes.own_share(np.arange(4)), np.arange(4))
    kept = torch.ones(2)
    processes.add_up([kept], share=0.5)
    assert kept.tolist() == [1, 1]
    assert processes.agreed(True, "cpu")
    assert not processes.agreed(False, "cpu")
    with processes.joined():
        assert not torch.distributed.is_initialized()


def test_clips_that_cannot_be_shared_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "count", lambda: 2)
    with pytest.raises(InputError, match="--nproc-per-node: 3 clips cannot be shared evenly by 2 processes"):
        processes.own_share(np.arange(3))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, torch.Tensor]]:
    """What each of two processes came to."""
    folder = tmp_path_factory.mktemp("together")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*torchrun, "-m", "tests.trainer.together", str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in (0, 1)]


def test_their_gradient_is_that_of_one_process_on_the_joint_batch(two: list[dict[str, torch.Tensor]]) -> None:
    alone = training(frozen=True)
    loss = alone.advance(*batch(0))
    for rank in (0, 1):
        assert float(two[rank]["loss"]) == pytest.approx(loss, rel=1e-5)
        for name, parameter in alone.model.named_parameters():
            torch.testing.assert_close(two[rank][f"gradient {name}"], parameter.grad, rtol=1e-4, atol=1e-6)


def test_they_keep_the_same_weights_and_running_averages_to_the_bit(two: list[dict[str, torch.Tensor]]) -> None:
    kept = [{name: value for name, value in of.items() if name.startswith("after")} for of in two]
    assert len(kept[0]) > 30
    fresh = training(frozen=False).model.state_dict()
    assert not torch.equal(kept[0]["after head.net.1.running_mean"], fresh["head.net.1.running_mean"])
    for name, value in kept[0].items():
        assert torch.equal(value, kept[1][name]), name


def test_the_first_one_decides_when_to_stop(two: list[dict[str, torch.Tensor]]) -> None:
    assert [bool(of["agreed"]) for of in two] == [True, True]


def test_the_others_find_what_the_first_one_did_or_failed_at(two: list[dict[str, torch.Tensor]]) -> None:
    assert [bool(of["turns"]) for of in two] == [True, True]
