import numpy as np
import pytest

from trainer.data.world.prior import BLINK
from trainer.data.world.spectra import BANDS
from trainer.data.world.style import Style, drawn_mood


def test_a_style_is_its_seed(prior):
    first, again, other = (Style.drawn(prior, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.mixing, again.mixing)
    assert first.blink_rate == again.blink_rate
    assert first.blink_rate != other.blink_rate


@pytest.mark.parametrize("seed", range(12))
def test_styles_stay_human(prior, seed):
    style = Style.drawn(prior, seed)
    assert style.mixing.shape == (BANDS, prior.channels, prior.channels)
    assert 0.08 <= style.blink_rate <= 1.0
    assert 2.0 <= style.syllable_rate <= 5.0
    assert style.pause_seconds > 0
    assert style.jaw[BLINK] == style.accent[BLINK] == 0.0
    assert 0.3 < style.bias.min() <= style.bias.max() < 2.0


def test_drivers_overlap_in_every_single_number(prior):
    """No one level tells drivers apart: the spread between drivers is that of people, within a few e-folds."""
    levels = np.stack([np.log(np.linalg.norm(Style.drawn(prior, seed).mixing, axis=2)) for seed in range(30)])
    spread = levels.std(axis=0)
    assert 0.2 < np.median(spread) < 1.2


def test_asymmetry_tells_left_from_right(prior):
    bias = Style.asymmetry(np.random.default_rng(0), prior, 0.15)
    assert abs(bias[61] - bias[291]) > 0.01  # corners of the mouth
    np.testing.assert_array_equal(Style.asymmetry(np.random.default_rng(0), prior, 0.0), np.ones(478))


def test_a_mood_lasts_seconds_and_changes_over_minutes():
    mood = drawn_mood(np.random.default_rng(0), 3000, 4)
    assert mood.shape == (3000, 4)
    assert np.abs(np.diff(mood, axis=0)).max() < 0.02
    assert mood.std(axis=0).min() > 0.03
