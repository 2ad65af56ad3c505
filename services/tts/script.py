"""The text of one reply as it comes, for whoever speaks it."""

import asyncio


class Script:
    """Clauses by number; a reader may begin anywhere and again."""

    def __init__(self) -> None:
        self._texts: tuple[str, ...] = ()
        self._complete = False
        self._grown = asyncio.Event()

    def grow(self, texts: tuple[str, ...], *, complete: bool) -> None:
        """The clauses known now, and whether they are all."""
        self._texts = texts
        self._complete = complete
        self._grown.set()

    async def clause(self, number: int) -> str | None:
        """The clause of this number, as soon as it is known; None when there is none."""
        while number >= len(self._texts):
            if self._complete:
                return None
            self._grown.clear()
            await self._grown.wait()
        return self._texts[number]
