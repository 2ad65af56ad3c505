"""Stores the messages that edges have downloaded from Twilio, beside the recordings of their calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from google.protobuf.message import DecodeError

from parley.bus import Bus, subjects
from parley.errors import ProviderError
from parley.v1.call_pb2 import StoreVoicemail, StoreVoicemailReply
from services.recorder.call_record import recording_name_at
from services.recorder.settings import RecorderSettings
from services.recorder.storage.object_store import Recordings, open_recordings

log = structlog.get_logger()

_QUEUE = "recorders"


@dataclass(frozen=True, slots=True)
class VoicemailStore:
    """Writes messages to the object store; writing one again changes nothing."""

    recordings: Recordings

    async def store(self, data: bytes) -> bytes | None:
        """Carry out a request and return the reply; no reply to an unreadable request."""
        try:
            request = StoreVoicemail.FromString(data)
        except DecodeError:
            log.error("voicemail_request_unreadable", bytes=len(data))
            return None
        key = f"{recording_name_at(request.started_at_us, request.call_sid)}.voicemail.mp3"
        try:
            await self.recordings.put(key, request.mp3)
        except ProviderError as error:
            log.error("voicemail_not_stored", call_sid=request.call_sid, error=error.reason)
            return StoreVoicemailReply().SerializeToString()
        return StoreVoicemailReply(url=self.recordings.url_of(key)).SerializeToString()


@asynccontextmanager
async def store_voicemails(settings: RecorderSettings, bus: Bus) -> AsyncIterator[None]:
    """Serve requests to store messages while entered.

    Raises:
        ConfigError: PARLEY_RECORDINGS_URL does not name a writable location.
    """
    store = VoicemailStore(open_recordings(settings.recordings_url))
    async with bus.requests.respond(subjects.STORE_VOICEMAIL, store.store, queue=_QUEUE):
        yield
