"""The message that a caller leaves after a fallback: where it is, and the wait for it.

The message follows `call.ended`, because Parley's part of the call ends with the fallback.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from parley.agent_config import AgentConfig
from parley.events.envelope import Body, event_body
from parley.events.log import CallEventLog
from parley.v1.call_pb2 import CallEnded, VoicemailRecorded, VoicemailStored
from parley.v1.event_pb2 import Event

_FALLBACK = "fallback"
_MESSAGE_TIMEOUT_S = 240.0
"""From the end of the call: the announcements, a message of 120 s, and Twilio's report of it."""
_COPY_TIMEOUT_S = 960.0
"""In addition, once Twilio has reported it: an edge tries for 900 s to copy the message."""


@dataclass(slots=True)
class VoicemailOutcome:
    """The caller's message, from the events of a call."""

    _recorded: VoicemailRecorded | None = None
    _stored_url: str = ""

    def apply(self, body: Body) -> None:
        """Apply an event of the call."""
        match body:
            case VoicemailRecorded():
                self._recorded = self._recorded or body
            case VoicemailStored():
                self._stored_url = self._stored_url or _clean(body.url)
            case _:
                pass

    @property
    def url(self) -> str | None:
        """Address of the copy, or else of the recording at Twilio; None without a message."""
        if self._stored_url:
            return self._stored_url
        if self._recorded is None or not self._recorded.duration_ms:
            return None
        return _clean(self._recorded.recording_url) or None

    @property
    def is_final(self) -> bool:
        """Whether no further event will change the address."""
        is_empty = self._recorded is not None and self._recorded.duration_ms == 0
        return bool(self._stored_url) or is_empty


def may_follow(agent: AgentConfig, ended: Event | None) -> bool:
    """Whether a call has ended so that the caller may leave a message."""
    reason = (ended.call_ended if ended is not None else CallEnded()).reason
    return reason == _FALLBACK and agent.fallback.then == "voicemail"


async def wait_until_final(call_log: CallEventLog, outcome: VoicemailOutcome, ended: Event) -> None:
    """Follow the log of an ended call until the message is stored, or can no longer be expected.

    The limits count from the end of the call, so that a takeover does not extend them.
    """
    end_s = asyncio.get_running_loop().time() - max(0, call_log.now_ms() - _ms(call_log, ended)) / 1000
    with suppress(TimeoutError):
        async with asyncio.timeout_at(end_s + _limit_s(outcome)) as limit:
            if outcome.is_final:
                return
            async for event in call_log:
                if (body := event_body(event)) is not None:
                    outcome.apply(body)
                if outcome.is_final:
                    return
                limit.reschedule(end_s + _limit_s(outcome))


def _limit_s(outcome: VoicemailOutcome) -> float:
    return _MESSAGE_TIMEOUT_S + (_COPY_TIMEOUT_S if outcome.url is not None else 0.0)


def _ms(call_log: CallEventLog, event: Event) -> int:
    return call_log.clock.ms_at(event.sent_at_us)


def _clean(text: str) -> str:
    return text.replace("\x00", "")
