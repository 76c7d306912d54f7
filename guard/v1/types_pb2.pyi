import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Decision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DECISION_UNSPECIFIED: _ClassVar[Decision]
    DECISION_COLLECTING: _ClassVar[Decision]
    DECISION_VERIFIED: _ClassVar[Decision]
    DECISION_UNCERTAIN: _ClassVar[Decision]
    DECISION_IMPOSTOR_SUSPECTED: _ClassVar[Decision]
    DECISION_NOT_ENROLLED: _ClassVar[Decision]
    DECISION_STALE: _ClassVar[Decision]
    DECISION_OPTED_OUT: _ClassVar[Decision]
    DECISION_CONSISTENT: _ClassVar[Decision]
    DECISION_DRIVER_CHANGED: _ClassVar[Decision]

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    REASON_TOO_FEW_FRAMES: _ClassVar[Reason]
    REASON_TOO_MUCH_FILLER: _ClassVar[Reason]
    REASON_FROZEN: _ClassVar[Reason]
    REASON_NO_MOTION: _ClassVar[Reason]
    REASON_GAP: _ClassVar[Reason]
    REASON_DECODER_FAULT: _ClassVar[Reason]
    REASON_NOT_ENROLLED: _ClassVar[Reason]
    REASON_OPTED_OUT: _ClassVar[Reason]
    REASON_CAPACITY: _ClassVar[Reason]
    REASON_NEEDS_REENROLMENT: _ClassVar[Reason]
    REASON_NO_FACE: _ClassVar[Reason]
    REASON_MULTIPLE_FACES: _ClassVar[Reason]
    REASON_LOW_FRAME_RATE: _ClassVar[Reason]
    REASON_OPENING: _ClassVar[Reason]
    REASON_SCREEN: _ClassVar[Reason]
    REASON_STILL_PICTURE: _ClassVar[Reason]
    REASON_LOOPED: _ClassVar[Reason]
    REASON_REPLAYED: _ClassVar[Reason]

class Cut(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CUT_UNSPECIFIED: _ClassVar[Cut]
    CUT_GAP: _ClassVar[Cut]
    CUT_OVERFLOW: _ClassVar[Cut]
    CUT_PICTURE_CHANGED: _ClassVar[Cut]
    CUT_DECODER_FAULT: _ClassVar[Cut]
    CUT_TIME_JUMP: _ClassVar[Cut]
    CUT_CAPACITY: _ClassVar[Cut]
    CUT_CROP_CHANGED: _ClassVar[Cut]
    CUT_MIRRORED: _ClassVar[Cut]

class Link(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_UNSPECIFIED: _ClassVar[Link]
    LINK_CONNECTING: _ClassVar[Link]
    LINK_CONNECTED: _ClassVar[Link]
    LINK_FLOWING: _ClassVar[Link]
    LINK_STALLED: _ClassVar[Link]
    LINK_RECONNECTING: _ClassVar[Link]
    LINK_ENDED: _ClassVar[Link]
DECISION_UNSPECIFIED: Decision
DECISION_COLLECTING: Decision
DECISION_VERIFIED: Decision
DECISION_UNCERTAIN: Decision
DECISION_IMPOSTOR_SUSPECTED: Decision
DECISION_NOT_ENROLLED: Decision
DECISION_STALE: Decision
DECISION_OPTED_OUT: Decision
DECISION_CONSISTENT: Decision
DECISION_DRIVER_CHANGED: Decision
REASON_UNSPECIFIED: Reason
REASON_TOO_FEW_FRAMES: Reason
REASON_TOO_MUCH_FILLER: Reason
REASON_FROZEN: Reason
REASON_NO_MOTION: Reason
REASON_GAP: Reason
REASON_DECODER_FAULT: Reason
REASON_NOT_ENROLLED: Reason
REASON_OPTED_OUT: Reason
REASON_CAPACITY: Reason
REASON_NEEDS_REENROLMENT: Reason
REASON_NO_FACE: Reason
REASON_MULTIPLE_FACES: Reason
REASON_LOW_FRAME_RATE: Reason
REASON_OPENING: Reason
REASON_SCREEN: Reason
REASON_STILL_PICTURE: Reason
REASON_LOOPED: Reason
REASON_REPLAYED: Reason
CUT_UNSPECIFIED: Cut
CUT_GAP: Cut
CUT_OVERFLOW: Cut
CUT_PICTURE_CHANGED: Cut
CUT_DECODER_FAULT: Cut
CUT_TIME_JUMP: Cut
CUT_CAPACITY: Cut
CUT_CROP_CHANGED: Cut
CUT_MIRRORED: Cut
LINK_UNSPECIFIED: Link
LINK_CONNECTING: Link
LINK_CONNECTED: Link
LINK_FLOWING: Link
LINK_STALLED: Link
LINK_RECONNECTING: Link
LINK_ENDED: Link

class Verdict(_message.Message):
    __slots__ = ("time", "score", "llr", "evidence", "decision", "reason", "horizon", "sequence", "cuts", "last_cut", "model_id", "decision_changed", "change", "change_llr", "motion", "filler", "withheld", "mirror_check_pending")
    TIME_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    LLR_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HORIZON_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CUTS_FIELD_NUMBER: _ClassVar[int]
    LAST_CUT_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_CHANGED_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_LLR_FIELD_NUMBER: _ClassVar[int]
    MOTION_FIELD_NUMBER: _ClassVar[int]
    FILLER_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_FIELD_NUMBER: _ClassVar[int]
    MIRROR_CHECK_PENDING_FIELD_NUMBER: _ClassVar[int]
    time: _duration_pb2.Duration
    score: float
    llr: float
    evidence: float
    decision: Decision
    reason: Reason
    horizon: int
    sequence: int
    cuts: int
    last_cut: Cut
    model_id: str
    decision_changed: bool
    change: float
    change_llr: float
    motion: float
    filler: float
    withheld: Decision
    mirror_check_pending: bool
    def __init__(self, time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., score: _Optional[float] = ..., llr: _Optional[float] = ..., evidence: _Optional[float] = ..., decision: _Optional[_Union[Decision, str]] = ..., reason: _Optional[_Union[Reason, str]] = ..., horizon: _Optional[int] = ..., sequence: _Optional[int] = ..., cuts: _Optional[int] = ..., last_cut: _Optional[_Union[Cut, str]] = ..., model_id: _Optional[str] = ..., decision_changed: _Optional[bool] = ..., change: _Optional[float] = ..., change_llr: _Optional[float] = ..., motion: _Optional[float] = ..., filler: _Optional[float] = ..., withheld: _Optional[_Union[Decision, str]] = ..., mirror_check_pending: _Optional[bool] = ...) -> None: ...

class Participant(_message.Message):
    __slots__ = ("call", "participant", "claim", "transport", "opened_at", "verdict", "link")
    CALL_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    call: str
    participant: str
    claim: str
    transport: str
    opened_at: _timestamp_pb2.Timestamp
    verdict: Verdict
    link: Link
    def __init__(self, call: _Optional[str] = ..., participant: _Optional[str] = ..., claim: _Optional[str] = ..., transport: _Optional[str] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., verdict: _Optional[_Union[Verdict, _Mapping]] = ..., link: _Optional[_Union[Link, str]] = ...) -> None: ...
