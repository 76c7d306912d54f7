"""Fit the motion prior on real tracks (only those whose licence allows training what is shipped).

python -m trainer.data.world fit-prior --motion TRACKS.npz --out prior.npz
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from trainer.data.world.mesh import INNER_LIP_BOTTOM, INNER_LIP_TOP, LOWER_LIDS, UPPER_LIDS, mirror_index
from trainer.data.world.pose import split_pose
from trainer.data.world.prior import BLINK, JAW, Prior
from trainer.data.world.spectra import FPS, band_covariance
from trainer.data.world.tracks import Track, by_driver, load_tracks, validation_drivers

DEFORMATIONS = 24
SHAPES = 8
HABITS = 10
_FRAMES_PER_DRIVER = 200  # so that one long track does not become the average face
_SHRINKAGE = 0.85  # part of the spread between drivers is the error of estimating it on 3 s

Series = dict[int, list[NDArray[np.float32]]]


def fit_prior(motion: Path, fold: int | None = None) -> Prior:
    """The prior of the tracks in `motion` that may train, less those of the drivers that `fold` holds out, if given."""
    tracks = load_tracks(motion)
    held_out = set() if fold is None else validation_drivers(tracks, fold)
    tracks = [track for track in tracks if track.may_train and track.driver not in held_out]
    shape, shape_basis = _faces(motion, [track.clip for track in tracks])
    stiffness = _stiffness(shape, tracks)
    basis = _basis(shape, stiffness, tracks)
    unknown = np.zeros(0, np.float32)
    partial = Prior(shape, shape_basis, stiffness, basis, unknown, unknown, unknown, unknown, unknown, unknown)
    series = {
        driver: [partial.split(track.motion(0, len(track)))[0] for track in clips]
        for driver, clips in by_driver(tracks).items()
    }
    correlation, level, habits, habit_rest = _dynamics(series)
    blink, speech = _blinks(series), _speech(series)
    return Prior(shape, shape_basis, stiffness, basis, correlation, level, habits, habit_rest, blink, speech)


def _faces(motion: Path, clips: list[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean face, made symmetric, and the main directions in which the people's faces differ."""
    with np.load(motion, allow_pickle=False) as stored:
        people = np.unique(stored["driver"][clips], return_index=True)[1]
        shapes = stored["reference"][clips][people]
    mean = shapes.mean(axis=0)
    mirrored = mean[mirror_index(mean)] * np.array([-1.0, 1.0, 1.0], np.float32)
    spread = (shapes - shapes.mean(axis=0)).reshape(len(shapes), -1)
    _, singular, directions = np.linalg.svd(spread, full_matrices=False)
    basis = directions[:SHAPES] * singular[:SHAPES, None] / np.sqrt(len(shapes) - 1)
    return ((mean + mirrored) / 2).astype(np.float32), basis.reshape(-1, *mean.shape).astype(np.float32)


def _samples(tracks: list[Track]) -> list[NDArray[np.float32]]:
    """For each driver at most _FRAMES_PER_DRIVER frames of displacement, evenly spread."""
    grouped = by_driver(tracks).values()
    joined = [np.concatenate([track.motion(0, len(track)) for track in clips]) for clips in grouped]
    counts = [min(len(frames), _FRAMES_PER_DRIVER) for frames in joined]
    return [
        frames[np.linspace(0, len(frames) - 1, count).astype(int)] for frames, count in zip(joined, counts, strict=True)
    ]


def _stiffness(shape: NDArray[np.float32], tracks: list[Track]) -> NDArray[np.float32]:
    """Inverse variance of each landmark once the pose found with the previous weights is undone."""
    frames = np.concatenate(_samples(tracks))
    weights = np.ones(len(shape), np.float32)
    for _ in range(3):
        deformation = split_pose(shape, frames, weights)[1]
        weights = 1.0 / (np.median((deformation**2).sum(axis=2), axis=0) + 1e-5)
    return np.asarray(weights / weights.sum(), np.float32)


