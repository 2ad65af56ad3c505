"""Providers without a server, right and wrong, and the subjects that open them."""
# ruff: noqa: D102 - the protocols describe the methods of the doubles

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from parley.agent_config import LlmConfig, SttConfig, TtsConfig
from parley.errors import ProviderUnavailable
from parley.providers.conformance import LlmCase, Speech, SttCase, Subject, TtsCase
from parley.providers.facts import ModelFacts, ProviderFacts
from parley.providers.llm import LlmEvent
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.providers.stt import SttEvent
from parley.providers.tts import AudioChunk
from tests.unit.parley.providers.doubles import make_telemetry

FACTS = ProviderFacts("Test", models=(ModelFacts("m"),), word_timings="words", end_of_turn_events="pauses")


class Tts:
    """Gives the same audio for every reply with text."""

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

    async def stream(self, *_args: Any, **_kwargs: Any) -> AsyncGenerator[LlmEvent]:
        for event in self._events:
            yield event


class Stt:
    """Sends events and is lost after them."""

    def __init__(self, *events: SttEvent, turns: bool = False) -> None:
        self._events = events
        self._turns = turns
        self._on_event: Callable[[SttEvent], Awaitable[None]] | None = None

    def detects_turns(self, _config: SttConfig) -> bool:
        return self._turns

    @asynccontextmanager
    async def connect(self, _config: SttConfig, _call_sid: str) -> AsyncIterator["Stt"]:
        yield Stt(*self._events, turns=self._turns)

    async def send(self, audio: bytes, at_ms: int) -> None:
        assert audio
        assert at_ms >= 0

    async def finalize(self) -> None:
        pass

    async def keep_alive(self) -> None:
        pass

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        for event in self._events:
            await on_event(event)
        raise ProviderUnavailable("test", "lost")


def _context() -> ProviderContext:
    return ProviderContext(make_telemetry())


def _plugin(provider: Any, facts: ProviderFacts | None) -> ProviderPlugin[Any]:
    @asynccontextmanager
    async def opened(_context: ProviderContext) -> AsyncIterator[Any]:
        yield provider

    return ProviderPlugin(opened, facts=facts)


def tts_case(*audio: AudioChunk, facts: ProviderFacts | None = FACTS) -> TtsCase:
    """A text-to-speech provider with this audio."""
    return TtsCase(Subject(_plugin(Tts(*audio), facts), TtsConfig(model="m"), _context))


def llm_case(*events: LlmEvent) -> LlmCase:
    """A language model with this answer."""
    return LlmCase(Subject(_plugin(Llm(*events), FACTS), LlmConfig(), _context))


def stt_case(*events: SttEvent, turns: bool = False, facts: ProviderFacts | None = FACTS) -> SttCase:
    """A speech-to-text provider with these events."""
    subject = Subject(_plugin(Stt(*events, turns=turns), facts), SttConfig(), _context)
    return SttCase(subject, Speech(b"x" * 8000, "hello"))
