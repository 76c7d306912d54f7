"""The operator's policy: what is set of it, and the bundle's settings as it has them."""

from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from guard.bundle import Bundle
from guard.core.errors import SettingsError
from guard.core.policy import Chosen, Policy, choose
from guard.core.recalibration import Basis
from guard.core.session import ASSUMED, SessionModel
from guard.core.settings import OPENING, Settings


class PolicySettings(BaseModel):
    """What mistakes cost, and what the service does about what it finds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    false_accusations: float | None = Field(
        None, gt=0, description="accusations of a genuine participant in 100 hours; None leaves it to the bundle"
    )
    false_accusation_cost: float | None = Field(
        None, gt=1, description="what one costs, in checks by hand; None leaves the threshold to the bundle"
    )
    missed_impostor_cost: float | None = Field(
        None, gt=1, description="what an impostor who is VERIFIED costs, in checks by hand; None as above"
    )
    prior: float = Field(0.9, gt=0, lt=1, description="share of participants who are who they claim to be")
    observe: bool = Field(False, description="accuse nobody: what would have been said is counted and shown apart")
    continuity: bool = Field(
        False, description="compare calls of who claims nobody with their own opening, and report another driver"
    )
    opening_seconds: float = Field(OPENING, ge=10, le=600, description="of video that such a call is compared with")

    @property
    def asks(self) -> bool:
        """Whether any threshold is asked for."""
        return (self.false_accusations, self.false_accusation_cost, self.missed_impostor_cost) != (None, None, None)


def session_model(bundle: Bundle) -> SessionModel:
    """How calls spread at the horizon that speaks once a call has lasted."""
    settings = bundle.settings()
    return settings.sessions.get(max(settings.horizons), ASSUMED)


def chosen(bundle: Bundle, policy: PolicySettings) -> Chosen:
    """The thresholds. Raises SettingsError for a policy that no amount of evidence can reach."""
    if not policy.asks:
        return Chosen(bundle.thresholds)
    wanted = Policy(
        false_accusation_cost=policy.false_accusation_cost,
        missed_impostor_cost=policy.missed_impostor_cost,
        prior=policy.prior,
        false_accusations=policy.false_accusations,
        continuity=policy.continuity,
    )
    return choose(wanted, bundle.thresholds, bundle.operating, session_model(bundle))


def basis(bundle: Bundle, policy: PolicySettings) -> Basis:
    """What stricter thresholds than the policy's are picked from. Raises SettingsError as `chosen` does."""
    thresholds = chosen(bundle, policy).thresholds
    return Basis(thresholds, bundle.operating, session_model(bundle), policy.false_accusations)


def governed(bundle: Bundle, policy: PolicySettings, strictness: float = 1.0) -> Settings:
    """The bundle's settings under a policy, for a tenant of that strictness. SettingsError where it cannot be kept."""
    settings = bundle.settings()
    if policy.continuity and settings.continuity is None:
        problem = f"{bundle.model_id} does not say how alike one driver stays to themselves"
        raise SettingsError("policy.continuity", problem, "leave it out, or name another bundle")
    thresholds = basis(bundle, policy).stricter(strictness)
    return replace(settings, thresholds=thresholds, opening=policy.opening_seconds, observe=policy.observe)
