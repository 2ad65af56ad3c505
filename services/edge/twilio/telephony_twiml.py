"""The TwiML of transfers and of pressed keys. No I/O."""

from dataclasses import dataclass
from urllib.parse import urlencode

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from parley.v1.telephony_pb2 import TransferRequested, TransferTarget
from services.edge.twilio.announcement import Announcement, append_announcement
from services.edge.twilio.twiml import Attempt, PublicUrls, append_stream

_PROMPTS = 2
"""How often the person hears the summary and the question before no answer counts as a refusal."""
_ANSWER_TIMEOUT_S = 6


@dataclass(frozen=True, slots=True)
class TransferUrls:
    """The addresses that Twilio requests for one target of a transfer."""

    base: str
    call_sid: str
    tool_call_id: str
    target: int = 0

    def of(self, name: str, **more: str) -> str:
        """The address of one of the transfer's webhooks."""
        query = {"call": self.call_sid, "id": self.tool_call_id, "target": str(self.target), **more}
        return f"{self.base}/transfer/{name}?{urlencode(query)}"


def conference_name(call_sid: str, tool_call_id: str) -> str:
    """Name of the conference that joins the caller and the person: the same at every edge."""
    return f"parley-{call_sid}-{tool_call_id}"


def dial(target: TransferTarget, caller_id: str, urls: TransferUrls) -> str:
    """Connect the caller to a target; its outcome is posted to /transfer/done."""
    response = VoiceResponse()
    verb = Dial(
        action=urls.of("done"),
        timeout=target.timeout_s,
        # Without it, a SIP address or a withheld number cannot be shown.
        caller_id=caller_id or None,
    )
    callback = urls.of("leg")
    events = "initiated answered"
    if target.address.startswith("sip:"):
        verb.sip(target.address, status_callback=callback, status_callback_event=events)
    else:
        verb.number(
            target.address,
            send_digits=target.send_digits or None,
            status_callback=callback,
            status_callback_event=events,
        )
    response.append(verb)
    return str(response)


def join(name: str, urls: TransferUrls, *, caller: bool) -> str:
    """Join the caller and the person: the first to leave ends the conference for both."""
    response = VoiceResponse()
    verb = Dial(action=urls.of("done")) if caller else Dial()
    verb.conference(
        name,
        beep="false",
        start_conference_on_enter=True,
        end_conference_on_exit=True,
        # Both join within a second: no music.
        wait_url="",
        # Twilio uses those of the participant that joins first.
        status_callback=urls.of("conference"),
        status_callback_event="join",
    )
    response.append(verb)
    if not caller:
        response.hangup()
    return str(response)


def prompt(request: TransferRequested, urls: TransferUrls, attempt: int) -> str:
    """Play the summary to the person and let them accept or decline."""
    response = VoiceResponse()
    gather = Gather(
        num_digits=1,
        timeout=_ANSWER_TIMEOUT_S,
        finish_on_key="",
        action=urls.of("answer", attempt=str(attempt)),
        action_on_empty_result=True,
    )
    for text in (request.summary, request.accept_prompt):
        append_announcement(gather, _announcement(request, text))
    response.append(gather)
    response.hangup()
    return str(response)


def may_repeat(attempt: int) -> bool:
    """Whether the prompt is repeated after an attempt, counted from 1."""
    return attempt < _PROMPTS


def caller_gone(request: TransferRequested) -> str:
    """Announce to the person that the caller has hung up."""
    response = VoiceResponse()
    append_announcement(response, _announcement(request, request.caller_gone))
    response.hangup()
    return str(response)


def goodbye(request: TransferRequested) -> str:
    """End the call because no target has answered."""
    response = VoiceResponse()
    append_announcement(response, _announcement(request, request.goodbye))
    response.hangup()
    return str(response)


def press(digits: str, urls: PublicUrls, agent: str, epoch: int, tool_call_id: str) -> str:
    """Press keys, then open another media stream, which shows that they were pressed."""
    response = VoiceResponse()
    response.play(digits=digits)
    append_stream(response, urls, agent, Attempt(1, epoch), after_tool_call_id=tool_call_id)
    return str(response)


def _announcement(request: TransferRequested, text: str) -> Announcement:
    return Announcement(text, request.language, request.voice)
