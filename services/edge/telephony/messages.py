"""Sends a text message that the agent requested: once, whatever happens to edges and requests."""

import asyncio
from datetime import UTC, datetime

import structlog

from parley.errors import ProviderError, ProviderRateLimited
from parley.v1.telephony_pb2 import MessageSent, TelephonyAttempted
from services.edge.telephony.line import NOT_POSSIBLE, CallLine
from services.edge.telephony.requests import MessageState
from services.edge.twilio.telephony_rest import MessageRefused

log = structlog.get_logger()

_MAX_ATTEMPTS = 4
_WAIT_S = 1.0
"""Before a message of unknown fate is looked up: Twilio lists new messages with a short delay."""
_REASONS = {
    21211: "the number is not valid",
    21212: "the sender's number is not valid",
    21408: "messages to this country are not allowed",
    21603: "no sender's number is set",
    21606: "the sender's number cannot send messages",
    21608: "this is a trial account, which can only text verified numbers",
    21610: "the recipient has opted out of messages",
    21611: "too many messages wait to be sent",
    21612: "this number cannot be reached from the sender's number",
    21614: "the number cannot receive text messages, perhaps a landline",
    21617: "the text is too long",
    21635: "the number is a landline",
    21659: "the sender's number does not belong to the account",
    30007: "the carrier filters it",
}


async def send_message(line: CallLine, state: MessageState) -> None:
    """Send a message unless it was sent before, and append its outcome."""
    sent = await _send(line, state)
    sent.tool_call_id = state.request.tool_call_id
    line.metrics.message_sent(failed=sent.failed)
    if sent.failed:
        log.warning("message_not_sent", twilio_code=sent.code, reason=sent.reason)
    await line.log.append(sent)


async def _send(line: CallLine, state: MessageState) -> MessageSent:
    request, twilio = state.request, line.twilio.telephony
    unknown = bool(state.attempted_us)
    if not unknown:
        # Also if the edge dies at once: the next one then looks for the message before it sends any.
        await line.log.append(TelephonyAttempted(tool_call_id=request.tool_call_id))
        if not await line.log.ready_for_side_effects():
            return MessageSent(failed=True, reason=NOT_POSSIBLE)
    for attempt in range(_MAX_ATTEMPTS):
        if attempt or unknown:
            await asyncio.sleep(_WAIT_S * max(1, attempt))
        try:
            if unknown and (message_sid := await _find(line, state)):
                return MessageSent(message_sid=message_sid)
            return MessageSent(
                message_sid=await twilio.send_message(request.to, request.from_number, request.body)
            )
        except MessageRefused as error:
            reason = _REASONS.get(error.twilio_code, f"Twilio refused it: {error.reason}")
            return MessageSent(failed=True, code=error.twilio_code, reason=reason)
        except ProviderRateLimited:
            continue
        except ProviderError as error:
            log.warning("message_unanswered", code=error.code, reason=error.reason)
            unknown = True
    reason = (
        "Twilio did not answer; it may still have been sent" if unknown else "too many requests to Twilio"
    )
    return MessageSent(failed=True, reason=reason)


async def _find(line: CallLine, state: MessageState) -> str:
    """Return the sid of the message at Twilio; empty if it is not there."""
    request = state.request
    since = datetime.fromtimestamp(state.attempted_us / 1e6, UTC)
    return await line.twilio.telephony.find_message(
        request.to, request.from_number, request.body, since, others=line.state.message_sids
    )
