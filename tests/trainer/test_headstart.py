"""The head start: how motion is made and read, what the head begins with, and that the parts make one network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.trainer.models.helpers import noise_clips
from trainer.blocks import WorldFiles
from trainer.data.world.world import World
from trainer.drivermotion import BLOCK, Motions, Readings, along, film, fitted_basis, imagine, read_flow
from trainer.headstart import BLOCKS, MotionHead, contrasted, read_map, some_blocks, train_head, whole_model
from trainer.losses import supervised_contrastive
from trainer.models.covariance import SPAN, CovarianceHead
from trainer.motionbasis import DIRECTIONS, MotionBasis
from trainer.pretraining import MotionReader

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def basis() -> MotionBasis:
    return fitted_basis(WorldFiles(), frames=8)


@pytest.fixture(scope="module")
def reader() -> MotionReader:
    torch.manual_seed(0)
    return MotionReader().eval()


def invented(blocks: int, differences: int = 12, seed: int = 0) -> Motions:
    """72 clips a block of 24 drivers, whose directions move together each in its own way."""
    rng = np.random.default_rng(seed)
    clips = []
    for _ in range(blocks * BLOCK // 3):
        mixing = np.eye(DIRECTIONS) + rng.normal(0.0, 0.3, (DIRECTIONS, DIRECTIONS))
        clips += [rng.normal(size=(differences, DIRECTIONS)) @ mixing for _ in range(3)]
    driver = np.arange(len(clips)) // 3
    return Motions(torch.from_numpy(np.stack(clips)).float(), driver, driver // 24)


def auc(embeddings: torch.Tensor, driver: np.ndarray) -> float:
    scores = (embeddings @ embeddings.T).numpy()
    same = driver[:, None] == driver[None]
    genuine, impostor = scores[same & ~np.eye(len(same), dtype=bool)], scores[~same]
    return float((genuine[:, None] > impostor[None, ::7]).mean())


def test_imagined_and_filmed_clips_hold_the_motion_of_the_same_acts(basis: MotionBasis) -> None:
    """Pictures are drawn from the same random numbers, after the motion: the first clip's motion is the same."""
    world = World()
    places, labels = world.imagined(np.random.default_rng(3), 2, 2, 6)
    scenes, shown = world.filmed(np.random.default_rng(3), 2, 2, 6)
    assert labels.tolist() == shown.tolist() == [0, 0, 1, 1]
    assert scenes.frames.shape == (4, 6, 128, 128)
    np.testing.assert_allclose(places[0], scenes.places[0], atol=1e-5)
    frames, _ = world.batch(np.random.default_rng(3), 2, 2, 6)
    np.testing.assert_array_equal(frames, scenes.frames)
    moved = along(basis, places)
    expected = basis(torch.from_numpy(places[1, 1:] - places[1, :-1]))
    torch.testing.assert_close(torch.from_numpy(moved[1]), expected)


def test_blocks_are_the_same_whoever_makes_them(basis: MotionBasis, reader: MotionReader) -> None:
    alone, shared = (imagine(basis, WorldFiles(), 3, drivers=25, workers=n, frames=4) for n in (1, 2))
    assert alone.driver.tolist() == [n // 3 for n in range(144)]
    assert alone.block.tolist() == [0] * 72 + [1] * 72
    assert torch.equal(alone.along, shared.along)
    assert not torch.equal(alone.along[:72], alone.along[72:])
    readings = film(reader, basis, WorldFiles(), 3, drivers=24, frames=4)
    assert readings.flow.shape == (72, 3, 512)
    assert not torch.equal(readings.true.along, alone.along[:72])  # other people than those imagined


def test_flow_is_read_from_each_frame_to_the_next(reader: MotionReader) -> None:
    clips = noise_clips(2, 4)
    with torch.no_grad():
        features = reader.encoder(clips[1])
        expected = reader.flow.between(features[1:2], features[2:3]).flatten()
    found = torch.from_numpy(read_flow(reader, clips.numpy())).float()
    assert found.shape == (2, 3, 512)
    torch.testing.assert_close(found[1, 1], expected, atol=2e-3, rtol=2e-3)


def test_the_read_map_undoes_a_linear_reading() -> None:
    true = invented(1)
    reading = torch.randn((DIRECTIONS, 512), generator=torch.Generator().manual_seed(1))
    readings = Readings((true.along @ reading / 30).half(), true)
    found = readings.flow.float() @ read_map(readings)
    error = (found - true.along).square().mean() / true.along.square().mean()
    assert error < 0.02


def test_a_head_begins_with_a_discriminant_and_units_of_1() -> None:
    motions, others = invented(6, differences=40), invented(1, differences=40, seed=9)
    torch.manual_seed(0)
    head = MotionHead()
    head.begin(motions)
    with torch.no_grad():
        squares = head.head.bands(head.projection(motions.along)).square().mean(dim=(0, 2))
        torch.testing.assert_close(squares, torch.ones_like(squares), rtol=0.02, atol=0)
        begun, untrained = auc(head(others.along), others.driver), auc(MotionHead()(others.along), others.driver)
    assert begun > untrained + 0.02


def test_a_step_contrasts_whole_blocks() -> None:
    motions = invented(BLOCKS + 2)
    seen = set()
    for seed in range(5):
        moved, driver = some_blocks(motions, np.random.default_rng(seed))
        assert moved.shape == (BLOCKS * BLOCK, 12, DIRECTIONS)
        assert driver.unique(return_counts=True)[1].tolist() == [3] * (24 * BLOCKS)
        seen |= {int(one) // 24 for one in driver}
    assert seen == set(range(BLOCKS + 2))
    assert len(some_blocks(invented(2), np.random.default_rng(0))[0]) == 2 * BLOCK


def test_contrast_lowers_the_loss_on_its_people() -> None:
    motions = invented(2, differences=40)
    torch.manual_seed(0)
    head = MotionHead()
    head.begin(invented(6, seed=5, differences=40))

    def loss(one: nn.Module) -> float:
        with torch.no_grad():
            moved, driver = some_blocks(motions, np.random.default_rng(0))
            return float(supervised_contrastive(one(moved), driver, 0.1))

    before = loss(head)
    trained = contrasted(head, lambda rng: some_blocks(motions, rng), steps=60, learning_rate=1e-3, seed=0)
    assert loss(trained) < 0.9 * before


def test_head_and_reader_are_one_network(reader: MotionReader) -> None:
    true = invented(2)
    reading = torch.randn((DIRECTIONS, 512), generator=torch.Generator().manual_seed(1)) / 30
    readings = Readings((true.along @ reading).half(), true)
    head = train_head(invented(2, seed=2), replace(readings), steps=(3, 3), seed=0)
    assert isinstance(head, CovarianceHead)
    clips = noise_clips(2, SPAN + 2)
    with torch.no_grad():
        features = reader.encoder(clips.flatten(0, 1)).unflatten(0, clips.shape[:2])
        expected = head(reader.flow(features))
        torch.testing.assert_close(whole_model(reader, head).eval()(clips), expected, atol=1e-5, rtol=0)
