"""Replies of one call, synthesized by the real ElevenLabs adapter; only the bus is a double."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from unittest.mock import patch

from parley.agent_config import AgentConfig, TtsConfig
from parley.audio.audio_output import AudioOutput
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.pool import ProviderPool, on_demand_pool, open_pool
from parley.providers.registry import ProviderContext, configs_of, route_name
from parley.providers.route_selector import RetryPolicy
from parley.providers.tts import TtsConnection, TtsProvider
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from parley.v1.work_pb2 import StageFailed
from sandbox import tone
from services.tts.audio_limits import audio_limits
from services.tts.clause_feed import ClauseFeed
from services.tts.phrase_cache import CachingConnection, PhraseCache
from services.tts.reply_audio import ReplyAudio
from services.tts.reply_synthesis import SynthesisJob, TtsRoute, synthesize_reply
from services.tts.spoken_text.options import normalizer_options
from tests.unit.parley.audio.test_audio_output import FakeBus
from tests.unit.parley.providers.doubles import make_telemetry


@dataclass
class SpokenReply:
    """The audio of a reply, and how it ended."""

    audio: bytes
    clauses: list[ClauseSynthesized]
    failure: ProviderError | None


def check_audio(reply: SpokenReply, expected: Sequence[bytes]) -> None:
    """Check that a reply has the audio of its clauses sample for sample, each within its bounds."""
    assert reply.failure is None
    assert reply.audio == b"".join(expected)
    assert [c.end_sample - c.start_sample for c in reply.clauses] == [len(audio) for audio in expected]


def check_repeated(reply: SpokenReply, expected: Sequence[bytes], *, after_silence: bool = False) -> None:
    """Check that all audio follows a fault; silence that was published before it remains."""
    audio = b"".join(expected)
    assert reply.failure is None
    assert reply.audio[-len(audio) :] == audio
    assert after_silence or len(reply.audio) == len(audio)


@dataclass
class VoiceCall:
    """A call whose replies are synthesized one after another or at once."""

    chain: FallbackChain[TtsRoute]
    connections: ProviderPool[TtsConnection]
    context: ProviderContext
    cache: PhraseCache
    config: TtsConfig
    failures: list[StageFailed] = field(default_factory=list)
    replies: int = 0

    async def reply(self, *clauses: str) -> SpokenReply:
        """Synthesize a reply whose clauses have all arrived."""
        feed = ClauseFeed()
        feed.update(clauses, complete=True)
        return await self.reply_from(feed)

    async def reply_from(self, feed: ClauseFeed) -> SpokenReply:
        """Synthesize a reply while its clauses arrive."""
        self.replies += 1
        bus, events = FakeBus(), list[SynthesisStarted | ClauseSynthesized | SynthesisFinished]()

        async def append(body: SynthesisStarted | ClauseSynthesized | SynthesisFinished) -> None:
            events.append(body)

        job = SynthesisJob(
            clauses=feed,
            audio=ReplyAudio(f"r{self.replies}"),
            output=AudioOutput(bus, "CA1", 1),
            append=append,
            now_ms=lambda: 0,
            started=False,
        )
        failure = await synthesize_reply(self.chain.request(), job)
        return SpokenReply(
            b"".join(audio.mulaw for _, audio in bus.published),
            [event for event in events if isinstance(event, ClauseSynthesized)],
            failure,
        )

    async def prefetch(self, *phrases: str) -> None:
        """Fill the phrase cache over the preferred route."""
        await self.cache.prefetch(
            partial(self.connections.get, self.chain.routes[0].name), self.config, phrases
        )


@asynccontextmanager
async def voice_call(
    url: str,
    config: TtsConfig | None = None,
    *,
    timeout_s: float = 1.0,
    environment: dict[str, str] | None = None,
) -> AsyncIterator[VoiceCall]:
    """A call whose voice is the ElevenLabs adapter at this address, with HTTP as its second route."""
    config = config or TtsConfig(voice="voice-1")
    variables = {"PARLEY_ELEVENLABS_URL": url, "ELEVENLABS_API_KEY": "key", **(environment or {})}
    context = ProviderContext(make_telemetry())
    providers: ProviderPool[TtsProvider]
    with patch.dict(os.environ, variables):
        async with open_pool("tts", context) as providers:
            by_name = {route_name(section): section for section in configs_of("tts", config)}

            @asynccontextmanager
            async def connect(name: str) -> AsyncIterator[TtsConnection]:
                provider = await providers.get(by_name[name].provider)
                async with provider.connect(by_name[name], "CA1") as connection:
                    yield connection

            async with on_demand_pool(connect) as connections:
                failures: list[StageFailed] = []

                async def report(failed: StageFailed) -> None:
                    failures.append(failed)

                cache = PhraseCache()
                routes = [
                    Route(
                        name,
                        section.provider,
                        section.model,
                        TtsRoute(
                            section.provider,
                            CachingConnection(partial(connections.get, name), cache, config),
                            audio_limits(context.limits, section.provider, section.model, timeout_s),
                            normalizer_options(AgentConfig(prompt="x", tts=config), section),
                        ),
                    )
                    for name, section in by_name.items()
                ]
                chain = FallbackChain(
                    "tts",
                    "CA1",
                    "clinic",
                    routes,
                    CircuitBreakers(),
                    context.telemetry,
                    report=report,
                    report_each=False,
                    policy=RetryPolicy(same_route_first=True),
                )
                yield VoiceCall(chain, connections, context, cache, config, failures)


async def spoken(connected: TtsConnection, *texts: str) -> str:
    """The text that a reply's audio contains."""
    async with connected.open_stream("r1") as stream:
        for text in texts:
            await stream.send_text(text)
        await stream.end_input()
        return tone.decode(b"".join([chunk.audio async for chunk in stream.audio()]))
