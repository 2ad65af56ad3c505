"""Reads the body of a streamed answer within time limits; raises only ProviderError, whatever it contains."""

import asyncio
import traceback
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress

import httpx2
import structlog

from parley.errors import ParleyError, ProviderError, ProviderTimeout, ProviderUnavailable
from parley.providers.llm import LlmEvent, TextDelta
from services.brain.providers.streams.answer_reader import AnswerReader
from services.brain.providers.streams.pause_limits import StreamLimits
from services.brain.providers.streams.sse import SseDecoder, SseEvent, StreamEnd

log = structlog.get_logger()

_DRAIN_TIMEOUT_S = 0.05
"""How long to wait for the end of the body after `[DONE]`: then the connection can be used again."""
_SENTENCE_ENDS = frozenset(".!?…:;。！？।॥؟\n")  # noqa: RUF001 - other scripts' marks


async def read_answer(
    body: AsyncIterator[bytes],
    reader: AnswerReader,
    limits: StreamLimits,
    *,
    has_tools: bool,
    provider: str,
) -> AsyncGenerator[LlmEvent]:
    """Yield the events of an answer; the last one is Done.

    Raises:
        ProviderError: the answer is an error, late, broken or incomplete.
    """
    stream = _AnswerStream(body, reader, limits, has_tools=has_tools, provider=provider)
    while not stream.ended:
        try:
            events = await stream.read()
        except ProviderError as error:
            raise type(error)(provider, error.reason) from error
        for event in events:
            yield event


class _AnswerStream:
    def __init__(
        self,
        body: AsyncIterator[bytes],
        reader: AnswerReader,
        limits: StreamLimits,
        *,
        has_tools: bool,
        provider: str,
    ) -> None:
        self._provider = provider
        self._body = body
        self._reader = reader
        self._limits = limits
        self._has_tools = has_tools
        self._decoder = SseDecoder()
        self._loop = asyncio.get_running_loop()
        self._limit_s = limits.first_s
        self._deadline_s: float | None = None
        """Loop time; without one, the limit begins with the next read."""
        self._last_text = ""
        self._max_pause_s = 0.0
        """The longest pause within a tool call."""
        self._complete = False
        self.ended = False

    async def read(self) -> list[LlmEvent]:
        """Return the events of the next part of the body."""
        found: list[LlmEvent] = []
        try:
            await self._read(found)
        except ProviderError:
            if not self._had_its_end():
                raise
            # The answer is complete: whatever follows does not matter.
            found += self._finish()
        return found

    async def _read(self, found: list[LlmEvent]) -> None:
        try:
            chunk = await self._next_chunk()
            items = self._decoder.finish() if chunk is None else self._decoder.feed(chunk)
            for item in items:
                if isinstance(item, StreamEnd):
                    await self._drain()
                    found += self._reader.finish(marked=True)
                    self._observe_pauses()
                    self.ended = True
                    return
                found += self._on_event(item)
            if chunk is None:
                found += self._finish()
        except (ParleyError, MemoryError):
            raise
        except (httpx2.TimeoutException, TimeoutError) as error:
            raise ProviderTimeout(self._provider, f"reading: {type(error).__name__}") from error
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            raise ProviderUnavailable(self._provider, f"connection: {type(error).__name__}") from error
        except Exception as error:
            # A provider may send anything: its answer fails, not the call.
            raise unreadable_answer(error, self._provider) from error

    def _had_its_end(self) -> bool:
        return not self.ended and self._reader.end_grace_s is not None

    def _finish(self) -> list[LlmEvent]:
        self.ended = True
        self._observe_pauses()
        try:
            return self._reader.finish()
        except (ParleyError, MemoryError):
            raise
        except Exception as error:
            # As above.
            raise unreadable_answer(error, self._provider) from error

    def _on_event(self, item: SseEvent) -> list[LlmEvent]:
        pieces = self._reader.pieces
        before, awaited = pieces.count, pieces.awaits_arguments
        events = self._reader.read(item.value, item.name)
        self._last_text = next(
            (event.text for event in reversed(events) if isinstance(event, TextDelta)), self._last_text
        )
        grace_s = self._reader.end_grace_s
        if awaited and pieces.count != before and self._deadline_s is not None:
            pause_s = self._loop.time() - (self._deadline_s - self._limit_s)
            self._max_pause_s = max(self._max_pause_s, pause_s)
        changed = (pieces.count, pieces.awaits_arguments) != (before, awaited)
        if changed or (grace_s is not None) != self._complete:
            self._complete = grace_s is not None
            self._limit_s = self._limit_after_piece() if grace_s is None else grace_s
            self._deadline_s = None
        return events

    def _limit_after_piece(self) -> float:
        pieces = self._reader.pieces
        if pieces.awaits_arguments:
            return self._limits.within_call.short_limit_s()
        if pieces.in_tool_call or (self._has_tools and ends_sentence(self._last_text)):
            return self._limits.before_call_s
        return self._limits.text_s

    def _observe_pauses(self) -> None:
        if self._max_pause_s:
            self._limits.within_call.observe(self._max_pause_s)

    async def _next_chunk(self) -> bytes | None:
        if self._deadline_s is None:
            # Not earlier: what the receiver of the last event did with it took time.
            self._deadline_s = self._loop.time() + self._limit_s
        # A server that always has data ready would never reach the timeout.
        if self._loop.time() > self._deadline_s:
            raise self._late()
        limit = asyncio.timeout_at(self._deadline_s)
        try:
            async with limit:
                return await anext(self._body, None)
        except TimeoutError:
            if not limit.expired():
                raise
            raise self._late() from None

    def _late(self) -> ProviderTimeout:
        if self._reader.pieces.awaits_arguments:
            self._limits.within_call.left_early(self._limit_s)
        what = "token" if self._reader.pieces.count else "content"
        return ProviderTimeout(self._provider, f"no {what} within {self._limit_s:g} s")

    async def _drain(self) -> None:
        with suppress(TimeoutError, httpx2.HTTPError, httpx2.StreamError, OSError):
            async with asyncio.timeout(_DRAIN_TIMEOUT_S):
                while await anext(self._body, None) is not None:
                    pass


def ends_sentence(text: str) -> bool:
    """Whether the text ends with a sentence's mark; quotes, spaces, emoji and Markdown may follow it."""
    for char in reversed(text):
        if char in _SENTENCE_ENDS:
            return True
        if char.isalnum() or char == ",":
            return False
    return False


def unreadable_answer(error: Exception, provider: str) -> ProviderUnavailable:
    """Log where reading failed, without the data, and return the provider's failure."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    log.error(
        "provider_answer_unreadable",
        provider=provider,
        error=type(error).__name__,
        where=[f"{frame.name}:{frame.lineno}" for frame in frames],
    )
    return ProviderUnavailable(provider, f"an answer that cannot be read: {type(error).__name__}")
