from guard.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListParticipantsRequest(_message.Message):
    __slots__ = ("call", "page_size", "page_token")
    CALL_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    call: str
    page_size: int
    page_token: str
    def __init__(self, call: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListParticipantsResponse(_message.Message):
    __slots__ = ("participants", "next_page_token")
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    participants: _containers.RepeatedCompositeFieldContainer[_types_pb2.Participant]
    next_page_token: str
    def __init__(self, participants: _Optional[_Iterable[_Union[_types_pb2.Participant, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AttachSourceRequest(_message.Message):
    __slots__ = ("call", "participant", "claim", "url")
    CALL_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    call: str
    participant: str
    claim: str
    url: str
    def __init__(self, call: _Optional[str] = ..., participant: _Optional[str] = ..., claim: _Optional[str] = ..., url: _Optional[str] = ...) -> None: ...

class AttachSourceResponse(_message.Message):
    __slots__ = ("participant",)
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    participant: _types_pb2.Participant
    def __init__(self, participant: _Optional[_Union[_types_pb2.Participant, _Mapping]] = ...) -> None: ...

class DetachSourceRequest(_message.Message):
    __slots__ = ("call", "participant")
    CALL_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    call: str
    participant: str
    def __init__(self, call: _Optional[str] = ..., participant: _Optional[str] = ...) -> None: ...

class DetachSourceResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchVerdictsRequest(_message.Message):
    __slots__ = ("call", "participants", "claims", "decisions", "changes_only")
    CALL_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_ONLY_FIELD_NUMBER: _ClassVar[int]
    call: str
    participants: _containers.RepeatedScalarFieldContainer[str]
    claims: _containers.RepeatedScalarFieldContainer[str]
    decisions: _containers.RepeatedScalarFieldContainer[_types_pb2.Decision]
    changes_only: bool
    def __init__(self, call: _Optional[str] = ..., participants: _Optional[_Iterable[str]] = ..., claims: _Optional[_Iterable[str]] = ..., decisions: _Optional[_Iterable[_Union[_types_pb2.Decision, str]]] = ..., changes_only: _Optional[bool] = ...) -> None: ...

class WatchVerdictsResponse(_message.Message):
    __slots__ = ("participant", "event", "dropped")
    class Event(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EVENT_UNSPECIFIED: _ClassVar[WatchVerdictsResponse.Event]
        EVENT_JOINED: _ClassVar[WatchVerdictsResponse.Event]
        EVENT_VERDICT: _ClassVar[WatchVerdictsResponse.Event]
        EVENT_LEFT: _ClassVar[WatchVerdictsResponse.Event]
    EVENT_UNSPECIFIED: WatchVerdictsResponse.Event
    EVENT_JOINED: WatchVerdictsResponse.Event
    EVENT_VERDICT: WatchVerdictsResponse.Event
    EVENT_LEFT: WatchVerdictsResponse.Event
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    participant: _types_pb2.Participant
    event: WatchVerdictsResponse.Event
    dropped: int
    def __init__(self, participant: _Optional[_Union[_types_pb2.Participant, _Mapping]] = ..., event: _Optional[_Union[WatchVerdictsResponse.Event, str]] = ..., dropped: _Optional[int] = ...) -> None: ...
