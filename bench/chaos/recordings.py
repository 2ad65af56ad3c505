"""How much speech of the line is missing from the recording."""

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
"""Mean amplitude above which a frame counts as speech, as for the simulated callers."""


async def recorded_s_lost(call: Call, telephone: Telephone) -> float:
    """Seconds of speech, of both sides, that the recording lacks."""
    url = next((e.call_recorded.recording_url for e in call.events if e.HasField("call_recorded")), "")
    try:
        caller = await telephone.caller_wav(call.call_sid)
        agent = await telephone.agent_wav(call.call_sid)
        path = Path(unquote(urlsplit(url).path))
        recorded = await asyncio.to_thread(path.read_bytes) if url else b""
    except (SandboxError, OSError):
        return call.report.duration_ms / 1000
    if not recorded:
        return call.report.duration_ms / 1000
    sides = _sides(recorded)
    return _missing_s(_sides(caller)[0], sides[0]) + _missing_s(_sides(agent)[0], sides[-1])


@dataclass(frozen=True, slots=True)
class _Side:
    speech_s: float
    loudness: float
    """Sum of all amplitudes; independent of frame boundaries."""


def _missing_s(line: _Side, recorded: _Side) -> float:
    if not line.loudness:
        return 0.0
    return line.speech_s * max(0.0, 1 - recorded.loudness / line.loudness)


def _sides(data: bytes) -> list[_Side]:
    with wave.open(io.BytesIO(data)) as file:
        channels = file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, channels)
    loud = np.abs(samples.astype(np.float64))
    frames = loud[: len(loud) // _FRAME * _FRAME].reshape(-1, _FRAME, channels)
    speech_s = (frames.mean(axis=1) > _SPEECH_MEAN).sum(axis=0) * 0.02
    return [_Side(float(s), float(total)) for s, total in zip(speech_s, loud.sum(axis=0), strict=True)]
