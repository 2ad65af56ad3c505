"""Tests of the transcription of one call, with a model that answers at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from parley.errors import ProviderRateLimited, ProviderTimeout
from parley.providers.stt import FinalTranscript, InterimTranscript, KeepAlive, SttEvent, UtteranceEnd
from parley.whisper.model import Recognition, RecognizedWord
from parley.whisper.recognizer import RecognitionPreempted, RecognizerBusy
from services.stt.providers.whisper import connection as module
from services.stt.providers.whisper.connection import WhisperConnection
from tests.eventually import eventually
from tests.unit.stt.providers.whisper.audio import detect, silence, speech

_FRAME_BYTES = 160


@dataclass
class _Recognizer:
    """Answers with the number of the request; `fail` and `stall` are planned faults."""

    idle: bool = True
    fail: Exception | None = None
    stall: bool = False
    release: asyncio.Event = field(default_factory=asyncio.Event)
    """Ends the stall."""
    requests: list[tuple[int, bool]] = field(default_factory=list)
    """Duration of the audio in ms, and whether it was to be thorough."""

    async def recognize(self, mulaw: bytes, _language: str, *, thorough: bool) -> Recognition:
        self.requests.append((len(mulaw) // 8, thorough))
        if self.fail is not None:
            raise self.fail
        if self.stall:
            await self.release.wait()
        text = f"words {len(self.requests)}"
        words = (RecognizedWord("words", 300, 600, 0.9), RecognizedWord(text.split()[1], 600, 900, 0.8))
        return Recognition(text, words, -0.2, 0.01)


class _Call:
    """A call's connection and what it has reported."""

    def __init__(self, connection: WhisperConnection) -> None:
        self.connection = connection
        self.events: list[SttEvent] = []
        self.at_ms = 0

    async def push(self, audio: bytes) -> None:
        """Send audio in frames, each of which is processed before the next."""
        for begin in range(0, len(audio), _FRAME_BYTES):
            frame = audio[begin : begin + _FRAME_BYTES]
            await self.connection.send(frame, self.at_ms)
            self.at_ms += len(frame) // 8
            for _ in range(12):
                await asyncio.sleep(0)

    def of(self, kind: type[SttEvent]) -> list[SttEvent]:
        """The reported events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def finals(self) -> list[FinalTranscript]:
        """The final transcripts that contain words."""
        return [event for event in self.events if isinstance(event, FinalTranscript) and event.text]


@asynccontextmanager
async def _call(
    recognizer: _Recognizer, *, interim: bool = True, endpointing_ms: int = 100
) -> AsyncIterator[_Call]:
    connection = WhisperConnection(
        recognizer,  # type: ignore[arg-type]
        detect,
        "en",
        endpointing_ms=endpointing_ms,
        utterance_end_ms=1000,
        interim=interim,
    )
    call = _Call(connection)

    async def on_event(event: SttEvent) -> None:
        call.events.append(event)

    running = asyncio.ensure_future(connection.run(on_event))
    try:
        yield call
        if running.done():
            running.result()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_pause_makes_the_transcript_final() -> None:
    """The words at the pause are those of the final: nothing is recognized twice."""
    recognizer = _Recognizer()
    async with _call(recognizer, interim=False) as call:
        await call.push(silence(1000) + speech(800) + silence(280))
        (early,) = call.of(InterimTranscript)
        assert isinstance(early, InterimTranscript)
        assert early.end_ms >= 1800
        assert not call.finals
        await call.push(silence(60))
        (final,) = call.finals
        assert (final.text, final.speech_final) == ("words 1", True)
        assert abs(final.end_ms - 2100) < 60
        start_ms = final.words[0].start_ms - 300
        assert 650 <= start_ms <= 1000
        assert len(recognizer.requests) == 1
        await call.push(silence(1500))
        (end,) = call.of(UtteranceEnd)
        assert end == UtteranceEnd(final.words[-1].end_ms)


async def test_endpointing_is_respected() -> None:
    """A longer pause than the default may be required."""
    async with _call(_Recognizer(), endpointing_ms=800) as call:
        await call.push(silence(500) + speech(800) + silence(700))
        assert not call.finals
        await call.push(silence(200))
        assert len(call.finals) == 1


async def test_interim_transcripts_take_the_same_work_per_second() -> None:
    """The interval grows with the utterance; a busy model transcribes none."""
    recognizer = _Recognizer()
    async with _call(recognizer) as call:
        await call.push(silence(400) + speech(7500))
        assert 4 <= len(recognizer.requests) <= 7
        assert not any(thorough for _, thorough in recognizer.requests)
        recognizer.idle = False
        count = len(recognizer.requests)
        await call.push(speech(400))
        assert len(recognizer.requests) == count
        await call.push(silence(400))
        assert len(call.finals) == 1
        assert recognizer.requests[-1][1]


async def test_speech_after_a_short_pause_belongs_to_the_utterance() -> None:
    """The words recognized at the pause are replaced."""
    async with _call(_Recognizer(), interim=False) as call:
        await call.push(silence(400) + speech(700) + silence(200) + speech(700) + silence(400))
        assert [final.text for final in call.finals] == ["words 2"]


async def test_finalize_is_answered_with_and_without_speech() -> None:
    """Also in mid-word, and when nothing was spoken."""
    async with _call(_Recognizer(), interim=False) as call:
        await call.push(silence(500))
        await call.connection.finalize()
        await call.push(silence(20))
        (empty,) = call.of(FinalTranscript)
        assert empty == FinalTranscript("", (), 500 + 20, speech_final=False)
        await call.push(speech(700))
        await call.connection.finalize()
        await call.push(speech(20))
        assert [final.text for final in call.finals] == ["words 1"]
        await call.connection.keep_alive()


async def test_silence_is_made_final() -> None:
    """After a lost connection, silence need not be sent again."""
    async with _call(_Recognizer()) as call:
        await call.push(silence(9000))
        ends_ms = [event.end_ms for event in call.of(FinalTranscript) if isinstance(event, FinalTranscript)]
        assert len(ends_ms) == 4
        assert ends_ms == sorted(ends_ms)
        assert ends_ms[-1] >= 7900
        assert not call.finals


async def test_a_backlog_is_transcribed_in_order() -> None:
    """After a takeover, a minute of audio arrives at once."""
    async with _call(_Recognizer(), interim=False) as call:
        audio = (speech(1500) + silence(1000)) * 8
        for begin in range(0, len(audio), 8000):
            await call.connection.send(audio[begin : begin + 8000], begin // 8)
        for _ in range(200):
            await asyncio.sleep(0)
        assert [final.text for final in call.finals] == [f"words {n + 1}" for n in range(8)]
        ends_ms = [final.end_ms for final in call.finals]
        assert ends_ms == sorted(ends_ms)


async def _speak_until_it_fails(recognizer: _Recognizer, events: list[SttEvent]) -> None:
    async def on_event(event: SttEvent) -> None:
        events.append(event)

    connection = WhisperConnection(recognizer, detect, "en", endpointing_ms=100, utterance_end_ms=1000)  # type: ignore[arg-type]
    await connection.send(silence(400) + speech(900) + silence(400), 0)
    async with asyncio.timeout(5):
        await connection.run(on_event)


async def test_a_busy_model_fails_the_connection() -> None:
    """The stage uses the agent's next provider."""
    with pytest.raises(ProviderRateLimited, match="9 pieces"):
        await _speak_until_it_fails(_Recognizer(fail=RecognizerBusy("9 pieces")), [])


