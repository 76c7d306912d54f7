"""Who cannot be enrolled, and why."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from guard.core.calibration import Calibration
from guard.core.errors import QualityError
from guard.core.items import Floats, Reason
from guard.core.scoring import make_template, score
from guard.core.settings import Settings
from guard.enrolment.clips import Clip
from guard.enrolment.quality import agreement, check
from tests.core.helpers import settings
from tests.enrolment.people import HORIZON, NEEDS, around, clip, window

SLOPE, OFFSET = 10.0, -5.0
SETTINGS = settings(horizons=(HORIZON,), calibration=Calibration(SLOPE, OFFSET))


def refused(
    clips: Sequence[Clip],
    earlier: Floats | None = None,
    others: dict[str, Floats] | None = None,
    used: Settings = SETTINGS,
) -> tuple[str, str] | None:
    """Shortfall and field of the refusal; None when these clips suffice."""

    def nearest(directions: Floats) -> list[tuple[str, float]]:
        return [(name, float((directions @ template).mean())) for name, template in (others or {}).items()]

    try:
        check(clips, used, earlier, nearest, NEEDS)
    except QualityError as error:
        return error.shortfall, error.field
    return None


ADA = [clip(around(0, 1.0, seed), f"ada {seed}") for seed in range(3)]
EVE = clip(around(1, 1.0), "eve")


def test_clips_of_one_person_suffice_together_and_alone() -> None:
    assert refused(ADA) is None
    assert refused(ADA[:1]) is None


def test_too_little_material_is_refused_before_anything_else() -> None:
    assert refused([]) == ("MATERIAL", "clips")
    assert refused([clip(around(0, 0.0, count=2), motion=0.0)]) == ("MATERIAL", "clips")


def test_too_little_motion_is_refused() -> None:
    assert refused([clip(around(0, 1.0), motion=0.4)]) == ("MOTION", "clips")


def test_a_video_that_repeats_itself_is_refused() -> None:
    assert refused([clip([around(0, 1.0)[0]] * 8)]) == ("VARIETY", "clips")
    assert refused([clip(np.tile(around(0, 1.0, count=3), (3, 1)))]) == ("VARIETY", "clips")
    assert refused([ADA[0]] * 3) == ("VARIETY", "clips")


def test_how_much_variety_is_needed_is_the_bundles_to_say() -> None:
    alike = [clip(around(0, 0.3))]
    assert refused(alike) is None
    assert refused(alike, used=replace(SETTINGS, variety_floor=0.2)) == ("VARIETY", "clips")


def test_a_refusal_for_want_of_material_counts_the_windows_of_no_use() -> None:
    still = Clip("a", "a", [window(15, reason=Reason.FROZEN), window(23, reason=Reason.FROZEN)])
    with pytest.raises(QualityError, match=r"0 usable windows of 0\.0 s where 4 of 1\.28 s are needed \(FROZEN 2\)"):
        check([still], SETTINGS, None, lambda directions: [], NEEDS)


def test_the_clip_that_is_unlike_the_others_is_named() -> None:
    assert refused([*ADA, EVE]) == ("OUTLIER", "eve")
    assert refused([ADA[0], EVE, ADA[1]]) == ("OUTLIER", "eve")


def test_clips_that_are_added_are_held_against_what_is_enrolled() -> None:
    enrolled = make_template(around(0, 1.0, 9), None)
    assert refused(ADA, enrolled) is None
    assert refused([EVE], enrolled) == ("OUTLIER", "eve")


def test_a_clip_alone_must_not_match_somebody_else() -> None:
    somebody = make_template(around(0, 0.1), None)
    assert refused([clip(around(0, 0.4), "ada")], others={"Dora": somebody}) == ("LIKENESS", "ada")
    assert refused([clip(around(0, 0.4), "ada")], others={"Eve": np.eye(256, dtype=np.float32)[1]}) is None


def test_a_clip_among_others_must_not_match_somebody_else_much_better_than_them() -> None:
    """About halfway between two people, and so no outlier, but the other's."""
    mixed = around(0, 0.3) + 2 * around(1, 0.3)
    between = clip(np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32), "between")
    others = {"Eve": np.eye(256, dtype=np.float32)[1]}
    assert refused([*ADA, between], others=others) == ("LIKENESS", "between")
    assert refused([*ADA, between]) is None


def test_windows_of_no_use_are_passed_over() -> None:
    nothing = Clip("nothing", "nothing", [window(15, reason=Reason.NO_MOTION)])
    assert refused([nothing, *ADA]) is None


def test_agreement_is_the_mean_llr_against_the_template_of_all_others() -> None:
    pieces = [around(0, 1.0, seed, count=3 + seed) for seed in range(3)]
    template = make_template(np.concatenate([pieces[0], pieces[2]]), None)
    slow = np.mean([SLOPE * score(template, row, None) + OFFSET for row in pieces[1]])
    assert agreement(pieces, 1, None, Calibration(SLOPE, OFFSET)) == pytest.approx(slow, abs=1e-5)
    assert agreement(pieces[:1], 0, None, Calibration(SLOPE, OFFSET)) is None
