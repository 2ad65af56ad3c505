"""Whether the bus was in disorder lately, so that the silence of others says little."""

import time
from math import inf

from parley.bus import subjects
from parley.bus.audio_replay.audio_publisher import BusConnection
from parley.bus.supervise import supervise

_RECENT_S = 6.0


class DisruptionMonitor:
    """A stream has chosen a leader, or our own connection was lost: heartbeats were, too."""

    def __init__(self, connection: BusConnection) -> None:
        self._connection = connection
        self._last_s = -inf

    @property
    def recent(self) -> bool:
        """Whether that is only some seconds ago."""
        return time.monotonic() - self._last_s < _RECENT_S

    def record(self) -> None:
        """Just now."""
        self._last_s = time.monotonic()

    async def watch(self) -> None:
        """Long-lived: NATS tells of each."""
        await supervise(self._watch_leaders, "hearing of elections")

    async def _watch_leaders(self) -> None:
        async with self._connection.subscribe(subjects.leader_elected("*")) as elected:
            async for _ in elected:
                self.record()
