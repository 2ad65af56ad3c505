"""When an owner may act irreversibly."""

from dataclasses import dataclass, field

import pytest

from parley.errors import BusError
from parley.events.side_effects import wait_ready


@dataclass
class Connection:
    """The bus and the outbox of an owner, whose events are stored or not, as each wait finds."""

    stored: list[bool]
    reachable: bool = True
    unread: list[int] = field(default_factory=lambda: [2, 1, 0])

    async def flush(self) -> None:
        """Round trip to the server."""
        if not self.reachable:
            raise BusError("no server")

    async def wait_subject_acked(self, _subject: str, _timeout_s: float) -> bool:
        """Whether the events are stored in time."""
        return self.stored.pop(0)

    def pending(self) -> int:
        """Number of events received and not read."""
        return self.unread.pop(0)

    async def ready(self) -> bool:
        """Wait until the owner may act."""
        return await wait_ready(self, self, "call.CA1.>", self.pending)  # type: ignore[arg-type] # what it uses


async def test_every_event_that_the_bus_had_is_read_first() -> None:
    """One of them may show that another owner has taken over."""
    connection = Connection(stored=[True])

    assert await connection.ready()
    assert connection.unread == []


@pytest.mark.parametrize(
    ("stored", "reachable", "ready"),
    [
        pytest.param([False], True, True, id="the stream has no leader"),
        pytest.param([True], False, True, id="disconnected, everything is stored"),
        pytest.param([False, True], False, True, id="reconnected in time"),
        pytest.param([False, False], False, False, id="disconnected"),
    ],
)
async def test_an_owner_that_may_be_cut_off_does_not_act(
    stored: list[bool], reachable: bool, ready: bool
) -> None:
    """The next owner reads from the log what this one has done."""
    assert await Connection(stored, reachable).ready() is ready
