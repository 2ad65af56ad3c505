"""Samples of FFmpeg's audio frames, and the error for audio that it cannot decode. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class UndecodableAudio(Exception):
    """The audio is not what the client announced, or is damaged."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decoded samples."""

    samples: Floats
    """Frames by channels; full scale is 1.0."""
    rate_hz: int


NOTHING = Decoded(np.zeros((0, 1), np.float32), 0)


def join_frames(frames: Sequence[av.AudioFrame]) -> Decoded:
    """The samples of consecutive frames of one stream."""
    if not frames:
        return NOTHING
    return Decoded(np.concatenate([_samples(frame) for frame in frames]), frames[0].sample_rate)


def _samples(frame: av.AudioFrame) -> Floats:
    samples = frame.to_ndarray()
    shaped = samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels)
    floats = shaped.astype(np.float32)
    match shaped.dtype:
        case np.uint8:
            return (floats - np.float32(128)) / np.float32(128)
        case np.int16:
            return floats / np.float32(2**15)
        case np.int32:
            return floats / np.float32(2**31)
        case _:
            return floats