async def test_a_slow_model_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows each second that it works, until its time limit."""
    monkeypatch.setattr(module, "_HEARTBEAT_S", 0.01)
    monkeypatch.setattr(module, "_TIMEOUT_S", 0.035)
    events: list[SttEvent] = []
    with pytest.raises(ProviderTimeout, match="too slow or too busy"):
        await _speak_until_it_fails(_Recognizer(stall=True), events)
    assert events == [KeepAlive()] * len(events)
    assert len(events) >= 2


async def test_transcription_that_falls_behind_fails() -> None:
    """The audio that waits is bounded."""
    async with _call(_Recognizer(stall=True)) as call:
        with pytest.raises(ProviderTimeout, match="behind"):
            await call.push((speech(1500) + silence(1000)) * 32)


async def _send_backlog(call: _Call, audio: bytes) -> None:
    """Send audio as to a new connection: at once, in messages of a second."""
    for begin in range(0, len(audio), 8000):
        await call.connection.send(audio[begin : begin + 8000], call.at_ms)
        call.at_ms += len(audio[begin : begin + 8000]) // 8


async def test_a_backlog_that_ends_in_silence_is_recognized_once() -> None:
    """No words of its beginning are recognized before the final transcript, which is due at once."""
    recognizer = _Recognizer()
    async with _call(recognizer) as call:
        await _send_backlog(call, silence(400) + speech(3000) + silence(500))
        for _ in range(20):
            await asyncio.sleep(0)
        assert [final.text for final in call.finals] == ["words 1"]
        assert not call.of(InterimTranscript)
        ((duration_ms, thorough),) = recognizer.requests
        assert thorough
        assert duration_ms >= 3300


@pytest.mark.parametrize(("ending", "thorough"), [(b"", False), (silence(140), True)])
async def test_speech_at_the_end_of_a_backlog_is_recognized_as_a_whole(ending: bytes, thorough: bool) -> None:
    """The first words that are reported are those of all the audio that was resent."""
    recognizer = _Recognizer()
    async with _call(recognizer) as call:
        await _send_backlog(call, silence(400) + speech(3300) + ending)
        await eventually(lambda: call.of(InterimTranscript))
        ((duration_ms, was_thorough),) = recognizer.requests
        assert was_thorough is thorough
        assert duration_ms >= 3300


async def _recognized_meanwhile(recognizer: _Recognizer, call: _Call, audio: bytes) -> None:
    """Push audio while a recognition is in progress, then let all of them succeed."""
    recognizer.stall = True
    await call.push(silence(400) + speech(700))
    assert [thorough for _, thorough in recognizer.requests] == [False]
    await call.push(audio)
    recognizer.stall = False
    recognizer.release.set()
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_final_transcript_does_not_wait_for_an_interim_one() -> None:
    """At a pause, words that the final transcript replaces are not waited for."""
    recognizer = _Recognizer()
    async with _call(recognizer) as call:
        await _recognized_meanwhile(recognizer, call, silence(140))
        (interim,) = call.of(InterimTranscript)
        assert isinstance(interim, InterimTranscript)
        assert interim.text == "words 2"
        assert KeepAlive() in call.events
        await call.push(silence(300))
        assert [final.text for final in call.finals] == ["words 2"]
        assert [thorough for _, thorough in recognizer.requests] == [False, True]


async def test_words_of_the_final_transcript_are_waited_for() -> None:
    """A recognition of all words so far is not begun again when the utterance ends."""
    recognizer = _Recognizer(stall=True)
    async with _call(recognizer, interim=False) as call:
        await call.push(silence(400) + speech(700) + silence(400))
        recognizer.stall = False
        recognizer.release.set()
        for _ in range(20):
            await asyncio.sleep(0)
        assert [final.text for final in call.finals] == ["words 1"]
        assert len(recognizer.requests) == 1


async def test_a_request_for_a_final_transcript_ends_an_interim_recognition() -> None:
    """Also in mid-word."""
    recognizer = _Recognizer(stall=True)
    async with _call(recognizer) as call:
        await call.push(silence(400) + speech(900))
        recognizer.stall = False
        await call.connection.finalize()
        for _ in range(20):
            await asyncio.sleep(0)
        assert [final.text for final in call.finals] == ["words 2"]
        assert recognizer.requests[-1][1]


async def test_an_interim_recognition_that_was_preempted_is_repeated() -> None:
    """Another call's final transcript came first; the connection is not lost."""
    recognizer = _Recognizer(fail=RecognitionPreempted())
    async with _call(recognizer) as call:
        await call.push(silence(400) + speech(640))
        assert not call.of(InterimTranscript)
        recognizer.fail = None
        await call.push(speech(100))
        assert call.of(InterimTranscript)
