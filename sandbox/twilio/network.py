"""The phone network: places inbound and outbound calls, keeps the live ones, ends them."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import structlog

from sandbox.caller.script import Script
from sandbox.emulator import Journal, RuntimeSettings
from sandbox.twilio.call_flow import EndedBy, Source
from sandbox.twilio.clock import Clock
from sandbox.twilio.context import EmulatorContext
from sandbox.twilio.directory import Directory
from sandbox.twilio.faults import Faults, rest_error_status
from sandbox.twilio.leg import Leg
from sandbox.twilio.live_call import CallPlan, LiveCall
from sandbox.twilio.media_stream import MediaStream
from sandbox.twilio.records import Callback, CallRecord, MessageRecord, new_sid
from sandbox.twilio.settings import TwilioSandboxSettings
from sandbox.twilio.task_scope import open_task_scope
from sandbox.twilio.verbs import Document, Stream
from sandbox.twilio.webhooks import Webhooks

log = structlog.get_logger()

_MAX_MESSAGES = 1000
_CLOSE_TIMEOUT_S = 0.6


@dataclass(frozen=True, slots=True)
class InboundCall:
    """A call from a simulated caller to a number of the account."""

    from_: str
    to: str
    script: Script
    voice_url: str
    status_callback_url: str | None = None
    faults: Faults | None = None
    fallback_url: str | None = None
    voice_method: str = ""
    """Method of the voice webhook; empty for that of the settings."""


@dataclass(frozen=True, slots=True)
class OutboundCall:
    """A call from the account; ringing and answer of the plan are replaced by the callee's."""

    from_: str
    to: str
    plan: CallPlan
    status_callback: Callback | None = None
    time_limit_s: float = 14400.0


class Network:
    """The phone network: all calls and messages of the account."""

    def __init__(self, context: EmulatorContext) -> None:
        self.context = context
        self.messages: dict[str, MessageRecord] = {}
        self._live_calls: dict[str, LiveCall] = {}
        self._rng = random.Random()
        self._idle = asyncio.Event()
        self._idle.set()

    async def place_inbound(self, options: InboundCall) -> Leg:
        """Place an inbound call; returns its leg when it rings."""
        settings = self.context.settings
        faults = options.faults or settings.faults
        url = options.status_callback_url
        record = self._record(options.from_, options.to, "inbound")
        record.status_callback = Callback(url) if url else None
        record.status = "ringing"
        plan = CallPlan(
            Source(options.voice_url, options.voice_method or settings.voice_method),
            fallback_url=options.fallback_url,
            faults=faults,
            ring_s=settings.ring_s,
        )
        return await self._start_call(record, options.script, plan)

    async def place_outbound(self, options: OutboundCall) -> Leg:
        """Place an outbound call; returns the callee's leg."""
        callee = self.context.directory.lookup(options.to)
        record = self._record(options.from_, options.to, "outbound-api")
        record.status_callback = options.status_callback
        record.time_limit_s = options.time_limit_s
        plan = replace(
            options.plan,
            ring_s=callee.ring_s,
            answer=callee.answer,
            faults=callee.faults or self.context.settings.faults,
        )
        return await self._start_call(record, callee.script, plan)

    def leg(self, call_sid: str) -> Leg | None:
        """A leg by its CallSid."""
        return self.context.legs.get(call_sid)

    async def update(self, call_sid: str, twiml: Document | Source) -> bool:
        """Replace the TwiML of a live call; False if it is not live."""
        call = self._live_calls.get(call_sid)
        if call is None or not call.leg.record.is_live:
            return False
        await call.update(twiml)
        return True

    def fork(self, call_sid: str, stream: Stream) -> MediaStream | None:
        """Fork a live call's audio; None if it is not in progress or has too many forks."""
        call = self._live_calls.get(call_sid)
        if call is None or call.leg.record.status != "in-progress":
            return None
        return call.fork(stream)

    def end(self, call_sid: str, by: EndedBy = "rest") -> bool:
        """End a live call; False if it is not live."""
        call = self._live_calls.get(call_sid)
        if call is None or not call.leg.record.is_live:
            return False
        call.end(by)
        return True

    def call_faults(self, call_sid: str) -> Faults:
        """The faults that apply to a call."""
        call = self._live_calls.get(call_sid)
        return call.faults if call else self.context.settings.faults

    def add_message(self, message: MessageRecord) -> None:
        """Store a text message; the oldest one past the limit is removed."""
        self.messages[message.sid] = message
        if len(self.messages) > _MAX_MESSAGES:
            del self.messages[next(iter(self.messages))]
        self.context.journal.note("message", sid=message.sid, to=message.to, body=message.body)

    def injected_error(self) -> int | None:
        """The HTTP status of an injected REST error, or None."""
        return rest_error_status(self._rng, self.context.settings.faults)

    async def close(self) -> None:
        """End all calls and wait up to 0.6 s, so that their followers receive the end."""
        for call in tuple(self._live_calls.values()):
            call.end("rest")
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._idle.wait()
        except TimeoutError:
            log.warning("calls_dropped", calls=len(self._live_calls))

    def _record(self, from_: str, to: str, direction: str) -> CallRecord:
        return CallRecord(
            sid=new_sid("CA"),
            account_sid=self.context.settings.account_sid,
            from_=from_,
            to=to,
            direction=direction,
            created_at=time.time(),
        )

    async def _start_call(self, record: CallRecord, script: Script, plan: CallPlan) -> Leg:
        utterances = await self.context.directory.script_utterances(script)
        leg = Leg(record, script, utterances, self.context.journal, plan.faults.drift_ppm)
        self.context.add_leg(leg)
        call = self._live_calls[record.sid] = LiveCall(leg, plan, self.context)
        self._idle.clear()
        self.context.tasks.start(self._run(call), f"call {record.sid}")
        return leg

    async def _run(self, call: LiveCall) -> None:
        sid = call.leg.record.sid
        try:
            await call.run()
        except Exception:  # a failing call must not end the others
            log.exception("call_failed", call_sid=sid)
        finally:
            self._live_calls.pop(sid, None)
            if not self._live_calls:
                self._idle.set()


@asynccontextmanager
async def open_network(settings: TwilioSandboxSettings) -> AsyncIterator[Network]:
    """Run a network; calls and callbacks still running at the exit are dropped."""
    journal, clock = Journal(), Clock()
    # Close idle connections before a server does, or a request could be sent on a closing one.
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=2)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
        runtime_settings = RuntimeSettings(settings)
        webhooks = Webhooks(client, lambda: runtime_settings.current.signer, journal)
        directory = Directory(client, settings.stt_urls, journal)
        async with open_task_scope() as tasks:
            tasks.start(clock.run(), "clock")
            yield Network(EmulatorContext(runtime_settings, journal, clock, webhooks, directory, tasks))
