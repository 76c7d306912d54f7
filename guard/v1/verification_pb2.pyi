import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.rpc import status_pb2 as _status_pb2
from guard.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PixelLayout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PIXEL_LAYOUT_UNSPECIFIED: _ClassVar[PixelLayout]
    PIXEL_LAYOUT_GRAY8: _ClassVar[PixelLayout]
    PIXEL_LAYOUT_I420: _ClassVar[PixelLayout]
    PIXEL_LAYOUT_JPEG: _ClassVar[PixelLayout]
PIXEL_LAYOUT_UNSPECIFIED: PixelLayout
PIXEL_LAYOUT_GRAY8: PixelLayout
PIXEL_LAYOUT_I420: PixelLayout
PIXEL_LAYOUT_JPEG: PixelLayout

class StreamVerifyRequest(_message.Message):
    __slots__ = ("open", "frame", "cut", "close", "stream")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    open: StreamOpen
    frame: VideoFrame
    cut: StreamCut
    close: StreamClose
    stream: str
    def __init__(self, open: _Optional[_Union[StreamOpen, _Mapping]] = ..., frame: _Optional[_Union[VideoFrame, _Mapping]] = ..., cut: _Optional[_Union[StreamCut, _Mapping]] = ..., close: _Optional[_Union[StreamClose, _Mapping]] = ..., stream: _Optional[str] = ...) -> None: ...

class StreamVerifyResponse(_message.Message):
    __slots__ = ("opened", "verdict", "closed", "stream")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    opened: StreamOpened
    verdict: _types_pb2.Verdict
    closed: StreamClosed
    stream: str
    def __init__(self, opened: _Optional[_Union[StreamOpened, _Mapping]] = ..., verdict: _Optional[_Union[_types_pb2.Verdict, _Mapping]] = ..., closed: _Optional[_Union[StreamClosed, _Mapping]] = ..., stream: _Optional[str] = ...) -> None: ...

class StreamOpen(_message.Message):
    __slots__ = ("call", "participant", "claim", "format", "resume_token", "continuity")
    CALL_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CONTINUITY_FIELD_NUMBER: _ClassVar[int]
    call: str
    participant: str
    claim: str
    format: PictureFormat
    resume_token: bytes
    continuity: bool
    def __init__(self, call: _Optional[str] = ..., participant: _Optional[str] = ..., claim: _Optional[str] = ..., format: _Optional[_Union[PictureFormat, _Mapping]] = ..., resume_token: _Optional[bytes] = ..., continuity: _Optional[bool] = ...) -> None: ...

class StreamClose(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StreamClosed(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: _status_pb2.Status
    def __init__(self, status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class PictureFormat(_message.Message):
    __slots__ = ("layout", "width", "height", "full_range", "rotation", "crop", "mirrored")
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FULL_RANGE_FIELD_NUMBER: _ClassVar[int]
    ROTATION_FIELD_NUMBER: _ClassVar[int]
    CROP_FIELD_NUMBER: _ClassVar[int]
    MIRRORED_FIELD_NUMBER: _ClassVar[int]
    layout: PixelLayout
    width: int
    height: int
    full_range: bool
    rotation: int
    crop: Crop
    mirrored: bool
    def __init__(self, layout: _Optional[_Union[PixelLayout, str]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., full_range: _Optional[bool] = ..., rotation: _Optional[int] = ..., crop: _Optional[_Union[Crop, _Mapping]] = ..., mirrored: _Optional[bool] = ...) -> None: ...

class Crop(_message.Message):
    __slots__ = ("left", "top", "side")
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    left: int
    top: int
    side: int
    def __init__(self, left: _Optional[int] = ..., top: _Optional[int] = ..., side: _Optional[int] = ...) -> None: ...

class VideoFrame(_message.Message):
    __slots__ = ("time", "data", "format")
    TIME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    time: _duration_pb2.Duration
    data: bytes
    format: PictureFormat
    def __init__(self, time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., data: _Optional[bytes] = ..., format: _Optional[_Union[PictureFormat, _Mapping]] = ...) -> None: ...

class StreamCut(_message.Message):
    __slots__ = ("cut",)
    CUT_FIELD_NUMBER: _ClassVar[int]
    cut: _types_pb2.Cut
    def __init__(self, cut: _Optional[_Union[_types_pb2.Cut, str]] = ...) -> None: ...

class StreamOpened(_message.Message):
    __slots__ = ("model_id", "fps", "horizons", "verdict_stride", "enrolled", "resume_token", "resumable_for", "last_sequence")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    FPS_FIELD_NUMBER: _ClassVar[int]
    HORIZONS_FIELD_NUMBER: _ClassVar[int]
    VERDICT_STRIDE_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RESUMABLE_FOR_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    fps: int
    horizons: _containers.RepeatedScalarFieldContainer[int]
    verdict_stride: int
    enrolled: bool
    resume_token: bytes
    resumable_for: _duration_pb2.Duration
    last_sequence: int
    def __init__(self, model_id: _Optional[str] = ..., fps: _Optional[int] = ..., horizons: _Optional[_Iterable[int]] = ..., verdict_stride: _Optional[int] = ..., enrolled: _Optional[bool] = ..., resume_token: _Optional[bytes] = ..., resumable_for: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., last_sequence: _Optional[int] = ...) -> None: ...
