"""What the privacy page says of the transform: it stops a naive comparison, and nobody who knows some pairs."""

from pathlib import Path

import numpy as np
import pytest

from guard.gallery.linkage import gram, linked, naive, procrustes, study, tenants

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"


def test_cosines_between_tenants_link_nobody() -> None:
    a, b = tenants(300, 1.0, np.random.default_rng(0))
    assert linked(naive, a, b, 0) < 0.02  # by chance 1 in 300
    assert linked(naive, a, a, 0) == 1.0


@pytest.mark.parametrize("attack", [gram, procrustes])
def test_thirty_known_pairs_link_nearly_everybody(attack: object) -> None:
    a, b = tenants(300, 0.9, np.random.default_rng(0))
    assert linked(attack, a, b, 30) > 0.9  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_table_of_the_privacy_page_is_what_the_study_prints() -> None:
    assert "\n".join(study()) in PAGE.read_text(), "run: python -m guard.gallery.linkage"
