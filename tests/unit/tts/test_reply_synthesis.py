"""One reply, synthesized over the first route that works."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from parley.agent_config import TtsConfig
from parley.audio.audio_output import AudioOutput
from parley.circuit_breaker import CircuitBreakers
from parley.errors import (
    ProviderError,
    ProviderOvertaken,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.latency_limits import LatencyLimits
from parley.providers.route_selector import RetryPolicy
from parley.providers.tts import AudioChunk, TtsConnection
from parley.telemetry.catalogue.turns import PROVIDER_FIRST_OUTPUT
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from parley.v1.work_pb2 import StageFailed
from services.tts.audio_limits import audio_limits
from services.tts.clause_feed import ClauseFeed
from services.tts.phrase_cache import CachingConnection, PhraseCache
from services.tts.reply_audio import ReplyAudio
from services.tts.reply_synthesis import SynthesisJob, TtsRoute, synthesize_reply
from tests.unit.parley.audio.test_audio_output import FakeBus
from tests.unit.parley.providers.doubles import make_telemetry

SAMPLES_PER_CHARACTER = 400


def audio_of(text: str) -> bytes:
    """50 ms of audio per character."""
    return b"".join(bytes([ord(c)]) * SAMPLES_PER_CHARACTER for c in text)


class FakeStream:
    """Synthesizes each clause as one chunk."""

    def __init__(self, failure: ProviderError | None) -> None:
        self._failure = failure
        self._texts: asyncio.Queue[str | None] = asyncio.Queue()

    async def send_text(self, text: str) -> None:
        """Queue a clause."""
        await self._texts.put(text)

    async def end_input(self) -> None:
        """Queue the end."""
        await self._texts.put(None)

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield the clauses, or fail at the first one."""
        while (text := await self._texts.get()) is not None:
            if self._failure is not None:
                raise self._failure
            yield AudioChunk(audio_of(text), ends_clause=True)


@dataclass
class FakeVoice:
    """A connection whose streams fail as planned, then work."""

    failures: list[ProviderError] = field(default_factory=list)
    stream: type[FakeStream] = FakeStream
    opened: int = 0
    closed: int = 0

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[FakeStream]:
        """Begin an attempt."""
        assert reply_id == "r1"
        self.opened += 1
        try:
            yield self.stream(self.failures.pop(0) if self.failures else None)
        finally:
            self.closed += 1


@dataclass
class Scene:
    """A reply of two clauses."""

    voices: tuple[TtsConnection, ...]
    breakers: CircuitBreakers = field(default_factory=CircuitBreakers)
    clauses: ClauseFeed = field(default_factory=ClauseFeed)
    bus: FakeBus = field(default_factory=FakeBus)
    events: list[SynthesisStarted | ClauseSynthesized | SynthesisFinished] = field(default_factory=list)
    failed: list[StageFailed] = field(default_factory=list)
    timeout_s: float = 1.0
    of_one_provider: bool = True

    def __post_init__(self) -> None:
        self.telemetry = make_telemetry()

    async def run(self, next_clause: int = 0, next_sample: int = 0) -> ProviderError | None:
        """Synthesize the reply."""

        async def append(body: SynthesisStarted | ClauseSynthesized | SynthesisFinished) -> None:
            self.events.append(body)

        async def report(failed: StageFailed) -> None:
            self.failed.append(failed)

        chain = FallbackChain(
            "tts",
            "CA1",
            "clinic",
            [
                Route(f"route{n}", self.provider(n), "m1", self._route(voice))
                for n, voice in enumerate(self.voices)
            ],
            self.breakers,
            self.telemetry,
            report=report,
            report_each=False,
            policy=RetryPolicy(same_route_first=True),
        )
        job = SynthesisJob(
            clauses=self.clauses,
            audio=ReplyAudio("r1", next_clause, next_sample, next_sample),
            output=AudioOutput(self.bus, "CA1", 1),
            append=append,
            now_ms=lambda: 7,
            started=False,
        )
        return await synthesize_reply(chain.request(reply_id="r1"), job)

    def provider(self, number: int) -> str:
        """The provider of a route."""
        return "test" if self.of_one_provider else f"test{number}"

    def _route(self, voice: TtsConnection) -> TtsRoute:
        limits = audio_limits(LatencyLimits(self.telemetry.provider_limit), "test", "m1", self.timeout_s)
        return TtsRoute("test", voice, limits)

    @property
    def audio(self) -> bytes:
        """The published audio."""
        return b"".join(audio.mulaw for _, audio in self.bus.published)

    def characters(self, route: int = 0) -> tuple[float, float]:
        """Characters that a route has synthesized, and cached ones."""
        value = self.telemetry.registry.get_sample_value
        labels = {"agent": "clinic", "provider": self.provider(route), "model": "m1"}
        return (
            value("parley_tts_characters_total", labels) or 0,
            value("parley_tts_cached_characters_total", {"agent": "clinic"}) or 0,
        )

    def first_outputs(self) -> float:
        """How often the time to the first audio was measured."""
        labels = {"agent": "clinic", "provider": "test", "model": "m1", "output": "first_audio"}
        name = f"{PROVIDER_FIRST_OUTPUT.name}_count"
        return self.telemetry.registry.get_sample_value(name, labels) or 0


