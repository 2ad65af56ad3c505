"""Publishing until a stream has stored the message."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError, ServerError

from parley.bus.durable_publish import DurableMessage, publish_durable
from parley.errors import BusError, WriteConflict

ID = DurableMessage("call.CA1.x", b"1", message_id="1")


class FakeJetStream:
    """Raises the given errors one after another, then stores the message as sequence 7."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.headers: list[Mapping[str, str] | None] = []

    async def publish(self, _subject: str, _data: bytes, **options: Any) -> Any:
        """Raise the next error, or store the message."""
        self.headers.append(options["headers"])
        if self._errors:
            raise self._errors.pop(0)
        return SimpleNamespace(seq=7)


async def publish(message: DurableMessage, *errors: Exception, timeout_s: float = 5.0) -> FakeJetStream:
    jetstream = FakeJetStream(*errors)
    assert await publish_durable(cast("JetStreamContext", jetstream), message, timeout_s) == 7
    return jetstream


async def test_a_message_with_an_id_is_retried() -> None:
    """It is retried with the same headers after a timeout, a missing stream and a server error."""
    failures = (NatsTimeoutError(), NoStreamResponseError(), ServerError(code=503, err_code=10008))
    jetstream = await publish(DurableMessage("s", b"1", message_id="1", expect_last=0), *failures)

    assert len(jetstream.headers) == 4
    assert len({str(headers) for headers in jetstream.headers}) == 1


async def test_a_message_without_an_id_is_not_stored_twice() -> None:
    """It is not retried after a timeout, which may follow the storing, but is if the stream is missing."""
    await publish(DurableMessage("s", b"1"), NoStreamResponseError())
    with pytest.raises(BusError):
        await publish(DurableMessage("s", b"1"), NatsTimeoutError())


@pytest.mark.parametrize("err_code", [10071, 10164])
async def test_another_last_sequence_is_a_conflict(err_code: int) -> None:
    """The write is not retried."""
    with pytest.raises(WriteConflict):
        await publish(ID, APIError(code=400, err_code=err_code))


async def test_a_full_subject_is_a_conflict_and_a_full_stream_is_not() -> None:
    """NATS reports both with the same error code."""
    full = "maximum messages per subject exceeded"
    with pytest.raises(WriteConflict):
        await publish(ID, ServerError(code=503, err_code=10077, description=full))
    with pytest.raises(BusError, match="maximum bytes exceeded") as caught:
        await publish(ID, ServerError(code=503, err_code=10077, description="maximum bytes exceeded"))
    assert not isinstance(caught.value, WriteConflict)


async def test_retries_end_with_the_timeout() -> None:
    """The error names the subject."""
    with pytest.raises(BusError, match=r"call\.CA1\.x was not stored"):
        await publish(ID, *(NatsTimeoutError() for _ in range(100)), timeout_s=0.15)
