"""Handles the stages' notices that a call may have ended unreported: requests its status, may end it.

The edge that answered a call's webhook, or had its media stream, may be dead; any edge answers. Ending a log
and requesting a stream are writes that only the first edge makes.
"""

import asyncio
from dataclasses import dataclass, field

import stamina
import structlog

from parley.agent_store import AgentStore
from parley.bus import Bus, Liveness, subjects
from parley.clock import now_us
from parley.errors import ProviderError
from services.edge.calls.call_deadline import max_duration_s
from services.edge.calls.call_state import CallState
from services.edge.calls.clock_policy import (
    UNKNOWN,
    ClockDecision,
    ClockLimits,
    EndLog,
    FallBack,
    HangUp,
    Rescue,
    Wait,
    decide,
)
from services.edge.calls.lifecycle import TRANSFERRED, end_call, is_call_sid, load_call_state
from services.edge.calls.resumption import StreamResumer
from services.edge.metrics import EdgeMetrics
from services.edge.settings import EdgeSettings
from services.edge.twilio.accounts import TwilioAccounts
from services.edge.twilio.rest import TwilioRest
from services.edge.twilio.telephony_twiml import conference_name

log = structlog.get_logger()

_QUEUE = "edges"
_MAX_CHECKS = 1000
"""Calls that are checked at the same time; a notice beyond them is repeated later."""
_MAX_REQUESTS = 10
"""Simultaneous requests to Twilio's REST API."""
_HANG_UP_TIMEOUT_S = 3600.0
"""How long an edge retries to end a call at Twilio; its log has ended before."""
_MAX_RETRY_WAIT_S = 60.0
_REMEDY = (
    "check that Twilio reaches the public URL with WebSockets (`parley doctor`), and that the number's "
    "status callback is /status"
)


@dataclass(frozen=True, slots=True)
class CallChecker:
    """Checks the calls that stages send notices about."""

    bus: Bus
    agents: AgentStore
    twilio: TwilioAccounts
    settings: EdgeSettings
    resumer: StreamResumer
    metrics: EdgeMetrics
    _checking: set[str] = field(default_factory=set)
    _requests: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MAX_REQUESTS))

    async def watch(self) -> None:
        """Long-lived: check each call with a notice; of all edges, one receives it."""
        subscribed = self.bus.subscribe(subjects.ALL_CALL_CHECKS, queue=_QUEUE)
        async with asyncio.TaskGroup() as tasks, subscribed as notices:
            async for notice in notices:
                call_sid = notice.subject.rpartition(".")[2]
                if call_sid in self._checking or len(self._checking) >= _MAX_CHECKS:
                    continue
                if is_call_sid(call_sid):
                    self._checking.add(call_sid)
                    tasks.create_task(self._check_once(call_sid), name=f"check {call_sid}")

    async def _check_once(self, call_sid: str) -> None:
        """Check a call, and ignore notices about it for half an interval: each of its stages sends them."""
        with structlog.contextvars.bound_contextvars(call_sid=call_sid):
            try:
                async with self._requests:
                    call = await load_call_state(self.bus, call_sid)
                    decision = await self._check(call_sid, call) if call is not None else Wait()
                if isinstance(decision, HangUp) and call is not None:
                    await self._hang_up(self.twilio.of(*call.account), call_sid)
                await asyncio.sleep(self.settings.call_check_interval_s / 2)
            except Exception as error:
                # An error in one call's check must not end the edge that carries other calls.
                log.error("call_check_failed", reason=str(error) or type(error).__name__)
            finally:
                self._checking.discard(call_sid)

    async def _check(self, call_sid: str, call: CallState) -> ClockDecision:
        """Carry out what follows for a call; returns HangUp if it must be ended at Twilio too."""
        if call.end_reason:
            return Wait()
        liveness = await self.bus.requests.liveness(subjects.media_alive(call_sid))
        if liveness is Liveness.ALIVE:
            return Wait()
        status = await self._twilio_status(self.twilio.of(*call.account), call_sid)
        decision = decide(call, status, await self._limits(call), now_us=now_us())
        if isinstance(decision, Rescue | FallBack) and await self._is_with_person(call_sid, call):
            decision = EndLog(TRANSFERRED)
        match decision:
            case EndLog(reason=reason) | HangUp(reason=reason):
                return decision if await self._end(call_sid, call, reason, status) else Wait()
            case Rescue():
                await self.resumer.rescue(call_sid, call, edge_stalled=liveness is Liveness.UNRESPONSIVE)
            case FallBack():
                return await self._fall_back(call_sid, call)
            case Wait():
                pass
        return Wait()

    async def _is_with_person(self, call_sid: str, call: CallState) -> bool:
        """Whether a transfer of which nothing was reported has connected the caller to a person."""
        away = call.redirected
        if away is None or away.withdrawn or away.epoch != call.stream_epoch:
            return False
        twilio = self.twilio.of(*call.account).telephony
        try:
            if await twilio.conference_sid(conference_name(call_sid, away.tool_call_id)):
                return True
            return any(child.status == "in-progress" for child in await twilio.children(call_sid))
        except ProviderError as error:
            log.warning("transfer_unknown", code=error.code, reason=error.reason)
            return False

    async def _fall_back(self, call_sid: str, call: CallState) -> ClockDecision:
        self.metrics.ended_by_clock("fallback")
        reached = await self.resumer.fall_back(call_sid, call)
        return Wait() if reached else HangUp("fallback")

    async def _end(self, call_sid: str, call: CallState, reason: str, status: str) -> bool:
        """End the log; False if another edge was first."""
        if not await end_call(self.bus, call_sid, reason):
            return False
        self.metrics.ended_by_clock(reason)
        log.warning(
            "call_ended_by_clock",
            reason=reason,
            twilio_status=status or "unknown",
            streams=call.stream_epoch,
            remedy=_REMEDY,
        )
        return True

    async def _twilio_status(self, twilio: TwilioRest, call_sid: str) -> str:
        try:
            return await twilio.call_status(call_sid)
        except ProviderError as error:
            log.error("call_status_unknown", code=error.code, reason=error.reason)
            return UNKNOWN

    async def _limits(self, call: CallState) -> ClockLimits:
        max_s = await max_duration_s(self.agents, self.settings, call)
        return ClockLimits(self.settings.stream_open_timeout_s, max_s)

    async def _hang_up(self, twilio: TwilioRest, call_sid: str) -> None:
        """End a call at Twilio, retried for an hour; its log has ended already."""
        attempts = stamina.retry_context(
            on=lambda error: isinstance(error, ProviderError) and error.retryable,
            attempts=None,
            timeout=_HANG_UP_TIMEOUT_S,
            wait_initial=1.0,
            wait_max=_MAX_RETRY_WAIT_S,
        )
        async for attempt in attempts:
            with attempt:
                await twilio.hang_up(call_sid)
