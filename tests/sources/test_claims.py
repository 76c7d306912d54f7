"""From display names to claims."""

import pytest
from pydantic import ValidationError

from guard.sources.claims import claim_of
from guard.sources.specs import WhepSpec


def spec(**rule: object) -> WhepSpec:
    return WhepSpec(url="http://there/whep", **rule)


@pytest.mark.parametrize(
    ("rule", "display", "claim"),
    [
        ({}, "Ada", ""),
        ({"claim": "Ada"}, "somebody", "Ada"),
        ({"claim_display": True}, "Ada", "Ada"),
        ({"claim_display": True}, "A\nda", ""),
        ({"claim_display": True}, "x" * 201, ""),
        ({"claim_display": True}, "", ""),
        ({"claim_pattern": "{name} (ACME)"}, "Ada (ACME)", "Ada"),
        ({"claim_pattern": "{name} (ACME)"}, "Ada (EMCA)", ""),
        ({"claim_pattern": "{name} (ACME)"}, " (ACME)", ""),
        ({"claim_pattern": "ACME: {name} / guest"}, "ACME: Ada L. / guest", "Ada L."),
        ({"claim_pattern": "aa{name}aa"}, "aaa", ""),
    ],
)
def test_the_rule_makes_the_claim(rule: dict[str, object], display: str, claim: str) -> None:
    assert claim_of(spec(**rule), display) == claim


@pytest.mark.parametrize(
    "rule",
    [{"claim": "Ada", "claim_display": True}, {"claim_pattern": "no place"}, {"claim_pattern": "{name} or {name}"}],
)
def test_rules_that_cannot_hold_are_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="claim"):
        spec(**rule)
