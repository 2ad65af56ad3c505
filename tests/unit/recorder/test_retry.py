"""Storage operations and bus reads are repeated until they succeed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import pytest
import stamina
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from parley.errors import BusError, ProviderError, ProviderRejected, ProviderUnavailable
from parley.events.envelope import Body
from parley.events.log import CallEventLog
from parley.v1.work_pb2 import StageFailed
from services.recorder.metrics.storage import StorageMetrics
from services.recorder.retry import StorageRetry, retry_read


@dataclass
class FakeLog:
    """A call log that only collects what is appended."""

    bodies: list[Body] = field(default_factory=list)

    async def append(self, body: Body) -> None:
        """Collect an event."""
        self.bodies.append(body)


def make_retry(call_log: FakeLog) -> StorageRetry:
    """Retries whose failures are counted in a registry of their own."""
    return StorageRetry(cast("CallEventLog", call_log), StorageMetrics(CollectorRegistry()))


def failing(*errors: Exception) -> Callable[[], Awaitable[str]]:
    """Return an operation that raises each error once and then succeeds."""
    remaining = list(errors)

    async def operation() -> str:
        if remaining:
            raise remaining.pop(0)
        return "done"

    return operation


async def test_an_operation_is_repeated_and_its_failure_reported_once() -> None:
    """Two database failures are one event, which does not contain the error's text."""
    call_log = FakeLog()
    retry = make_retry(call_log)
    operation = failing(ProviderUnavailable("postgres", "secret"), ProviderUnavailable("postgres", "secret"))

    with stamina.set_testing(True, attempts=5), capture_logs() as logs:  # without waiting
        assert await retry.run(operation) == "done"

    [failure] = call_log.bodies
    assert isinstance(failure, StageFailed)
    assert (failure.code, failure.provider, failure.retryable) == ("unavailable", "postgres", True)
    assert "secret" not in failure.message
    assert [entry["provider"] for entry in logs if entry["event"] == "call_record_not_stored"] == ["postgres"]


async def test_each_failing_provider_is_reported() -> None:
    """A failure of the object store does not hide one of the database."""
    call_log = FakeLog()
    errors: tuple[ProviderError, ...] = (
        ProviderUnavailable("object store", "x"),
        ProviderUnavailable("postgres", "x"),
    )

    with stamina.set_testing(True, attempts=5):
        await make_retry(call_log).run(failing(*errors))

    assert [cast("StageFailed", body).provider for body in call_log.bodies] == ["object store", "postgres"]


async def test_an_error_that_is_not_retryable_is_raised() -> None:
    """A row that the database rejects is reported and left to the stage's own retries."""
    call_log = FakeLog()

    with pytest.raises(ProviderRejected):
        await make_retry(call_log).run(failing(ProviderRejected("postgres", "no")))

    assert len(call_log.bodies) == 1


async def test_a_read_is_repeated_until_the_bus_can_be_read() -> None:
    """Each failure is logged."""
    with stamina.set_testing(True, attempts=5), capture_logs() as logs:
        assert await retry_read(failing(BusError("no leader"), TimeoutError())) == "done"

    assert [entry["event"] for entry in logs].count("stream_read_failed") == 2


async def test_other_errors_of_a_read_are_raised() -> None:
    """A programming error is not repeated."""
    with pytest.raises(ValueError, match="bug"):
        await retry_read(failing(ValueError("bug")))
