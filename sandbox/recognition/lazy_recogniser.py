"""A recogniser that is opened by its first audio, for emulators that are rarely spoken to."""

import asyncio
from contextlib import AsyncExitStack

from sandbox.recognition.opening import open_recogniser
from sandbox.recognition.oracle import Oracle
from sandbox.recognition.recogniser import Recogniser, Word
from sandbox.recognition.settings import RecognitionSettings


class LazyRecogniser:
    """The recogniser of the settings; its processes start with the first audio, and end with `aclose`."""

    def __init__(self, settings: RecognitionSettings) -> None:
        self.oracle = Oracle()
        self._settings = settings
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._recogniser: Recogniser | None = None

    @property
    def busy(self) -> bool:
        """True while requests queue up; interim results are then skipped."""
        return self._recogniser is not None and self._recogniser.busy

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Return the words of 8 kHz mu-law; raises RecognitionError."""
        async with self._opening:
            if self._recogniser is None:
                opening = open_recogniser(self._settings, self.oracle)
                self._recogniser = await self._stack.enter_async_context(opening)
        return await self._recogniser.recognise(mulaw)

    async def aclose(self) -> None:
        """End the processes."""
        await self._stack.aclose()
