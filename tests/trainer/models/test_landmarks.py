"""The landmark baseline's network: its distances against a slow loop, and what it cannot and can see."""

import numpy as np
import pytest
import torch

from trainer.data.world.mesh import TRACKED
from trainer.models.landmarks import PAIRS, LandmarkNetwork, distances

pytestmark = pytest.mark.slow


@pytest.fixture
def landmarks() -> torch.Tensor:
    rng = np.random.default_rng(0)
    face = rng.uniform(0.2, 0.8, (2, 1, 126, 2))
    return torch.from_numpy((face + 0.02 * rng.normal(size=(2, 7, 126, 2))).astype(np.float32))


def test_distances_are_of_all_pairs_over_the_eyes_distance_in_the_clip(landmarks: torch.Tensor) -> None:
    found = distances(landmarks).numpy()
    assert found.shape == (2, 7, PAIRS)
    right, left = TRACKED.index(33), TRACKED.index(263)
    for clip, values in zip(landmarks.double().numpy(), found, strict=True):
        scale = np.mean([np.hypot(*(frame[right] - frame[left])) for frame in clip])
        for time in (0, 6):
            frame = clip[time]
            slow = [np.hypot(*(frame[i] - frame[j])) / scale for i in range(126) for j in range(i + 1, 126)]
            np.testing.assert_allclose(values[time], slow, rtol=1e-5, atol=1e-6)


def test_size_place_and_tilt_of_the_face_do_not_count(landmarks: torch.Tensor) -> None:
    tilt = torch.tensor([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]], dtype=torch.float32)
    network = LandmarkNetwork().eval()
    embeddings = network(landmarks)
    torch.testing.assert_close(network(1.7 * landmarks @ tilt + 0.2), embeddings, rtol=0, atol=1e-5)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(2))


def test_order_counts_and_any_length_will_do(landmarks: torch.Tensor) -> None:
    network = LandmarkNetwork().eval()
    backwards = network(landmarks.flip(1))
    assert float((network(landmarks) - backwards).detach().abs().max()) > 1e-4
    assert network(landmarks[:, :3]).shape == (2, 256)
