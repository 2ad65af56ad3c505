"""Presses keys in a call that the agent requested: by Twilio, or as tones in the media stream's audio."""

import structlog

from parley.audio.dtmf import digits_ms, tones
from parley.v1.telephony_pb2 import DtmfSent
from services.edge.telephony.line import CallLine
from services.edge.telephony.requests import DtmfState
from services.edge.twilio import telephony_twiml

log = structlog.get_logger()

_RETURN_TIMEOUT_MS = 15_000
"""After the keys, Twilio opens the next stream within this time."""


async def press_keys(line: CallLine, state: DtmfState) -> None:
    """Press the keys after the agent's words, unless they were pressed before, and append the outcome.

    Raises:
        Closing: the call has ended, or another edge continues it.
    """
    request = state.request
    if state.pressed:
        await _finish(line, state, "")
        return
    await line.until_played(request.after_reply_id)
    if request.in_band:
        reply_id = f"dtmf-{request.tool_call_id}"
        if line.audio is not None:
            await line.audio.play_tones(reply_id, tones(request.digits))
            await line.until_played(reply_id)
        await _finish(line, state, "")
        return
    twiml = telephony_twiml.press(
        request.digits, line.urls, line.call.agent, line.log.epoch, request.tool_call_id
    )
    until_ms = line.log.now_ms() + digits_ms(request.digits) + _RETURN_TIMEOUT_MS
    # The stream that follows the keys shows that they were pressed.
    if reason := await line.redirect(request.tool_call_id, twiml, until_ms):
        await _finish(line, state, reason)


async def _finish(line: CallLine, state: DtmfState, reason: str) -> None:
    line.metrics.dtmf_sent(failed=bool(reason))
    await line.log.append(
        DtmfSent(tool_call_id=state.request.tool_call_id, failed=bool(reason), reason=reason)
    )
