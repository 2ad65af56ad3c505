"""One call from its first ring to its end: feeds the flow with what happens, does what it commands."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from sandbox.caller.simulated_caller import DtmfPressed, Event, HungUp
from sandbox.twilio.call_flow import (
    Answer,
    Apologise,
    Began,
    Command,
    CutOff,
    End,
    Ended,
    EndedBy,
    Fetch,
    Fetched,
    FetchFailed,
    Flow,
    Input,
    Perform,
    Source,
    Updated,
    VerbFinished,
    advance,
)
from sandbox.twilio.context import Exchange
from sandbox.twilio.detect_machine import MachineDetection, detect_machine
from sandbox.twilio.directory import Answer as HowAnswered
from sandbox.twilio.execute_verb import perform, prompt
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg
from sandbox.twilio.media_stream import MediaStream
from sandbox.twilio.progress import progress
from sandbox.twilio.recordings import RecordingWish, start_recording, stop_all_recordings
from sandbox.twilio.stream_verbs import fork
from sandbox.twilio.twiml import Document, Say, Stream, Verb
from sandbox.twilio.verb_context import Situation
from sandbox.twilio.webhook_params import voice
from sandbox.twilio.webhooks import Request, WebhookError

log = structlog.get_logger()

_INBOX = 100
_SORRY = "We are sorry, an application error has occurred. Goodbye."


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What a call begins with."""

    twiml: Document | Source
    fallback_url: str | None = None
    faults: Faults = field(default_factory=Faults)
    ring_s: float = 0.1
    timeout_s: float = 60.0
    answer: HowAnswered = "person"
    machine_detection: MachineDetection | None = None
    recording: RecordingWish | None = None


