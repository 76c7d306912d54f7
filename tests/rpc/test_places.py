"""How many may enrol at once."""

import pytest

from guard.core.errors import CapacityError
from guard.rpc.places import Places


def test_a_tenant_has_one_place_and_gets_it_back() -> None:
    places = Places(2)
    with places.taken("a"), pytest.raises(CapacityError, match="somebody else of your tenant"), places.taken("a"):
        pass
    with places.taken("a"):
        pass


def test_all_places_together_are_bounded() -> None:
    places = Places(2)
    refused = pytest.raises(CapacityError, match="all 2 places are taken")
    with places.taken("a"), places.taken("b"), refused, places.taken("c"):
        pass
    with places.taken("c"):
        pass


def test_a_place_comes_back_after_a_fault() -> None:
    places = Places(1)
    with pytest.raises(ZeroDivisionError), places.taken("a"):
        1 / 0  # noqa: B018
    with places.taken("b"):
        pass
