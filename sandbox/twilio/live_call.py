"""Runs one call from its first ring to its end: feeds the call flow and executes its commands."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from sandbox.caller.caller_events import DtmfPressed, Event, HungUp
from sandbox.twilio.call_flow import (
    Answer,
    Apologise,
    CancelWork,
    Command,
    End,
    Ended,
    EndedBy,
    ExecuteVerb,
    Fetch,
    Fetched,
    FetchFailed,
    Flow,
    FlowEvent,
    Source,
    Started,
    Updated,
    VerbFinished,
    advance,
)
from sandbox.twilio.context import EmulatorContext
from sandbox.twilio.detect_machine import MachineDetectionOptions, detect_machine
from sandbox.twilio.directory import AnswerMode
from sandbox.twilio.execute_verb import execute_verb
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg
from sandbox.twilio.media_stream import MediaStream
from sandbox.twilio.progress import set_status
from sandbox.twilio.prompts import play_prompts
from sandbox.twilio.recordings import RecordingOptions, start_recording, stop_all_recordings
from sandbox.twilio.stream_verbs import fork
from sandbox.twilio.verb_context import VerbContext
from sandbox.twilio.verbs import Document, Play, Say, Stream, Verb
from sandbox.twilio.webhook_params import call_params
from sandbox.twilio.webhooks import WebhookError, WebhookRequest

log = structlog.get_logger()

_MAX_PENDING_EVENTS = 100
_TRIAL = "You have a trial account. You can remove this message by upgrading to a full account."
_APOLOGY = "We are sorry, an application error has occurred. Goodbye."


@dataclass(frozen=True, slots=True)
class CallPlan:
    """The TwiML, ringing, answer and faults that a call starts with."""

    twiml: Document | Source
    fallback_url: str | None = None
    faults: Faults = field(default_factory=Faults)
    ring_s: float = 0.1
    timeout_s: float = 60.0
    answer: AnswerMode = "person"
    machine_detection: MachineDetectionOptions | None = None
    recording: RecordingOptions | None = None
    send_digits: str = ""
    """Keys pressed as soon as the callee answers."""


class LiveCall:
    """A call in progress; `run` returns when it has ended."""

    def __init__(self, leg: Leg, plan: CallPlan, emulator: EmulatorContext) -> None:
        self.leg = leg
        self.faults = plan.faults
        self._plan = plan
        self._emulator = emulator
        self._flow = Flow(answered=leg.record.direction != "inbound")
        self._inbox: asyncio.Queue[FlowEvent] = asyncio.Queue(_MAX_PENDING_EVENTS)
        self._work: asyncio.Task[None] | None = None
        self._time_limit: asyncio.TimerHandle | None = None
        self._initial_twiml: Document | Source = plan.twiml
        leg.on_event = self._on_caller_event

    async def update(self, twiml: Document | Source) -> None:
        """Replace the TwiML of the call."""
        await self._inbox.put(Updated(twiml))

    def fork(self, stream: Stream) -> MediaStream | None:
        """Fork the call's audio to a media stream; None if there are too many forks."""
        return fork(stream, self._context)

    def end(self, by: EndedBy) -> None:
        """End the call."""
        try:
            self._inbox.put_nowait(Ended(by))
        except asyncio.QueueFull:
            log.error("call_event_queue_full", call_sid=self.leg.record.sid)

    async def run(self) -> None:
        """Ring, execute the TwiML, end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._context = VerbContext(self._emulator, self.leg, self.faults, tasks, self.end)
                await self._set_up()
                while not self._flow.ended:
                    self._flow, commands = advance(self._flow, await self._inbox.get())
                    for command in commands:
                        await self._execute_command(command)
                for fork in tuple(self._context.forks.values()):
                    fork.cancel()
        finally:
            self._close("failed")

    async def _set_up(self) -> None:
        inbound = self.leg.record.direction == "inbound"
        for status in ("ringing",) if inbound else ("initiated", "ringing"):
            self._progress(status)
        unanswered = not inbound and self._plan.answer == "no-answer"
        if not await self._wait_for_answer(self._plan.timeout_s if unanswered else self._plan.ring_s):
            self._end_unanswered("canceled")
        elif not inbound and self._plan.answer in ("busy", "no-answer", "failed"):
            self._end_unanswered(self._plan.answer)
        else:
            if not inbound:
                self._answer()
                await self._detect_machine()
                if self._plan.send_digits:
                    await play_prompts([Play("", self._plan.send_digits)], self._context)
            if self.faults.trial_account:
                await self._announce_trial()
            await self._inbox.put(Started(self._initial_twiml))

    async def _wait_for_answer(self, ring_s: float) -> bool:
        """Whether the ringing time passed before the call was ended."""
        try:
            async with asyncio.timeout(ring_s):
                while True:
                    match await self._inbox.get():
                        case Updated(twiml=twiml):
                            self._initial_twiml = twiml
                        case _:
                            return False
        except TimeoutError:
            return True

    def _end_unanswered(self, status: str) -> None:
        self._flow = Flow(ended=True)
        self._close(status)

    async def _detect_machine(self) -> None:
        options = self._plan.machine_detection
        if options is None:
            return
        detecting = detect_machine(
            self._emulator, self.leg, options, self.faults, is_machine=self._plan.answer == "machine"
        )
        if options.asynchronous:
            self._context.tasks.create_task(detecting, name="answering machine detection")
        else:
            await detecting

    def _on_caller_event(self, event: Event) -> None:
        match event:
            case DtmfPressed(digit=digit) if self._context.on_digit is not None:
                self._context.on_digit(digit)
            case HungUp():
                self.end("caller")
            case _:
                pass

    async def _execute_command(self, command: Command) -> None:
        match command:
            case Fetch(step=step, source=source):
                self._start_work(self._fetch(step, source))
            case Answer():
                self._answer()
            case ExecuteVerb(step=step, verb=verb):
                self._start_work(self._execute_verb(step, verb))
            case Apologise(step=step, code=code):
                self._start_work(self._apologise(step, code))
            case CancelWork():
                await self._cancel_work()
            case End(by=by, reason=reason):
                self._end(by, reason)

    def _start_work(self, work: Coroutine[Any, Any, None]) -> None:
        self._work = self._context.tasks.create_task(work, name=f"call {self.leg.record.sid}")

    async def _cancel_work(self) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait({self._work})
            self._work = None

    def _answer(self) -> None:
        self._progress("in-progress")
        self._emulator.clock.add(self.leg.line)
        loop, limit_s = asyncio.get_running_loop(), self.leg.record.time_limit_s
        self._time_limit = loop.call_later(limit_s, self.end, "rest")
        if self._plan.recording is not None:
            start_recording(self._emulator, self.leg, self._plan.recording, self.faults)

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
        if not self.leg.record.is_live:
            return
        if self._time_limit is not None:
            self._time_limit.cancel()
        self._emulator.clock.remove(self.leg.line)
        stop_all_recordings(self._emulator, self.leg, self.faults)
        self._progress(status)
        self.leg.close()

    def _progress(self, status: str) -> None:
        set_status(self._emulator, self.leg, self.faults, status)

    async def _fetch(self, step: int, source: Source) -> None:
        record = self.leg.record
        url = self._context.absolute_url(source.url)
        params = {**call_params(record), **dict(source.params)}
        request = WebhookRequest(url, source.method, params, record.sid)
        try:
            document, given_by = await self._emulator.webhooks.fetch_twiml(
                request, self._plan.fallback_url, self.faults
            )
        except WebhookError as error:
            self.leg.note("warning", code=error.code, text=str(error), url=url)
            await self._inbox.put(FetchFailed(step, error.code))
            return
        self._context.document_url = given_by
        self.leg.note("twiml", url=given_by, verbs=[type(verb).__name__ for verb in document.verbs])
        for warning in document.warnings:
            self.leg.note("warning", code=12200, text=warning, url=given_by)
        await self._inbox.put(Fetched(step, document))

    async def _announce_trial(self) -> None:
        """Announce a trial account before the first TwiML is requested; the announcement answers the call."""
        if not self._flow.answered:
            self._flow = replace(self._flow, answered=True)
            self._answer()
        await play_prompts([Say(_TRIAL)], self._context)

    async def _execute_verb(self, step: int, verb: Verb) -> None:
        await self._inbox.put(VerbFinished(step, await execute_verb(verb, self._context)))

    async def _apologise(self, step: int, code: int) -> None:
        self.leg.note("apology", code=code)
        await play_prompts([Say(_APOLOGY)], self._context)
        await self._inbox.put(VerbFinished(step))
