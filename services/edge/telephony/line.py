"""The parts that a call's telephone requests share: its log, Twilio, the media stream that they end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog

from parley.bus import Bus
from parley.errors import ProviderError, ProviderRejected
from parley.events.log import CallEventLog
from parley.v1.telephony_pb2 import StreamRedirected
from services.edge.calls.call_state import CallState
from services.edge.metrics import EdgeMetrics
from services.edge.telephony.requests import TelephonyState
from services.edge.twilio.rest import TwilioRest
from services.edge.twilio.twiml import PublicUrls

log = structlog.get_logger()

T = TypeVar("T")

_STOP_TIMEOUT_S = 2.0
"""Twilio ends the media stream of a call with new TwiML within this time."""
_MAX_REDIRECTS = 3
_PLAYED_POLL_S = 0.05
_MAX_PLAY_S = 30.0
"""The agent's words before a transfer or keys are awaited this long at most."""
NOT_POSSIBLE = "not possible at the moment"


class Closing(Exception):
    """The call has ended, or another edge continues it."""


class Audio(Protocol):
    """The playback of the media stream."""

    def is_played(self, reply_id: str) -> bool:
        """Whether nothing more of the reply will be played."""

    async def play_tones(self, reply_id: str, mulaw: bytes) -> None:
        """Play audio after the agent's earlier words, whatever the caller says."""

    async def play_background(self, mulaw: bytes) -> None:
        """Play audio now if neither the caller nor the agent speaks; the agent's words replace it."""


@dataclass(slots=True)
class CallLine:
    """One call's line while this edge has its media stream."""

    bus: Bus
    log: CallEventLog
    twilio: TwilioRest
    call: CallState
    urls: PublicUrls
    metrics: EdgeMetrics
    from_number: str
    """The account's number for calls whose own number is unknown; may be empty."""
    state: TelephonyState
    audio: Audio | None = None
    """Missing until the stream's playback is set up."""
    redirecting: bool = False
    """Whether the end of the media stream is this edge's own doing."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _stream_stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def call_sid(self) -> str:
        """The call's CallSid."""
        return self.log.call_sid

    @property
    def is_closing(self) -> bool:
        """Whether no new request may begin."""
        return self._closing.is_set()

    def wake(self) -> None:
        """Let all waiting tasks look at the state again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def stream_stopped(self) -> None:
        """Note that the media stream has ended."""
        self._stream_stopped.set()

    def close(self) -> None:
        """End all waiting: the call has ended, or another edge continues it."""
        self._closing.set()
        self.wake()

    async def changed(self) -> None:
        """Wait until an event arrives."""
        await self._changed.wait()

    async def until(self, find: Callable[[], T | None], timeout_s: float) -> T | None:
        """Wait until a value is found in the state; None after the timeout.

        Raises:
            Closing: the call has ended, or another edge continues it.
        """
        async with asyncio.timeout(timeout_s) as deadline:
            try:
                while (found := find()) is None:
                    if self.is_closing:
                        raise Closing
                    await self.changed()
            except asyncio.CancelledError:
                if not deadline.expired():
                    raise
                return None
            return found

    async def until_played(self, reply_id: str) -> None:
        """Wait until the agent's words have been played, at most 30 s.

        Raises:
            Closing: the call has ended, or another edge continues it.
        """
        waited_s = 0.0
        while reply_id and self.audio is not None and not self.audio.is_played(reply_id):
            if waited_s >= _MAX_PLAY_S:
                log.warning("words_not_played_in_time", reply_id=reply_id)
                return
            await asyncio.sleep(_PLAYED_POLL_S)
            waited_s += _PLAYED_POLL_S
            if self.is_closing:
                raise Closing

    async def redirect(self, tool_call_id: str, twiml: str, until_ms: int) -> str:
        """Give the call new TwiML, which ends its media stream; return why it failed, empty if it did not.

        Without a response, the end of the stream shows that the update has taken effect, so that
        nothing is dialled or pressed twice.

        Raises:
            Closing: the caller has hung up.
        """
        redirected = StreamRedirected(tool_call_id=tool_call_id, epoch=self.log.epoch, until_ms=until_ms)
        await self.log.append(redirected)
        reason = NOT_POSSIBLE
        if await self.log.ready_for_side_effects():
            self.redirecting = True
            reason = await self._update(twiml)
        if reason:
            self.redirecting = False
            redirected.withdrawn = True
            await self.log.append(redirected)
        return reason

    async def _update(self, twiml: str) -> str:
        reason = ""
        for _ in range(_MAX_REDIRECTS):
            try:
                if not await self.twilio.redirect_once(self.call_sid, twiml):
                    raise Closing
            except ProviderRejected as error:
                log.error("call_not_redirected", code=error.code, reason=error.reason)
                return f"Twilio refused it: {error.reason}"
            except ProviderError as error:
                log.warning("call_redirect_unanswered", code=error.code, reason=error.reason)
                reason = "Twilio did not answer"
                if await self._has_stopped():
                    return ""
            else:
                return ""
        return reason

    async def _has_stopped(self) -> bool:
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await self._stream_stopped.wait()
        except TimeoutError:
            return False
        return True
