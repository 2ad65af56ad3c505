"""The sound of an agent's own phrases, made once and kept: heard without asking the provider again."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace

import structlog

from parley.agent_config import AgentConfig, TtsConfig
from parley.audio.g711 import bytes_to_ms
from parley.errors import ProviderError
from parley.providers.tts import AudioChunk, CharTiming, SynthesisStream, TtsConnection

log = structlog.get_logger()

_MOST_PHRASES = 1000
_LONGEST_S = 20.0
"""A phrase that is not made within this is given up."""


def phrases_of(agent: AgentConfig) -> tuple[str, ...]:
    """What the agent file has said word for word and nobody wants to wait for, the most urgent first."""
    openers = (*agent.openers.statements, *agent.openers.questions) if agent.openers.enabled else ()
    apology = (agent.reconnect.apology,) if agent.reconnect.resume == "apology" else ()
    phrases = (agent.greeting, *openers, *agent.fillers.phrases, *apology)
    return tuple(dict.fromkeys(phrase.strip() for phrase in phrases if phrase.strip()))


class Kept:
    """One process's phrases, by voice and text; those not asked for the longest go first."""

    def __init__(self) -> None:
        self._sounds: OrderedDict[tuple[str, str], AudioChunk] = OrderedDict()
        self._in_work: set[tuple[str, str]] = set()

    def sound(self, speaking: TtsConfig, text: str) -> AudioChunk | None:
        """A phrase as one piece of sound; None when there is none."""
        key = _key(speaking, text)
        if key in self._sounds:
            self._sounds.move_to_end(key)
        return self._sounds.get(key)

    async def make(self, voice: TtsConnection, speaking: TtsConfig, phrases: Iterable[str]) -> None:
        """Have those made that are missing; a provider that fails is asked again by the next call."""
        for number, text in enumerate(phrases):
            key = _key(speaking, text)
            if key in self._sounds or key in self._in_work:
                continue
            self._in_work.add(key)
            try:
                async with asyncio.timeout(_LONGEST_S):
                    self._sounds[key] = await _render(voice, f"phrase{number}", text)
            except (ProviderError, TimeoutError) as error:
                log.warning("phrase not made", characters=len(text), error=type(error).__name__)
                return
            finally:
                self._in_work.discard(key)
            while len(self._sounds) > _MOST_PHRASES:
                self._sounds.popitem(last=False)


class KeptVoice:
    """A voice that has its phrases ready; the rest it has spoken by the provider."""

    def __init__(self, inner: TtsConnection, kept: Kept, speaking: TtsConfig) -> None:
        self._inner = inner
        self._kept = kept
        self._speaking = speaking

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[SynthesisStream]:
        """Begin a reply; the provider hears of it when there is something for it to say."""
        async with AsyncExitStack() as stack:
            yield _KeptUtterance(self._inner.open_stream(reply_id), stack, self._kept, self._speaking)


class _KeptUtterance:
    def __init__(
        self,
        inner: AbstractAsyncContextManager[SynthesisStream],
        stack: AsyncExitStack,
        kept: Kept,
        speaking: TtsConfig,
    ) -> None:
        self._inner = inner
        self._stack = stack
        self._kept = kept
        self._speaking = speaking
        self._provider: SynthesisStream | None = None
        self._ready: list[AudioChunk] = []
        self._news = asyncio.Event()
        self._finished = False

    async def send_text(self, text: str) -> None:
        """Speak a clause; once the provider speaks, it goes on, so that nothing overtakes."""
        sound = self._kept.sound(self._speaking, text) if self._provider is None else None
        if sound is not None:
            self._ready.append(sound)
        else:
            if self._provider is None:
                self._provider = await self._stack.enter_async_context(self._inner)
            await self._provider.send_text(text)
        self._news.set()

    async def end_input(self) -> None:
        """No further clause comes."""
        if self._provider is not None:
            await self._provider.end_input()
        self._finished = True
        self._news.set()

    async def audio(self) -> AsyncGenerator[AudioChunk, None]:
        """What is kept, then what the provider makes."""
        while True:
            while self._ready:
                yield self._ready.pop(0)
            if self._provider is not None:
                break
            if self._finished:
                return
            await self._news.wait()
            self._news.clear()
        async with aclosing(self._provider.audio()) as pieces:
            async for piece in pieces:
                yield piece


async def _render(voice: TtsConnection, name: str, text: str) -> AudioChunk:
    async with voice.open_stream(name) as utterance:
        await utterance.send_text(text)
        await utterance.end_input()
        mulaw = bytearray()
        characters: list[CharTiming] = []
        async with aclosing(utterance.audio()) as pieces:
            async for piece in pieces:
                characters += (_later(character, bytes_to_ms(len(mulaw))) for character in piece.char_timings)
                mulaw += piece.mulaw
    return AudioChunk(bytes(mulaw), tuple(characters), ends_clause=True)


def _later(character: CharTiming, by_ms: float) -> CharTiming:
    return replace(character, start_ms=character.start_ms + by_ms, end_ms=character.end_ms + by_ms)


def _key(speaking: TtsConfig, text: str) -> tuple[str, str]:
    return speaking.model_dump_json(), text.strip()
