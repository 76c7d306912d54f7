"""The one table from our errors to the statuses of gRPC and HTTP."""

from dataclasses import dataclass

import structlog
from grpc import StatusCode

from guard.core.errors import (
    AuditError,
    BundleError,
    CapacityError,
    ClaimError,
    ConsentError,
    CredentialsError,
    DispositionError,
    DrainingError,
    EngineError,
    ForbiddenError,
    FrameError,
    GalleryError,
    GuardError,
    LockedError,
    LostError,
    OptedOutError,
    PageError,
    QualityError,
    RateError,
    RecalibrationError,
    ReplacedError,
    ResumeError,
    ServiceError,
    SettingsError,
    SignallingError,
    SourceError,
    UnknownIncidentError,
    UnknownPersonError,
    UnknownSourceError,
    VideoError,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Status:
    """How one kind of error is answered: `reason` is ErrorInfo's constant, `code` gRPC's, `http` a status number."""

    reason: str
    code: StatusCode
    http: int


STATUSES: dict[type[GuardError], Status] = {
    FrameError: Status("FRAME", StatusCode.INVALID_ARGUMENT, 400),
    VideoError: Status("VIDEO", StatusCode.INVALID_ARGUMENT, 400),
    ClaimError: Status("CLAIM", StatusCode.INVALID_ARGUMENT, 400),
    ConsentError: Status("CONSENT", StatusCode.INVALID_ARGUMENT, 400),
    OptedOutError: Status("OPTED_OUT", StatusCode.FAILED_PRECONDITION, 403),
    UnknownPersonError: Status("UNKNOWN_PERSON", StatusCode.NOT_FOUND, 404),
    QualityError: Status("QUALITY", StatusCode.FAILED_PRECONDITION, 422),
    PageError: Status("PAGE", StatusCode.INVALID_ARGUMENT, 400),
    ResumeError: Status("RESUME", StatusCode.NOT_FOUND, 404),
    CredentialsError: Status("UNAUTHENTICATED", StatusCode.UNAUTHENTICATED, 401),
    ForbiddenError: Status("PERMISSION_DENIED", StatusCode.PERMISSION_DENIED, 403),
    SignallingError: Status("SIGNALLING", StatusCode.INVALID_ARGUMENT, 400),
    DispositionError: Status("DISPOSITION", StatusCode.INVALID_ARGUMENT, 400),
    RecalibrationError: Status("RECALIBRATION", StatusCode.FAILED_PRECONDITION, 409),
    SourceError: Status("SOURCE", StatusCode.INVALID_ARGUMENT, 400),
    UnknownIncidentError: Status("UNKNOWN_INCIDENT", StatusCode.NOT_FOUND, 404),
    UnknownSourceError: Status("UNKNOWN_SOURCE", StatusCode.NOT_FOUND, 404),
    SettingsError: Status("SETTINGS", StatusCode.FAILED_PRECONDITION, 500),
    BundleError: Status("BUNDLE", StatusCode.INTERNAL, 500),
    GalleryError: Status("GALLERY", StatusCode.UNAVAILABLE, 503),
    AuditError: Status("AUDIT", StatusCode.UNAVAILABLE, 503),
    EngineError: Status("ENGINE", StatusCode.INTERNAL, 500),
    CapacityError: Status("CAPACITY", StatusCode.RESOURCE_EXHAUSTED, 503),
    RateError: Status("RATE", StatusCode.RESOURCE_EXHAUSTED, 429),
    LockedError: Status("LOCKED", StatusCode.RESOURCE_EXHAUSTED, 429),
    DrainingError: Status("DRAINING", StatusCode.UNAVAILABLE, 503),
    LostError: Status("LOST", StatusCode.UNAVAILABLE, 503),
    ReplacedError: Status("REPLACED", StatusCode.ABORTED, 409),
    ServiceError: Status("SERVICE", StatusCode.INTERNAL, 500),
}


def told(error: GuardError) -> str:
    """What a caller is told. Where a gallery or an audit log lies, and who reads it there, is for the log alone."""
    if not isinstance(error, (GalleryError, AuditError)):
        return str(error)
    what = "gallery" if isinstance(error, GalleryError) else "audit log"
    log.warning("call refused", error=str(error))
    return f"{what}: cannot be used now; the service's log says why"
