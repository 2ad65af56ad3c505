"""Speech and provider events become the events of turns in the call's log."""

import pytest

from parley.agent_config import SttConfig
from parley.audio.g711 import SILENCE
from parley.providers.stt import FinalTranscript, InterimTranscript, ProviderTurn, UtteranceEnd, Word
from parley.v1.speech_pb2 import (
    EagerEndOfTurn,
    SpeechStarted,
    SpeechStopped,
    TranscriptUpdated,
    TurnEnded,
)
from services.stt.audio_buffer import AudioBuffer
from services.stt.restore import SttState
from services.stt.transcript import Transcript
from services.stt.turn_recognizer import TurnRecognizer
from tests.event_factories import bodies_of, event
from tests.unit.parley.echo.spoken import played, words_at
from tests.unit.stt.doubles import FakeLog

LOUD = b"\x10"
HELLO = Word("hello", 1100, 1400, 0.9)


def is_loud(window: bytes) -> float:
    """A detector of loud audio."""
    return float(window.startswith(LOUD))


class Scene:
    """A recognizer, its log and the number of finalize requests."""

    def __init__(self, state: SttState | None = None, *, flux: bool = False) -> None:
        self.log = FakeLog()
        self.finalize_requests = 0
        state = state or SttState()
        self.buffer = AudioBuffer(state.transcript.final_end_ms)
        self.turns = TurnRecognizer(
            self.log,
            SttConfig(),
            state,
            self.buffer,
            is_loud,
            provider_detects_turns=flux,
            request_finalize=self._count,
            transcribed_by=lambda: ("deepgram", "nova-3"),
        )

    def _count(self) -> None:
        self.finalize_requests += 1

    async def audio(self, sample: bytes, ms: int) -> None:
        """Add audio in frames of 20 ms, from call time 1000; the clock runs with it."""
        for _ in range(ms // 20):
            at_ms = self.buffer.end_ms if self.buffer.started else 1000
            self.log.time_ms = at_ms + 20
            await self.turns.on_audio(self.buffer.add(sample * 160, at_ms))


async def test_a_turn_is_logged_with_its_speech_words_and_end() -> None:
    """The log has SpeechStarted, transcripts, SpeechStopped and TurnEnded at their call times."""
    scene = Scene()
    await scene.audio(LOUD, 640)
    await scene.turns.on_stt_event(InterimTranscript("hello", (HELLO,), 1500))
    assert not scene.turns.between_turns
    await scene.audio(SILENCE, 200)
    await scene.turns.on_stt_event(FinalTranscript("hello", (HELLO,), 1800, speech_final=True))

    kinds = [type(body) for body in scene.log.bodies]
    assert kinds == [SpeechStarted, TranscriptUpdated, SpeechStopped, TranscriptUpdated, TurnEnded]
    [ended] = bodies_of(scene.log.bodies, TurnEnded)
    assert (ended.turn, ended.text, ended.decided_by) == (1, "hello", "speech_final")
    assert (ended.speech_end_ms, ended.audio_end_ms) == (1640, 1800)
    assert (ended.provider, ended.model) == ("deepgram", "nova-3")
    assert scene.buffer.start_ms == 1800
    assert scene.turns.between_turns


async def test_an_unchanged_interim_transcript_is_logged_once() -> None:
    """Providers repeat interim transcripts several times per second."""
    scene = Scene()
    for end_ms in (1300, 1400, 1500):
        await scene.turns.on_stt_event(InterimTranscript("hello", (), end_ms))

    assert len(bodies_of(scene.log.bodies, TranscriptUpdated)) == 1


async def test_an_overdue_final_transcript_is_requested() -> None:
    """It is requested after `turn_silence_ms` without one."""
    scene = Scene()
    await scene.audio(LOUD, 640)
    await scene.turns.on_stt_event(InterimTranscript("hello", (), 1500))
    await scene.audio(SILENCE, 700)

    assert scene.finalize_requests == 1
    assert bodies_of(scene.log.bodies, TurnEnded) == []


async def test_a_late_utterance_end_requests_no_final_transcript() -> None:
    """It concerns the words before those that the caller is speaking."""
    scene = Scene()
    await scene.audio(LOUD, 640)
    await scene.turns.on_stt_event(FinalTranscript("hello", (HELLO,), 1500))
    more = Word("again", 1550, 1600, 0.9)
    await scene.turns.on_stt_event(InterimTranscript("again", (more,), 1620))
    for last_word_end_ms in (1400, None):
        await scene.turns.on_stt_event(UtteranceEnd(last_word_end_ms))
    assert scene.finalize_requests == 0
    await scene.turns.on_stt_event(UtteranceEnd(1600))

    assert scene.finalize_requests == 1
    assert bodies_of(scene.log.bodies, TurnEnded) == []


async def test_a_turn_that_the_provider_detects_ends_once() -> None:
    """A repeated report of the ended turn changes nothing."""
    scene = Scene(flux=True)
    end = ProviderTurn("hello", (HELLO,), 1500, "end", "c1-0")
    await scene.turns.on_stt_event(ProviderTurn("hello", (HELLO,), 1450, "eager", "c1-0"))
    await scene.turns.on_stt_event(end)
    await scene.turns.on_stt_event(end)

    [eager] = bodies_of(scene.log.bodies, EagerEndOfTurn)
    [ended] = bodies_of(scene.log.bodies, TurnEnded)
    assert eager.text == ended.text == "hello"
    assert ended.decided_by == "provider_turn"


async def test_a_provider_that_detects_turns_is_replaced_within_a_turn_by_one_that_does_not() -> None:
    """And the reverse: each word is logged once, in one turn."""
    there = Word("there", 1450, 1600, 0.9)
    for flux_first in (True, False):
        scene = Scene(flux=flux_first)
        await scene.audio(LOUD, 640)
        if flux_first:
            await scene.turns.on_stt_event(ProviderTurn("hello", (HELLO,), 1450, "update", "c1-0"))
        else:
            await scene.turns.on_stt_event(FinalTranscript("hello", (HELLO,), 1440))
        await scene.turns.on_provider_lost()
        await scene.turns.on_provider_changed(detects_turns=not flux_first)
        await scene.audio(SILENCE, 400)
        if flux_first:
            final = FinalTranscript("hello there", (HELLO, there), 1800, speech_final=True)
            await scene.turns.on_stt_event(final)
        else:
            await scene.turns.on_stt_event(ProviderTurn("there", (there,), 1800, "end", "c2-0"))

        [ended] = bodies_of(scene.log.bodies, TurnEnded)
        assert ended.text == "hello there"
        finals = [body for body in bodies_of(scene.log.bodies, TranscriptUpdated) if body.final]
        assert [word.text for body in finals for word in body.words] == ["hello", "there"]
        assert scene.turns.between_turns


async def test_the_detected_language_is_logged() -> None:
    """The dominant one is first."""
    scene = Scene(flux=True)
    await scene.turns.on_stt_event(ProviderTurn("hello", (HELLO,), 1450, "update", "c1-0", ("en",)))
    await scene.turns.on_stt_event(ProviderTurn("hello haan", (HELLO,), 1500, "end", "c1-0", ("hi", "en")))

    updates = bodies_of(scene.log.bodies, TranscriptUpdated)
    assert [list(update.languages) for update in updates] == [["en"], ["hi", "en"]]
    [ended] = bodies_of(scene.log.bodies, TurnEnded)
    assert list(ended.languages) == ["hi", "en"]


@pytest.mark.parametrize(("last_speech_event_ms", "logged"), [(0, 1), (1000, 0)])
async def test_speech_that_the_previous_owner_logged_is_not_logged_again(
    last_speech_event_ms: int, logged: int
) -> None:
    """After a takeover the audio since the last final transcript is processed again."""
    state = SttState(Transcript(final_end_ms=1000), last_speech_event_ms=last_speech_event_ms)
    scene = Scene(state)
    await scene.audio(LOUD, 100)

    assert len(bodies_of(scene.log.bodies, SpeechStarted)) == logged


async def test_the_end_of_the_stream_ends_speech() -> None:
    """No silence follows that would end it."""
    scene = Scene()
    await scene.audio(LOUD, 640)
    await scene.turns.on_stream_stopped()

    assert len(bodies_of(scene.log.bodies, SpeechStopped)) == 1
    assert not scene.turns.speaking


async def test_an_echo_of_the_agent_is_no_turn() -> None:
    """The caller's words after it are; words that were published before are withdrawn."""
    scene = Scene()
    words = words_at("how can I help you today", 1300)
    echo = " ".join(word.text for word in words)
    await scene.turns.on_stt_event(InterimTranscript("howl cat", (), 1400))
    for body in played("How can I help you today?", at_ms=1000):
        scene.turns.on_log_event(event(body))
    await scene.turns.on_stt_event(InterimTranscript(echo, tuple(words), 3100))
    assert [body.text for body in bodies_of(scene.log.bodies, TranscriptUpdated)] == ["howl cat", ""]

    await scene.audio(LOUD, 640)
    answer = words_at("I need a refill", 3300)
    await scene.audio(SILENCE, 4000)
    text = f"{echo} I need a refill"
    await scene.turns.on_stt_event(FinalTranscript(text, (*words, *answer), 4600, speech_final=True))

    assert [body.text for body in bodies_of(scene.log.bodies, TurnEnded)] == ["I need a refill"]


async def test_another_section_is_used_between_turns_only() -> None:
    """Not within speech, and not while words wait for the end of their turn."""
    scene = Scene()

    async def changes() -> bool:
        return await scene.turns.change_config(SttConfig(keyterms=("hello",)), provider_detects_turns=False)

    await scene.audio(LOUD, 500)
    assert not await changes()
    await scene.audio(SILENCE, 400)
    await scene.turns.on_stt_event(InterimTranscript("hello", (HELLO,), 1500))
    assert not await changes()
    await scene.turns.on_stt_event(FinalTranscript("hello", (HELLO,), 1800, speech_final=True))
    await scene.audio(SILENCE, 1500)
    assert len(bodies_of(scene.log.bodies, TurnEnded)) == 1
    assert await changes()
