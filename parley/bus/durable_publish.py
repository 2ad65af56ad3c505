"""Say something and wait until a stream has it, through the death of the stream's leader."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

from nats.errors import Error as NatsError
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError

from parley.bus.shielded import shielded
from parley.errors import BusError, WriteConflict

_ATTEMPT_TIMEOUT_S = 1.5
_RETRY_INTERVAL_S = 0.1
_WRONG_LAST = (10071, 10164)
"""Another last sequence; of replicated streams also one that is still on its way (server/errors.json)."""
_IN_PROCESS = 10158
"""A message of the same id is on its way."""
_NOT_STORED = 10077
"""The store refuses the message; the description says why (JSStreamStoreFailedF in server/errors.json)."""
_SUBJECT_FULL = "maximum messages per subject"
"""Start of the description when the subject has its one message; the code covers a full stream, too."""


@dataclass(frozen=True, slots=True)
class DurableMessage:
    """What is to be stored; see `Bus.publish_stored`."""

    subject: str
    data: bytes
    message_id: str = ""
    expect_last: int | None = None

    def headers(self) -> dict[str, str]:
        """As NATS takes them."""
        if self.expect_last is None:
            return {"Nats-Msg-Id": self.message_id} if self.message_id else {}
        # An id of its own: a second try finds its first, and nobody takes another's success for his.
        return {
            "Nats-Expected-Last-Subject-Sequence": str(self.expect_last),
            "Nats-Msg-Id": f"{self.message_id}:{uuid4().hex}",
        }


async def publish_durable(jetstream: JetStreamContext, wanted: DurableMessage, timeout_s: float) -> int:
    """Gives its place in the stream.

    Raises:
        WriteConflict, BusError: see `Bus.publish_stored`.
    """
    subject, headers = wanted.subject, wanted.headers()
    loop = asyncio.get_running_loop()
    until_s = loop.time() + timeout_s
    while True:
        try:
            publishing = jetstream.publish(
                subject, wanted.data, timeout=_ATTEMPT_TIMEOUT_S, headers=headers or None
            )
            return int((await shielded(publishing)).seq)
        except (NatsError, TimeoutError) as error:
            if isinstance(error, APIError) and _is_conflict(error):
                raise WriteConflict(subject) from error
            if loop.time() > until_s or not _is_retryable(error, headers):
                reason = error.description if isinstance(error, APIError) else repr(error)
                raise BusError(f"{subject} was not stored: {reason}") from error
        await asyncio.sleep(_RETRY_INTERVAL_S)


def _is_conflict(error: APIError) -> bool:
    subject_full = error.err_code == _NOT_STORED and (error.description or "").startswith(_SUBJECT_FULL)
    return subject_full or error.err_code in _WRONG_LAST


def _is_retryable(error: Exception, headers: dict[str, str]) -> bool:
    """Whether trying again may help; without an id it might be stored twice."""
    if isinstance(error, NoStreamResponseError):
        return True
    if "Nats-Msg-Id" not in headers:
        return False
    if isinstance(error, APIError):
        return error.err_code == _IN_PROCESS or ((error.code or 0) >= 500 and error.err_code != _NOT_STORED)
    return True
