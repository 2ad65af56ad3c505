"""Samples of FFmpeg's frames in their several formats."""

from typing import Any

import av
import numpy as np
import pytest

from sandbox.deepgram.frame_samples import NOTHING, join_frames


@pytest.mark.parametrize(
    ("sample_format", "dtype", "half"),
    [("s16", "int16", 2**14), ("s32", "int32", 2**30), ("u8", "uint8", 192), ("flt", "float32", 0.5)],
)
def test_full_scale_is_one(sample_format: str, dtype: str, half: float) -> None:
    """Half of full scale is 0.5 in every format."""
    values: Any = np.full((1, 4), half, dtype=dtype)
    frame = av.AudioFrame.from_ndarray(values, format=sample_format, layout="stereo")
    frame.sample_rate = 16_000
    decoded = join_frames([frame, frame])

    assert decoded.rate_hz == 16_000
    assert decoded.samples.tolist() == [[0.5, 0.5]] * 4
    assert join_frames([]) is NOTHING
