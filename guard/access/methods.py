"""Who may call what. What stands in neither table is refused to everybody."""

from collections.abc import Mapping

from guard.access.caller import Role

OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN})
VIEWERS = frozenset({Role.VIEWER}) | OPERATORS
ENROLLERS = frozenset({Role.ENROLLER, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})
ANYONE: frozenset[Role] = frozenset(Role)
"""Any role at all."""

ROLES: Mapping[str, frozenset[Role]] = {
    "/guard.v1.VerificationService/StreamVerify": OPERATORS,
    "/guard.v1.CallService/ListParticipants": VIEWERS,
    "/guard.v1.CallService/WatchVerdicts": VIEWERS,
    "/guard.v1.CallService/AttachSource": OPERATORS,
    "/guard.v1.CallService/DetachSource": OPERATORS,
    "/guard.v1.CallService/ListSources": VIEWERS,
    "/guard.v1.CallService/WatchSources": VIEWERS,
    "/guard.v1.CallService/SetClaim": OPERATORS,
    "/guard.v1.EnrollmentService/Enroll": ENROLLERS,
    "/guard.v1.EnrollmentService/GetPerson": ENROLLERS,
    "/guard.v1.EnrollmentService/ListPeople": ENROLLERS,
    "/guard.v1.EnrollmentService/DeletePerson": ENROLLERS,
    "/guard.v1.EnrollmentService/RenewTemplates": ENROLLERS,
    "/guard.v1.EnrollmentService/SetOptOut": ENROLLERS,
    "/guard.v1.EnrollmentService/ExportPerson": ENROLLERS,
    "/guard.v1.EnrollmentService/LiftLock": ADMINS,
    "/guard.v1.IncidentService/ListIncidents": VIEWERS,
    "/guard.v1.IncidentService/GetIncident": VIEWERS,
    "/guard.v1.IncidentService/DisposeIncident": OPERATORS,
    "/guard.v1.IncidentService/GetRecalibration": VIEWERS,
    # Who disposes must not also be the one who lets thresholds follow.
    "/guard.v1.IncidentService/ApplyRecalibration": ADMINS,
    "/guard.v1.IncidentService/ResetRecalibration": ADMINS,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": ANYONE,
    "POST /whip": OPERATORS,
    "DELETE /whip/{key}": OPERATORS,
    "PATCH /whip/{key}": OPERATORS,
    "GET /v1/participants": VIEWERS,
    "GET /metrics": VIEWERS,
}
"""gRPC methods by full name, HTTP routes by method and resource; a caller needs one of the roles."""

OPENING = frozenset(
    {
        "/guard.v1.VerificationService/StreamVerify",
        "/guard.v1.CallService/AttachSource",
        "/guard.v1.EnrollmentService/Enroll",
        "POST /whip",
    }
)
"""What makes the service work hard, and is limited by address too."""

OPEN = frozenset(
    {
        # Who takes the service in and out of turn has no account; the answer is a single word.
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/List",
        "/grpc.health.v1.Health/Watch",
        "GET /healthz",
        "GET /readyz",
        # The page itself says nothing, and asks for a token before it can show anything.
        "GET /",
        "GET /page/{name}",
        # A browser asks without a token whether it may send one (CORS).
        "OPTIONS /whip",
        "OPTIONS /whip/{key}",
    }
)
"""What is answered without asking who calls."""
