"""When a voice's audio is overdue, and when the wait for it ends."""

from dataclasses import replace

import pytest

from parley.providers.latency_limits import LatencyLimits
from parley.providers.tts import AudioChunk
from services.tts.audio_limits import audio_limits
from services.tts.audio_watch import AudioWatch, Situation
from services.tts.reply_audio import ReplyAudio
from tests.unit.parley.providers.doubles import make_telemetry

SILENT = Situation(warm=True, buffered_s=0.0, within_clause=False)
SPEECH = AudioChunk(b"\x20" * 800)


class Voice:
    """Synthesis of a clause that was sent at 0 s."""

    def __init__(self, *, beside: bool = False) -> None:
        self.audio = ReplyAudio("r1")
        self.audio.start_attempt()
        self.limits = audio_limits(LatencyLimits(make_telemetry().provider_limit), "p", "m", 2.0)
        self.watch = AudioWatch(self.limits, self.audio, 0.0, beside=beside)
        self.now_s = 0.0
        self.audio.text_sent("Hello there.")
        self.watch.text_sent(0.0)

    def after(self, seconds: float, steps: int = 100) -> "Voice":
        """Let time pass without audio."""
        for _ in range(steps):
            self.now_s += seconds / steps
            self.watch.tick(self.now_s, warm=True)
        return self

    def sends(self, chunk: AudioChunk, *, audible: bool = True) -> "Voice":
        """Let a chunk arrive."""
        self.watch.received(self.now_s, audible=audible)
        self.audio.audio_received(chunk)
        return self


def overdue_after(voice: Voice, situation: Situation = SILENT) -> float:
    """Return the time after which another voice is tried."""
    begin_s = voice.now_s
    while not voice.watch.is_overdue(situation):
        voice.after(0.01, 1)
        assert voice.now_s < begin_s + 10
    return voice.now_s - begin_s


def test_a_silent_voice_is_overdue_before_the_wait_for_it_ends() -> None:
    """It may only be slow."""
    voice = Voice()
    assert overdue_after(voice) == pytest.approx(0.5, abs=0.02)
    assert voice.watch.exceeded_s(voice.now_s, SILENT) is None
    voice.after(1.6)
    assert voice.watch.exceeded_s(voice.now_s, SILENT) == voice.limits.warm.limit_s() == 2.0
    assert overdue_after(Voice(beside=True)) == pytest.approx(0.35, abs=0.02)


def test_silence_is_no_speech() -> None:
    """Synthesis of silence only is overdue all the same."""
    voice = Voice().after(0.4).sends(AudioChunk(b"\xff" * 800), audible=False)
    assert overdue_after(voice) == pytest.approx(0.1, abs=0.02)
    voice = Voice().after(0.4).sends(SPEECH)
    voice.audio.input_ended = True
    assert overdue_after(voice) == pytest.approx(0.5, abs=0.02)


def test_a_voice_is_not_overdue_while_its_audio_is_played() -> None:
    """Nor before it is sent text."""
    voice = Voice().after(5.0)
    assert not voice.watch.is_overdue(replace(SILENT, buffered_s=0.4))
    assert voice.watch.is_overdue(replace(SILENT, buffered_s=0.2))
    voice.sends(AudioChunk(SPEECH.audio * 10, ends_clause=True))
    voice.audio.take_completed()
    assert not voice.after(5.0).watch.is_overdue(SILENT)


def test_delays_of_the_process_are_not_counted() -> None:
    """The audio may have arrived meanwhile."""
    voice = Voice().after(5.0, steps=1)
    assert overdue_after(voice) == pytest.approx(0.42, abs=0.02)


@pytest.mark.parametrize(("has_alternative", "limit_s"), [(False, 0.7), (True, 1.4)])
def test_a_pause_within_a_clause_is_short(has_alternative: bool, limit_s: float) -> None:
    """It is an outage, because audio arrives faster than it is played."""
    voice = Voice().sends(SPEECH)
    voice.audio.input_ended = True
    situation = replace(SILENT, within_clause=True, has_alternative=has_alternative)
    voice.after(limit_s - 0.05)
    assert voice.watch.is_overdue(situation)
    assert voice.watch.exceeded_s(voice.now_s, situation) is None
    voice.after(0.1)
    assert voice.watch.exceeded_s(voice.now_s, situation) == limit_s
    assert voice.watch.exceeded_s(voice.now_s, replace(situation, buffered_s=1.0)) is None


def test_the_end_of_the_stream_is_not_waited_for() -> None:
    """Once all text has its audio."""
    voice = Voice().sends(AudioChunk(SPEECH.audio * 10, ends_clause=True))
    voice.audio.take_completed()
    assert not voice.after(1.0).watch.has_ended(voice.now_s, warm=True)
    voice.audio.input_ended = True
    assert voice.watch.has_ended(voice.now_s, warm=True)
    assert not voice.watch.is_overdue(SILENT)