def _basis(shape: NDArray[np.float32], stiffness: NDArray[np.float32], tracks: list[Track]) -> NDArray[np.float32]:
    """Blink, jaw and principal deformations, scaled to one pooled standard deviation, the blink to a closed eye."""
    parts = [split_pose(shape, frames, stiffness)[1] for frames in _samples(tracks)]
    deformation = np.concatenate([part - np.median(part, axis=0) for part in parts])
    flat = deformation.reshape(len(deformation), -1)
    eyes = shape[list(LOWER_LIDS), 1] - shape[list(UPPER_LIDS), 1]
    lids = deformation[:, list(UPPER_LIDS), 1] - deformation[:, list(LOWER_LIDS), 1]
    closing = (lids / eyes).mean(axis=1)
    opening = deformation[:, INNER_LIP_BOTTOM, 1] - deformation[:, INNER_LIP_TOP, 1]
    drive = np.stack([closing, opening / opening.std()], axis=1)
    special = np.linalg.lstsq(drive - drive.mean(axis=0), flat - flat.mean(axis=0), rcond=None)[0]
    rest = flat - drive @ special
    _, singular, directions = np.linalg.svd(rest - rest.mean(axis=0), full_matrices=False)
    principal = directions[:DEFORMATIONS] * singular[:DEFORMATIONS, None] / np.sqrt(len(flat))
    return np.concatenate([special, principal]).reshape(-1, *shape.shape).astype(np.float32)


def _dynamics(series: Series) -> list[NDArray[np.float32]]:
    """Correlation, level, habits and habit_rest of the drivers' channels."""
    covariance = np.stack(
        [
            np.average([band_covariance(clip) for clip in clips], axis=0, weights=list(map(len, clips)))
            for clips in series.values()
        ]
    )
    deviation = np.sqrt(np.einsum("dbcc->dbc", covariance)) + 1e-7
    correlation = (covariance / (deviation[..., :, None] * deviation[..., None, :])).mean(axis=0)
    level = np.log(deviation)
    spread = (level - level.mean(axis=0)).reshape(len(level), -1) * _SHRINKAGE
    _, singular, directions = np.linalg.svd(spread, full_matrices=False)
    habits = directions[:HABITS] * singular[:HABITS, None] / np.sqrt(len(level) - 1)
    left = np.sqrt(np.maximum(spread.var(axis=0) - (habits**2).sum(axis=0), 0.0))
    shaped = level.shape[1:]
    found = (correlation, level.mean(axis=0), habits.reshape(-1, *shaped), left.reshape(shaped))
    return [part.astype(np.float32) for part in found]


def _moments(per_driver: list[tuple[float, float, float]]) -> NDArray[np.float32]:
    values = np.asarray(per_driver)
    return np.stack([values.mean(axis=0), values.std(axis=0)]).astype(np.float32)


def _blinks(series: Series) -> NDArray[np.float32]:
    """Blinks a second, log depth and log seconds of each driver who blinks at all."""
    found = []
    for clips in series.values():
        depth, width = [], []
        for clip in clips:
            facts = find_peaks(clip[:, BLINK], prominence=0.25, width=2, rel_height=0.5)[1]
            depth += list(facts["prominences"])
            width += list(facts["widths"] / FPS)
        if depth:
            seconds = sum(map(len, clips)) / FPS
            found.append((len(depth) / seconds, float(np.log(depth).mean()), float(np.log(width).mean())))
    return _moments(found)


def _speech(series: Series) -> NDArray[np.float32]:
    """Jaw peaks a second of speaking, log jaw amplitude and the share of time with the jaw in motion, per driver."""
    found = []
    for clips in series.values():
        peaks, speaking, frames, power = 0, 0, 0, 0.0
        for clip in clips:
            jaw = clip[:, JAW] - np.median(clip[:, JAW])
            speed = np.convolve(np.abs(np.gradient(jaw)), np.ones(13) / 13, mode="same")
            active = speed > 0.3 * np.quantile(speed, 0.9)
            peaks += len(find_peaks(jaw, prominence=0.25 * jaw.std())[0])
            speaking, frames, power = speaking + int(active.sum()), frames + len(jaw), power + float((jaw**2).sum())
        found.append((peaks * FPS / max(speaking, 1), float(0.5 * np.log(power / frames + 1e-6)), speaking / frames))
    return _moments(found)
