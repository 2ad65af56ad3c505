"""When the connection to the bus was lost and is there again."""

import asyncio


class ReconnectSignal:
    """Wakes who waits for the next."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def notify(self) -> None:
        """It is there again."""
        over, self._next = self._next, asyncio.Event()
        over.set()

    async def wait(self) -> None:
        """Until it has happened once more."""
        await self._next.wait()
