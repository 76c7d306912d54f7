"""Decodes, frames and reduces one track in a thread of its own: nothing larger than a reduced frame leaves it."""

import queue
import threading
import time
from collections.abc import Callable
from fractions import Fraction

import av
import structlog
from aiortc.codecs import get_decoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from guard.core.errors import FrameError
from guard.core.items import Cut
from guard.framing import Framer, framed
from guard.peers.assembly import KEYFRAME_AGAIN, EncodedFrame, Whole, is_keyframe
from guard.peers.handover import Handover
from guard.picture import Reducer

RTP_CLOCK = Fraction(1, 90_000)
BACKLOG = 32
"""Encoded frames that wait to be decoded; more end the run, and decoding goes on at a keyframe."""
FRUITLESS, SELDOM = 10, 5.0
"""After so many keyframes that were asked for in vain, one is each so many seconds: everybody in the call pays for it,
and none helps with video that is encrypted end to end."""

Task = tuple[RTCRtpCodecParameters, Whole] | None
"""What aiortc hands to a decoder: frames and their codec; None at the end."""
log = structlog.get_logger()


class Decoding:
    """One track's decoder. `fault`, when set, makes aiortc ask the sender for a keyframe. Times are of `clock`."""

    def __init__(self, handover: Handover, fault: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
        self._handover = handover
        self._fault = fault
        self._clock = clock
        self._reducer = Reducer()
        self._framer = Framer(handover.looks)
        self._decode: Callable[[EncodedFrame], list[av.VideoFrame]] | None = None
        self._codec = ""
        self._keyless = False  # what comes refers to frames that were not decoded
        self._asked_at = float("-inf")  # when a keyframe was last asked for
        self._asked = 0  # how often since the newest picture
        self._shape: tuple[int, int, int] | None = None  # width, height and rotation of the newest picture

    def run(self, tasks: "queue.SimpleQueue[Task]") -> None:
        """Decode until None comes, or what nobody foresaw."""
        try:
            self._decode_all(tasks)
        except Exception:
            log.exception("decoding failed")
            self._handover.failed = True
        finally:
            self._handover.end()

    def _decode_all(self, tasks: "queue.SimpleQueue[Task]") -> None:
        while (task := tasks.get()) is not None:
            codec, whole = task
            if codec.name != self._codec:
                self._use(codec)
            if tasks.qsize() > BACKLOG:
                self._lose(Cut.OVERFLOW, len(whole.frames))
                continue
            for encoded in whole.frames:
                self._take(encoded)

    def _use(self, codec: RTCRtpCodecParameters) -> None:
        """Decode another codec from now on: its decoder knows nothing of what came before."""
        if self._decode is not None:
            self._handover.cut(Cut.PICTURE_CHANGED)
            self._keyless = True
        self._codec, self._decode = codec.name, decoder_of(codec)

    def _take(self, encoded: EncodedFrame) -> None:
        if encoded.cut is not None:
            self._handover.cut(encoded.cut)
        if self._keyless and not is_keyframe(encoded.data):
            self._lose(Cut.DECODER_FAULT, 1)
            return
        self._keyless = False
        try:
            for picture in self._decode(encoded) if self._decode and not self._handover.closed else ():
                if picture.is_corrupt:  # FFmpeg conceals what it cannot decode of H.264, and raises nothing
                    self._lose(Cut.DECODER_FAULT, 1)
                elif not self._keyless:
                    self._hand_over(picture, encoded.at)
        except (FrameError, av.FFmpegError) as error:
            log.debug("a frame cannot be decoded", codec=self._codec, error=str(error))
            self._lose(Cut.DECODER_FAULT, 1)

    def _lose(self, cut: Cut, frames: int) -> None:
        """Frames are lost here: what comes after them is worth nothing before a keyframe, which is asked for."""
        self._handover.cut(cut, frames)
        self._keyless = True
        now = self._clock()
        pause = KEYFRAME_AGAIN if self._asked < FRUITLESS else SELDOM
        if now - self._asked_at >= pause:  # a keyframe for each skipped frame is what slow links choke on
            self._asked_at = now
            self._asked += 1
            self._fault.set()

    def _hand_over(self, picture: av.VideoFrame, at: float) -> None:
        self._asked = 0
        shape = picture.width, picture.height, picture.rotation
        if self._shape not in (None, shape):
            self._handover.cut(Cut.PICTURE_CHANGED)
            self._framer = Framer(self._handover.looks)
        self._shape = shape
        cut, frame = framed(picture, picture.time, self._reducer, self._framer)
        if cut is not None:
            self._handover.cut(cut)
        self._handover.put(frame, at)


def decoder_of(codec: RTCRtpCodecParameters) -> Callable[[EncodedFrame], list[av.VideoFrame]]:
    """A decoder of encoded frames, on the calling thread alone: there are as many decoders as streams."""
    decoder = get_decoder(codec)
    decoder.codec.thread_count = 1

    def decode(encoded: EncodedFrame) -> list[av.VideoFrame]:
        packet = av.Packet(encoded.data)
        packet.pts, packet.time_base = encoded.time, RTP_CLOCK
        pictures: list[av.VideoFrame] = decoder.codec.decode(packet)
        return pictures

    return decode
