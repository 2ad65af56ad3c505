"""Whether the bus was in disorder lately, so that the silence of others says little."""

import time
from math import inf

from parley import subjects
from parley.bus.kept_up import kept_up
from parley.bus.spoken import Connection

_LATELY_S = 6.0


class Elections:
    """A stream has chosen a leader, or our own connection was lost: heartbeats were, too."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last_s = -inf

    @property
    def lately(self) -> bool:
        """Whether that is only some seconds ago."""
        return time.monotonic() - self._last_s < _LATELY_S

    def happened(self) -> None:
        """Just now."""
        self._last_s = time.monotonic()

    async def watch(self) -> None:
        """Long-lived: NATS tells of each."""
        await kept_up(self._hear, "hearing of elections")

    async def _hear(self) -> None:
        async with self._connection.subscribe(subjects.new_leader("*")) as elected:
            async for _ in elected:
                self.happened()
