"""Synthesizes the replies of calls: follows each call's log, runs a task per reply, stops cancelled ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from parley.audio.audio_output import AudioOutput
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ConfigError
from parley.events.envelope import event_body
from parley.providers.failure_reporter import config_failure
from parley.providers.pool import ProviderPool, open_default_provider, open_pool
from parley.providers.preload import preload_providers
from parley.providers.registry import ProviderContext, configs_of
from parley.providers.tts import TtsProvider
from parley.runtime.stage import CallContext, ServeCall
from parley.telemetry.setup import Telemetry
from parley.v1.event_pb2 import Event
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from services.tts.clause_feed import ClauseFeed
from services.tts.missing_texts import report_missing_texts
from services.tts.phrase_cache import PhraseCache
from services.tts.progress import TTS, ReplyProgress, SynthesisProgress, evolve
from services.tts.reply_audio import ReplyAudio
from services.tts.reply_synthesis import SynthesisJob, synthesize_reply
from services.tts.settings import TtsSettings
from services.tts.spoken_text.normalizer import preload_tables
from services.tts.voices import SharedProviders, Voices, open_voices

log = structlog.get_logger()


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
        shared = SharedProviders(
            providers, PhraseCache(), CircuitBreakers(), context.limits, settings.tts_first_audio_timeout_s
        )

        async def serve_call(call: CallContext) -> None:
            # A speech-to-speech model speaks itself; the brain owns its session.
            if not call.ended and not call.agent.is_realtime:
                await _serve_call(call, shared)

        yield serve_call


async def _serve_call(call: CallContext, shared: SharedProviders) -> None:
    """Serve one call until it ends; its preferred connection opens at once, the others on first use."""
    try:
        configs_of("tts", call.agent.tts)
    except ConfigError as error:
        log.error("agent_refused", agent=call.agent.name, error=str(error))
        await call.log.append(config_failure(call.agent.tts.provider, error))
        return
    async with open_voices(call, call.call_agents, shared) as voices, asyncio.TaskGroup() as tasks:
        session = SynthesisSession(call, voices, tasks)
        await session.follow_log()
        session.cancel_all()


@dataclass(slots=True)
class SynthesisSession:
    """Synthesizes all replies of one call."""

    call: CallContext
    voices: Voices
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
        self.voices.prepare(self._progress.agent)
        for reply in self._progress.unfinished:
            self._update_reply(reply)
        if self._progress.call_ended:
            return
        async for event in self.call.log:
            changed = self._apply(event)
            if event.HasField("agent_changed") or event.HasField("language_changed"):
                self.voices.prepare(self._progress.agent)
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
        chain = await self.voices.chain(reply.agent)
        request = chain.request(turn=reply.turn, reply_id=reply.reply_id)
        failure = await synthesize_reply(request, job)
        if failure is not None:
            log.error(
                "reply_not_synthesized", reply_id=reply.reply_id, code=failure.code, reason=failure.reason
            )

    async def _append(self, body: SynthesisStarted | ClauseSynthesized | SynthesisFinished) -> None:
        self._apply(await self.call.log.append(body))
