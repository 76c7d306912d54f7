"""Streamed equals whole, in torch, on the same features: the arithmetic of the three graphs."""

import pytest
import torch
from torch import Tensor

from tests.trainer.models.helpers import lively_model, noise_clips
from trainer.models.folded import FoldedHead
from trainer.models.streaming import STATE, Advance, Clip, Project, Step, pack, unpack

LENGTH = 14


def test_packing_is_undone_by_unpacking() -> None:
    state = torch.randn(2, STATE)
    torch.testing.assert_close(pack(unpack(state)), state)


def window(outputs: list[tuple[Tensor, Tensor, Tensor]], newest: int, frames: int) -> tuple[Tensor, Tensor, Tensor]:
    """What guard.core.window puts together for the `frames` up to `newest`."""
    start = newest - frames + 2
    columns = [outputs[j + 2][1] for j in range(start + 2, newest - 1)]
    pooled = outputs[start + 3][2] + sum(columns)
    return outputs[newest][0], pooled, torch.full((len(pooled),), frames - 1.0)


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize("frames", [5, 6, 7, 12])
def test_every_window_of_a_stream_equals_the_whole_clip(frames: int) -> None:
    model, features = lively_model(), torch.randn(2, LENGTH, 128, 16, 16)
    head, state, outputs = FoldedHead(model.head), torch.zeros(2, STATE), []
    advance, project = Advance(head), Project(head)
    for n in range(LENGTH):
        outputs.append(advance(features[:, n], state))
        state = outputs[-1][0]
    for newest in range(frames - 1, LENGTH):
        expected = model.embed(features[:, newest - frames + 1 : newest + 1])
        found = project(*window(outputs, newest, frames))
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@torch.no_grad()
def test_the_clip_graph_equals_the_network() -> None:
    model, clips = lively_model(), noise_clips(2, 6)
    torch.testing.assert_close(Clip.of(model)(clips), model(clips), rtol=0, atol=1e-5)


@torch.no_grad()
def test_a_step_encodes_its_frame_and_keeps_the_feature() -> None:
    model, frames = lively_model(), noise_clips(1, 2)[0]
    folded = Clip.of(model)
    state, _, _ = Step(folded.encoder, folded.head)(frames, torch.zeros(2, STATE))
    torch.testing.assert_close(unpack(state)["feature"], model.encoder(frames), rtol=0, atol=1e-5)
