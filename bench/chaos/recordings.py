"""How much of what was said and heard on the line the recording lacks."""

import asyncio
import io
import wave
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np

from bench.turns.calls import Call
from sandbox.caller.client import SandboxError, Telephone

_FRAME = 160
_SPEECH_MEAN = 160
"""Mean amplitude, as the caller's own ear has it."""


async def recorded_s_lost(call: Call, telephone: Telephone) -> float:
    """Seconds of voice, both sides, that the line had and the recording has not."""
    url = next((e.call_recorded.recording_url for e in call.events if e.HasField("call_recorded")), "")
    try:
        said = await telephone.caller_wav(call.call_sid)
        heard = await telephone.agent_wav(call.call_sid)
        path = Path(unquote(urlsplit(url).path))
        recorded = await asyncio.to_thread(path.read_bytes) if url else b""
    except (SandboxError, OSError):
        return call.report.duration_ms / 1000
    if not recorded:
        return call.report.duration_ms / 1000
    sides = _sides(recorded)
    return _missing_s(_sides(said)[0], sides[0]) + _missing_s(_sides(heard)[0], sides[-1])


@dataclass(frozen=True, slots=True)
class _Side:
    speech_s: float
    loudness: float
    """Sum of all amplitudes: the same wherever frames begin."""


def _missing_s(line: _Side, recorded: _Side) -> float:
    if not line.loudness:
        return 0.0
    return line.speech_s * max(0.0, 1 - recorded.loudness / line.loudness)


def _sides(data: bytes) -> list[_Side]:
    with wave.open(io.BytesIO(data)) as file:
        channels = file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, channels)
    loud = np.abs(samples.astype(np.float64))
    whole = loud[: len(loud) // _FRAME * _FRAME].reshape(-1, _FRAME, channels)
    voiced_s = (whole.mean(axis=1) > _SPEECH_MEAN).sum(axis=0) * 0.02
    return [
        _Side(float(s), float(all_of_it)) for s, all_of_it in zip(voiced_s, loud.sum(axis=0), strict=True)
    ]
