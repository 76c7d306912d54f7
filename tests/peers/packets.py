"""Encoded video and RTP packets of it, made without a network."""

from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
from aiortc.codecs import depayload
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket

from guard.picture import plane_pixels

VP8 = RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90000, payloadType=96)
H264 = RTCRtpCodecParameters(mimeType="video/H264", clockRate=90000, payloadType=97)
STEP = 3600
"""RTP time from one frame to the next at 25 frames per second."""


def luma(number: int, width: int = 320, height: int = 240) -> np.ndarray:
    """Blocks that change from picture to picture."""
    blocks = np.random.default_rng(number).integers(30, 90, (height // 40, width // 40)).astype(np.uint8)
    return np.kron(blocks, np.ones((40, 40), np.uint8))


def picture(number: int, width: int = 320, height: int = 240) -> av.VideoFrame:
    """Picture `number` as an encoder takes it."""
    chroma = np.full((height // 2, width), 128, np.uint8)
    made = av.VideoFrame.from_ndarray(np.concatenate([luma(number, width, height), chroma]), "yuv420p")
    made.pts, made.time_base = number * STEP, Fraction(1, 90000)
    return made


def sent(
    frames: int,
    codec: RTCRtpCodecParameters = VP8,
    *,
    keyframes: tuple[int, ...] = (0,),
    first: int = 65530,
    time: int = 2**32 - STEP,
    of: Callable[[int], av.VideoFrame] = picture,
) -> list[list[RtpPacket]]:
    """The packets of each frame; numbers and times wrap around early on."""
    encoder = Vp8Encoder() if codec is VP8 else H264Encoder()
    number, made = first, []
    for index in range(frames):
        payloads, _ = encoder.encode(of(index), force_keyframe=index in keyframes)
        packets = []
        for payload in payloads:
            packet = RtpPacket(codec.payloadType, int(payload is payloads[-1]), number % 2**16, 0, 7, payload)
            packet.timestamp = (time + index * STEP) % 2**32
            packet._data = depayload(codec, payload)
            packets.append(packet)
            number += 1
        made.append(packets)
    return made


def decoded_picture(plane: np.ndarray, codec: RTCRtpCodecParameters) -> np.ndarray:
    """A luma plane (height, width) as it comes out of the codec at its usual bit rate, after some pictures."""
    height, width = plane.shape
    shown = av.VideoFrame.from_ndarray(np.concatenate([plane, np.full((height // 2, width), 128, np.uint8)]), "yuv420p")
    decoder, pictures = av.CodecContext.create(codec.name.lower(), "r"), []
    for packets in sent(6, codec, of=lambda number: stamped(shown, number)):
        pictures += decoder.decode(av.Packet(b"".join(packet._data for packet in packets)))
    return plane_pixels(pictures[-1]).copy()


def stamped(shown: av.VideoFrame, number: int) -> av.VideoFrame:
    """The same picture as number `number` of a stream."""
    shown.pts, shown.time_base = number * STEP, Fraction(1, 90000)
    return shown
