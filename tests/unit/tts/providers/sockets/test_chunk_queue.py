"""The audio of one reply between a socket and the reply."""

import pytest

from parley.errors import ProviderUnavailable
from parley.providers.tts import AudioChunk
from services.tts.providers.sockets import chunk_queue
from services.tts.providers.sockets.chunk_queue import ChunkQueue


async def drain(queue: ChunkQueue) -> list[bytes]:
    return [chunk.audio async for chunk in queue.chunks()]


async def test_chunks_come_in_order_until_the_end() -> None:
    """Later chunks are not read."""
    queue = ChunkQueue("p")
    queue.put(AudioChunk(b"a"))
    queue.put(AudioChunk(b"b"))
    queue.end()
    queue.put(AudioChunk(b"c"))

    assert await drain(queue) == [b"a", b"b"]


async def test_an_error_ends_the_reply() -> None:
    """After the chunks before it."""
    queue = ChunkQueue("p")
    queue.put(AudioChunk(b"a"))
    queue.fail(ProviderUnavailable("p", "gone"))

    with pytest.raises(ProviderUnavailable, match="gone"):
        await drain(queue)


async def test_a_full_queue_fails_the_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its memory is bounded, however much a provider sends."""
    monkeypatch.setattr(chunk_queue, "_MAX_CHUNKS", 2)
    queue = ChunkQueue("p")
    for _ in range(5):
        queue.put(AudioChunk(b"a"))

    with pytest.raises(ProviderUnavailable, match="2 chunks are queued"):
        await drain(queue)
