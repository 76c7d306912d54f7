"""The head start: what is read, whom a step contrasts, and that the readout may go into the head."""

import numpy as np
import pytest
import torch

from trainer.blocks import WorldFiles
from trainer.headstart import Readings, draw_clips, read_drivers, read_motion, train_head, whole_model
from trainer.models.fingerprint import OURS
from trainer.models.head import TemporalHead
from trainer.pretraining import PlaceReader

pytestmark = pytest.mark.slow


def settled(module: torch.nn.Module) -> torch.nn.Module:
    """Give norms something to do: statistics and scales that are not 0 and 1."""
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d | torch.nn.BatchNorm3d):
            layer.running_mean = torch.randn_like(layer.running_mean) * 0.1
            layer.running_var = torch.rand_like(layer.running_var) + 0.5
    return module.eval()


@pytest.fixture(scope="module")
def reader() -> PlaceReader:
    torch.manual_seed(0)
    return settled(PlaceReader())


def invented(drivers: int, blocks: int) -> Readings:
    """Three clips a driver, who moves one of the 8 channels up and down, each his own."""
    driver = np.repeat(np.arange(drivers), 3)
    motion = torch.randn((len(driver), 7, 8, 16, 16), generator=torch.Generator().manual_seed(0)) * 0.1
    motion[torch.arange(len(driver)), ::2, driver % 8] += 1.0
    return Readings(motion.half(), driver, driver * blocks // drivers)


def test_motion_is_the_difference_of_what_is_read(reader: PlaceReader) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 4, 128, 128), dtype=np.uint8)
    with torch.no_grad():
        read = reader(torch.from_numpy(frames[1]))
    motion = read_motion(reader, frames)
    assert motion.shape == (2, 3, 8, 16, 16)
    torch.testing.assert_close(motion[1].float(), read[1:] - read[:-1], atol=5e-3, rtol=2e-3)


def test_a_head_on_readings_is_the_same_head_on_features(reader: PlaceReader) -> None:
    torch.manual_seed(1)
    head = settled(TemporalHead(8, OURS.pooling))
    frames = np.random.default_rng(1).integers(0, 256, (2, 5, 128, 128), dtype=np.uint8)
    with torch.no_grad():
        read = torch.stack([torch.diff(reader(torch.from_numpy(clip)), dim=0) for clip in frames])
        expected = head(read.transpose(1, 2))
        found = whole_model(reader, head).eval()(torch.from_numpy(frames))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_reading_drivers_gives_every_driver_his_clips_whoever_reads_them(reader: PlaceReader) -> None:
    alone, shared = (
        read_drivers(reader, WorldFiles(), seed=3, drivers=25, workers=workers, frames=4) for workers in (1, 2)
    )
    assert alone.driver.tolist() == [n // 3 for n in range(144)]
    assert alone.block.tolist() == [0] * 72 + [1] * 72
    assert alone.motion.shape == (144, 3, 8, 16, 16)
    assert torch.equal(alone.motion, shared.motion)
    assert not torch.equal(alone.motion[:72], alone.motion[72:])


def test_clips_of_a_step_come_from_one_block_in_which_no_driver_has_two_numbers() -> None:
    readings = invented(drivers=64, blocks=4)
    blocks = set()
    for seed in range(40):
        chosen = draw_clips(readings, np.random.default_rng(seed))
        drivers, times = np.unique(readings.driver[chosen], return_counts=True)
        assert (len(drivers), set(times)) == (16, {3})
        assert len(set(readings.block[chosen])) == 1
        blocks.add(readings.block[chosen[0]])
    assert blocks == {0, 1, 2, 3}


def test_the_head_learns_who_moves_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.headstart.IDENTITIES", 8)
    readings = invented(drivers=8, blocks=1)
    head = train_head(readings, steps=30, seed=0).eval()
    with torch.no_grad():
        embeddings = head(readings.motion.float().transpose(1, 2))
    scores = embeddings @ embeddings.T
    same = torch.from_numpy(readings.driver[:, None] == readings.driver[None])
    assert scores[same].min() > scores[~same].max()
