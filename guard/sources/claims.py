"""From what a participant of a call is named to the enrolled name that it claims."""

from guard.core.errors import ClaimError
from guard.gallery import checked_name
from guard.sources.specs import NAME_IN_PATTERN, AnySpec


def claim_of(spec: AnySpec, display: str) -> str:
    """The claim of a participant with this display name; "" when it claims nobody, or nobody who could be enrolled."""
    if spec.claim:
        return spec.claim
    named = display if spec.claim_display else matched(spec.claim_pattern, display)
    try:
        return checked_name(named) if named else ""
    except ClaimError:
        return ""


def matched(pattern: str, display: str) -> str:
    """The part of a display name where the pattern has {name}; "" when the rest differs.

    No regular expression: whoever names himself in a call could make one take for ever.
    """
    before, _, after = pattern.partition(NAME_IN_PATTERN)
    fits = len(display) > len(before) + len(after) and display.startswith(before) and display.endswith(after)
    return display[len(before) : len(display) - len(after)].strip() if fits and pattern else ""
