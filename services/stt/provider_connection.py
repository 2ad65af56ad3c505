"""Keep a socket to the provider for as long as the call lives, and send it all of the caller's sound."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout
from parley.providers.stt import SttConnection, SttEvent
from parley.runtime.cancellation import raise_if_cancelled
from services.stt.audio_buffer import AudioBuffer

log = structlog.get_logger()

_KEEP_ALIVE_INTERVAL_S = 4.0
"""The provider closes a socket that is silent for ten."""
_REJECTED_DELAY_S = 5.0
_MIN_RETRY_DELAY_S = 0.1
_MAX_RETRY_DELAY_S = 5.0
_NO_RESPONSE_TIMEOUT_S = 2.0
"""A provider that has said nothing, not even nothing, this long after a voice began is half dead: a live one
tells of every voice within a second or two."""
_NO_RESPONSE_AFTER_SPEECH_S = 1.2
"""Nor does a live one say nothing for so long after the voice has ended."""
_CONNECT_GRACE_S = 1.0
"""So long a new socket may be silent, beyond what it has been sent at once."""
_HEALTHY_AFTER_S = 30.0
"""A socket that lived this long was a good one."""
_MAX_MESSAGE_BYTES = 8000

Connect = Callable[[], AbstractAsyncContextManager[SttConnection]]
"""Opens a socket."""


class ProviderConnection:
    """One call's way to the provider. `run` is its one long-lived task."""

    def __init__(
        self,
        open_connection: Connect,
        buffer: AudioBuffer,
        on_event: Callable[[SttEvent], Awaitable[None]],
        on_failure: Callable[[ProviderError], Awaitable[None]],
        no_response_s: float = _NO_RESPONSE_TIMEOUT_S,
        no_response_after_speech_s: float = _NO_RESPONSE_AFTER_SPEECH_S,
        connect_grace_s: float = _CONNECT_GRACE_S,
    ) -> None:
        self._open = open_connection
        self._buffer = buffer
        self._on_event = on_event
        self._on_failure = on_failure
        self._no_response_s = no_response_s
        self._no_response_after_speech_s = no_response_after_speech_s
        self._connect_grace_s = connect_grace_s
        self._wake = asyncio.Event()
        self._finalize_requested = False
        self._failures = 0
        self._audio_received = False
        self._unanswered_since_s: float | None = None
        self._last_speech_s = self._grace_until_s = 0.0

    def notify_audio(self, *, voiced: bool) -> None:
        """There is more in the buffer."""
        self._audio_received = True
        if voiced:
            self._last_speech_s = asyncio.get_running_loop().time()
            if self._unanswered_since_s is None:
                self._unanswered_since_s = self._last_speech_s
        self._wake.set()

    def request_finalize(self) -> None:
        """Have the provider make its guess final."""
        self._finalize_requested = True
        self._wake.set()

    async def run(self) -> None:
        """Long-lived: connect, send, listen; and again when the socket is lost."""
        while True:
            lost, opened_s = None, float("inf")
            try:
                async with self._open() as connection:
                    opened_s = asyncio.get_running_loop().time()
                    await self._run_connection(connection)
            except* ProviderError as group:
                lost = _first(group)
            raise_if_cancelled()
            if asyncio.get_running_loop().time() - opened_s > _HEALTHY_AFTER_S:
                self._failures = 0
            if lost is not None:
                await self._on_lost(lost)

    async def _on_lost(self, error: ProviderError) -> None:
        self._failures += 1
        if self._failures == 1:
            log.error("transcriber lost", provider=error.provider, code=error.code, reason=error.reason)
        await self._on_failure(error)
        await asyncio.sleep(_retry_delay_s(error, self._failures))

    async def _run_connection(self, connection: SttConnection) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._unanswered_since_s is not None:
            self._unanswered_since_s = self._last_speech_s = now_s
        # What was said before comes all at once, and the provider takes it hardly faster than it was said.
        backlog_s = (self._buffer.end_ms - self._buffer.start_ms) / 1000
        self._grace_until_s = now_s + self._connect_grace_s + backlog_s
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(connection.run(self._receive), name="hear the provider")
            tasks.create_task(self._send(connection), name="send sound")
            tasks.create_task(self._watch_responses(), name="watch the provider")
            # Within the group: see `heed_cancellation`.
            await asyncio.get_running_loop().create_future()

    async def _receive(self, heard: SttEvent) -> None:
        # Not when the socket opens: one that is closed again at once would be opened for ever without pause.
        self._failures = 0
        self._unanswered_since_s = None
        await self._on_event(heard)

    async def _watch_responses(self) -> None:
        step_s = min(self._no_response_s, self._no_response_after_speech_s) / 8
        while True:
            await asyncio.sleep(step_s)
            since_s, now_s = self._unanswered_since_s, asyncio.get_running_loop().time()
            if since_s is None:
                continue
            if not self._audio_received:
                # A line that is frozen gives it nothing to tell of.
                self._unanswered_since_s, self._last_speech_s = since_s + step_s, self._last_speech_s + step_s
                continue
            self._audio_received = False
            if now_s < self._grace_until_s:
                continue
            if (
                now_s - since_s > self._no_response_s
                or now_s - self._last_speech_s > self._no_response_after_speech_s
            ):
                raise ProviderTimeout("deepgram", f"said nothing for {now_s - since_s:.1f} s, to a voice")

    async def _send(self, connection: SttConnection) -> None:
        sent_ms = self._buffer.start_ms
        while True:
            for sound in self._buffer.since(sent_ms):
                for at in range(0, len(sound.mulaw), _MAX_MESSAGE_BYTES):
                    await connection.send(sound.mulaw[at : at + _MAX_MESSAGE_BYTES], sound.at_ms + at // 8)
                sent_ms = sound.end_ms
            if self._finalize_requested:
                self._finalize_requested = False
                await connection.finalize()
            async with _time_limit(_KEEP_ALIVE_INTERVAL_S) as silent:
                await self._wake.wait()
            self._wake.clear()
            if silent():
                await connection.keep_alive()


@asynccontextmanager
async def _time_limit(timeout_s: float) -> AsyncIterator[Callable[[], bool]]:
    """A time limit that is told, not raised."""
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            yield limit.expired
    except TimeoutError:
        if not limit.expired():
            raise


def _first(group: BaseExceptionGroup[ProviderError]) -> ProviderError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, ProviderError)  # noqa: S101 - the group holds nothing else
    return error


def _retry_delay_s(error: ProviderError, failures: int) -> float:
    # The first refusal may be answered by another model.
    if isinstance(error, ProviderRejected) and failures > 1:
        return _REJECTED_DELAY_S
    return float(min(_MIN_RETRY_DELAY_S * 2 ** (min(failures, 10) - 1), _MAX_RETRY_DELAY_S))
