"""The audio of one reply on its way from a socket's reader to the reply. Bounded."""

import asyncio
from collections.abc import AsyncGenerator

from parley.errors import ProviderError, ProviderUnavailable
from parley.providers.tts import AudioChunk

_MAX_CHUNKS = 4096


class ChunkQueue:
    """Chunks in order, then the end of the reply or the error that ended it."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._items: asyncio.Queue[AudioChunk | ProviderError | None] = asyncio.Queue(_MAX_CHUNKS)

    def put(self, chunk: AudioChunk) -> None:
        """Add a chunk; a reader that is thousands of chunks behind gets an error instead."""
        self._put(chunk)

    def end(self) -> None:
        """End the reply after the chunks so far."""
        self._put(None)

    def fail(self, error: ProviderError) -> None:
        """End the reply with an error."""
        if self._items.full():
            self._items.get_nowait()
        self._items.put_nowait(error)

    async def chunks(self) -> AsyncGenerator[AudioChunk]:
        """Yield the chunks until the end.

        Raises:
            ProviderError: the reply has failed.
        """
        while (item := await self._items.get()) is not None:
            if isinstance(item, ProviderError):
                raise item
            yield item

    def _put(self, item: AudioChunk | None) -> None:
        if self._items.full():
            self.fail(ProviderUnavailable(self._provider, f"{_MAX_CHUNKS} chunks are queued"))
        else:
            self._items.put_nowait(item)