def scene(*voices: TtsConnection) -> Scene:
    """A reply of two clauses that have both arrived."""
    found = Scene(voices)
    found.clauses.update(("ab ", "cd"), complete=True)
    return found


async def test_each_event_of_a_reply_is_appended_once() -> None:
    """First audio, clauses and end are each reported once."""
    reply = scene(FakeVoice())

    assert await reply.run() is None
    assert [type(body) for body in reply.events] == [
        SynthesisStarted,
        ClauseSynthesized,
        ClauseSynthesized,
        SynthesisFinished,
    ]
    assert isinstance(started := reply.events[0], SynthesisStarted)
    assert (started.provider, started.model) == ("test", "m1")
    assert reply.audio == audio_of("ab cd")
    assert reply.bus.published[-1][1].last
    assert reply.first_outputs() == 1
    assert reply.characters() == (5, 0)


async def test_a_route_that_timed_out_is_not_tried_at_once() -> None:
    """The same time would pass again before the caller hears more."""
    silent, other = FakeVoice([ProviderTimeout("test", "x")]), FakeVoice()
    reply = scene(silent, other)

    assert await reply.run() is None
    assert (silent.opened, other.opened) == (1, 1)
    assert reply.audio == audio_of("ab cd")


@pytest.mark.parametrize("kind", [ProviderUnavailable, ProviderRateLimited])
async def test_a_route_is_tried_twice(kind: type[ProviderError]) -> None:
    """The second attempt comes before the next route."""
    voice, other = FakeVoice([kind("test", "x")]), FakeVoice()
    reply = scene(voice, other)

    assert await reply.run() is None
    assert (voice.opened, voice.closed, other.opened) == (2, 2, 0)
    assert reply.audio == audio_of("ab cd")


async def test_a_rejected_request_is_not_repeated() -> None:
    """The next route is used at once."""
    rejecting, other = FakeVoice([ProviderRejected("test", "x")]), FakeVoice()
    reply = scene(rejecting, other)

    assert await reply.run() is None
    assert (rejecting.opened, other.opened) == (1, 1)


async def test_a_reply_that_fails_on_all_routes_ends() -> None:
    """The last failure is reported."""
    reply = scene(
        FakeVoice([ProviderRejected("test", "x")]), FakeVoice([ProviderUnavailable("test", "y")] * 2)
    )
    failure = await reply.run()

    assert isinstance(failure, ProviderUnavailable)
    assert reply.events == [SynthesisFinished(reply_id="r1", samples=0)]
    assert reply.bus.published[-1][1].last
    assert [failed.code for failed in reply.failed] == ["unavailable"]


class SilentStream(FakeStream):
    """Accepts text, and sends no audio."""

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Wait forever."""
        await asyncio.Event().wait()
        yield AudioChunk(b"")


async def test_a_silent_provider_times_out() -> None:
    """The time limit is that of the settings."""
    reply = scene(FakeVoice(stream=SilentStream))
    reply.timeout_s = 0.1
    with capture_logs() as logs:
        assert isinstance(await reply.run(), ProviderTimeout)
    assert logs[0]["reason"] == "no audio within 0.12 s after text"


class SilenceStream(FakeStream):
    """Sends silence for each clause, and does not end."""

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield silence that no clause ends with."""
        async for _ in super().audio():
            yield AudioChunk(b"\xff" * 800)
        await asyncio.Event().wait()


