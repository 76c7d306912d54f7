"""What the registry of participants keeps of each of them."""

from dataclasses import dataclass

from guard.core.items import Decision, Floats
from guard.updates import Participant


@dataclass(slots=True)
class Member:
    """A participant and what the clock needs to know of it."""

    participant: Participant
    # As last handed to the worker.
    template: Floats | None
    opted_out: bool
    # Presentation time of the newest frame and when it came; None before the first.
    newest: tuple[float, float] | None = None

    @property
    def decision(self) -> Decision:
        """The newest decision."""
        verdict = self.participant.verdict
        return verdict.decision if verdict else Decision.COLLECTING


def same(one: Floats | None, other: Floats | None) -> bool:
    """Whether two templates are the same to the bit, or both none."""
    return (one is None) is (other is None) and (one is None or other is None or one.tobytes() == other.tobytes())
