"""Work that must be done: tried again, its failure told once, given up only when trying cannot help."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import pytest
import stamina

from parley.errors import ProviderError, ProviderRejected, ProviderUnavailable
from parley.events.envelope import Body
from parley.events.log import CallEventLog
from parley.v1.work_pb2 import StageFailed
from services.recorder.retry import StorageRetry


@dataclass
class Said:
    """A log that only remembers what was said."""

    bodies: list[Body] = field(default_factory=list)

    async def append(self, body: Body) -> None:
        """Remember it."""
        self.bodies.append(body)


def failing(*errors: ProviderError) -> Callable[[], Awaitable[str]]:
    """Work that fails so often and then is done."""
    left = list(errors)

    async def work() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return work


async def test_it_is_tried_until_it_is_done_and_told_once() -> None:
    """Two failures of the database are one event, without what the error says."""
    said = Said()
    insistence = StorageRetry(cast("CallEventLog", said))

    work = failing(ProviderUnavailable("postgres", "secret"), ProviderUnavailable("postgres", "secret"))

    with stamina.set_testing(True, attempts=5):  # without the pauses
        assert await insistence.run(work) == "done"
    [failure] = said.bodies
    assert isinstance(failure, StageFailed)
    assert (failure.code, failure.provider, failure.retryable) == ("unavailable", "postgres", True)
    assert "secret" not in failure.message


async def test_what_cannot_be_helped_is_raised() -> None:
    """A row that the database will never take is told and left to the stage's own retries."""
    said = Said()

    with pytest.raises(ProviderRejected):
        await StorageRetry(cast("CallEventLog", said)).run(failing(ProviderRejected("postgres", "no")))

    assert len(said.bodies) == 1
