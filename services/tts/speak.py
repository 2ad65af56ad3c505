"""Speak for calls: follow a call's log, give every reply a task of its own, drop what shall not be heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from elevenlabs import AsyncElevenLabs
from prometheus_client import Counter

from parley.agent_config import TtsConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError
from parley.events.envelope import event_body
from parley.providers.tts import TtsConnection
from parley.runtime.stage import CallContext, ServeCall
from parley.telemetry.setup import Telemetry
from parley.v1.event_pb2 import Event
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from parley.v1.work_pb2 import StageFailed
from services.tts.kept import Kept, KeptVoice, phrases_of
from services.tts.position import Position, Reply, evolve
from services.tts.providers.elevenlabs import Account, SocketVoice
from services.tts.providers.elevenlabs_http import HttpVoice, open_client
from services.tts.providers.elevenlabs_wire import PROVIDER
from services.tts.publish import AudioOut
from services.tts.script import Script
from services.tts.settings import TtsSettings
from services.tts.sound import ReplySound
from services.tts.utter import Telling, Way, Ways, speak_reply
from services.tts.watched import WatchedVoice

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A reply and the task that speaks it."""

    script: Script
    task: asyncio.Task[None]


@asynccontextmanager
async def open_speaking(settings: TtsSettings, telemetry: Telemetry) -> AsyncIterator[ServeCall]:
    """What lives as long as the process; gives the function that serves one call."""
    account = Account(
        base_url=settings.elevenlabs_url,
        key=settings.elevenlabs_api_key,
        connect_timeout_s=settings.tts_connect_timeout_s,
        late_after_s=settings.tts_first_audio_timeout_s,
        keep_alive_s=settings.tts_keep_alive_s,
    )
    failures = telemetry.provider_failures
    kept, breakers = Kept(), CircuitBreakers()
    async with open_client(account) as client:

        async def serve_call(call: CallContext) -> None:
            if not call.ended:
                await _speak_for(call, account, client, kept, breakers, failures)

        yield serve_call


async def _speak_for(
    call: CallContext,
    account: Account,
    client: AsyncElevenLabs,
    kept: Kept,
    breakers: CircuitBreakers,
    failures: Counter,
) -> None:
    """Serve one call until it ends; its voice is warm from the first moment on."""
    speaking = call.agent.tts
    by_socket = SocketVoice(account, speaking, call.call_sid)

    def way(kind: str, voice: TtsConnection, speaking: TtsConfig) -> Way:
        name = f"{PROVIDER}/{kind}/{speaking.voice}"
        return Way(name, KeptVoice(WatchedVoice(voice, breakers.get(name), name), kept, speaking))

    first, second = way("socket", by_socket, speaking), way("http", HttpVoice(client, speaking), speaking)
    others = speaking.chain[1:]
    ways = Ways(
        provider=PROVIDER,
        ways=(*(first, first, second, second), *(way("http", HttpVoice(client, o), o) for o in others)),
        breakers=breakers,
        late_after_s=account.late_after_s,
        failures=failures,
        provider_seconds=call.telemetry.provider_seconds,
    )
    async with asyncio.TaskGroup() as tasks:
        warm = tasks.create_task(by_socket.keep_open())
        making = tasks.create_task(kept.make(by_socket, speaking, phrases_of(call.agent)), name="phrases")
        speaker = Speaker(call, ways, tasks)
        await speaker.follow()
        speaker.drop_all()
        warm.cancel()
        making.cancel()


@dataclass(slots=True)
class Speaker:
    """All replies of one call."""

    call: CallContext
    ways: Ways
    tasks: asyncio.TaskGroup
    _position: Position = field(default_factory=Position)
    _spoken: dict[str, _Spoken] = field(default_factory=dict)
    _failed_with: str = ""
    """Code of the failure that the log knows of, until a reply succeeds."""
    _out: AudioOut = field(init=False)

    def __post_init__(self) -> None:
        self._out = AudioOut(self.call.bus.audio, self.call.call_sid, self.call.log.epoch)

    async def follow(self) -> None:
        """Take up what the log leaves to do, then do as it says, until the call is over."""
        self.call.drain.set_safe_point(lambda: not self._spoken)
        for event in self.call.log.history:
            self._learn(event)
        for reply in self._position.unfinished:
            self._attend(reply)
        if self._position.call_over:
            return
        async for event in self.call.log:
            reply_or_none = self._learn(event)
            if self._position.call_over:
                return
            if reply_or_none is not None:
                self._attend(reply_or_none)

    def drop_all(self) -> None:
        """Nobody listens any more."""
        for spoken in self._spoken.values():
            spoken.task.cancel()

    def _learn(self, event: Event) -> Reply | None:
        """Fold an event in; gives the reply it speaks of, if it changed."""
        body = event_body(event)
        before = self._position
        self._position = evolve(before, body)
        reply = self._position.replies.get(getattr(body, "reply_id", ""))
        if reply is None or reply is before.replies.get(reply.reply_id):
            return None
        return reply

    def _attend(self, reply: Reply) -> None:
        """Have a reply spoken, tell its speaker what is new, or stop it."""
        spoken = self._spoken.get(reply.reply_id)
        if reply.over:
            if spoken is not None:
                spoken.task.cancel()
            return
        if spoken is None:
            script = Script()
            task = self.tasks.create_task(self._speak(reply, script), name=f"tts {reply.reply_id}")
            spoken = self._spoken[reply.reply_id] = _Spoken(script, task)
            task.add_done_callback(lambda _: self._spoken.pop(reply.reply_id, None))
        spoken.script.grow(reply.texts, complete=reply.complete)

    async def _speak(self, reply: Reply, script: Script) -> None:
        telling = Telling(
            script=script,
            sound=ReplySound(reply.reply_id, reply.next_clause, reply.next_sample, reply.next_sample),
            out=self._out,
            say=self._say,
            now_ms=self.call.log.now_ms,
            started=reply.started,
        )
        failure = await speak_reply(self.ways, telling)
        if failure is None:
            self._failed_with = ""
        else:
            await self._tell_failure(reply.reply_id, failure)

    async def _say(self, body: SynthesisStarted | ClauseSynthesized | SynthesisFinished) -> None:
        self._learn(await self.call.log.append(body))

    async def _tell_failure(self, reply_id: str, failure: ProviderError) -> None:
        log.error("reply not spoken", reply_id=reply_id, code=failure.code, reason=failure.reason)
        if self._failed_with == failure.code:
            return
        self._failed_with = failure.code
        await self.call.log.append(
            StageFailed(
                code=failure.code,
                message=str(failure),
                retryable=failure.retryable,
                provider=failure.provider,
            )
        )
