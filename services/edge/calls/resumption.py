"""Replaces a lost media stream: Twilio requests the next one, or a redirect via REST opens it.

Twilio continues with the verb after `<Connect>` when a socket is closed; whether it does so when a socket
breaks is not documented. Two more signals are therefore checked: Twilio's status callback for the end of a
stream, and a stall of the caller's audio while Twilio reports nothing, as when an edge freezes. Whichever
comes first claims the resumption in the log.

A stream that cannot be opened is tried a limited number of times, then the call gets its fallback.
"""

import asyncio
from dataclasses import dataclass

import structlog

from parley.agent_store import AgentStore
from parley.bus import Bus, Liveness, subjects
from parley.clock import now_us
from parley.errors import ProviderError
from services.edge.calls.call_state import CallState
from services.edge.calls.fallback import FALLBACK, fallback_twiml, start_fallback
from services.edge.calls.lifecycle import (
    append_stream_failure,
    claim_resumption,
    end_call,
    load_call_state,
    try_end_call,
)
from services.edge.calls.unopened_streams import failed_attempts, must_fall_back
from services.edge.metrics import EdgeMetrics
from services.edge.twilio import twiml
from services.edge.twilio.accounts import TwilioAccounts
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.stream_failures import code_label
from services.edge.twilio.twiml import Attempt, PublicUrls

log = structlog.get_logger()

_REDIRECT_GRACE_S = 0.3
"""Time in which Twilio may request the next stream on its own."""
_ATTEMPT_TIMEOUT_S = 2.0
"""A claimed resumption that has not produced a new stream after this time has failed."""
_FALL_THROUGH_S = 2.0
"""Time in which Twilio requests the next TwiML after a stream that it could not open."""
_CHECK_DELAYS_S = (_REDIRECT_GRACE_S, _ATTEMPT_TIMEOUT_S, _ATTEMPT_TIMEOUT_S, _ATTEMPT_TIMEOUT_S)
"""Delay before each check of a stream that has ended; repeated in case Twilio's REST API is unavailable."""


def _has_failed(call: CallState) -> bool:
    return call.is_resuming and now_us() - call.resuming_at_us > _ATTEMPT_TIMEOUT_S * 1e6


