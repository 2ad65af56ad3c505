"""The part of a call's event log that turn recognition needs."""

from typing import Any, Protocol

from parley.events.envelope import Body


class TurnLog(Protocol):
    """The methods of a call's event log that turn recognition needs."""

    def now_ms(self) -> int:
        """The current call time."""

    async def append(self, body: Body) -> Any:
        """Append an event."""
