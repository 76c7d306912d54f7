from guard.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListParticipantsRequest(_message.Message):
    __slots__ = ("call",)
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: str
    def __init__(self, call: _Optional[str] = ...) -> None: ...

class ListParticipantsResponse(_message.Message):
    __slots__ = ("participants",)
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    participants: _containers.RepeatedCompositeFieldContainer[_types_pb2.Participant]
    def __init__(self, participants: _Optional[_Iterable[_Union[_types_pb2.Participant, _Mapping]]] = ...) -> None: ...

class WatchVerdictsRequest(_message.Message):
    __slots__ = ("call",)
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: str
    def __init__(self, call: _Optional[str] = ...) -> None: ...

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
