"""Streamed equals whole for the covariance head, in torch: the arithmetic of its three graphs."""

import pytest
import torch
from torch import Tensor

from tests.trainer.models.helpers import lively_model, noise_clips
from trainer.models.covariance import SPAN
from trainer.models.fingerprint import OURS, Fingerprint
from trainer.models.flowstreaming import STATE, FlowClip

LENGTH = SPAN + 9


@pytest.fixture(scope="module")
def model() -> Fingerprint:
    return lively_model(architecture=OURS)


def window(outputs: list[tuple[Tensor, Tensor, Tensor]], newest: int, frames: int) -> tuple[Tensor, Tensor, Tensor]:
    """What guard.core.window puts together for the `frames` up to `newest`."""
    columns = [outputs[n][1] for n in range(newest - frames + SPAN + 1, newest + 1)]
    return outputs[newest][0], outputs[newest - frames + SPAN][2] + sum(columns), torch.tensor([frames - 1.0])


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize("frames", [SPAN + 1, SPAN + 2, SPAN + 7])
def test_every_window_of_a_stream_equals_the_whole_clip(model: Fingerprint, frames: int) -> None:
    pictures, folded = noise_clips(1, LENGTH)[0], FlowClip.of(model)
    step, project, state_size = folded.streaming()
    assert state_size == STATE
    state, outputs = torch.zeros(1, STATE), []
    for picture in pictures:
        outputs.append(step(picture[None], state))
        state = outputs[-1][0]
    for newest in range(frames - 1, LENGTH):
        expected = model(pictures[None, newest - frames + 1 : newest + 1])
        torch.testing.assert_close(project(*window(outputs, newest, frames)), expected, rtol=0, atol=1e-4)


@torch.no_grad()
def test_the_clip_graph_equals_the_network(model: Fingerprint) -> None:
    clips = noise_clips(2, SPAN + 3)
    torch.testing.assert_close(FlowClip.of(model)(clips), model(clips), rtol=0, atol=1e-4)


@torch.no_grad()
def test_what_lies_before_the_window_does_not_count(model: Fingerprint) -> None:
    folded = FlowClip.of(model)
    step, _, _ = folded.streaming()
    one, other = noise_clips(2, SPAN + 7)
    other[4:] = one[4:]
    columns = []
    for pictures in (one, other):
        state = torch.zeros(1, STATE)
        for picture in pictures:
            state, column, _ = step(picture[None], state)
        columns.append(column)
    torch.testing.assert_close(columns[0], columns[1], rtol=0, atol=1e-6)
