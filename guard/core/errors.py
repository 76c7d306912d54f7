"""Everything that Avatar Guard raises on purpose.

GuardError
├── InputError                the caller's mistake: exit code 2, INVALID_ARGUMENT, 4xx
│   ├── FrameError            a frame of the wrong size, type or time stamp; names the field
│   ├── VideoError            a file that cannot be decoded, has no frames, or too few
│   ├── ClaimError            an unknown name, or a name that cannot be used
│   ├── ConsentError          consent that is missing, or does not hold now
│   ├── OptedOutError         somebody who does not want to be verified: FAILED_PRECONDITION, 403
│   ├── UnknownPersonError    a name that nobody of the tenant is known by: NOT_FOUND, 404
│   ├── QualityError          clips that nobody can be enrolled from: FAILED_PRECONDITION, 422
│   ├── PageError             a page token that the service did not give
│   ├── ResumeError           a token of no stream of the caller's: NOT_FOUND, 404
│   ├── CredentialsError      nobody knows who calls: UNAUTHENTICATED, 401
│   ├── ForbiddenError        the caller's roles do not suffice: PERMISSION_DENIED, 403
│   ├── SourceError           a source that cannot be attached as it is described
│   ├── UnknownSourceError    a source that the caller's tenant has not attached: NOT_FOUND, 404
│   ├── DispositionError      a disposition that nobody can find
│   ├── UnknownIncidentError  an incident that is not kept, or of another tenant: NOT_FOUND, 404
│   ├── RecalibrationError    too little to recalibrate a tenant by: FAILED_PRECONDITION, 409
│   ├── SignallingError       an SDP that is no SDP, or carries no video that can be received
│   └── SettingsError         a configuration value that cannot work
├── BundleError               a model bundle that is damaged or does not fit
├── GalleryError              a gallery that cannot be read or written; try again later
├── AuditError                an audit log that cannot be written; try again later
├── EngineError               the model failed to run; never turned into a number
├── CapacityError             refused for want of capacity; try again later
├── RateError                 a caller asks too often: RESOURCE_EXHAUSTED, 429; try again later
├── LockedError               a claim that failed too often has to wait: RESOURCE_EXHAUSTED, 429
├── DrainingError             the service is stopping and takes nothing new
├── LostError                 a connection that broke, or whose process ended: UNAVAILABLE, 503; try again
├── ReplacedError             the same participant joined again on another stream
└── ServiceError              a fault of the service that nobody foresaw; its log has it
"""

from math import ceil


class GuardError(Exception):
    """Base of all our errors; holds the facts as fields and forms its sentence late."""

    retry_after: float | None = None
    """Seconds after which it is worth trying again; None when that alone does not help."""


class InputError(GuardError):
    """The caller can put this right. `field` names what was wrong, `problem` says how, `remedy` what to do."""

    def __init__(self, field: str, problem: str, remedy: str = "") -> None:
        super().__init__(field, problem, remedy)
        self.field = field
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}" + (f"; {self.remedy}" if self.remedy else "")


class FrameError(InputError):
    """A frame of the wrong size, type or time stamp."""


class VideoError(InputError):
    """A video that cannot be opened or decoded, has no pictures, or too few."""


class ClaimError(InputError):
    """A name that is not enrolled, or cannot be used as a name."""


class ConsentError(InputError):
    """Consent that lacks a part, lies in the future or has expired."""


class OptedOutError(InputError):
    """Somebody who does not want to be verified, and so cannot be enrolled."""


class UnknownPersonError(InputError):
    """A name that nobody of the caller's tenant is known by."""


class QualityError(InputError):
    """Clips that nobody can be enrolled from; `shortfall` is what they lack, in one word for programs."""

    def __init__(self, field: str, problem: str, remedy: str, shortfall: str) -> None:
        super().__init__(field, problem, remedy)
        self.shortfall = shortfall


class PageError(InputError):
    """A page token that the service did not give."""


class ResumeError(InputError):
    """A token that opens no stream: it is unknown, too old, or somebody else's."""


class CredentialsError(InputError):
    """A token or certificate that is missing or does not hold."""


class ForbiddenError(InputError):
    """A caller that is known, and may not do this."""


class SignallingError(InputError):
    """An offer or answer that cannot be understood or fulfilled."""


class SourceError(InputError):
    """A source that is described wrongly, or is where the service may not reach."""


class UnknownSourceError(InputError):
    """A source or participant that the caller's tenant does not have."""


class DispositionError(InputError):
    """Something that no incident can be found to be."""


class UnknownIncidentError(InputError):
    """An incident that is not kept, or no more, or of another tenant."""


class RecalibrationError(InputError):
    """A recalibration for which there is too little to go by, or which would change nothing."""


class SettingsError(InputError):
    """A configuration value that cannot work."""


class BundleError(GuardError):
    """A model bundle that is missing, damaged or does not fit; `part` names the file or field."""

    def __init__(self, part: str, problem: str) -> None:
        super().__init__(part, problem)
        self.part = part
        self.problem = problem

    def __str__(self) -> str:
        return f"bundle: {in_a_line(self.part)}: {in_a_line(self.problem)}"


def in_a_line(text: str, longest: int = 1000) -> str:
    """Text that somebody else chose, escaped and cut, so that it stays one line of a log."""
    shown = text if len(text) <= longest else f"{text[:longest]}..."
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in shown)


class GalleryError(GuardError):
    """A gallery that cannot be opened, read or written: a state with a way back, looked at every few seconds."""

    retry_after = 5.0


class AuditError(GuardError):
    """An audit log that cannot be written or read; changes of the gallery are refused until it can."""

    retry_after = 5.0

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"the audit log cannot be used: {self.problem}"


class EngineError(GuardError):
    """The model failed to run."""


class CapacityError(GuardError):
    """Refused for want of capacity; `retry_after` is in seconds."""

    def __init__(self, problem: str, retry_after: float) -> None:
        super().__init__(problem, retry_after)
        self.problem = problem
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.problem}; try again in {self.retry_after:g} s"


class RateError(GuardError):
    """A caller or an address that asks too often; `retry_after` is in seconds."""

    retry_after: float

    def __init__(self, problem: str, retry_after: float) -> None:
        super().__init__(problem, retry_after)
        self.problem = problem
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.problem}; try again in {ceil(self.retry_after)} s"


class LockedError(GuardError):
    """A claim that failed too often, so that this caller may not make it for a while; `retry_after`, in seconds."""

    retry_after: float

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"this claim has failed too often; try again in {ceil(self.retry_after)} s"


class DrainingError(GuardError):
    """The service is stopping; another instance has to take over, or this one once it is back."""

    retry_after = 5.0

    def __str__(self) -> str:
        return "the service is stopping"


class LostError(GuardError):
    """The connection that carried a stream is lost, and nobody has come back in time; `problem` says what happened."""

    retry_after = 1.0

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"the connection is lost: {self.problem}"


class ReplacedError(GuardError):
    """The same participant of the same call joined again, and the newer stream took the older one's place."""

    def __str__(self) -> str:
        return "the same participant joined again on another stream"


class ServiceError(GuardError):
    """A fault that is none of ours took a stream; what it says may name somebody, and stays inside."""

    def __str__(self) -> str:
        return "the service has failed at this stream; its log says where"
