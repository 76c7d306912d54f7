"""What every bundle's graphs must look like."""

import pytest
from pydantic import ValidationError

from guard.manifest import Graph, Metric, required_graphs


def test_the_state_that_a_step_gives_is_the_state_that_it_and_the_projection_take() -> None:
    graphs = required_graphs(9)
    state = graphs["step"].inputs["state"]
    assert state.shape == ("B", 9)
    assert graphs["step"].outputs["next_state"] == state == graphs["project"].inputs["state"]
    assert graphs["step"].outputs["start"] == graphs["project"].inputs["pooled"]


def test_without_a_state_there_is_only_the_graph_of_whole_clips() -> None:
    assert required_graphs(None) == {"clip": required_graphs(9)["clip"]}


@pytest.mark.parametrize("name", ["", "../step.onnx", "/etc/step.onnx", "a/b.onnx", ".hidden"])
def test_a_graphs_file_is_a_plain_name(name: str) -> None:
    with pytest.raises(ValidationError):
        Graph(file=name, inputs={}, outputs={})


def test_a_figure_of_few_people_has_no_interval() -> None:
    figure = Metric(name="AUC", value=0.8, low=None, high=None, on="2 people")
    assert (figure.low, figure.high) == (None, None)
    with pytest.raises(ValidationError):
        Metric.model_validate({"name": "AUC", "value": 0.8, "low": "none", "high": None, "on": "2 people"})
