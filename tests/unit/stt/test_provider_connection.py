"""A call's way to the provider comes to an end when it is told to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from parley.errors import ProviderError, ProviderUnavailable
from parley.providers.stt import SttEvent
from services.stt.audio_buffer import AudioBuffer
from services.stt.provider_connection import ProviderConnection


class Breaking:
    """A connection that breaks in the moment in which it is left."""

    async def send(self, mulaw: bytes, at_ms: int) -> None:
        """Take it."""

    async def finalize(self) -> None:
        """Do nothing."""

    async def keep_alive(self) -> None:
        """Do nothing."""

    async def run(self, heard: Callable[[SttEvent], Awaitable[None]]) -> None:  # noqa: ARG002 - it is deaf
        """Hear nothing."""
        try:
            await asyncio.Event().wait()
        finally:
            raise ProviderUnavailable("deepgram", "the socket was lost")


async def test_a_socket_that_breaks_while_it_is_left_is_not_opened_again() -> None:
    """An owner that was superseded would go on for ever, and keep the call from its successors."""
    opened = 0

    @asynccontextmanager
    async def open_connection() -> AsyncIterator[Breaking]:
        nonlocal opened
        opened += 1
        yield Breaking()

    async def ignore(_told: SttEvent | ProviderError) -> None:
        pass

    transcribing = asyncio.ensure_future(
        ProviderConnection(open_connection, AudioBuffer(0), ignore, ignore).run()
    )
    await asyncio.sleep(0.01)
    transcribing.cancel()
    await asyncio.wait([transcribing], timeout=1)

    assert transcribing.cancelled()
    assert opened == 1


class Deaf(Breaking):
    """One that never says anything, and is left without trouble."""

    async def run(self, heard: Callable[[SttEvent], Awaitable[None]]) -> None:  # noqa: ARG002 - it is deaf
        """Hear nothing."""
        await asyncio.Event().wait()


async def failures_of(frames: int) -> list[ProviderError]:
    """What a deaf provider is told to have failed in, while so much of a voice is heard and then nothing."""
    failures: list[ProviderError] = []

    @asynccontextmanager
    async def open_connection() -> AsyncIterator[Deaf]:
        yield Deaf()

    async def heard(_heard: SttEvent) -> None:
        pass

    async def failed(error: ProviderError) -> None:
        failures.append(error)

    transcribing = ProviderConnection(
        open_connection,
        AudioBuffer(0),
        heard,
        failed,
        no_response_s=0.4,
        no_response_after_speech_s=0.2,
        connect_grace_s=0.1,
    )
    running = asyncio.ensure_future(transcribing.run())
    for _ in range(frames):
        transcribing.notify_audio(voiced=True)
        await asyncio.sleep(0.01)
        if failures:
            break
    await asyncio.sleep(1.0)
    running.cancel()
    await asyncio.wait([running], timeout=1)
    return failures


async def test_a_provider_that_says_nothing_to_a_voice_is_given_up() -> None:
    """It is half dead; but one that is sent nothing, as by a frozen line, has nothing to say."""
    assert len(await failures_of(70)) == 1
    assert await failures_of(3) == []
