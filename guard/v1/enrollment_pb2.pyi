import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from guard.v1 import types_pb2 as _types_pb2
from guard.v1 import verification_pb2 as _verification_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Consent(_message.Message):
    __slots__ = ("obtained_by", "given_at", "purpose", "expires_at")
    OBTAINED_BY_FIELD_NUMBER: _ClassVar[int]
    GIVEN_AT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    obtained_by: str
    given_at: _timestamp_pb2.Timestamp
    purpose: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, obtained_by: _Optional[str] = ..., given_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., purpose: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Template(_message.Message):
    __slots__ = ("model_id", "windows", "material", "references", "sessions", "created_at")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    WINDOWS_FIELD_NUMBER: _ClassVar[int]
    MATERIAL_FIELD_NUMBER: _ClassVar[int]
    REFERENCES_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    windows: int
    material: _duration_pb2.Duration
    references: int
    sessions: int
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, model_id: _Optional[str] = ..., windows: _Optional[int] = ..., material: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., references: _Optional[int] = ..., sessions: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Person(_message.Message):
    __slots__ = ("name", "consent", "opted_out", "templates")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    OPTED_OUT_FIELD_NUMBER: _ClassVar[int]
    TEMPLATES_FIELD_NUMBER: _ClassVar[int]
    name: str
    consent: Consent
    opted_out: bool
    templates: _containers.RepeatedCompositeFieldContainer[Template]
    def __init__(self, name: _Optional[str] = ..., consent: _Optional[_Union[Consent, _Mapping]] = ..., opted_out: _Optional[bool] = ..., templates: _Optional[_Iterable[_Union[Template, _Mapping]]] = ...) -> None: ...

class EnrollRequest(_message.Message):
    __slots__ = ("begin", "frame", "clip")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    CLIP_FIELD_NUMBER: _ClassVar[int]
    begin: EnrollBegin
    frame: _verification_pb2.VideoFrame
    clip: EnrollClip
    def __init__(self, begin: _Optional[_Union[EnrollBegin, _Mapping]] = ..., frame: _Optional[_Union[_verification_pb2.VideoFrame, _Mapping]] = ..., clip: _Optional[_Union[EnrollClip, _Mapping]] = ...) -> None: ...

class EnrollBegin(_message.Message):
    __slots__ = ("name", "consent", "format", "add", "clip")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    ADD_FIELD_NUMBER: _ClassVar[int]
    CLIP_FIELD_NUMBER: _ClassVar[int]
    name: str
    consent: Consent
    format: _verification_pb2.PictureFormat
    add: bool
    clip: EnrollClip
    def __init__(self, name: _Optional[str] = ..., consent: _Optional[_Union[Consent, _Mapping]] = ..., format: _Optional[_Union[_verification_pb2.PictureFormat, _Mapping]] = ..., add: _Optional[bool] = ..., clip: _Optional[_Union[EnrollClip, _Mapping]] = ...) -> None: ...

class EnrollClip(_message.Message):
    __slots__ = ("session", "format")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    session: str
    format: _verification_pb2.PictureFormat
    def __init__(self, session: _Optional[str] = ..., format: _Optional[_Union[_verification_pb2.PictureFormat, _Mapping]] = ...) -> None: ...

class EnrollResponse(_message.Message):
    __slots__ = ("progress", "enrolled")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_FIELD_NUMBER: _ClassVar[int]
    progress: EnrollProgress
    enrolled: Person
    def __init__(self, progress: _Optional[_Union[EnrollProgress, _Mapping]] = ..., enrolled: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class EnrollProgress(_message.Message):
    __slots__ = ("usable_windows", "usable", "material", "variety", "motion", "reason", "advice")
    USABLE_WINDOWS_FIELD_NUMBER: _ClassVar[int]
    USABLE_FIELD_NUMBER: _ClassVar[int]
    MATERIAL_FIELD_NUMBER: _ClassVar[int]
    VARIETY_FIELD_NUMBER: _ClassVar[int]
    MOTION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    usable_windows: int
    usable: _duration_pb2.Duration
    material: float
    variety: float
    motion: float
    reason: _types_pb2.Reason
    advice: str
    def __init__(self, usable_windows: _Optional[int] = ..., usable: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., material: _Optional[float] = ..., variety: _Optional[float] = ..., motion: _Optional[float] = ..., reason: _Optional[_Union[_types_pb2.Reason, str]] = ..., advice: _Optional[str] = ...) -> None: ...

class GetPersonRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetPersonResponse(_message.Message):
    __slots__ = ("person",)
    PERSON_FIELD_NUMBER: _ClassVar[int]
    person: Person
    def __init__(self, person: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class ListPeopleRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPeopleResponse(_message.Message):
    __slots__ = ("people", "next_page_token")
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    people: _containers.RepeatedCompositeFieldContainer[Person]
    next_page_token: str
    def __init__(self, people: _Optional[_Iterable[_Union[Person, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeletePersonRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DeletePersonResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RenewTemplatesRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RenewTemplatesResponse(_message.Message):
    __slots__ = ("person",)
    PERSON_FIELD_NUMBER: _ClassVar[int]
    person: Person
    def __init__(self, person: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class SetOptOutRequest(_message.Message):
    __slots__ = ("name", "opted_out")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OPTED_OUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    opted_out: bool
    def __init__(self, name: _Optional[str] = ..., opted_out: _Optional[bool] = ...) -> None: ...

class SetOptOutResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExportPersonRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ExportPersonResponse(_message.Message):
    __slots__ = ("document",)
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    document: bytes
    def __init__(self, document: _Optional[bytes] = ...) -> None: ...

class LiftLockRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class LiftLockResponse(_message.Message):
    __slots__ = ("callers",)
    CALLERS_FIELD_NUMBER: _ClassVar[int]
    callers: int
    def __init__(self, callers: _Optional[int] = ...) -> None: ...
