import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from guard.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Disposition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISPOSITION_UNSPECIFIED: _ClassVar[Disposition]
    DISPOSITION_OPEN: _ClassVar[Disposition]
    DISPOSITION_CONFIRMED: _ClassVar[Disposition]
    DISPOSITION_FALSE: _ClassVar[Disposition]
DISPOSITION_UNSPECIFIED: Disposition
DISPOSITION_OPEN: Disposition
DISPOSITION_CONFIRMED: Disposition
DISPOSITION_FALSE: Disposition

class ListIncidentsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListIncidentsResponse(_message.Message):
    __slots__ = ("incidents", "next_page_token")
    INCIDENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    incidents: _containers.RepeatedCompositeFieldContainer[Incident]
    next_page_token: str
    def __init__(self, incidents: _Optional[_Iterable[_Union[Incident, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetIncidentRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetIncidentResponse(_message.Message):
    __slots__ = ("incident",)
    INCIDENT_FIELD_NUMBER: _ClassVar[int]
    incident: Incident
    def __init__(self, incident: _Optional[_Union[Incident, _Mapping]] = ...) -> None: ...

class DisposeIncidentRequest(_message.Message):
    __slots__ = ("id", "disposition")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    id: str
    disposition: Disposition
    def __init__(self, id: _Optional[str] = ..., disposition: _Optional[_Union[Disposition, str]] = ...) -> None: ...

class DisposeIncidentResponse(_message.Message):
    __slots__ = ("incident",)
    INCIDENT_FIELD_NUMBER: _ClassVar[int]
    incident: Incident
    def __init__(self, incident: _Optional[_Union[Incident, _Mapping]] = ...) -> None: ...

class Incident(_message.Message):
    __slots__ = ("id", "accusation", "recording", "call", "participant", "claim", "transport", "opened_at", "happened_at", "time", "model_id", "policy", "verdicts", "disposition", "disposed_by", "disposed_at", "pictures")
    class PolicyEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    ACCUSATION_FIELD_NUMBER: _ClassVar[int]
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    CALL_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    HAPPENED_AT_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    DISPOSED_BY_FIELD_NUMBER: _ClassVar[int]
    DISPOSED_AT_FIELD_NUMBER: _ClassVar[int]
    PICTURES_FIELD_NUMBER: _ClassVar[int]
    id: str
    accusation: _types_pb2.Decision
    recording: _types_pb2.Reason
    call: str
    participant: str
    claim: str
    transport: str
    opened_at: _timestamp_pb2.Timestamp
    happened_at: _timestamp_pb2.Timestamp
    time: _duration_pb2.Duration
    model_id: str
    policy: _containers.ScalarMap[str, float]
    verdicts: _containers.RepeatedCompositeFieldContainer[_types_pb2.Verdict]
    disposition: Disposition
    disposed_by: str
    disposed_at: _timestamp_pb2.Timestamp
    pictures: _containers.RepeatedCompositeFieldContainer[IncidentPicture]
    def __init__(self, id: _Optional[str] = ..., accusation: _Optional[_Union[_types_pb2.Decision, str]] = ..., recording: _Optional[_Union[_types_pb2.Reason, str]] = ..., call: _Optional[str] = ..., participant: _Optional[str] = ..., claim: _Optional[str] = ..., transport: _Optional[str] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., happened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., model_id: _Optional[str] = ..., policy: _Optional[_Mapping[str, float]] = ..., verdicts: _Optional[_Iterable[_Union[_types_pb2.Verdict, _Mapping]]] = ..., disposition: _Optional[_Union[Disposition, str]] = ..., disposed_by: _Optional[str] = ..., disposed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., pictures: _Optional[_Iterable[_Union[IncidentPicture, _Mapping]]] = ...) -> None: ...

class IncidentPicture(_message.Message):
    __slots__ = ("time", "png")
    TIME_FIELD_NUMBER: _ClassVar[int]
    PNG_FIELD_NUMBER: _ClassVar[int]
    time: _duration_pb2.Duration
    png: bytes
    def __init__(self, time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., png: _Optional[bytes] = ...) -> None: ...

class GetRecalibrationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetRecalibrationResponse(_message.Message):
    __slots__ = ("recalibration",)
    RECALIBRATION_FIELD_NUMBER: _ClassVar[int]
    recalibration: Recalibration
    def __init__(self, recalibration: _Optional[_Union[Recalibration, _Mapping]] = ...) -> None: ...

class ApplyRecalibrationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ApplyRecalibrationResponse(_message.Message):
    __slots__ = ("recalibration",)
    RECALIBRATION_FIELD_NUMBER: _ClassVar[int]
    recalibration: Recalibration
    def __init__(self, recalibration: _Optional[_Union[Recalibration, _Mapping]] = ...) -> None: ...

class ResetRecalibrationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResetRecalibrationResponse(_message.Message):
    __slots__ = ("recalibration",)
    RECALIBRATION_FIELD_NUMBER: _ClassVar[int]
    recalibration: Recalibration
    def __init__(self, recalibration: _Optional[_Union[Recalibration, _Mapping]] = ...) -> None: ...

class Recalibration(_message.Message):
    __slots__ = ("model_id", "hours", "expected", "found_false", "found_confirmed", "still_open", "missing", "ratio", "ratio_low", "ratio_high", "strictness", "thresholds", "keeps", "applied")
    class ThresholdsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    FOUND_FALSE_FIELD_NUMBER: _ClassVar[int]
    FOUND_CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    STILL_OPEN_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    RATIO_LOW_FIELD_NUMBER: _ClassVar[int]
    RATIO_HIGH_FIELD_NUMBER: _ClassVar[int]
    STRICTNESS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    KEEPS_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    hours: float
    expected: float
    found_false: int
    found_confirmed: int
    still_open: int
    missing: int
    ratio: float
    ratio_low: float
    ratio_high: float
    strictness: float
    thresholds: _containers.ScalarMap[str, float]
    keeps: bool
    applied: AppliedStrictness
    def __init__(self, model_id: _Optional[str] = ..., hours: _Optional[float] = ..., expected: _Optional[float] = ..., found_false: _Optional[int] = ..., found_confirmed: _Optional[int] = ..., still_open: _Optional[int] = ..., missing: _Optional[int] = ..., ratio: _Optional[float] = ..., ratio_low: _Optional[float] = ..., ratio_high: _Optional[float] = ..., strictness: _Optional[float] = ..., thresholds: _Optional[_Mapping[str, float]] = ..., keeps: _Optional[bool] = ..., applied: _Optional[_Union[AppliedStrictness, _Mapping]] = ...) -> None: ...

class AppliedStrictness(_message.Message):
    __slots__ = ("strictness", "applied_by", "applied_at")
    STRICTNESS_FIELD_NUMBER: _ClassVar[int]
    APPLIED_BY_FIELD_NUMBER: _ClassVar[int]
    APPLIED_AT_FIELD_NUMBER: _ClassVar[int]
    strictness: float
    applied_by: str
    applied_at: _timestamp_pb2.Timestamp
    def __init__(self, strictness: _Optional[float] = ..., applied_by: _Optional[str] = ..., applied_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
