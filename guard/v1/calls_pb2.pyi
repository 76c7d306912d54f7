import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from guard.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SourceState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_STATE_UNSPECIFIED: _ClassVar[SourceState]
    SOURCE_STATE_CONNECTING: _ClassVar[SourceState]
    SOURCE_STATE_CONNECTED: _ClassVar[SourceState]
    SOURCE_STATE_FLOWING: _ClassVar[SourceState]
    SOURCE_STATE_STALLED: _ClassVar[SourceState]
    SOURCE_STATE_RECONNECTING: _ClassVar[SourceState]
    SOURCE_STATE_ENDED: _ClassVar[SourceState]

class SourceReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_REASON_UNSPECIFIED: _ClassVar[SourceReason]
    SOURCE_REASON_UNREACHABLE: _ClassVar[SourceReason]
    SOURCE_REASON_REFUSED: _ClassVar[SourceReason]
    SOURCE_REASON_LOST: _ClassVar[SourceReason]
    SOURCE_REASON_CAMERA_OFF: _ClassVar[SourceReason]
    SOURCE_REASON_CODEC: _ClassVar[SourceReason]
    SOURCE_REASON_ENCRYPTED: _ClassVar[SourceReason]
    SOURCE_REASON_SCREEN: _ClassVar[SourceReason]
    SOURCE_REASON_SILENT: _ClassVar[SourceReason]
    SOURCE_REASON_NOT_ADMITTED: _ClassVar[SourceReason]
    SOURCE_REASON_REPLACED: _ClassVar[SourceReason]
    SOURCE_REASON_FINISHED: _ClassVar[SourceReason]
    SOURCE_REASON_DETACHED: _ClassVar[SourceReason]
    SOURCE_REASON_FAULT: _ClassVar[SourceReason]
SOURCE_STATE_UNSPECIFIED: SourceState
SOURCE_STATE_CONNECTING: SourceState
SOURCE_STATE_CONNECTED: SourceState
SOURCE_STATE_FLOWING: SourceState
SOURCE_STATE_STALLED: SourceState
SOURCE_STATE_RECONNECTING: SourceState
SOURCE_STATE_ENDED: SourceState
SOURCE_REASON_UNSPECIFIED: SourceReason
SOURCE_REASON_UNREACHABLE: SourceReason
SOURCE_REASON_REFUSED: SourceReason
SOURCE_REASON_LOST: SourceReason
SOURCE_REASON_CAMERA_OFF: SourceReason
SOURCE_REASON_CODEC: SourceReason
SOURCE_REASON_ENCRYPTED: SourceReason
SOURCE_REASON_SCREEN: SourceReason
SOURCE_REASON_SILENT: SourceReason
SOURCE_REASON_NOT_ADMITTED: SourceReason
SOURCE_REASON_REPLACED: SourceReason
SOURCE_REASON_FINISHED: SourceReason
SOURCE_REASON_DETACHED: SourceReason
SOURCE_REASON_FAULT: SourceReason

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
    __slots__ = ("spec",)
    SPEC_FIELD_NUMBER: _ClassVar[int]
    spec: SourceSpec
    def __init__(self, spec: _Optional[_Union[SourceSpec, _Mapping]] = ...) -> None: ...

class AttachSourceResponse(_message.Message):
    __slots__ = ("source",)
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    source: Source
    def __init__(self, source: _Optional[_Union[Source, _Mapping]] = ...) -> None: ...

class DetachSourceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DetachSourceResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListSourcesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListSourcesResponse(_message.Message):
    __slots__ = ("sources",)
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    sources: _containers.RepeatedCompositeFieldContainer[Source]
    def __init__(self, sources: _Optional[_Iterable[_Union[Source, _Mapping]]] = ...) -> None: ...

class WatchSourcesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchSourcesResponse(_message.Message):
    __slots__ = ("source", "event")
    class Event(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EVENT_UNSPECIFIED: _ClassVar[WatchSourcesResponse.Event]
        EVENT_ATTACHED: _ClassVar[WatchSourcesResponse.Event]
        EVENT_CHANGED: _ClassVar[WatchSourcesResponse.Event]
        EVENT_DETACHED: _ClassVar[WatchSourcesResponse.Event]
    EVENT_UNSPECIFIED: WatchSourcesResponse.Event
    EVENT_ATTACHED: WatchSourcesResponse.Event
    EVENT_CHANGED: WatchSourcesResponse.Event
    EVENT_DETACHED: WatchSourcesResponse.Event
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    source: Source
    event: WatchSourcesResponse.Event
    def __init__(self, source: _Optional[_Union[Source, _Mapping]] = ..., event: _Optional[_Union[WatchSourcesResponse.Event, str]] = ...) -> None: ...

class SetClaimRequest(_message.Message):
    __slots__ = ("call", "participant", "claim")
    CALL_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    call: str
    participant: str
    claim: str
    def __init__(self, call: _Optional[str] = ..., participant: _Optional[str] = ..., claim: _Optional[str] = ...) -> None: ...

class SetClaimResponse(_message.Message):
    __slots__ = ("participant",)
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    participant: _types_pb2.Participant
    def __init__(self, participant: _Optional[_Union[_types_pb2.Participant, _Mapping]] = ...) -> None: ...

class SourceSpec(_message.Message):
    __slots__ = ("name", "call", "claim", "claim_display", "claim_pattern", "file", "whep", "janus", "mirrored")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CALL_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    CLAIM_DISPLAY_FIELD_NUMBER: _ClassVar[int]
    CLAIM_PATTERN_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    WHEP_FIELD_NUMBER: _ClassVar[int]
    JANUS_FIELD_NUMBER: _ClassVar[int]
    MIRRORED_FIELD_NUMBER: _ClassVar[int]
    name: str
    call: str
    claim: str
    claim_display: bool
    claim_pattern: str
    file: FileSource
    whep: WhepSource
    janus: JanusSource
    mirrored: bool
    def __init__(self, name: _Optional[str] = ..., call: _Optional[str] = ..., claim: _Optional[str] = ..., claim_display: _Optional[bool] = ..., claim_pattern: _Optional[str] = ..., file: _Optional[_Union[FileSource, _Mapping]] = ..., whep: _Optional[_Union[WhepSource, _Mapping]] = ..., janus: _Optional[_Union[JanusSource, _Mapping]] = ..., mirrored: _Optional[bool] = ...) -> None: ...

class FileSource(_message.Message):
    __slots__ = ("url", "participant")
    URL_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    url: str
    participant: str
    def __init__(self, url: _Optional[str] = ..., participant: _Optional[str] = ...) -> None: ...

class WhepSource(_message.Message):
    __slots__ = ("url", "participant", "token")
    URL_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    url: str
    participant: str
    token: str
    def __init__(self, url: _Optional[str] = ..., participant: _Optional[str] = ..., token: _Optional[str] = ...) -> None: ...

class JanusSource(_message.Message):
    __slots__ = ("url", "number", "text", "display", "pin", "token", "api_secret", "substream")
    URL_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_FIELD_NUMBER: _ClassVar[int]
    PIN_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    API_SECRET_FIELD_NUMBER: _ClassVar[int]
    SUBSTREAM_FIELD_NUMBER: _ClassVar[int]
    url: str
    number: int
    text: str
    display: str
    pin: str
    token: str
    api_secret: str
    substream: int
    def __init__(self, url: _Optional[str] = ..., number: _Optional[int] = ..., text: _Optional[str] = ..., display: _Optional[str] = ..., pin: _Optional[str] = ..., token: _Optional[str] = ..., api_secret: _Optional[str] = ..., substream: _Optional[int] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ("spec", "state", "reason", "detail", "attempts", "attached_at", "changed_at", "participants")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    ATTACHED_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    spec: SourceSpec
    state: SourceState
    reason: SourceReason
    detail: str
    attempts: int
    attached_at: _timestamp_pb2.Timestamp
    changed_at: _timestamp_pb2.Timestamp
    participants: _containers.RepeatedCompositeFieldContainer[SourceParticipant]
    def __init__(self, spec: _Optional[_Union[SourceSpec, _Mapping]] = ..., state: _Optional[_Union[SourceState, str]] = ..., reason: _Optional[_Union[SourceReason, str]] = ..., detail: _Optional[str] = ..., attempts: _Optional[int] = ..., attached_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., participants: _Optional[_Iterable[_Union[SourceParticipant, _Mapping]]] = ...) -> None: ...

class SourceParticipant(_message.Message):
    __slots__ = ("participant", "display", "state", "reason", "detail")
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    participant: str
    display: str
    state: SourceState
    reason: SourceReason
    detail: str
    def __init__(self, participant: _Optional[str] = ..., display: _Optional[str] = ..., state: _Optional[_Union[SourceState, str]] = ..., reason: _Optional[_Union[SourceReason, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class WatchVerdictsRequest(_message.Message):
    __slots__ = ("call", "participants", "claims", "decisions", "changes_only", "links")
    CALL_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_ONLY_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    call: str
    participants: _containers.RepeatedScalarFieldContainer[str]
    claims: _containers.RepeatedScalarFieldContainer[str]
    decisions: _containers.RepeatedScalarFieldContainer[_types_pb2.Decision]
    changes_only: bool
    links: bool
    def __init__(self, call: _Optional[str] = ..., participants: _Optional[_Iterable[str]] = ..., claims: _Optional[_Iterable[str]] = ..., decisions: _Optional[_Iterable[_Union[_types_pb2.Decision, str]]] = ..., changes_only: _Optional[bool] = ..., links: _Optional[bool] = ...) -> None: ...

class WatchVerdictsResponse(_message.Message):
    __slots__ = ("participant", "event", "dropped")
    class Event(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EVENT_UNSPECIFIED: _ClassVar[WatchVerdictsResponse.Event]
        EVENT_JOINED: _ClassVar[WatchVerdictsResponse.Event]
        EVENT_VERDICT: _ClassVar[WatchVerdictsResponse.Event]
        EVENT_LEFT: _ClassVar[WatchVerdictsResponse.Event]
        EVENT_LINK: _ClassVar[WatchVerdictsResponse.Event]
    EVENT_UNSPECIFIED: WatchVerdictsResponse.Event
    EVENT_JOINED: WatchVerdictsResponse.Event
    EVENT_VERDICT: WatchVerdictsResponse.Event
    EVENT_LEFT: WatchVerdictsResponse.Event
    EVENT_LINK: WatchVerdictsResponse.Event
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    participant: _types_pb2.Participant
    event: WatchVerdictsResponse.Event
    dropped: int
    def __init__(self, participant: _Optional[_Union[_types_pb2.Participant, _Mapping]] = ..., event: _Optional[_Union[WatchVerdictsResponse.Event, str]] = ..., dropped: _Optional[int] = ...) -> None: ...
