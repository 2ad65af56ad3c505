"""Caches the audio of an agent's fixed phrases, so that they need no request to the provider."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace

import structlog

from parley.agent_config import AgentConfig, TtsConfig
from parley.audio.g711 import bytes_to_ms
from parley.errors import ProviderUnavailable
from parley.providers.tts import AudioChunk, CharTiming, ReportsWarmth, SynthesisStream, TtsConnection
from services.tts.alignment import alnum_count
from services.tts.reply_audio import ReplyAudio

log = structlog.get_logger()

_MAX_PHRASES = 1000
_PHRASE_TIMEOUT_S = 10.0
_MAX_FAILURES_IN_A_ROW = 2
"""Failures after which the provider, not the phrase, is the likely cause."""

Connect = Callable[[], Awaitable[TtsConnection]]
"""Returns the connection to the provider, opened on first use; raises ProviderError."""


def cacheable_phrases(agent: AgentConfig) -> tuple[str, ...]:
    """Return the fixed texts of the agent file, the most urgent first."""
    openers = (*agent.openers.statements, *agent.openers.questions) if agent.openers.enabled else ()
    apology = (agent.reconnect.apology,) if agent.reconnect.resume == "apology" else ()
    own = (phrase for tool in agent.tools for phrase in tool.filler or ())
    tools = (*own, *agent.fillers.tool_phrases) if _has_slow_tools(agent) else ()
    fillers = (*agent.fillers.phrases, *tools)
    greetings = (opening.text for opening in agent.openings)
    phrases = (*greetings, *openers, *fillers, agent.apology, *apology)
    return tuple(dict.fromkeys(phrase.strip() for phrase in phrases if phrase.strip()))


def _has_slow_tools(agent: AgentConfig) -> bool:
    return any(tool.type != "end_call" for tool in agent.tools)


def cache_section(
    config: TtsConfig, preferred: TtsConfig, transfer_options: frozenset[str] = frozenset()
) -> TtsConfig:
    """Return the section under which a route's phrases are cached.

    It is the preferred route's if the two differ only in options that change how the audio is transferred,
    such as ElevenLabs via HTTP. Any other difference may change the audio.
    """
    same = _without(config, transfer_options) == _without(preferred, transfer_options)
    return preferred if same else config


class PhraseCache:
    """The phrases of one process by section and text; the least recently used are evicted first."""

    def __init__(self) -> None:
        self._audio: OrderedDict[tuple[str, str], AudioChunk] = OrderedDict()
        self._in_progress: set[tuple[str, str]] = set()

    def get(self, config: TtsConfig, text: str) -> AudioChunk | None:
        """The whole phrase as one chunk; None if it is not cached."""
        key = _key(config, text)
        if key in self._audio:
            self._audio.move_to_end(key)
        return self._audio.get(key)

    async def prefetch(
        self,
        connect: Connect,
        config: TtsConfig,
        phrases: Iterable[str],
        on_sent: Callable[[str], None] = lambda _text: None,
    ) -> bool:
        """Synthesize the missing phrases; True if all are cached. The next call tries again.

        `on_sent` is called with each text that is sent to the provider.
        """
        missing = failed_in_a_row = 0
        for number, text in enumerate(phrases):
            key = _key(config, text)
            if key in self._audio or not alnum_count(text):
                continue
            if key in self._in_progress:
                missing += 1
                continue
            self._in_progress.add(key)
            try:
                async with asyncio.timeout(_PHRASE_TIMEOUT_S):
                    connection = await connect()
                    on_sent(text)
                    self._audio[key] = await _synthesize(connection, f"phrase{number}", text)
            except Exception as error:  # optional work must not end the call
                log.warning("phrase_not_cached", characters=len(text), error=type(error).__name__)
                missing += 1
                failed_in_a_row += 1
                if failed_in_a_row == _MAX_FAILURES_IN_A_ROW:
                    break
            else:
                failed_in_a_row = 0
            finally:
                self._in_progress.discard(key)
            while len(self._audio) > _MAX_PHRASES:
                self._audio.popitem(last=False)
        return not missing


class CachingConnection:
    """A TtsConnection that serves cached phrases itself and the rest from the provider."""

    def __init__(self, connect: Connect, cache: PhraseCache, config: TtsConfig) -> None:
        self._connect = connect
        self._cache = cache
        self._config = config

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator["CachingStream"]:
        """Begin a reply; the provider is used from the first uncached clause on."""
        async with AsyncExitStack() as stack:

            async def open_inner() -> SynthesisStream:
                connection = await self._connect()
                return await stack.enter_async_context(connection.open_stream(reply_id))

            yield CachingStream(open_inner, self._cache, self._config)


class CachingStream:
    """The audio of one reply: cached phrases, then what the provider synthesizes."""

    def __init__(
        self, open_inner: Callable[[], Awaitable[SynthesisStream]], cache: PhraseCache, config: TtsConfig
    ) -> None:
        self._open_inner = open_inner
        self._cache = cache
        self._config = config
        self._inner: SynthesisStream | None = None
        self._cached: list[AudioChunk] = []
        self._changed = asyncio.Event()
        self._input_ended = False

    @property
    def provider_used(self) -> bool:
        """Whether a clause was not cached."""
        return self._inner is not None

    @property
    def warm(self) -> bool:
        """Whether the provider's connection has sent audio before."""
        return isinstance(self._inner, ReportsWarmth) and self._inner.warm

    async def send_text(self, text: str) -> None:
        """Synthesize a clause. Once one comes from the provider, all later ones do, to keep the order."""
        audio = self._cache.get(self._config, text) if self._inner is None else None
        if audio is not None:
            self._cached.append(audio)
        else:
            if self._inner is None:
                self._inner = await self._open_inner()
            await self._inner.send_text(text)
        self._changed.set()

    async def end_input(self) -> None:
        """Signal the end of the text."""
        if self._inner is not None:
            await self._inner.end_input()
        self._input_ended = True
        self._changed.set()

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield the cached audio, then the provider's."""
        while True:
            while self._cached:
                yield self._cached.pop(0)
            if self._inner is not None:
                break
            if self._input_ended:
                return
            await self._changed.wait()
            self._changed.clear()
        async with aclosing(self._inner.audio()) as chunks:
            async for chunk in chunks:
                yield chunk


