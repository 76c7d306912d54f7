"""The covariance head: what it describes, its gradient, and that nothing outside a clip is made up."""

import numpy as np
import torch

from trainer.models.covariance import (
    BANDS,
    COVARIANCES,
    DIRECTIONS,
    FLOOR,
    LEAST,
    SPAN,
    CovarianceHead,
    Logarithm,
    first_filters,
    floored,
    upper,
)


def motion(clips: int, differences: int, seed: int = 0) -> torch.Tensor:
    return torch.randn((clips, differences, DIRECTIONS), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def test_it_describes_the_logarithm_of_each_bands_covariance() -> None:
    torch.manual_seed(0)
    head, along = CovarianceHead(), motion(2, 30)
    head.scale.copy_(torch.rand(BANDS, DIRECTIONS) + 0.5)
    found = head.described(along).double().numpy()
    for clip in range(2):
        for band in range(BANDS):
            taps = head.filters[band].double().numpy()
            series = [taps @ along[clip, t : t + SPAN].double().numpy() for t in range(30 - SPAN + 1)]
            filtered = np.array(series) * head.scale[band].double().numpy()
            matrix = filtered.T @ filtered / len(filtered)
            matrix += (FLOOR * np.trace(matrix) / DIRECTIONS + LEAST) * np.eye(DIRECTIONS)
            values, vectors = np.linalg.eigh(matrix)
            logarithm = (vectors * np.log(values)) @ vectors.T
            expected = logarithm[np.triu_indices(DIRECTIONS)]
            part = found.reshape(2, BANDS, -1)[clip, band]
            np.testing.assert_allclose(part, expected, atol=1e-4)


def test_the_gradient_of_the_logarithm_is_right_also_where_eigenvalues_are_alike() -> None:
    torch.manual_seed(0)
    factors = torch.randn(2, 4, 4, dtype=torch.float64)
    apart = factors @ factors.mT + torch.eye(4, dtype=torch.float64)
    alike = torch.eye(4, dtype=torch.float64)[None] * 2
    for matrices in (apart, alike):
        symmetric = matrices.clone().requires_grad_()
        assert torch.autograd.gradcheck(lambda x: Logarithm.apply((x + x.mT) / 2), symmetric, atol=1e-6)


def test_filters_begin_as_bands_from_slow_to_quick() -> None:
    """The frequency at which each answers most rises from 0 to the highest that 25 frames a second can show."""
    answers = np.abs(np.fft.rfft(first_filters().numpy(), 512, axis=1))
    peaks = answers.argmax(axis=1) / 512 * 25
    assert (np.diff(peaks) > 1.5).all()
    assert peaks[0] == 0
    assert peaks[-1] > 11
    np.testing.assert_allclose(first_filters().norm(dim=1), 1, rtol=1e-5)


@torch.no_grad()
def test_a_livelier_clip_adds_to_the_diagonals_alone() -> None:
    head, along = CovarianceHead(), motion(1, 40) * 3
    change = (head.described(2 * along) - head.described(along)).reshape(BANDS, -1)
    expected = 2 * np.log(2) * upper(torch.eye(DIRECTIONS))
    torch.testing.assert_close(change, expected.expand(BANDS, -1), atol=0.02, rtol=0)


@torch.no_grad()
def test_a_still_face_has_a_description_and_an_embedding() -> None:
    head = CovarianceHead()
    assert head.described(torch.zeros(1, 10, DIRECTIONS)).isfinite().all()
    flow = torch.zeros(1, 10, 2, 16, 16)
    torch.testing.assert_close(head(flow).norm(dim=1), torch.ones(1))


@torch.no_grad()
def test_embeddings_have_unit_norm_for_clips_that_hold_a_filter() -> None:
    head = CovarianceHead()
    for differences in (SPAN, SPAN + 1, 40):
        embedding = head(torch.randn(3, differences, 2, 16, 16))
        assert embedding.shape == (3, 256)
        torch.testing.assert_close(embedding.norm(dim=1), torch.ones(3))


def test_a_floor_keeps_eigenvalues_within_a_few_hundredths_of_the_largest() -> None:
    one_direction = torch.zeros(DIRECTIONS, DIRECTIONS)
    one_direction[0, 0] = 50.0
    values = torch.linalg.eigvalsh(floored(one_direction))
    assert values[-1] / values[0] < 250  # what the logarithm by products is good for


def test_entries_fit_into_a_column() -> None:
    assert upper(torch.zeros(DIRECTIONS, DIRECTIONS)).numel() * BANDS == COVARIANCES <= 512