def race(*voices: FakeVoice) -> Scene:
    """A reply over voices of several providers."""
    found = Scene(voices, timeout_s=2.0, of_one_provider=False)
    found.clauses.update(("ab ", "cd"), complete=True)
    return found


@pytest.mark.parametrize("silent", [SilentStream, SilenceStream])
async def test_another_voice_is_tried_beside_a_silent_one(silent: type[FakeStream]) -> None:
    """A third one if that is silent too. Nothing fails, silence is not played, and all characters count."""
    voices = (FakeVoice(stream=silent), FakeVoice(stream=silent), FakeVoice())
    reply = race(*voices)
    with capture_logs() as logs:
        assert await reply.run() is None
    assert reply.audio == audio_of("ab cd")
    assert [(voice.opened, voice.closed) for voice in voices] == [(1, 1)] * 3
    assert [entry["event"] for entry in logs] == ["provider_overtaken"] * 2
    assert [reply.characters(number)[0] for number in range(3)] == [5, 5, 5]
    assert isinstance(started := reply.events[0], SynthesisStarted)
    assert started.provider == "test2"
    assert [body.clause for body in reply.events if isinstance(body, ClauseSynthesized)] == [0, 1]


async def test_another_route_of_a_silent_provider_is_not_tried_beside_it() -> None:
    """It comes after the time limit."""
    reply = scene(FakeVoice(stream=SilentStream), FakeVoice())
    reply.timeout_s = 0.4
    with capture_logs() as logs:
        assert await reply.run() is None
    assert [entry["event"] for entry in logs] == ["provider_request_failed"]


async def test_a_slow_voice_is_used_if_its_audio_is_first() -> None:
    """The voice beside it is cancelled, and plays nothing."""
    opened = asyncio.Event()

    class Second(SilentStream):
        def __init__(self, failure: ProviderError | None) -> None:
            super().__init__(failure)
            opened.set()

    class Slow(FakeStream):
        async def audio(self) -> AsyncGenerator[AudioChunk]:
            await opened.wait()
            async for chunk in super().audio():
                yield chunk

    slow, second = FakeVoice(stream=Slow), FakeVoice(stream=Second)
    reply = race(slow, second)
    with capture_logs() as logs:
        assert await reply.run() is None
    assert reply.audio == audio_of("ab cd")
    assert logs == []
    assert (second.opened, second.closed) == (1, 1)
    assert isinstance(started := reply.events[0], SynthesisStarted)
    assert started.provider == "test0"


async def test_a_voice_that_falls_silent_after_a_clause_is_continued_by_another_one() -> None:
    """Each clause is spoken once."""

    class OneClause(FakeStream):
        async def audio(self) -> AsyncGenerator[AudioChunk]:
            async for chunk in super().audio():
                yield chunk
                await asyncio.Event().wait()

    reply = race(FakeVoice(stream=OneClause), FakeVoice())
    assert await reply.run() is None
    assert reply.audio == audio_of("ab cd")
    assert [reply.characters(number)[0] for number in range(2)] == [5, 2]
    assert [type(body) for body in reply.events] == [
        SynthesisStarted,
        ClauseSynthesized,
        ClauseSynthesized,
        SynthesisFinished,
    ]


async def test_the_connection_of_an_overtaken_voice_sees_a_timeout() -> None:
    """A WebSocket that hangs is replaced for the next reply."""
    seen: list[BaseException] = []

    class Watching(FakeVoice):
        @asynccontextmanager
        async def open_stream(self, reply_id: str) -> AsyncIterator[FakeStream]:
            async with super().open_stream(reply_id) as stream:
                try:
                    yield stream
                except BaseException as error:
                    seen.append(error)
                    raise

    assert await race(Watching(stream=SilentStream), FakeVoice()).run() is None
    assert [type(error) for error in seen] == [ProviderOvertaken]
    assert isinstance(seen[0], ProviderTimeout)


async def test_more_text_gives_a_silent_provider_no_more_time() -> None:
    """The limit counts from the first text that is unanswered."""
    reply = Scene((FakeVoice(stream=SilentStream), FakeVoice()), timeout_s=0.5)
    reply.clauses.update(("ab ",), complete=False)
    synthesis = asyncio.create_task(reply.run())
    with capture_logs() as logs:
        for number in range(1, 100):
            await asyncio.sleep(0.02)
            reply.clauses.update(tuple(["ab "] * number), complete=False)
            if logs:
                break
        reply.clauses.update(tuple(["ab "] * number), complete=True)
        assert await synthesis is None
    assert number < 99
    assert reply.audio == audio_of("ab " * number)


