"""The conformance checks detect providers that violate a protocol."""
# ruff: noqa: D102 - the protocols describe the methods of the doubles

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from parley.agent_config import LlmConfig, SttConfig, TtsConfig
from parley.errors import ProviderUnavailable
from parley.providers.conformance import ConformanceError, check_llm, check_stt, check_tts
from parley.providers.llm import Done, LlmEvent, TextDelta
from parley.providers.stt import FinalTranscript, ProviderTurn, SttEvent
from parley.providers.tts import AudioChunk, CharTiming


class Tts:
    """Gives the same audio for every reply."""

    def __init__(self, *audio: AudioChunk) -> None:
        self._audio = audio
        self._texts = 0

    @asynccontextmanager
    async def connect(self, _config: TtsConfig, _call_sid: str) -> AsyncIterator["Tts"]:
        yield self

    @asynccontextmanager
    async def open_stream(self, _reply_id: str) -> AsyncIterator["Tts"]:
        yield Tts(*self._audio)

    async def send_text(self, _text: str) -> None:
        self._texts += 1

    async def end_input(self) -> None:
        pass

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        for chunk in self._audio if self._texts else ():
            yield chunk


class Llm:
    """Gives the same answer to every request."""

    def __init__(self, *events: LlmEvent) -> None:
        self._events = events

    async def warm_up(self) -> None:
        pass

    async def stream(self, *_args: Any, call_sid: str, tool_choice: str = "auto") -> AsyncGenerator[LlmEvent]:
        assert call_sid
        assert tool_choice == "auto"
        for event in self._events:
            yield event


class Stt:
    """Sends one event and is lost, or keeps running."""

    def __init__(self, event: SttEvent | None, *, turns: bool = False) -> None:
        self._event = event
        self._turns = turns

    def detects_turns(self, _config: SttConfig) -> bool:
        return self._turns

    @asynccontextmanager
    async def connect(self, _config: SttConfig, _call_sid: str) -> AsyncIterator["Stt"]:
        yield self

    async def send(self, audio: bytes, at_ms: int) -> None:
        assert audio
        assert at_ms >= 0

    async def finalize(self) -> None:
        pass

    async def keep_alive(self) -> None:
        pass

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        if self._event is not None:
            await on_event(self._event)
        raise ProviderUnavailable("test", "lost")


async def test_a_good_provider_passes() -> None:
    """One provider of each kind passes its checks."""
    await check_tts(Tts(AudioChunk(b"x", (CharTiming("a", 0, 1),))), TtsConfig())
    await check_llm(Llm(TextDelta("Hello."), Done("stop")), LlmConfig())
    await check_stt(Stt(FinalTranscript("hello", (), 500)), SttConfig(), b"x" * 8000)


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        (AudioChunk(b""), "no audio"),
        (AudioChunk(b"x", (CharTiming("a", 5, 6), CharTiming("b", 0, 1))), "not in order"),
        (AudioChunk(b"x", (CharTiming("a", 5, 1),)), "ends before"),
    ],
)
async def test_wrong_audio_is_found(audio: AudioChunk, reason: str) -> None:
    """Missing audio and impossible timings are detected."""
    with pytest.raises(ConformanceError, match=reason):
        await check_tts(Tts(audio), TtsConfig())


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ((TextDelta("x"),), "not Done"),
        ((Done("stop"), TextDelta("x"), Done("stop")), "more than once"),
        ((Done("stop"),), "no text"),
    ],
)
async def test_a_wrong_answer_is_found(events: tuple[LlmEvent, ...], reason: str) -> None:
    """An answer without text, or without exactly one end, is detected."""
    with pytest.raises(ConformanceError, match=reason):
        await check_llm(Llm(*events), LlmConfig())


async def test_a_wrong_transcript_is_found() -> None:
    """Times beyond the audio, events of the wrong kind and missing events are detected."""
    with pytest.raises(ConformanceError, match="not sent"):
        await check_stt(Stt(FinalTranscript("hello", (), 9000)), SttConfig(), b"x" * 8000)
    turn = ProviderTurn("hello", (), 500, "end", "t1")
    with pytest.raises(ConformanceError, match="wrong kind"):
        await check_stt(Stt(turn), SttConfig(), b"x" * 8000)
    with pytest.raises(ProviderUnavailable):
        await check_stt(Stt(None), SttConfig(), b"x" * 8000)
