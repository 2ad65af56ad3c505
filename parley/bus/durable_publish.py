"""Publishes a message and waits until a stream has stored it, even if the stream's leader dies meanwhile."""

from dataclasses import dataclass
from uuid import uuid4

import stamina
from nats.errors import Error as NatsError
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError

from parley.bus.shielded import shielded
from parley.errors import BusError, WriteConflict

_ATTEMPT_TIMEOUT_S = 1.5
_RETRY_INTERVAL_S = 0.1
# Error codes of NATS' server/errors.json:
_WRONG_LAST_SEQUENCE = (10071, 10164)
"""The subject's last sequence differs; in replicated streams it may belong to a message that is not stored
yet."""
_DUPLICATE_IN_PROCESS = 10158
"""A message with the same id is being stored."""
_NOT_STORED = 10077
"""The store rejects the message; the description contains the reason."""
_SUBJECT_FULL = "maximum messages per subject"
"""Start of the description when the subject already has its one message; a full stream has the same code."""


@dataclass(frozen=True, slots=True)
class DurableMessage:
    """A message to be stored; its fields are the arguments of `Bus.publish_durable`."""

    subject: str
    data: bytes
    message_id: str = ""
    expect_last: int | None = None

    def headers(self) -> dict[str, str]:
        """Return the NATS headers for one publication and its retries."""
        if self.expect_last is None:
            return {"Nats-Msg-Id": self.message_id} if self.message_id else {}
        # A unique id: a retry finds the message of the first attempt, and no writer mistakes another writer's
        # message for its own.
        return {
            "Nats-Expected-Last-Subject-Sequence": str(self.expect_last),
            "Nats-Msg-Id": f"{self.message_id}:{uuid4().hex}",
        }


async def publish_durable(jetstream: JetStreamContext, message: DurableMessage, timeout_s: float) -> int:
    """Publish and retry until the message is stored; return its stream sequence.

    Raises:
        WriteConflict, BusError: see `Bus.publish_durable`.
    """
    subject, headers = message.subject, message.headers()
    retries = stamina.retry_context(
        on=lambda error: _is_retryable(error, headers),
        attempts=None,
        timeout=timeout_s,
        wait_initial=_RETRY_INTERVAL_S,
        wait_max=_RETRY_INTERVAL_S,
        wait_jitter=0,
    )
    sequence = 0
    try:
        async for attempt in retries:
            with attempt:
                publishing = jetstream.publish(
                    subject, message.data, timeout=_ATTEMPT_TIMEOUT_S, headers=headers or None
                )
                sequence = int((await shielded(publishing)).seq)
    except (NatsError, TimeoutError) as error:
        if isinstance(error, APIError) and _is_conflict(error):
            raise WriteConflict(subject) from error
        reason = error.description if isinstance(error, APIError) else repr(error)
        raise BusError(f"{subject} was not stored: {reason}") from error
    return sequence


def _is_conflict(error: APIError) -> bool:
    subject_full = error.err_code == _NOT_STORED and (error.description or "").startswith(_SUBJECT_FULL)
    return subject_full or error.err_code in _WRONG_LAST_SEQUENCE


def _is_retryable(error: Exception, headers: dict[str, str]) -> bool:
    """Whether a retry may help and cannot store the message twice."""
    if isinstance(error, NoStreamResponseError):
        return True
    if not isinstance(error, NatsError | TimeoutError) or "Nats-Msg-Id" not in headers:
        return False
    if isinstance(error, APIError):
        if _is_conflict(error):
            return False
        is_server_error = (error.code or 0) >= 500 and error.err_code != _NOT_STORED
        return error.err_code == _DUPLICATE_IN_PROCESS or is_server_error
    return True
