"""The model card says what a run learned from and what was measured."""

import pytest

from trainer.card import LIMITS, VIDEO_LIMITS, model_card, provenance, training_sources
from trainer.importing import LIMITS as IMPORTED_LIMITS


def manifest(**changes: object) -> dict[str, object]:
    base = {
        "model_id": "m-1",
        "training_data": [],
        "metrics": [],
        "limits": LIMITS,
        "licence": "Apache-2.0",
        "horizons": [64],
    }
    return {**base, **changes}


def test_only_what_was_used_is_named() -> None:
    assert len(training_sources({"real_motion": False, "portraits": False})) == 1
    assert len(training_sources({"real_motion": True, "portraits": True})) == 3
    card = model_card(manifest(training_data=training_sources({"real_motion": False, "portraits": True})))
    assert "CREMA-D" in card
    assert "48 drivers" not in card


def test_videos_are_named_and_the_world_only_where_it_was_used() -> None:
    facts = {"real_motion": False, "portraits": False, "world": False, "videos": ["9 videos of 3 drivers"]}
    assert [source["name"] for source in training_sources(facts)] == ["9 videos of 3 drivers"]
    assert len(training_sources(facts | {"world": True})) == 2


def figure(name: str, **changes: object) -> dict[str, object]:
    return {"name": name, "value": 0.8123, "low": 0.75, "high": 0.87, "on": "24 held-out drivers"} | changes


def test_metrics_come_with_their_intervals_and_on_whom() -> None:
    metric = figure("Cllr of one window")
    assert "| Cllr of one window | 0.812 | 0.750 to 0.870 | - | 24 held-out drivers |" in model_card(
        manifest(metrics=[metric])
    )
    assert "| AUC | 0.812 | no interval | - | 24 held-out drivers |" in model_card(
        manifest(metrics=[figure("AUC", low=None, high=None)])
    )
    assert "Nothing." in model_card(manifest())


def test_aims_stand_beside_the_figures_that_they_are_of() -> None:
    other = "AUC, other face, other generator"
    names = ("AUC, same face", other, f"{other}, other session")
    card = model_card(manifest(metrics=[figure(name) for name in names]))
    aims = [line.split(" | ")[3] for line in card.splitlines() if line.startswith("| AUC")]
    assert aims == ["0.950", "0.900", "none: reported"]


def test_aims_are_of_64_frames_alone() -> None:
    card = model_card(manifest(metrics=[figure("AUC, same face")], horizons=[32]))
    assert "| AUC, same face | 0.812 | 0.750 to 0.870 | - |" in card


def test_trivial_systems_stand_beside_them_each_in_a_column() -> None:
    rows = [figure("AUC", value=value, system=name) for name, value in (("pixels", 0.6), ("motion energy", 0.7))]
    card = model_card(manifest(metrics=[figure("AUC"), *rows, figure("AUC", system="pixels", on="6 real drivers")]))
    table = card[card.index("What trivial systems reach") :].splitlines()[2:6]
    assert table == [
        "| measure | pixels | motion energy | on |",
        "| --- | --- | --- | --- |",
        "| AUC | 0.600 (0.750 to 0.870) | 0.700 (0.750 to 0.870) | 24 held-out drivers |",
        "| AUC | 0.812 (0.750 to 0.870) | - | 6 real drivers |",
    ]
    assert "| AUC | 0.812 | 0.750 to 0.870 | - | 24 held-out drivers |" in card
    assert "trivial" not in model_card(manifest(metrics=[figure("AUC")]))


def test_weights_that_were_learned_from_others_videos_are_not_ours_to_license() -> None:
    facts = {"real_motion": False, "portraits": False}
    ours, theirs = provenance(facts), provenance(facts | {"videos": ["9 videos of 3 drivers"]})
    assert ours["licence"] == "Apache-2.0"
    assert ours["limits"] == list(LIMITS)
    assert theirs["licence"].startswith("not stated: it depends on the videos")
    assert not any("simulated avatars" in limit for limit in theirs["limits"])
    assert theirs["training_data"] == training_sources(facts | {"videos": ["9 videos of 3 drivers"]})


@pytest.mark.parametrize("limits", [LIMITS, VIDEO_LIMITS, IMPORTED_LIMITS])
def test_every_card_says_that_demographic_differences_are_unknown(limits: tuple[str, ...]) -> None:
    card = model_card(manifest(limits=limits))
    (said,) = [line for line in card.splitlines() if "skin tone" in line]
    assert "is unknown" in said
    assert all(word in said for word in ("age", "sex", "origin"))
