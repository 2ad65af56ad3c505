"""The text of one reply, as it arrives from the brain."""

import asyncio


class ClauseFeed:
    """Clauses by number; a reader may start at any clause and read it repeatedly."""

    def __init__(self) -> None:
        self._texts: tuple[str, ...] = ()
        self._complete = False
        self._updated = asyncio.Event()

    def update(self, texts: tuple[str, ...], *, complete: bool) -> None:
        """Set the clauses that have arrived, and whether the text is complete."""
        self._texts = texts
        self._complete = complete
        self._updated.set()

    async def get(self, number: int) -> str | None:
        """Wait for a clause; None if the reply has no clause with this number."""
        while number >= len(self._texts):
            if self._complete:
                return None
            self._updated.clear()
            await self._updated.wait()
        return self._texts[number]