async def _synthesize(connection: TtsConnection, reply_id: str, text: str) -> AudioChunk:
    """Return the audio of a phrase.

    Raises:
        ProviderUnavailable: the stream has ended without audio for all of the text.
    """
    spoken = ReplyAudio(reply_id)
    spoken.start_attempt()
    spoken.text_sent(text)
    async with connection.open_stream(reply_id) as stream:
        await stream.send_text(text)
        await stream.end_input()
        mulaw = bytearray()
        timings: list[CharTiming] = []
        async with aclosing(stream.audio()) as chunks:
            async for chunk in chunks:
                timings += (_shifted(timing, bytes_to_ms(len(mulaw))) for timing in chunk.char_timings)
                mulaw += chunk.audio
                spoken.audio_received(chunk)
    if missing := spoken.unspoken_letters:
        raise ProviderUnavailable("tts", f"no audio for {missing} letters of a phrase")
    return AudioChunk(bytes(mulaw), tuple(timings), ends_clause=True)


def _shifted(timing: CharTiming, by_ms: float) -> CharTiming:
    return replace(timing, start_ms=timing.start_ms + by_ms, end_ms=timing.end_ms + by_ms)


def _without(config: TtsConfig, options: frozenset[str]) -> TtsConfig:
    left = {name: value for name, value in config.options.items() if name not in options}
    return config.model_copy(update={"options": left})


def _key(config: TtsConfig, text: str) -> tuple[str, str]:
    return config.model_dump_json(), text.strip()
