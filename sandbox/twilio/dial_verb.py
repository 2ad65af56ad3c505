"""Executes <Dial>: calls another telephone and connects the two."""

import asyncio
import re
import time

from parley.audio.dtmf import tones
from sandbox.caller.caller_events import Event, HungUp
from sandbox.twilio.announcement import Announcement
from sandbox.twilio.call_flow import Source
from sandbox.twilio.conference_verb import join
from sandbox.twilio.directory import Callee
from sandbox.twilio.leg import Leg
from sandbox.twilio.line import Bridge
from sandbox.twilio.progress import set_status
from sandbox.twilio.records import Callback, CallRecord, new_sid
from sandbox.twilio.verb_context import VerbContext
from sandbox.twilio.verbs import Dial, Number

INVALID_CALLER_ID = 13214
_E164 = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)


async def dial(verb: Dial, context: VerbContext) -> Source | None:
    """Dial the first number, or join a conference; the other side's hang-up ends the verb, not the call."""
    if verb.conference is not None:
        return await join(verb, verb.conference, context)
    if reason := _why_invalid_caller_id(verb, context):
        context.leg.note("warning", code=INVALID_CALLER_ID, text=reason)
        return context.action_source(verb.action, verb.method, {"DialCallStatus": "failed"})
    if len(verb.numbers) > 1:
        context.leg.note("warning", code=0, text="only the first number is dialled")
    number, callee = verb.numbers[0], context.emulator.directory.lookup(verb.numbers[0].to)
    other = await _new_leg(number, verb, callee, context)
    context.leg.note("dialled", to=number.to, child_call_sid=other.record.sid)
    status: str | None = None
    try:
        status = await _run_leg(other, callee, verb, number, context)
    finally:
        status = status or ("completed" if other.record.answered_at else "canceled")
        context.emulator.clock.remove(other.line)
        set_status(context.emulator, other, context.faults, status)
        other.close()
    params = {"DialCallStatus": status, "DialCallSid": other.record.sid}
    if status == "completed":
        params["DialCallDuration"] = str(other.record.duration_s)
    return context.action_source(verb.action, verb.method, params)


def _why_invalid_caller_id(verb: Dial, context: VerbContext) -> str:
    """Why the dialled leg has no valid caller id; empty if it has one.

    A number may show the caller's own number, or one of the account's numbers and its verified ones.
    """
    caller_id, settings = verb.caller_id, context.emulator.settings
    if not caller_id:
        parent = context.leg.record.from_
        return "" if _E164.fullmatch(parent) else "the caller has no number, and callerId is missing"
    record = context.leg.record
    allowed = {
        record.from_,
        record.to,
        *settings.verified_numbers,
        *(n.phone_number for n in settings.numbers),
    }
    if not _E164.fullmatch(caller_id) or caller_id not in allowed:
        return "callerId is no number of the account and none of the call"
    return ""


async def _new_leg(number: Number, verb: Dial, callee: Callee, context: VerbContext) -> Leg:
    parent = context.leg.record
    url = number.status_callback
    record = CallRecord(
        sid=new_sid("CA"),
        account_sid=parent.account_sid,
        from_=verb.caller_id or parent.from_,
        to=number.to,
        direction="outbound-dial",
        created_at=time.time(),
        parent_sid=parent.sid,
        status_callback=(
            Callback(context.absolute_url(url), "POST", number.status_callback_event) if url else None
        ),
    )
    utterances = await context.emulator.directory.script_utterances(callee.script)
    leg = Leg(record, callee.script, utterances, context.emulator.journal)
    context.emulator.add_leg(leg)
    return leg


async def _run_leg(other: Leg, callee: Callee, verb: Dial, number: Number, context: VerbContext) -> str:
    """Ring and connect the two callers; returns the final status of the other leg."""
    emulator, faults = context.emulator, context.faults
    set_status(emulator, other, faults, "initiated")
    set_status(emulator, other, faults, "ringing")
    if callee.answer == "no-answer":
        await asyncio.sleep(verb.timeout_s)
        return "no-answer"
    await asyncio.sleep(callee.ring_s)
    if callee.answer in ("busy", "failed"):
        return callee.answer
    set_status(emulator, other, faults, "in-progress")
    hung_up = asyncio.Event()

    def on_event(event: Event) -> None:
        if isinstance(event, HungUp):
            hung_up.set()

    other.on_event = on_event
    to_other, to_caller = Bridge(), Bridge()
    context.leg.line.add_tap(to_other)
    context.leg.line.play(to_caller)
    other.line.add_tap(to_caller)
    other.line.play(to_other)
    emulator.clock.add(other.line)
    if number.send_digits:
        other.note("keys_pressed", digits=number.send_digits)
        announcement = Announcement(tones(number.send_digits))
        other.line.play(announcement)
        await announcement.finished.wait()
        other.line.play(to_other)
    try:
        await asyncio.wait_for(hung_up.wait(), verb.time_limit_s)
    except TimeoutError:
        other.note("warning", code=0, text="time limit reached")
    finally:
        context.leg.line.remove_tap(to_other)
        context.leg.line.stop_playing(to_caller)
        if not hung_up.is_set():
            other.note("hung_up", by="agent")
    return "completed"
