"""How much of what was said and heard on the line the recording lacks."""

import asyncio
import io
import wave
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np

from bench.turns.calls import Call
from sandbox.caller.client import NoSandbox, Telephone

_FRAME = 160
_VOICED_MEAN = 160
"""Mean amplitude, as the caller's own ear has it."""


async def recorded_s_lost(call: Call, telephone: Telephone) -> float:
    """Seconds of voice, both sides, that the line had and the recording has not."""
    url = next((e.call_recorded.recording_url for e in call.events if e.HasField("call_recorded")), "")
    try:
        said = await telephone.said_wav(call.call_sid)
        heard = await telephone.heard_wav(call.call_sid)
        path = Path(unquote(urlsplit(url).path))
        recorded = await asyncio.to_thread(path.read_bytes) if url else b""
    except (NoSandbox, OSError):
        return call.report.duration_ms / 1000
    if not recorded:
        return call.report.duration_ms / 1000
    sides = _voiced_s(recorded)
    lacks = (_voiced_s(said)[0] - sides[0], _voiced_s(heard)[0] - sides[-1])
    return sum(max(0.0, lack_s) for lack_s in lacks)


def _voiced_s(data: bytes) -> list[float]:
    """Seconds of each channel that are not silent."""
    with wave.open(io.BytesIO(data)) as file:
        channels = file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, channels)
    whole = samples[: len(samples) // _FRAME * _FRAME].astype(np.float32)
    loud = np.abs(whole.reshape(-1, _FRAME, channels)).mean(axis=1) > _VOICED_MEAN
    return [float(seconds) for seconds in loud.sum(axis=0) * 0.02]