class LiveCall:
    """A call that goes on; `run` returns when it has ended."""

    def __init__(self, leg: Leg, plan: CallPlan, exchange: Exchange) -> None:
        self.leg = leg
        self.faults = plan.faults
        self._plan = plan
        self._exchange = exchange
        self._flow = Flow(answered=leg.record.direction != "inbound")
        self._inbox: asyncio.Queue[Input] = asyncio.Queue(_INBOX)
        self._work: asyncio.Task[None] | None = None
        self._time_limit: asyncio.TimerHandle | None = None
        self._first: Document | Source = plan.twiml
        leg.on_event = self._person_does

    async def update(self, twiml: Document | Source) -> None:
        """Follow other TwiML from now on."""
        await self._inbox.put(Updated(twiml))

    def fork(self, stream: Stream) -> MediaStream | None:
        """Fork the call's sound from now on; None when there are too many forks."""
        return fork(stream, self._here)

    def end(self, by: EndedBy) -> None:
        """End the call."""
        try:
            self._inbox.put_nowait(Ended(by))
        except asyncio.QueueFull:
            log.error("a call has too much to do", call_sid=self.leg.record.sid)

    async def run(self) -> None:
        """Ring, follow the TwiML, end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._here = Situation(self._exchange, self.leg, self.faults, tasks, self.end)
                await self._set_up()
                while not self._flow.ended:
                    self._flow, commands = advance(self._flow, await self._inbox.get())
                    for command in commands:
                        await self._obey(command)
                for fork in tuple(self._here.forks.values()):
                    fork.cancel()
        finally:
            self._close("failed")

    async def _set_up(self) -> None:
        inbound = self.leg.record.direction == "inbound"
        for status in ("ringing",) if inbound else ("initiated", "ringing"):
            self._progress(status)
        unanswered = not inbound and self._plan.answer == "no-answer"
        if not await self._rings(self._plan.timeout_s if unanswered else self._plan.ring_s):
            self._stop_before_it_began("canceled")
        elif not inbound and self._plan.answer in ("busy", "no-answer"):
            self._stop_before_it_began(self._plan.answer)
        else:
            if not inbound:
                self._answer()
                await self._detect_machine()
            await self._inbox.put(Began(self._first))

    async def _rings(self, ring_s: float) -> bool:
        """False when the call was ended while it rang."""
        try:
            async with asyncio.timeout(ring_s):
                while True:
                    match await self._inbox.get():
                        case Updated(twiml=twiml):
                            self._first = twiml
                        case _:
                            return False
        except TimeoutError:
            return True

    def _stop_before_it_began(self, status: str) -> None:
        self._flow = Flow(ended=True)
        self._close(status)

    async def _detect_machine(self) -> None:
        wish = self._plan.machine_detection
        if wish is None:
            return
        detecting = detect_machine(
            self._exchange, self.leg, wish, self.faults, is_machine=self._plan.answer == "machine"
        )
        if wish.asynchronous:
            self._here.tasks.create_task(detecting, name="answering machine detection")
        else:
            await detecting

    def _person_does(self, event: Event) -> None:
        match event:
            case DtmfPressed(digit=digit) if self._here.on_key is not None:
                self._here.on_key(digit)
            case HungUp():
                self.end("caller")
            case _:
                pass

    async def _obey(self, command: Command) -> None:
        match command:
            case Fetch(step=step, source=source):
                self._begin(self._fetch(step, source))
            case Answer():
                self._answer()
            case Perform(step=step, verb=verb):
                self._begin(self._perform(step, verb))
            case Apologise(step=step, code=code):
                self._begin(self._apologise(step, code))
            case CutOff():
                await self._cut_off()
            case End(by=by, reason=reason):
                self._end(by, reason)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._work = self._here.tasks.create_task(work, name=f"call {self.leg.record.sid}")

    async def _cut_off(self) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait({self._work})
            self._work = None

    def _answer(self) -> None:
        self._progress("in-progress")
        self._exchange.clock.add(self.leg.line)
        loop, limit_s = asyncio.get_running_loop(), self.leg.record.time_limit_s
        self._time_limit = loop.call_later(limit_s, self.end, "rest")
        if self._plan.recording is not None:
            start_recording(self._exchange, self.leg, self._plan.recording, self.faults)

    def _end(self, by: EndedBy, reason: str) -> None:
        record = self.leg.record
        if by != "caller":
            self.leg.note("hung_up", by=by, reason=reason)
        if record.answered_at is not None:
            self._close("completed")
        elif by == "rejected":
            self._close("busy" if reason == "busy" else "failed")
        else:
            self._close("failed" if by == "error" else "canceled")

    def _close(self, status: str) -> None:
        if not self.leg.record.live:
            return
        if self._time_limit is not None:
            self._time_limit.cancel()
        self._exchange.clock.remove(self.leg.line)
        stop_all_recordings(self._exchange, self.leg, self.faults)
        self._progress(status)
        self.leg.close()

    def _progress(self, status: str) -> None:
        progress(self._exchange, self.leg, self.faults, status)

    async def _fetch(self, step: int, source: Source) -> None:
        record = self.leg.record
        url = self._here.absolute(source.url)
        params = {**voice(record), **dict(source.params)}
        request = Request(url, source.method, params, record.sid)
        try:
            document, given_by = await self._exchange.webhooks.twiml(
                request, self._plan.fallback_url, self.faults
            )
        except WebhookError as error:
            self.leg.note("warning", code=error.code, text=str(error), url=url)
            await self._inbox.put(FetchFailed(step, error.code))
            return
        self._here.document_url = given_by
        self.leg.note("twiml", url=given_by, verbs=[type(verb).__name__ for verb in document.verbs])
        for warning in document.warnings:
            self.leg.note("warning", code=12200, text=warning, url=given_by)
        await self._inbox.put(Fetched(step, document))

    async def _perform(self, step: int, verb: Verb) -> None:
        await self._inbox.put(VerbFinished(step, await perform(verb, self._here)))

    async def _apologise(self, step: int, code: int) -> None:
        self.leg.note("apology", code=code)
        await prompt([Say(_SORRY)], self._here)
        await self._inbox.put(VerbFinished(step))
