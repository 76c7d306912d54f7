"""Which layer is asked for, on what the layer that comes shows of the face."""

import pytest

from guard.sources.layers import Layers


def asked(*sides: int | None) -> list[int | None]:
    layers = Layers()
    return [layers.better(side) for side in sides]


@pytest.mark.parametrize(
    ("sides", "layers"),
    [
        ((None, None), [None, None]),  # nobody is seen
        ((140, 140), [None, None]),  # half as many would be too few
        ((300, 150, 150), [0, None, None]),
        ((100, 200, 200), [2, None, None]),
        ((60, 120, 120), [2, None, None]),  # there is no larger one
        ((300, 100, 300, 300), [0, 1, None, None]),  # a layer of less than half the size is not tried twice
        ((100, 400, 400), [2, None, None]),
        ((600, 300), [0, None]),
    ],
)
def test_the_lowest_layer_that_shows_enough_is_asked_for(sides: tuple[int | None, ...], layers: list[int]) -> None:
    assert asked(*sides) == layers
