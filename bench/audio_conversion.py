"""Measure what converting a call's audio costs: `python -m bench.audio_conversion`."""

import time
from collections.abc import Iterator

from parley.audio.conversion import converter
from parley.audio.formats import MULAW_8K, AudioFormat
from sandbox.caller.voice_bank import load_bank

_RATES_HZ = (8000, 16_000, 22_050, 24_000, 44_100, 48_000)
_CALLER_FRAME_MS = 20
_VOICE_CHUNK_MS = 100
_SECONDS = 60


def rows(seconds: int = _SECONDS) -> Iterator[tuple[AudioFormat, float, float, float]]:
    """Per format: CPU per second of received and of synthesized audio in ms, and the largest delay in ms."""
    speech = load_bank().utterance("what are your opening hours").mulaw
    mulaw = (speech * (seconds * 8000 // len(speech) + 1))[: seconds * 8000]
    for rate_hz in _RATES_HZ:
        other = AudioFormat("pcm_s16le", rate_hz)
        _, voice, _ = _convert(mulaw, MULAW_8K, other, len(mulaw))
        caller_ms, _, caller_lag_ms = _convert(mulaw, MULAW_8K, other, MULAW_8K.ms_to_bytes(_CALLER_FRAME_MS))
        voice_ms, _, voice_lag_ms = _convert(voice, other, MULAW_8K, other.ms_to_bytes(_VOICE_CHUNK_MS))
        yield other, caller_ms / seconds, voice_ms / seconds, max(caller_lag_ms, voice_lag_ms)


def _convert(
    audio: bytes, source: AudioFormat, target: AudioFormat, chunk: int
) -> tuple[float, bytes, float]:
    conversion = converter(source, target)
    if conversion is None:
        return 0.0, audio, 0.0
    output, lag_ms = [], 0.0
    started_s = time.process_time()
    for at in range(0, len(audio), chunk):
        output.append(conversion.convert(audio[at : at + chunk]))
        lag_ms = max(lag_ms, conversion.lag_ms)
    output.append(conversion.flush())
    return (time.process_time() - started_s) * 1000, b"".join(output), lag_ms


def table(seconds: int = _SECONDS) -> str:
    """The measured table of docs/providers.md."""
    lines = [
        "| provider's format | caller's audio, CPU per second | voice, CPU per second | delay |",
        "| --- | --- | --- | --- |",
        "| mu-law 8 kHz | none | none | none |",
    ]
    for other, caller_ms, voice_ms, lag_ms in rows(seconds):
        lines.append(f"| {other} | {caller_ms:.1f} ms | {voice_ms:.1f} ms | {lag_ms:.1f} ms |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