@dataclass(frozen=True, slots=True)
class StreamResumer:
    """Checks streams that have ended or stalled, and redirects calls whose stream was lost."""

    bus: Bus
    agents: AgentStore
    twilio: TwilioAccounts
    gate: TwilioRequestGate
    tasks: asyncio.TaskGroup
    """Runs the checks; owned by the edge."""
    metrics: EdgeMetrics

    async def on_redirect(self, call_sid: str, call: CallState, urls: PublicUrls, answered: Attempt) -> str:
        """Return the TwiML that follows a stream that has ended, or could not be opened by `answered`.

        Raises:
            BusError: the log cannot be written.
            ConfigError: the agent cannot be loaded.
        """
        if call.end_reason == FALLBACK:
            return await self._fallback_twiml(call_sid, call)
        if call.end_reason:
            return twiml.hang_up()
        attempts = failed_attempts(call, answered)
        if await must_fall_back(self.bus, call, attempts):
            self._log_cause(call, attempts)
            await try_end_call(self.bus, call_sid, FALLBACK)
            return await self._fallback_twiml(call_sid, call)
        if call.resume_method == "redirect" or _has_failed(call):
            # The request is a repetition, or no attempt has opened a stream yet.
            return twiml.connect(urls, call.agent, Attempt(attempts + 1, call.stream_epoch))
        if call.is_resuming or not await claim_resumption(self.bus, call_sid, call, "redirect"):
            return twiml.wait_then_resume(urls, Attempt(max(attempts, 1), call.stream_epoch))
        log.info("stream_resumed_by_redirect", after_epoch=call.stream_epoch)
        return twiml.connect(urls, call.agent, Attempt(attempts + 1, call.stream_epoch))

    async def _fallback_twiml(self, call_sid: str, call: CallState) -> str:
        return await fallback_twiml(self.bus, self.agents, call_sid, self.gate.settings, call)

    def _log_cause(self, call: CallState, attempts: int) -> None:
        cause, remedy = self.gate.evidence.likely_cause(call.failure_code)
        log.error(
            "media_stream_not_opened",
            attempts=attempts,
            twilio_code=call.failure_code,
            cause=cause,
            remedy=remedy,
        )

    async def on_stream_error(self, call_sid: str, stream_sid: str, code: int) -> None:
        """Handle Twilio's report of a stream error: record a stream that never started, or check a lost one.

        Raises:
            BusError: the failure could not be stored.
        """
        call = await load_call_state(self.bus, call_sid)
        if call is None or call.end_reason or stream_sid in call.failed_sids:
            return
        if stream_sid in call.stream_sids:
            self.on_stream_ended(call_sid, stream_sid)
            return
        while not await append_stream_failure(self.bus, call_sid, call, stream_sid, code):
            latest = await load_call_state(self.bus, call_sid)
            if latest is None or stream_sid in latest.failed_sids | latest.stream_sids:
                return
            call = latest
        self.metrics.stream_failed(code_label(code))
        log.warning("media_stream_failed_to_open", call_sid=call_sid, twilio_code=code)
        self.tasks.create_task(self._rescue_unopened(call_sid), name=f"rescue {call_sid}")

    async def _rescue_unopened(self, call_sid: str) -> None:
        """Continue a call by REST if Twilio does not request TwiML after a stream that it could not open."""
        with structlog.contextvars.bound_contextvars(call_sid=call_sid):
            try:
                await asyncio.sleep(_FALL_THROUGH_S)
                call = await load_call_state(self.bus, call_sid)
                if call is None or call.end_reason or not call.failed_sids:
                    return
                if call.resume_method == "redirect":
                    return
                attempts = len(call.failed_sids)
                if await must_fall_back(self.bus, call, attempts):
                    self._log_cause(call, attempts)
                    await self._start_fallback(call_sid, call)
                else:
                    await self._redirect(call_sid, call, edge_stalled=False)
            except Exception as error:
                # An error in one call's check must not end the edge that carries other calls.
                log.error("stream_check_failed", reason=str(error) or type(error).__name__)

    async def rescue(self, call_sid: str, call: CallState, *, edge_stalled: bool) -> None:
        """Make Twilio open a stream for a call that has none.

        Raises:
            BusError: the log cannot be written.
        """
        await self._redirect(call_sid, call, edge_stalled=edge_stalled)

    async def fall_back(self, call_sid: str, call: CallState) -> bool:
        """Continue a call without a stream with its fallback; False if Twilio could not be reached.

        Raises:
            ConfigError: the agent cannot be loaded.
        """
        self._log_cause(call, max(1, len(call.failed_sids)))
        return await self._start_fallback(call_sid, call)

    async def _start_fallback(self, call_sid: str, call: CallState) -> bool:
        twilio = self.twilio.of(*call.account)
        return await start_fallback(self.bus, self.agents, twilio, call_sid, self.gate.settings, call)

    def on_stream_ended(self, call_sid: str, stream_sid: str) -> None:
        """Start to check a stream whose end Twilio has reported."""
        self.tasks.create_task(self._check(call_sid, stream_sid), name=f"resume {call_sid}")

    async def watch_stalls(self) -> None:
        """Long-lived: check streams whose caller audio has stalled."""
        checking: set[str] = set()
        async with self.bus.subscribe(subjects.ALL_MEDIA_STALLED) as stalls:
            async for message in stalls:
                call_sid = message.subject.rpartition(".")[2]
                # The message is repeated while the stall lasts: one check at a time is enough.
                if call_sid not in checking:
                    checking.add(call_sid)
                    self.tasks.create_task(self._check_stall(call_sid, checking), name=f"resume {call_sid}")

    async def _check_stall(self, call_sid: str, checking: set[str]) -> None:
        try:
            await self._check(call_sid, "", delays_s=(0.0,))
        finally:
            checking.discard(call_sid)

    async def _check(
        self, call_sid: str, stream_sid: str, delays_s: tuple[float, ...] = _CHECK_DELAYS_S
    ) -> None:
        """Check a stream after each delay until it is settled; an empty `stream_sid` means the last one."""
        with structlog.contextvars.bound_contextvars(call_sid=call_sid):
            try:
                for delay_s in delays_s:
                    await asyncio.sleep(delay_s)
                    if await self._resume_if_lost(call_sid, stream_sid):
                        return
            except Exception as error:
                # An error in one call's check must not end the edge that carries other calls.
                log.error("stream_check_failed", reason=str(error) or type(error).__name__)

    async def _resume_if_lost(self, call_sid: str, stream_sid: str) -> bool:
        """Redirect the call if its stream was lost; False if it must be checked again."""
        call = await load_call_state(self.bus, call_sid)
        if call is None or not _may_be_lost(stream_sid, call) or call.is_away(now_us()):
            return True
        liveness = await self.bus.requests.liveness(subjects.media_alive(call_sid))
        if liveness is Liveness.ALIVE:
            return True
        if call.is_resuming and not _has_failed(call):
            return False
        # Twilio continues playback only while an edge is stalled, not after a stream has ended or an edge has
        # died.
        edge_stalled = not stream_sid and liveness is Liveness.UNRESPONSIVE
        return await self._redirect(call_sid, call, edge_stalled=edge_stalled)

    async def _redirect(self, call_sid: str, call: CallState, *, edge_stalled: bool) -> bool:
        """Make Twilio open another stream; False if the call must be checked again."""
        if not await claim_resumption(self.bus, call_sid, call, "rest", edge_stalled=edge_stalled):
            return False
        log.warning("stream_lost", after_epoch=call.stream_epoch, edge_stalled=edge_stalled)
        urls = PublicUrls(call.public_url, self.gate.direct_url())
        attempt = Attempt(len(call.failed_sids) + 1, call.stream_epoch)
        connect = twiml.connect(urls, call.agent, attempt, redirected_at_ms=call.clock.ms_at(now_us()))
        try:
            # Limited to the time after which another attempt may claim the resumption: two at once would open
            # two streams.
            async with asyncio.timeout(_ATTEMPT_TIMEOUT_S):
                in_progress = await self.twilio.of(*call.account).redirect(call_sid, connect)
        except (ProviderError, TimeoutError) as error:
            reason = str(error) or f"no answer within {_ATTEMPT_TIMEOUT_S:g} s"
            log.error("stream_redirect_failed", reason=reason)
            return False
        if not in_progress:
            await end_call(self.bus, call_sid, "hangup")
        return True


def _may_be_lost(stream_sid: str, call: CallState) -> bool:
    """Whether a stream is the last one of a call that has not ended, and was not stopped on purpose."""
    is_last = stream_sid in ("", call.stream_sid)
    # After a stop message, Twilio requests TwiML on its own or reports the end of the call.
    return is_last and not call.end_reason and call.stop_reason not in ("stop", "closed", "redirected")
