"""Performs <Dial>: rings another telephone and joins the two."""

import asyncio
import time

from sandbox.caller.simulated_caller import Event, HungUp
from sandbox.twilio.call_flow import Source
from sandbox.twilio.directory import Resident
from sandbox.twilio.leg import Leg
from sandbox.twilio.line import Bridge
from sandbox.twilio.progress import progress
from sandbox.twilio.records import Callback, CallRecord, new_sid
from sandbox.twilio.twiml import Dial, Number
from sandbox.twilio.verb_context import Situation


async def dial(verb: Dial, here: Situation) -> Source | None:
    """Ring the first number; the other side's hang-up ends the verb, not the call."""
    if len(verb.numbers) > 1:
        here.leg.note("warning", code=0, text="only the first of several numbers is dialled here")
    number, resident = verb.numbers[0], here.exchange.people.at(verb.numbers[0].to)
    other = await _new_leg(number, verb, resident, here)
    here.leg.note("dialled", to=number.to, child_call_sid=other.record.sid)
    status: str | None = None
    try:
        status = await _talk(other, resident, verb, here)
    finally:
        status = status or ("completed" if other.record.answered_at else "canceled")
        here.exchange.clock.remove(other.line)
        progress(here.exchange, other, here.faults, status)
        other.close()
    params = {"DialCallStatus": status, "DialCallSid": other.record.sid}
    if status == "completed":
        params["DialCallDuration"] = str(other.record.duration_s)
    return here.action(verb.action, verb.method, params)


async def _new_leg(number: Number, verb: Dial, resident: Resident, here: Situation) -> Leg:
    parent = here.leg.record
    url = number.status_callback
    record = CallRecord(
        sid=new_sid("CA"),
        account_sid=parent.account_sid,
        from_=verb.caller_id or parent.from_,
        to=number.to,
        direction="outbound-dial",
        created_at=time.time(),
        parent_sid=parent.sid,
        status_callback=(Callback(here.absolute(url), "POST", number.status_callback_event) if url else None),
    )
    sounds = await here.exchange.people.sounds(resident.script)
    leg = Leg(record, resident.script, sounds, here.exchange.journal)
    here.exchange.add(leg)
    return leg


async def _talk(other: Leg, resident: Resident, verb: Dial, here: Situation) -> str:
    """Ring, then let the two hear each other; the other leg's last status."""
    exchange, faults = here.exchange, here.faults
    progress(exchange, other, faults, "initiated")
    progress(exchange, other, faults, "ringing")
    if resident.answer == "no-answer":
        await asyncio.sleep(verb.timeout_s)
        return "no-answer"
    await asyncio.sleep(resident.ring_s)
    if resident.answer == "busy":
        return "busy"
    progress(exchange, other, faults, "in-progress")
    gone = asyncio.Event()

    def on_event(event: Event) -> None:
        if isinstance(event, HungUp):
            gone.set()

    other.on_event = on_event
    there, back = Bridge(), Bridge()
    here.leg.line.tap(there)
    here.leg.line.listen_to(back)
    other.line.tap(back)
    other.line.listen_to(there)
    exchange.clock.add(other.line)
    try:
        await asyncio.wait_for(gone.wait(), verb.time_limit_s)
    except TimeoutError:
        other.note("warning", code=0, text="time limit reached")
    finally:
        here.leg.line.untap(there)
        here.leg.line.stop_listening_to(back)
        if not gone.is_set():
            other.note("hung_up", by="agent")
    return "completed"
