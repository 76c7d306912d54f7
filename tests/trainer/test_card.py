"""The model card says what a run learned from and what was measured."""

from trainer.card import LIMITS, model_card, training_sources


def manifest(**changes: object) -> dict[str, object]:
    base = {"model_id": "m-1", "training_data": [], "metrics": [], "limits": LIMITS, "licence": "Apache-2.0"}
    return {**base, **changes}


def test_only_what_was_used_is_named() -> None:
    assert len(training_sources({"real_motion": False, "portraits": False})) == 1
    assert len(training_sources({"real_motion": True, "portraits": True})) == 3
    card = model_card(manifest(training_data=training_sources({"real_motion": False, "portraits": True})))
    assert "CREMA-D" in card
    assert "46 drivers" not in card


def test_videos_are_named_and_the_world_only_where_it_was_used() -> None:
    facts = {"real_motion": False, "portraits": False, "world": False, "videos": ["9 videos of 3 drivers"]}
    assert [source["name"] for source in training_sources(facts)] == ["9 videos of 3 drivers"]
    assert len(training_sources(facts | {"world": True})) == 2


def test_metrics_come_with_their_intervals_and_on_whom() -> None:
    metric = {"name": "AUC, same face", "value": 0.8123, "low": 0.75, "high": 0.87, "on": "24 held-out drivers"}
    assert "| AUC, same face | 0.812 | 0.750 to 0.870 | 24 held-out drivers |" in model_card(manifest(metrics=[metric]))
    assert "Nothing." in model_card(manifest())
