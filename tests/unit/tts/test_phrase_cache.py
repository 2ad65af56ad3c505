"""Phrases whose audio is cached."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from parley.agent_config import AgentConfig, Greeting, Openers, TtsConfig
from parley.errors import ProviderUnavailable
from parley.providers.tts import AudioChunk, CharTiming
from services.tts.phrase_cache import CachingConnection, PhraseCache, cache_section, cacheable_phrases

CONFIG = TtsConfig()


@dataclass
class FakeProvider:
    """Synthesizes each clause in two chunks with timings; counts requests."""

    texts: list[str] = field(default_factory=list)
    streams: int = 0
    broken: bool = False
    silent: bool = False

    async def connect(self) -> "FakeProvider":
        """Return the connection to it."""
        return self

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator["FakeStream"]:  # noqa: ARG002 - any will do
        """Begin a reply."""
        self.streams += 1
        yield FakeStream(self)


class FakeStream:
    """The synthesis of one reply."""

    def __init__(self, provider: FakeProvider) -> None:
        self._provider = provider
        self._texts: asyncio.Queue[str | None] = asyncio.Queue()

    async def send_text(self, text: str) -> None:
        """Queue a clause."""
        self._provider.texts.append(text)
        await self._texts.put(text)

    async def end_input(self) -> None:
        """Queue the end."""
        await self._texts.put(None)

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield two chunks of 200 ms per clause: its first character, then the others."""
        while (text := await self._texts.get()) is not None:
            if self._provider.broken:
                raise ProviderUnavailable("test", "broken")
            if self._provider.silent:
                return
            yield AudioChunk(b"a" * 1600, (CharTiming(text[0], 0, 200),))
            yield AudioChunk(b"b" * 1600, (CharTiming(text[1:], 0, 200),), ends_clause=True)


async def synthesize(connection: CachingConnection, *clauses: str) -> tuple[list[AudioChunk], bool]:
    """The audio of a reply, and whether the provider was used."""
    async with connection.open_stream("r1") as stream:
        for clause in clauses:
            await stream.send_text(clause)
        await stream.end_input()
        return [chunk async for chunk in stream.audio()], stream.provider_used


async def test_a_cached_phrase_is_not_requested_again() -> None:
    """The phrase is one chunk, with the timings of its characters."""
    provider, cache = FakeProvider(), PhraseCache()
    sent: list[str] = []
    for _ in range(2):
        await cache.prefetch(provider.connect, CONFIG, ["Hello."], sent.append)
    assert sent == ["Hello."]
    audio, provider_used = await synthesize(CachingConnection(provider.connect, cache, CONFIG), "Hello. ")

    timings = (CharTiming("H", 0, 200), CharTiming("ello.", 200, 400))
    assert audio == [AudioChunk(b"a" * 1600 + b"b" * 1600, timings, ends_clause=True)]
    assert provider.texts == ["Hello."]
    assert provider.streams == 1
    assert not provider_used


async def test_the_provider_synthesizes_what_follows_an_opener() -> None:
    """To keep clauses in order, a cached phrase after it is not taken from the cache."""
    provider, cache = FakeProvider(), PhraseCache()
    await cache.prefetch(provider.connect, CONFIG, ["Sure."])
    connection = CachingConnection(provider.connect, cache, CONFIG)
    audio, provider_used = await synthesize(connection, "Sure. ", "Which day? ", "Sure.")

    assert provider.texts == ["Sure.", "Which day? ", "Sure."]
    assert len(audio) == 5
    assert provider_used


async def test_another_voice_has_its_own_phrases() -> None:
    """Phrases are cached by voice."""
    provider, cache = FakeProvider(), PhraseCache()
    await cache.prefetch(provider.connect, CONFIG, ["Hello."])

    assert cache.get(TtsConfig(voice="other"), "Hello.") is None
    assert cache.get(CONFIG, "Hello.") is not None


async def test_another_transport_plays_the_cached_phrases() -> None:
    """They are not requested again via HTTP while the WebSocket's circuit is open; another voice's are."""
    provider, cache = FakeProvider(), PhraseCache()
    await cache.prefetch(provider.connect, CONFIG, ["Hello."])
    over_http = CONFIG.merged({"options": {"transport": "http"}})
    other_voice = over_http.merged({"voice": "other"})
    with_ssml = CONFIG.merged({"options": {"ssml": True}})
    transfer = frozenset({"transport"})

    section = cache_section(over_http, CONFIG, transfer)
    _, provider_used = await synthesize(CachingConnection(provider.connect, cache, section), "Hello. ")
    assert not provider_used
    assert cache_section(other_voice, CONFIG, transfer) == other_voice
    assert cache_section(with_ssml, CONFIG, transfer) == with_ssml


async def test_a_phrase_is_synthesized_once() -> None:
    """Calls of one agent share the work."""
    provider, cache = FakeProvider(), PhraseCache()
    phrases = ["Hello.", "Sure."]
    await asyncio.gather(*(cache.prefetch(provider.connect, CONFIG, phrases) for _ in range(3)))

    assert sorted(provider.texts) == ["Hello.", "Sure."]


async def test_after_a_failure_the_next_call_tries_again() -> None:
    """Until then the phrase is synthesized like any other text."""
    provider, cache = FakeProvider(broken=True), PhraseCache()
    assert not await cache.prefetch(provider.connect, CONFIG, ["Hello.", "Sure.", "Okay."])
    assert provider.texts == ["Hello.", "Sure."]
    provider.broken = False
    assert await cache.prefetch(provider.connect, CONFIG, ["Hello."])

    assert cache.get(CONFIG, "Hello.") is not None


async def test_a_phrase_without_audio_is_not_cached() -> None:
    """Neither is a text that is not spoken; both count as missing until they have audio."""
    provider, cache = FakeProvider(silent=True), PhraseCache()
    assert not await cache.prefetch(provider.connect, CONFIG, ["Hello."])
    assert await cache.prefetch(provider.connect, CONFIG, ["..."])

    assert cache.get(CONFIG, "Hello.") is None
    assert cache.get(CONFIG, "...") is None


async def test_a_failed_prefetch_does_not_affect_the_call() -> None:
    """Caching is optional: the call continues, and the fault is raised to the reply that needs the audio."""
    cache = PhraseCache()

    async def connect() -> FakeProvider:
        raise ExceptionGroup("background task", [ProviderUnavailable("test", "closed")])

    await cache.prefetch(connect, CONFIG, ["Hello."])

    assert cache.get(CONFIG, "Hello.") is None


def test_the_greeting_comes_first_and_each_phrase_once() -> None:
    """Openers are cached only for agents that enable them."""
    agent = AgentConfig(
        prompt="x",
        greeting=Greeting(text="Hello."),
        openers=Openers(enabled=True, statements=("Sure.", "Sure.")),
    )

    assert cacheable_phrases(agent)[:2] == ("Hello.", "Sure.")
    assert "Sure." not in cacheable_phrases(AgentConfig(prompt="x"))
