"""Executes <Dial><Conference>: joins the call to a room until it leaves or the conference ends."""

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime

from sandbox.twilio.call_flow import Source
from sandbox.twilio.conferences import Participant
from sandbox.twilio.verb_context import VerbContext
from sandbox.twilio.verbs import Conference, Dial
from sandbox.twilio.webhooks import WebhookRequest

_EVENTS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
}


async def join(verb: Dial, conference: Conference, context: VerbContext) -> Source | None:
    """Join the conference; the action follows when this participant is out of it."""
    leg, conferences = context.leg, context.emulator.conferences
    participant, events = conferences.join(leg.record.sid, conference)
    leg.note("conference_joined", conference_sid=participant.room.sid, name=conference.name)
    _notify(participant, events, context)
    leg.line.add_tap(participant)
    leg.line.play(participant)
    try:
        await asyncio.wait_for(participant.left.wait(), verb.time_limit_s)
    except TimeoutError:
        leg.note("warning", code=0, text="time limit reached")
    finally:
        leg.line.remove_tap(participant)
        leg.line.stop_playing(participant)
        _notify(participant, conferences.leave(participant), context)
        leg.note("conference_left", conference_sid=participant.room.sid)
    return context.action_source(verb.action, verb.method, {"DialCallStatus": "answered"})


def _notify(participant: Participant, events: Iterable[str], context: VerbContext) -> None:
    """Send the callbacks; Twilio uses the attributes of the participant that joined the room first."""
    room = participant.room
    options = room.callback
    if options is None or not options.status_callback:
        return
    for event in events:
        if _EVENTS[event] not in options.status_callback_event:
            continue
        room.sequence += 1
        params = {
            "AccountSid": context.leg.record.account_sid,
            "CallSid": participant.call_sid,
            "ConferenceSid": room.sid,
            "FriendlyName": room.name,
            "StatusCallbackEvent": event,
            "SequenceNumber": str(room.sequence),
            "StartConferenceOnEnter": str(participant.options.start_on_enter).lower(),
            "EndConferenceOnExit": str(participant.options.end_on_exit).lower(),
            "Muted": "false",
            "Hold": "false",
            "Timestamp": format_datetime(datetime.fromtimestamp(time.time(), UTC)),
        }
        url = context.absolute_url(options.status_callback)
        context.emulator.send_callback(
            WebhookRequest(url, "POST", params, participant.call_sid), context.faults
        )
