"""Synthesizes sentences in threads of its own, for all calls of a process."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor

from parley.errors import ProviderRateLimited
from services.tts.providers.hibari.voice import PROVIDER, HibariVoice

_MAX_WAITING = 64
"""Sentences that wait for the voice, of all calls of the process: 2 s of work."""


class Synthesizer:
    """Synthesizes with one voice in threads of its own, for all calls of a process."""

    def __init__(self, voice: HibariVoice, executor: ThreadPoolExecutor) -> None:
        self._voice = voice
        self._executor = executor
        self._waiting = 0

    async def sentences(self, text: str, speed: float) -> AsyncGenerator[bytes]:
        """Yield the audio of each sentence; other calls' sentences are synthesized in between.

        Raises:
            ProviderRejected: the voice cannot pronounce the text.
            ProviderRateLimited: too many sentences wait already.
        """
        sentences = self._voice.sentences(text, speed)
        while (audio := await self._run(lambda: next(sentences, None))) is not None:
            yield audio

    async def _run(self, work: Callable[[], bytes | None]) -> bytes | None:
        if self._waiting >= _MAX_WAITING:
            raise ProviderRateLimited(PROVIDER, f"{self._waiting} sentences are waiting for the voice")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._waiting -= 1
