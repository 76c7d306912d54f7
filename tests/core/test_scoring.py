"""The one cosine, against its definition written out in plain Python."""

import math

import numpy as np
import pytest

from guard.core.calibration import Calibration, log_likelihood_ratio
from guard.core.errors import EngineError, InputError
from guard.core.items import Floats
from guard.core.scoring import check_template, make_template, score

random = np.random.default_rng(3)


def direction(*components: float) -> Floats:
    """A vector whose first components are given, the others 0."""
    return np.array([*components, *[0.0] * (256 - len(components))], np.float32)


def cosine(a: Floats, b: Floats) -> float:
    dot = sum(float(x) * float(y) for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(sum(float(x) ** 2 for x in a)) / math.sqrt(sum(float(y) ** 2 for y in b))


def test_the_score_is_the_cosine() -> None:
    template, embedding, centre = random.normal(size=(3, 256)).astype(np.float32)
    assert score(template, embedding, None) == pytest.approx(cosine(template, embedding), abs=1e-6)
    assert score(template, embedding, centre) == pytest.approx(cosine(template, embedding - centre), abs=1e-6)


@pytest.mark.parametrize(
    ("embedding", "expected"), [((2, 0), 1.0), ((0, 3), 0.0), ((-1, 0), -1.0), ((1, 1), math.sqrt(0.5)), ((3, 4), 0.6)]
)
def test_only_the_direction_counts(embedding: tuple[float, float], expected: float) -> None:
    assert score(direction(5), direction(*embedding), None) == pytest.approx(expected, abs=1e-7)


def test_rounding_never_takes_a_score_out_of_range() -> None:
    for vector in random.normal(size=(300, 256)).astype(np.float32):
        assert -1 <= score(vector, vector, None) <= 1
        assert -1 <= score(vector, -vector, None) <= 1


def test_the_centre_is_taken_off_before_comparing() -> None:
    assert score(direction(0, 1), direction(1, 1), direction(1, 0)) == 1


def test_an_embedding_without_direction_is_a_fault_and_no_score() -> None:
    with pytest.raises(EngineError, match="no direction"):
        score(direction(1), direction(0), None)
    with pytest.raises(EngineError, match="no direction"):
        score(direction(1), direction(math.nan), None)
    with pytest.raises(EngineError, match="no direction"):
        score(direction(1), direction(2, 3), direction(2, 3))


def test_a_template_is_the_mean_direction() -> None:
    template = make_template(np.stack([direction(2, 0), direction(0, 0.1)]), None)
    assert template.dtype == np.float32
    assert template[:2] == pytest.approx([math.sqrt(0.5)] * 2)
    assert not template[2:].any()


def test_a_template_by_the_slow_way() -> None:
    windows = random.normal(size=(5, 256)).astype(np.float32)
    centre = random.normal(size=256).astype(np.float32)
    mean = np.zeros(256)
    for window in windows:
        off = [float(x) - float(c) for x, c in zip(window, centre, strict=True)]
        length = math.sqrt(sum(x * x for x in off))
        mean += [x / length / 5 for x in off]
    assert make_template(windows, centre) == pytest.approx(mean / math.sqrt((mean**2).sum()), abs=1e-6)


def test_a_template_scores_1_against_its_only_window() -> None:
    window, centre = random.normal(size=(2, 256)).astype(np.float32)
    assert score(make_template(window[None], centre), window, centre) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("embeddings", "problem"),
    [
        (np.zeros((0, 256), np.float32), "rows of 256"),
        (np.zeros(256, np.float32), "rows of 256"),
        (np.zeros((2, 255), np.float32), "rows of 256"),
        (np.full((2, 256), np.nan, np.float32), "not finite"),
        (np.zeros((2, 256), np.float32), "cancel"),
        (np.stack([direction(1), direction(-1)]), "cancel"),
    ],
)
def test_what_gives_no_template_is_refused(embeddings: Floats, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        make_template(embeddings, None)
    assert caught.value.field == "embeddings"


@pytest.mark.parametrize("template", [direction(0), direction(math.inf), np.ones(255, np.float32), np.ones((1, 256))])
def test_a_template_that_cannot_be_scored_against_is_refused(template: Floats) -> None:
    with pytest.raises(InputError, match="not a direction in 256 dimensions") as caught:
        check_template(template)
    assert caught.value.field == "template"


def test_a_usable_template_passes_unchanged() -> None:
    template = direction(1)
    assert check_template(template) is template


def test_the_calibration_is_a_line() -> None:
    assert log_likelihood_ratio(0.5, Calibration(slope=8.0, offset=-1.0)) == 3.0
