"""Runs the service's detector on a call's audio. No clock."""

import numpy as np

from bench.speech.labels import Span, Wave, with_speech_level, words
from bench.speech.scoring import Detection
from parley.audio.g711 import BYTES_PER_MS, FRAME_BYTES, FRAME_MS
from sandbox.pcm import to_mulaw
from services.stt.voice_activity import SpeechStarted, VoiceActivity

LINE_NOISE_DBFS = -70.0
_LEAD_MS, _MIN_GAP_MS, _MAX_GAP_MS = 1000, 700, 1400


def detect(vad: VoiceActivity, mulaw: bytes) -> list[Detection]:
    """Everything that the detector reports on a call that ends with its audio."""
    found: list[Detection] = []
    started: tuple[float, float] | None = None
    now_ms = 0
    for at in range(0, len(mulaw) - FRAME_BYTES + 1, FRAME_BYTES):
        now_ms = at // BYTES_PER_MS + FRAME_MS
        for change in vad.push_audio(mulaw[at : at + FRAME_BYTES], at // BYTES_PER_MS):
            if isinstance(change, SpeechStarted):
                started = (change.at_ms, now_ms)
            elif started is not None:
                found.append(Detection(*started, change.at_ms, now_ms))
                started = None
    if started is not None:
        found.append(Detection(*started, now_ms, now_ms))
    return found


def encode(wave: Wave, seed: int = 0) -> bytes:
    """The recording on a line with a little noise, as mu-law."""
    noise = np.random.default_rng(seed).normal(0, 10 ** (LINE_NOISE_DBFS / 20), len(wave))
    linear = np.clip(np.round((wave + noise) * 32768), -32768, 32767)
    return to_mulaw(linear.astype(np.int16))


def call(prompts: list[Wave], dbfs: float, seed: int) -> tuple[bytes, list[Span]]:
    """A call with these prompts one after another, and where the words are."""
    chance = np.random.default_rng(seed)
    parts = [np.zeros(_LEAD_MS * BYTES_PER_MS + int(chance.integers(2 * FRAME_BYTES)))]
    spans: list[Span] = []
    for prompt in prompts:
        levelled = with_speech_level(prompt, dbfs)
        at_ms = sum(map(len, parts)) / BYTES_PER_MS
        spans += [word.shifted(at_ms) for word in words(levelled)]
        gap = int(chance.integers(_MIN_GAP_MS, _MAX_GAP_MS)) * BYTES_PER_MS + int(
            chance.integers(FRAME_BYTES)
        )
        parts += [levelled, np.zeros(gap)]
    return encode(np.concatenate(parts), seed), spans
