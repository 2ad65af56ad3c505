"""Synthesizes the replies of calls: follows each call's log, runs a task per reply, stops cancelled ones."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from parley.agent_config import AgentConfig, TtsConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ConfigError, ProviderError, ProviderRejected
from parley.events.envelope import event_body
from parley.providers.fallback_chain import FallbackChain, Route, config_failure
from parley.providers.latency_limits import LatencyLimits
from parley.providers.pool import ProviderPool, on_demand_pool, open_default_provider, open_pool
from parley.providers.preload import preload_providers
from parley.providers.provider_code import guarded_context, provider_code
from parley.providers.registry import ProviderContext, configs_of, route_name, transfer_options
from parley.providers.route_selector import RetryPolicy
from parley.providers.tts import TtsConnection, TtsProvider
from parley.runtime.stage import CallContext, ServeCall
from parley.telemetry.setup import Telemetry
from parley.v1.event_pb2 import Event
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from services.tts.audio_limits import audio_limits
from services.tts.audio_output import AudioOutput
from services.tts.clause_feed import ClauseFeed
from services.tts.guarded_connection import GuardedConnection
from services.tts.missing_texts import report_missing_texts
from services.tts.phrase_cache import CachingConnection, PhraseCache, cache_section, cacheable_phrases
from services.tts.progress import TTS, ReplyProgress, SynthesisProgress, evolve
from services.tts.reply_audio import ReplyAudio
from services.tts.reply_synthesis import SynthesisJob, TtsRoute, synthesize_reply
from services.tts.settings import TtsSettings
from services.tts.spoken_text.normalizer import NormalizerOptions, ReplyNormalizer, preload_tables
from services.tts.spoken_text.options import normalizer_options

log = structlog.get_logger()

_MIN_PREFETCH_INTERVAL_S = 2.0
_MAX_PREFETCH_INTERVAL_S = 60.0
_POLICY = RetryPolicy(same_route_first=True)
"""Retry on the same route first: a lost connection is replaced at once, which is faster than another
route."""


@dataclass(frozen=True, slots=True)
class _Shared:
    """Resources that all calls of a process share."""

    providers: ProviderPool[TtsProvider]
    cache: PhraseCache
    breakers: CircuitBreakers
    limits: LatencyLimits
    first_audio_timeout_s: float


@dataclass(frozen=True, slots=True)
class _ReplyTask:
    """A reply and the task that synthesizes it."""

    clauses: ClauseFeed
    task: asyncio.Task[None]


@asynccontextmanager
async def open_service(settings: TtsSettings, telemetry: Telemetry) -> AsyncIterator[ServeCall]:
    """Open the resources that live as long as the process; yield the function that serves one call."""
    providers: ProviderPool[TtsProvider]
    context = ProviderContext(telemetry)
    async with open_pool("tts", context) as providers:
        await open_default_provider(providers, "tts", settings)
        report_missing_texts(settings.agents_dir)
        await preload_providers(providers, "tts", settings)
        await asyncio.to_thread(preload_tables)
        shared = _Shared(
            providers, PhraseCache(), CircuitBreakers(), context.limits, settings.tts_first_audio_timeout_s
        )

        async def serve_call(call: CallContext) -> None:
            if not call.ended:
                await _serve_call(call, shared)

        yield serve_call


async def _serve_call(call: CallContext, shared: _Shared) -> None:
    """Serve one call until it ends; its preferred connection opens at once, the others on first use."""
    try:
        configs = configs_of("tts", call.agent.tts)
    except ConfigError as error:
        log.error("agent_refused", agent=call.agent.name, error=str(error))
        await call.log.append(config_failure(call.agent.tts.provider, error))
        return
    by_name = {route_name(config): config for config in configs}
    transfers = transfer_options("tts", configs[0].provider)

    @asynccontextmanager
    async def connect(name: str) -> AsyncIterator[TtsConnection]:
        config = by_name[name]
        try:
            provider = await shared.providers.get(config.provider)
        except ConfigError as error:
            raise ProviderRejected(config.provider, str(error)) from None
        with provider_code(config.provider):
            opening = provider.connect(config, call.call_sid)
        async with guarded_context(config.provider, opening) as connection:
            yield GuardedConnection(config.provider, connection)

    characters = call.telemetry.usage.tts_characters.labels(
        agent=call.agent.name, provider=configs[0].provider, model=configs[0].model
    )
    async with on_demand_pool(connect) as connections, asyncio.TaskGroup() as tasks:
        preferred = next(iter(by_name))
        prefetching = tasks.create_task(
            _warm_up(
                connections,
                preferred,
                shared.cache,
                configs[0],
                _spoken_phrases(call.agent, configs[0]),
                lambda text: characters.inc(len(text)),
            ),
            name="prefetch phrases",
        )
        chain = FallbackChain(
            "tts",
            call.call_sid,
            call.agent.name,
            [
                _route(
                    name,
                    cache_section(config, configs[0], transfers),
                    connections,
                    shared,
                    normalizer_options(call.agent, config),
                )
                for name, config in by_name.items()
            ],
            shared.breakers,
            call.telemetry,
            report=call.log.append,
            report_each=False,
            policy=_POLICY,
        )
        session = SynthesisSession(call, chain, tasks)
        await session.follow_log()
        session.cancel_all()
        prefetching.cancel()


def _route(
    name: str,
    config: TtsConfig,
    connections: ProviderPool[TtsConnection],
    shared: _Shared,
    normalization: NormalizerOptions,
) -> Route[TtsRoute]:
    connection = CachingConnection(lambda: connections.get(name), shared.cache, config)
    limits = audio_limits(shared.limits, config.provider, config.model, shared.first_audio_timeout_s)
    target = TtsRoute(config.provider, connection, limits, normalization)
    return Route(name, config.provider, config.model, target)


def _spoken_phrases(agent: AgentConfig, config: TtsConfig) -> tuple[str, ...]:
    """The fixed texts in the form that the provider receives, by which they are cached."""
    options = normalizer_options(agent, config)
    spoken = (ReplyNormalizer(options).feed(phrase).text for phrase in cacheable_phrases(agent))
    return tuple(text for text in spoken if text)


async def _warm_up(
    connections: ProviderPool[TtsConnection],
    name: str,
    cache: PhraseCache,
    config: TtsConfig,
    phrases: Sequence[str],
    on_sent: Callable[[str], None],
) -> None:
    try:
        await connections.get(name)
    except ProviderError as error:
        log.warning("tts_connection_failed", route=name, code=error.code, reason=error.reason)
        return
    interval_s = _MIN_PREFETCH_INTERVAL_S
    while not await cache.prefetch(lambda: connections.get(name), config, phrases, on_sent):
        await asyncio.sleep(interval_s)
        interval_s = min(interval_s * 2, _MAX_PREFETCH_INTERVAL_S)


@dataclass(slots=True)
class SynthesisSession:
    """Synthesizes all replies of one call."""

    call: CallContext
    chain: FallbackChain[TtsRoute]
    tasks: asyncio.TaskGroup
    _progress: SynthesisProgress = field(default_factory=SynthesisProgress)
    _running: dict[str, _ReplyTask] = field(default_factory=dict)
    _output: AudioOutput = field(init=False)

    def __post_init__(self) -> None:
        self._output = AudioOutput(self.call.bus, self.call.call_sid, self.call.log.epoch)

    async def follow_log(self) -> None:
        """Synthesize what the log has left unfinished, then follow it until the call has ended."""
        self.call.drain.set_safe_point(lambda: not self._running)
        self._progress = self.call.log.folded(TTS)
        for reply in self._progress.unfinished:
            self._update_reply(reply)
        if self._progress.call_ended:
            return
        async for event in self.call.log:
            changed = self._apply(event)
            if self._progress.call_ended:
                return
            if changed is not None:
                self._update_reply(changed)

    def cancel_all(self) -> None:
        """Stop all replies of a call that has ended."""
        for running in self._running.values():
            running.task.cancel()

    def _apply(self, event: Event) -> ReplyProgress | None:
        """Apply an event; returns the reply that it changed."""
        body = event_body(event)
        before = self._progress
        self._progress = evolve(before, body)
        reply = self._progress.replies.get(getattr(body, "reply_id", ""))
        if reply is None or reply is before.replies.get(reply.reply_id):
            return None
        return reply

    def _update_reply(self, reply: ReplyProgress) -> None:
        """Start the reply's task, pass new text to it, or stop it."""
        running = self._running.get(reply.reply_id)
        if reply.done:
            if running is not None:
                running.task.cancel()
            return
        if running is None:
            clauses = ClauseFeed()
            task = self.tasks.create_task(self._synthesize(reply, clauses), name=f"tts {reply.reply_id}")
            running = self._running[reply.reply_id] = _ReplyTask(clauses, task)
            task.add_done_callback(lambda _: self._running.pop(reply.reply_id, None))
        running.clauses.update(reply.texts, complete=reply.complete)

    async def _synthesize(self, reply: ReplyProgress, clauses: ClauseFeed) -> None:
        job = SynthesisJob(
            clauses=clauses,
            audio=ReplyAudio(reply.reply_id, reply.next_clause, reply.next_sample, reply.next_sample),
            output=self._output,
            append=self._append,
            now_ms=self.call.log.now_ms,
            started=reply.started,
        )
        request = self.chain.request(turn=reply.turn, reply_id=reply.reply_id)
        failure = await synthesize_reply(request, job)
        if failure is not None:
            log.error(
                "reply_not_synthesized", reply_id=reply.reply_id, code=failure.code, reason=failure.reason
            )

    async def _append(self, body: SynthesisStarted | ClauseSynthesized | SynthesisFinished) -> None:
        self._apply(await self.call.log.append(body))
