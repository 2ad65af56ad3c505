"""Copies the callers' messages from Twilio to the recorders' storage.

Twilio deletes a recording with its account, and requires the account's credentials, which only the edge has.
The copy survives the account.
"""

import asyncio
from dataclasses import dataclass, field

import stamina
import structlog

from parley.bus import Bus, subjects
from parley.errors import BusError, ProviderError, ProviderUnavailable
from parley.v1.call_pb2 import StoreVoicemail, StoreVoicemailReply, VoicemailStored
from services.edge.calls.lifecycle import append_voicemail_stored, load_call_state
from services.edge.twilio.accounts import TwilioAccounts
from services.edge.twilio_account import TwilioAccount

log = structlog.get_logger()

_MAX_COPIES = 20
"""Messages that one edge copies at the same time."""
_TIMEOUT_S = 900.0
_WAIT_INITIAL_S, _MAX_WAIT_S = 1.0, 60.0
_STORE_TIMEOUT_S = 40.0
"""A recorder's own limit for writing an object is 30 s."""


@dataclass(frozen=True, slots=True)
class _Message:
    call_sid: str
    account: TwilioAccount
    recording_sid: str


@dataclass(frozen=True, slots=True)
class Voicemails:
    """Copies the messages that Twilio reports to this edge."""

    bus: Bus
    twilio: TwilioAccounts
    _reported: asyncio.Queue[_Message] = field(default_factory=lambda: asyncio.Queue(_MAX_COPIES))
    _copying: set[str] = field(default_factory=set)

    async def watch(self) -> None:
        """Long-lived: copy each message."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                message = await self._reported.get()
                tasks.create_task(self._copy_safely(message), name="copy a voicemail")

    def copy(self, call_sid: str, account: TwilioAccount, recording_sid: str) -> None:
        """Begin to copy a message, unless that is in progress.

        Twilio reports a message twice, when it ends and when its recording is complete, so that another edge
        copies it if this one dies.
        """
        if recording_sid in self._copying:
            return
        if len(self._copying) >= _MAX_COPIES:
            log.error("voicemail_not_copied", recording_sid=recording_sid, reason="too many at a time")
            return
        self._copying.add(recording_sid)
        self._reported.put_nowait(_Message(call_sid, account, recording_sid))

    async def _copy_safely(self, message: _Message) -> None:
        try:
            with structlog.contextvars.bound_contextvars(call_sid=message.call_sid):
                await self._copy(message)
        except Exception as error:
            # A message that cannot be copied is still at Twilio, and must not end the edge.
            reason = str(error) or type(error).__name__
            log.error("voicemail_not_copied", recording_sid=message.recording_sid, reason=reason)
        finally:
            self._copying.discard(message.recording_sid)

    async def _copy(self, message: _Message) -> None:
        call_sid, recording_sid = message.call_sid, message.recording_sid
        attempts = stamina.retry_context(
            on=_is_temporary,
            attempts=None,
            timeout=_TIMEOUT_S,
            wait_initial=_WAIT_INITIAL_S,
            wait_max=_MAX_WAIT_S,
        )
        async for attempt in attempts:
            with attempt:
                twilio = self.twilio.of(*message.account.key)
                url = await self._store(call_sid, await twilio.recording_mp3(recording_sid))
                stored = VoicemailStored(recording_sid=recording_sid, url=url)
                if await append_voicemail_stored(self.bus, call_sid, stored):
                    log.info("voicemail_copied", recording_sid=recording_sid)

    async def _store(self, call_sid: str, mp3: bytes) -> str:
        call = await load_call_state(self.bus, call_sid)
        if call is None:
            raise BusError(f"the log of {call_sid} has no call.started")
        request = StoreVoicemail(call_sid=call_sid, started_at_us=call.started_at_us, mp3=mp3)
        reply = await self.bus.requests.send(
            subjects.STORE_VOICEMAIL, request.SerializeToString(), timeout_s=_STORE_TIMEOUT_S
        )
        url = StoreVoicemailReply.FromString(reply).url if reply is not None else ""
        if not url:
            raise ProviderUnavailable("recorder", "no recorder has stored the message")
        return url


def _is_temporary(error: Exception) -> bool:
    return isinstance(error, BusError | TimeoutError) or (
        isinstance(error, ProviderError) and error.retryable
    )
