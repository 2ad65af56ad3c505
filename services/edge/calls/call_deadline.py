"""Ends the media stream of one call by the clock: at its maximum duration, or after an unreported end.

The edge with the stream is the last that can end a call: it acts when the brain has not, and whatever the
caller, the marks and the other stages do.
"""

import asyncio
from contextlib import suppress

import structlog

from parley.agent_store import AgentStore
from parley.bus import Bus
from parley.errors import BusError, ConfigError, ProviderError
from parley.events.log import CallEventLog
from parley.v1.event_pb2 import Event
from services.edge.calls.call_agent import call_agent
from services.edge.calls.call_state import CallState
from services.edge.calls.clock_policy import FINAL_STATUSES, MAX_DURATION
from services.edge.calls.lifecycle import end_call, try_end_call
from services.edge.metrics import EdgeMetrics
from services.edge.settings import EdgeSettings
from services.edge.twilio.rest import NOT_FOUND, TwilioRest

log = structlog.get_logger()

_CLOSE_AFTER_S = 10.0
"""Twilio closes the stream of an ended call within this time; then the edge does."""
_NO_AGENT_LIMIT_S = 24 * 3600.0
"""Longest call of an agent that cannot be loaded; Twilio's own limit."""


async def max_duration_s(agents: AgentStore, settings: EdgeSettings, call: CallState) -> float:
    """Time from the start of a call after which it is ended by the clock."""
    try:
        agent = await call_agent(agents, call)
    except ConfigError:
        return _NO_AGENT_LIMIT_S + settings.hang_up_grace_s
    return agent.limits.max_call_s + settings.hang_up_grace_s


class CallDeadline:
    """The time limits of one stream. Its long-lived tasks are `wait_until_closed` and `watch_silence`."""

    def __init__(
        self,
        bus: Bus,
        twilio: TwilioRest,
        settings: EdgeSettings,
        metrics: EdgeMetrics,
        call_log: CallEventLog,
        max_s: float,
    ) -> None:
        self._bus = bus
        self._twilio = twilio
        self._metrics = metrics
        self._log = call_log
        self._max_s = max_s
        self._silence_s = settings.stream_open_timeout_s
        self._message_received = False
        self._ended = asyncio.Event()
        if call_log.facts.ended is not None:
            self._ended.set()

    def on_event(self, event: Event) -> None:
        """Note the end of the call."""
        if event.HasField("call_ended"):
            self._ended.set()

    def on_message(self) -> None:
        """Note that Twilio has sent a message."""
        self._message_received = True

    async def wait_until_closed(self) -> None:
        """Return when the stream must be closed: after the call's end, which comes at its limit at last."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._max_s - self._log.now_ms() / 1000)):
                await self._ended.wait()
        if not self._ended.is_set():
            await self._end()
        await asyncio.sleep(_CLOSE_AFTER_S)
        log.warning("media_stream_open_after_call_end", effect="the edge closes it")

    async def _end(self) -> None:
        log.warning(
            "call_ended_by_clock",
            reason=MAX_DURATION,
            limit_s=self._max_s,
            remedy="if the agent did not say goodbye before, check the brain and tts of this call",
        )
        self._metrics.ended_by_clock(MAX_DURATION)
        await try_end_call(self._bus, self._log.call_sid, MAX_DURATION)
        try:
            await self._twilio.hang_up(self._log.call_sid)
        except ProviderError as error:
            # The stream is closed below; Twilio then requests TwiML, which is <Hangup>.
            log.error("hangup_by_rest_failed", code=error.code, reason=error.reason)

    async def watch_silence(self) -> None:
        """Return when Twilio has ended the call without closing its stream, as when a network path breaks.

        Some lines send no frames in silence, so only Twilio's status of the call shows its end.
        """
        while True:
            self._message_received = False
            await asyncio.sleep(self._silence_s)
            if not self._message_received and await self._has_ended():
                return

    async def _has_ended(self) -> bool:
        try:
            status = await self._twilio.call_status(self._log.call_sid)
            if status not in FINAL_STATUSES and status != NOT_FOUND:
                return False
            if await end_call(self._bus, self._log.call_sid, status):
                self._metrics.ended_by_clock(status)
        except (ProviderError, BusError) as error:
            log.warning("call_status_unknown", reason=str(error))
            return False
        log.warning("call_ended_by_clock", reason=status, effect="its media stream is closed")
        return True
