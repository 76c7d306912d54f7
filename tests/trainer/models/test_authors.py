"""The authors' network against the slow reference, on every kind of clip."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.trainer.models.helpers import noise_clips
from tests.trainer.models.published import published_state, slow_embedding
from trainer.data.world.world import World
from trainer.models.authors import AuthorsNetwork, standardised

pytestmark = pytest.mark.slow


def network(seed: int = 0) -> AuthorsNetwork:
    made = AuthorsNetwork()
    made.load_state_dict(published_state(seed))
    return made.eval()


def rendered(count: int, frames: int) -> NDArray[np.uint8]:
    return World().batch(np.random.default_rng(3), identities=count, clips=1, frames=frames)[0]


def test_parameters_are_counted_as_published() -> None:
    counts = {name: sum(p.numel() for p in part.parameters()) for name, part in AuthorsNetwork().named_children()}
    assert counts == {"conv_stack": 19_512, "fcc": 16_896, "ccc": 16_512, "head": 473_888}
    assert sum(counts.values()) == 526_808


@torch.no_grad()
@pytest.mark.parametrize("kind", ["random", "rendered"])
def test_embeddings_are_those_of_the_slow_reference(kind: str) -> None:
    clips, seed = (noise_clips(4, 3).numpy(), 0) if kind == "random" else (rendered(4, 3), 1)
    slow, gaps = zip(*(slow_embedding(published_state(seed), clip) for clip in clips), strict=True)
    clear = np.array(gaps) > 1e-6  # below, rounding decides which neighbour a position has
    assert clear.sum() >= 2
    expected, found = np.stack(slow)[clear], network(seed)(torch.from_numpy(clips)).numpy()[clear]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert np.abs(expected[0] - expected[1]).max() > 1e-3  # else any constant would pass


@torch.no_grad()
def test_the_layer_that_is_never_used_changes_nothing() -> None:
    model, clips = network(), noise_clips(1, 4)
    expected = model(clips)
    torch.nn.init.constant_(model.ccc.edge_fc[0].weight, float("nan"))
    assert torch.equal(model(clips), expected)


@torch.no_grad()
def test_width_is_halved_and_height_stays() -> None:
    x, shapes = torch.zeros(1, 128, 16, 16, 5), []
    for layer in network().head.net:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    assert (shapes[0], shapes[-1]) == ((64, 16, 8, 5), (32, 16, 4, 5))


def test_every_clip_of_a_batch_is_scaled_by_itself() -> None:
    clips = noise_clips(2, 5)
    clips[1] = clips[1] // 4 + 100
    scaled = standardised(clips)
    for clip, found in zip(clips, scaled, strict=True):
        levels = clip.double() / 255
        torch.testing.assert_close(found.double(), (levels - levels.mean()) / (levels.std() + 1e-6), rtol=0, atol=1e-5)


@torch.no_grad()
def test_a_clip_without_contrast_is_a_number_all_the_same() -> None:
    assert network()(torch.full((1, 5, 128, 128), 90, dtype=torch.uint8)).isfinite().all()
