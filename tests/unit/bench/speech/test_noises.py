"""The noises, and what the service's detector makes of them and of quiet speech."""

import numpy as np
import pytest

from bench.speech.detection import call, detect, encode
from bench.speech.labels import levels
from bench.speech.noises import at_level, babble, noises
from bench.speech.scoring import score
from sandbox.pcm import from_mulaw
from services.stt.silero import VadPool
from services.stt.voice_activity import VoiceActivity
from tests.recordings import recordings

TEXTS = ("hello", "yes", "stop", "tuesday afternoon would be good", "my name is robert miller")
POOL = VadPool()


def test_noises_rarely_start_speech_and_never_for_long() -> None:
    """Each at the start of a call; a false start pauses the agent until it ends."""
    starts = 0
    for name, audio in noises():
        with POOL.acquire() as model:
            found = detect(VoiceActivity(model), encode(audio[: 8 * 8000]))
        starts += len(found)
        assert all(d.ended_ms - d.detected_ms < 1000 for d in found), name
    assert starts <= 6


@pytest.mark.parametrize("dbfs", [-20, -30, -40])
def test_speech_is_detected_at_every_level(dbfs: int) -> None:
    """No word is missed, and starts and ends are those of the audio."""
    voices = [from_mulaw(recordings().utterance(text).mulaw) / 32768 for text in TEXTS]
    audio, words = call(voices, dbfs, seed=1)
    with POOL.acquire() as model:
        scores = score(words, detect(VoiceActivity(model), audio))
    assert scores.missed == []
    assert scores.splits == 0
    assert np.median(scores.onset_delay_ms) <= 110
    assert max(scores.onset_delay_ms) <= 200
    assert np.median(np.abs(scores.end_error_ms)) <= 65


def test_babble_has_its_level() -> None:
    """As every noise has."""
    voice = at_level(np.random.default_rng(1).normal(size=16_000), -10)
    assert levels(babble([voice] * 4, -30)).max() > -30