async def test_the_next_owner_synthesizes_only_what_is_missing() -> None:
    """It starts at the missing sample; if nothing is missing, only the end is published."""
    half, nothing = scene(FakeVoice()), scene(FakeVoice())

    assert await half.run(1, 30) is None
    assert (half.audio, half.bus.published[0][1].offset_samples) == (audio_of("cd"), 30)
    assert await nothing.run(2, 60) is None
    assert nothing.events == [SynthesisFinished(reply_id="r1", samples=60)]


async def test_an_internal_error_is_not_attributed_to_the_provider() -> None:
    """The error is raised unchanged and does not count as the provider's failure."""

    class BrokenBus(FakeBus):
        async def publish(self, subject: str, data: bytes) -> None:
            raise ZeroDivisionError(subject, data)

    reply = scene(FakeVoice())
    reply.bus = BrokenBus()
    with pytest.raises(ExceptionGroup) as caught:
        await reply.run()

    assert caught.group_contains(ZeroDivisionError)


async def test_a_route_with_an_open_circuit_is_not_tried_first() -> None:
    """After three failures other calls use the next route at once."""
    broken, healthy = FakeVoice(), FakeVoice()
    broken.failures = [ProviderUnavailable("test", "down")] * 9
    breakers = CircuitBreakers()

    async def replied() -> ProviderError | None:
        reply = scene(broken, healthy)
        reply.breakers = breakers
        return await reply.run()

    for _ in range(3):
        await replied()
    opened = broken.opened

    assert await replied() is None
    assert broken.opened == opened == 3


async def test_a_reply_from_the_cache_does_not_count_for_the_provider() -> None:
    """The circuit does not change, and no latency is measured."""
    cache, config, provider = PhraseCache(), TtsConfig(), FakeVoice()

    async def connect() -> TtsConnection:
        return provider

    class Phrase:
        @asynccontextmanager
        async def open_stream(self, reply_id: str) -> AsyncIterator[FakeStream]:
            assert reply_id
            yield FakeStream(None)

    async def connect_phrase() -> TtsConnection:
        return Phrase()

    await cache.prefetch(connect_phrase, config, ["ab", "cd"])
    reply = scene(CachingConnection(connect, cache, config))
    reply.breakers.get("route0").record_failure(asyncio.get_running_loop().time(), permanent=True)

    assert await reply.run() is None
    assert isinstance(started := reply.events[0], SynthesisStarted)
    assert (started.provider, started.model) == ("", "")
    assert reply.audio == audio_of("abcd")
    assert reply.characters() == (0, 5)
    assert provider.opened == 0
    assert reply.first_outputs() == 0
    assert reply.breakers.open_circuits(asyncio.get_running_loop().time()) == ["route0"]


async def test_the_voice_is_sent_what_is_spoken() -> None:
    """The clause without anything to speak is not sent."""
    reply = scene(FakeVoice())
    reply.clauses.update(("**It** is $5. ", "--- ", "😀"), complete=True)

    assert await reply.run() is None
    assert reply.audio == audio_of("It is five dollars. ")
    assert [c.clause for c in reply.events if isinstance(c, ClauseSynthesized)] == [0, 1, 2]
    assert [word.text for word in reply.events[1].words] == ["**It**", "is", "$5."]


async def test_a_reply_without_anything_to_speak_needs_no_voice() -> None:
    """It does not fail, and has no audio."""
    reply = scene(CachingConnection(no_connection, PhraseCache(), TtsConfig()))
    reply.clauses.update(("---",), complete=True)

    assert await reply.run() is None
    assert [type(body) for body in reply.events] == [ClauseSynthesized, SynthesisFinished]
    assert reply.events[-1].samples == 0


async def test_the_next_owner_continues_in_the_middle_of_a_code_fence() -> None:
    """It follows from the clauses that are already synthesized."""
    reply = scene(FakeVoice())
    reply.clauses.update(("See:\n", "```py\n", "x = 1\n", "```\n", "Done."), complete=True)

    assert await reply.run(next_clause=2, next_sample=100) is None
    assert reply.audio == audio_of("Done.")


async def no_connection() -> TtsConnection:
    """The provider must not be used."""
    raise AssertionError
