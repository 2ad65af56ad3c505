"""A lost stream is followed by another: Twilio asks us, or we tell it; whichever comes first, and once.

Twilio goes on to the verb behind `<Connect>` when a socket is closed; whether it does when one breaks is not
documented. So each end of a stream that it tells us of is looked after as well; and each stream of which no
sound comes, while Twilio knows of nothing: its edge may have frozen.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from parley.agent_config import load_agent_config
from parley.bus import Bus, Liveness, subjects
from parley.clock import now_us
from parley.errors import ProviderError
from services.edge.calls.lifecycle import FALLBACK, CallState, claim_resumption, end_call, load_call_state
from services.edge.twilio import twiml
from services.edge.twilio.rest import TwilioRest
from services.edge.twilio.twiml import PublicUrls

log = structlog.get_logger()

_OWN_WAY_S = 0.3
"""So long Twilio has to ask by itself."""
_STALE_S = 2.0
"""A word that another stream is coming, and none has come since: it came to nothing."""
_LOOKS_S = (_OWN_WAY_S, _STALE_S, _STALE_S, _STALE_S)
"""Pauses before each look at a stream that is over; Twilio's REST may be away for a while."""


async def on_redirect(
    bus: Bus, call_sid: str, state: CallState, addresses: PublicUrls, agents_dir: str
) -> str:
    """Twilio asks what to do after a stream.

    Raises:
        BusError: the log cannot be written.
        ConfigError: the agent file cannot be read.
    """
    if state.end_reason == FALLBACK:
        return twiml.fall_back(load_agent_config(agents_dir, state.agent).fallback)
    if state.end_reason:
        return twiml.hang_up()
    said = _said(state)
    if said == "redirect" or _is_stale(state):
        # The same question again, or one that the other way has left unanswered.
        return twiml.connect(addresses, state.agent)
    if said or not await claim_resumption(bus, call_sid, state, "redirect"):
        return twiml.wait_then_resume(addresses)
    log.info("stream follows, Twilio asked", after_epoch=state.stream_epoch)
    return twiml.connect(addresses, state.agent)


def _said(known: CallState) -> str:
    """Which way another stream is coming; empty for none."""
    return known.resuming.method if known.resuming is not None and known.is_resuming else ""


def _is_stale(known: CallState) -> bool:
    return bool(_said(known)) and now_us() - known.resuming_at_us > _STALE_S * 1e6


@dataclass(frozen=True, slots=True)
class StreamResumer:
    """Looks after streams that are over; its tasks belong to the edge."""

    bus: Bus
    twilio: TwilioRest
    direct_url: Callable[[], str]
    """Where another stream is opened: at this edge, which lives; empty for wherever Twilio is led."""
    tasks: asyncio.TaskGroup

    def on_stream_ended(self, call_sid: str, stream_sid: str) -> None:
        """Twilio says so."""
        looking = self._check(call_sid, stream_sid)
        self.tasks.create_task(looking, name=f"after the stream of {call_sid}")

    async def watch_stalls(self) -> None:
        """Long-lived: look after streams of which no sound comes."""
        looked_at: set[str] = set()
        async with self.bus.subscribe(subjects.ALL_MEDIA_STALLED) as silent:
            async for message in silent:
                call_sid = message.subject.rpartition(".")[2]
                # Told again while it stays silent: one look at a time is enough.
                if call_sid not in looked_at:
                    looked_at.add(call_sid)
                    self.tasks.create_task(self._check_once(call_sid, looked_at), name=f"look at {call_sid}")

    async def _check_once(self, call_sid: str, looked_at: set[str]) -> None:
        try:
            await self._check(call_sid, "", waits_s=(0.0,))
        finally:
            looked_at.discard(call_sid)

    async def _check(self, call_sid: str, stream_sid: str, waits_s: tuple[float, ...] = _LOOKS_S) -> None:
        """Look after each wait; an empty `stream_sid` means the call's last stream."""
        with structlog.contextvars.bound_contextvars(call_sid=call_sid):
            try:
                for wait_s in waits_s:
                    await asyncio.sleep(wait_s)
                    known = await load_call_state(self.bus, call_sid)
                    if known is None or not self._may_be_lost(stream_sid, known):
                        return
                    liveness = await self.bus.requests.liveness(subjects.media_alive(call_sid))
                    if liveness is Liveness.ALIVE:
                        return
                    free = not _said(known) or _is_stale(known)
                    # Of a stream that is over Twilio plays nothing; nor of an edge that is gone.
                    edge_stalled = not stream_sid and liveness is Liveness.UNRESPONSIVE
                    if free and await self._redirect(call_sid, known, edge_stalled=edge_stalled):
                        return
            except Exception as error:
                # One call's trouble must not end the edge that carries others.
                log.error("lost stream not looked after", reason=str(error) or type(error).__name__)

    @staticmethod
    def _may_be_lost(stream_sid: str, known: CallState) -> bool:
        """Whether the stream was the call's last, and the call is to go on."""
        another = stream_sid not in ("", known.stream_sid)
        # After a stop Twilio asks, or tells of the call's end.
        return not (known.end_reason or another or known.stop_reason in ("stop", "closed"))

    async def _redirect(self, call_sid: str, known: CallState, *, edge_stalled: bool) -> bool:
        """False when it must be looked at again."""
        if not await claim_resumption(self.bus, call_sid, known, "rest", edge_stalled=edge_stalled):
            return False
        log.warning("stream lost, Twilio is told to open another", after_epoch=known.stream_epoch)
        addresses = PublicUrls(known.public_url, self.direct_url())
        another = twiml.connect(addresses, known.agent, redirected_at_ms=known.clock.ms_at(now_us()))
        try:
            # Then the next look may tell: two that try at once would open two streams.
            async with asyncio.timeout(_STALE_S):
                lives = await self.twilio.redirect(call_sid, another)
        except (ProviderError, TimeoutError) as error:
            log.error("stream not resumed", reason=str(error) or f"no answer within {_STALE_S:g} s")
            return False
        if not lives:
            await end_call(self.bus, call_sid, "hangup")
        return True
