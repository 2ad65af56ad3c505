"""Synthesis clause by clause, for providers and voices that take a request per clause and keep no session."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeAlias

from parley.errors import ProviderRejected, ProviderUnavailable
from parley.providers.tts import AudioChunk
from services.tts.alignment import alnum_count

_MAX_CLAUSES = 1000
_REJECTED_RETRY_INTERVAL_S = 5.0
"""Minimum time between two requests of a call whose key or section is rejected."""

Synthesize: TypeAlias = Callable[[str], AsyncGenerator[bytes]]
"""Yields the audio of a clause; raises ProviderError."""


class ClauseStream:
    """One reply whose clauses are synthesized one after the other; implements SynthesisStream."""

    def __init__(self, provider: str, synthesize: Synthesize, *, warm: bool = False) -> None:
        """Create it; `warm` is whether its first audio takes no longer than later audio."""
        self.warm = warm
        self._provider = provider
        self._synthesize = synthesize
        self._clauses: asyncio.Queue[str | None] = asyncio.Queue(_MAX_CLAUSES)

    async def send_text(self, text: str) -> None:
        """Synthesize a clause after those before it."""
        await self._clauses.put(text)

    async def end_input(self) -> None:
        """Signal the end of the text."""
        await self._clauses.put(None)

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield audio in order, clause by clause; exiting early ends the request.

        Raises:
            ProviderError: a clause could not be synthesized, or has letters and no audio.
        """
        while (text := await self._clauses.get()) is not None:
            has_audio = False
            async with aclosing(self._synthesize(text)) as chunks:
                async for chunk in chunks:
                    has_audio = True
                    yield AudioChunk(chunk)
            if not has_audio and alnum_count(text):
                raise ProviderUnavailable(self._provider, "a clause without audio")
            yield AudioChunk(b"", ends_clause=True)


class ClauseRequests:
    """A TtsConnection for one call without a connection of its own; a rejection is remembered for 5 s."""

    def __init__(self, provider: str, begin_reply: Callable[[], Synthesize]) -> None:
        self._provider = provider
        self._begin_reply = begin_reply
        self._rejection: ProviderRejected | None = None
        self._rejected_at_s = 0.0

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[ClauseStream]:  # noqa: ARG002 - requests have no id
        """Begin a reply.

        Raises:
            ProviderRejected: the provider rejected a request less than 5 s ago.
        """
        now = asyncio.get_running_loop().time
        if self._rejection is not None and now() - self._rejected_at_s < _REJECTED_RETRY_INTERVAL_S:
            raise ProviderRejected(self._rejection.provider, self._rejection.reason)
        try:
            yield ClauseStream(self._provider, self._begin_reply())
        except ProviderRejected as error:
            self._rejection, self._rejected_at_s = error, now()
            raise
