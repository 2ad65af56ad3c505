"""The phone network: places calls of both directions, keeps those that go on, ends them."""

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
from sandbox.twilio.context import Exchange
from sandbox.twilio.directory import People
from sandbox.twilio.faults import Faults, refuses
from sandbox.twilio.leg import Leg
from sandbox.twilio.live_call import CallPlan, LiveCall
from sandbox.twilio.media_stream import MediaStream
from sandbox.twilio.records import Callback, CallRecord, MessageRecord, new_sid
from sandbox.twilio.settings import TwilioSandboxSettings
from sandbox.twilio.task_scope import open_background
from sandbox.twilio.twiml import Document, Stream
from sandbox.twilio.webhooks import Webhooks

log = structlog.get_logger()

_MOST_MESSAGES = 1000
_CLOSE_TIMEOUT_S = 0.6


@dataclass(frozen=True, slots=True)
class Inbound:
    """Somebody calls a number of the account."""

    from_: str
    to: str
    script: Script
    voice_url: str
    status_callback_url: str | None = None
    faults: Faults | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """The account calls somebody; the plan's ring and answer are the resident's."""

    from_: str
    to: str
    plan: CallPlan
    status_callback: Callback | None = None
    time_limit_s: float = 14400.0


class Network:
    """All calls."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.messages: dict[str, MessageRecord] = {}
        self._live: dict[str, LiveCall] = {}
        self._chance = random.Random()
        self._idle = asyncio.Event()
        self._idle.set()

    async def call_in(self, wish: Inbound) -> Leg:
        """Somebody calls; gives their telephone once it rings."""
        settings = self.exchange.settings
        faults = wish.faults or settings.faults
        url = wish.status_callback_url
        record = self._record(wish.from_, wish.to, "inbound")
        record.status_callback = Callback(url) if url else None
        record.status = "ringing"
        plan = CallPlan(
            Source(wish.voice_url, settings.voice_method),
            fallback_url=settings.fallback_url,
            faults=faults,
            ring_s=settings.ring_s,
        )
        return await self._begin(record, wish.script, plan)

    async def call_out(self, wish: Outbound) -> Leg:
        """The account calls; gives the telephone that will ring."""
        resident = self.exchange.people.at(wish.to)
        record = self._record(wish.from_, wish.to, "outbound-api")
        record.status_callback = wish.status_callback
        record.time_limit_s = wish.time_limit_s
        plan = replace(
            wish.plan,
            ring_s=resident.ring_s,
            answer=resident.answer,
            faults=resident.faults or self.exchange.settings.faults,
        )
        return await self._begin(record, resident.script, plan)

    def leg(self, call_sid: str) -> Leg | None:
        """A telephone by the sid of its call."""
        return self.exchange.legs.get(call_sid)

    async def update(self, call_sid: str, twiml: Document | Source) -> bool:
        """Give a live call other TwiML; False if it is not live."""
        call = self._live.get(call_sid)
        if call is None or not call.leg.record.live:
            return False
        await call.update(twiml)
        return True

    def fork(self, call_sid: str, stream: Stream) -> MediaStream | None:
        """Fork a live call's sound; None if it is not in progress, or has too many forks."""
        call = self._live.get(call_sid)
        if call is None or call.leg.record.status != "in-progress":
            return None
        return call.fork(stream)

    def end(self, call_sid: str, by: EndedBy = "rest") -> bool:
        """End a live call; False if it is not live."""
        call = self._live.get(call_sid)
        if call is None or not call.leg.record.live:
            return False
        call.end(by)
        return True

    def faults_of(self, call_sid: str) -> Faults:
        """What goes wrong in a call."""
        call = self._live.get(call_sid)
        return call.faults if call else self.exchange.settings.faults

    def keep(self, message: MessageRecord) -> None:
        """Know a text message; the oldest makes room."""
        self.messages[message.sid] = message
        if len(self.messages) > _MOST_MESSAGES:
            del self.messages[next(iter(self.messages))]
        self.exchange.journal.note("message", sid=message.sid, to=message.to, body=message.body)

    def refusal(self) -> int | None:
        """The status with which this REST request fails, if the faults want it."""
        return refuses(self._chance, self.exchange.settings.faults)

    async def close(self) -> None:
        """End all calls, so that those who follow them see the end; what takes too long is left."""
        for call in tuple(self._live.values()):
            call.end("rest")
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._idle.wait()
        except TimeoutError:
            log.warning("calls dropped", calls=len(self._live))

    def _record(self, from_: str, to: str, direction: str) -> CallRecord:
        return CallRecord(
            sid=new_sid("CA"),
            account_sid=self.exchange.settings.account_sid,
            from_=from_,
            to=to,
            direction=direction,
            created_at=time.time(),
        )

    async def _begin(self, record: CallRecord, script: Script, plan: CallPlan) -> Leg:
        sounds = await self.exchange.people.sounds(script)
        leg = Leg(record, script, sounds, self.exchange.journal, plan.faults.drift_ppm)
        self.exchange.add(leg)
        call = self._live[record.sid] = LiveCall(leg, plan, self.exchange)
        self._idle.clear()
        self.exchange.background.start(self._run(call), f"call {record.sid}")
        return leg

    async def _run(self, call: LiveCall) -> None:
        sid = call.leg.record.sid
        try:
            await call.run()
        except Exception:  # one call's mistake must not end the others
            log.exception("a call broke", call_sid=sid)
        finally:
            self._live.pop(sid, None)
            if not self._live:
                self._idle.set()


@asynccontextmanager
async def open_network(settings: TwilioSandboxSettings) -> AsyncIterator[Network]:
    """A network that works while entered; calls and callbacks that go on then are dropped."""
    journal, clock = Journal(), Clock()
    # Idle connections are given up before a server gives them up: a request must not meet a closing one.
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=2)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
        webhooks = Webhooks(client, settings.auth_token.get_secret_value(), journal)
        people = People(client, settings.deepgram_url, journal)
        async with open_background() as background:
            background.start(clock.run(), "clock")
            yield Network(Exchange(RuntimeSettings(settings), journal, clock, webhooks, people, background))
