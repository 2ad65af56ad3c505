"""UtteranceEnd messages that arrive after the next sentence has begun."""

from itertools import combinations

import pytest

from parley.agent_config import SttConfig
from parley.audio.g711 import SILENCE
from parley.providers.stt import FinalTranscript, InterimTranscript, SttEvent, UtteranceEnd, Word
from parley.v1.speech_pb2 import TurnEnded
from services.stt.audio_buffer import AudioBuffer
from services.stt.restore import SttState
from services.stt.turn_recognizer import TurnRecognizer
from tests.event_factories import bodies_of
from tests.field.rows import Seen, row
from tests.unit.stt.doubles import FakeLog

LOUD = b"\x10"
FIRST = (Word("I", 0, 200, 0.9), Word("need", 200, 500, 0.9))
SECOND = (Word("an", 1500, 1700, 0.9), Word("appointment", 1700, 2600, 0.9))
SECOND_SPEECH_MS, STEP_MS = 2000, 200


def transcripts(first_interim_after_ms: int, *, split: bool) -> dict[int, SttEvent]:
    """The provider's events by the time within the second sentence."""
    events: dict[int, SttEvent] = {}
    for after_ms in range(first_interim_after_ms, SECOND_SPEECH_MS, 400):
        words = SECOND[: 1 if after_ms < 800 else 2]
        text = " ".join(word.text for word in words)
        if split and after_ms >= 1200:
            events[after_ms] = FinalTranscript(text, words, 1500 + after_ms)
            break
        events[after_ms] = InterimTranscript(text, words, 1500 + after_ms)
    return events


@row("T7", "UtteranceEnd of the words before, at each point of the next sentence", "ignored")
@pytest.mark.parametrize("first_interim_after_ms", [200, 600, 1000, 1800])
@pytest.mark.parametrize("last_word_end_ms", [500, None])
@pytest.mark.parametrize("split", [False, True])
async def test_a_late_utterance_end_is_ignored(
    first_interim_after_ms: int, last_word_end_ms: int | None, split: bool, seen: Seen
) -> None:
    """Once or twice, before and after SpeechStarted, interim and final transcripts; nothing is finalized."""
    steps = range(0, SECOND_SPEECH_MS, STEP_MS)
    events = transcripts(first_interim_after_ms, split=split)
    orders = [*combinations(steps, 1), *combinations(steps[::2], 2)]
    for late_at in orders:
        for late_first in (True, False):
            log, buffer, requests = FakeLog(), AudioBuffer(0), list[None]()
            turns = TurnRecognizer(
                log,
                SttConfig(),
                SttState(last_agent_text="What happened?"),
                buffer,
                lambda chunk: float(chunk.startswith(LOUD)),
                provider_detects_turns=False,
                request_finalize=lambda requests=requests: requests.append(None),  # type: ignore[misc]
            )

            async def audio(
                sample: bytes, ms: int, log: FakeLog = log, turns: TurnRecognizer = turns
            ) -> None:
                for _ in range(0, ms, 20):
                    spans = turns._buffer.add(sample * 160, log.time_ms)
                    log.time_ms += 20
                    await turns.on_audio(spans)

            await audio(LOUD, 500)
            await turns.on_stt_event(InterimTranscript("I need", FIRST, 500))
            await audio(SILENCE, 300)
            await turns.on_stt_event(FinalTranscript("I need", FIRST, 800, speech_final=False))
            await audio(SILENCE, 200)
            # The caller continues before `turn_silence_ms`.
            for at_ms in steps:
                await audio(LOUD, STEP_MS)
                late = [UtteranceEnd(last_word_end_ms)] if at_ms in late_at else []
                own = [events[at_ms]] if at_ms in events else []
                for event in [*late, *own] if late_first else [*own, *late]:
                    await turns.on_stt_event(event)
                assert not requests
                assert bodies_of(log.bodies, TurnEnded) == []
    seen(f"{2 * len(orders)} orders: no Finalize, no end of the turn")
