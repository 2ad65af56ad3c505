"""One connection to a provider: sends it the caller's audio, and receives its events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from prometheus_client import Counter, Histogram

from parley.audio.g711 import BYTES_PER_MS
from parley.errors import ProviderError
from parley.providers.fallback_chain import Attempt, Request, Route
from parley.providers.stt import SttConnection, SttEvent
from parley.runtime.cancellation import raise_if_cancelled
from services.stt.answer_watch import AnswerWatch
from services.stt.audio_buffer import AudioBuffer
from services.stt.stt_route import SttRoute

_KEEP_ALIVE_INTERVAL_S = 4.0
"""Deepgram closes a connection that receives nothing for 10 s."""
_MAX_MESSAGE_BYTES = 8000

OnLinkEvent: TypeAlias = Callable[["ProviderLink", SttEvent], Awaitable[None]]
OnLinkOpened: TypeAlias = Callable[["ProviderLink"], Awaitable[None]]


class ProviderLink:
    """One attempt to connect, and the connection until it is lost or no longer needed."""

    def __init__(
        self,
        call_sid: str,
        request: Request[SttRoute],
        route: Route[SttRoute],
        buffer: AudioBuffer,
        watch: AnswerWatch,
        *,
        connect_grace_s: float,
        finalize: bool,
    ) -> None:
        """Create it; with `finalize`, a final transcript of the buffered audio is requested at once."""
        self.route = route
        self.watch = watch
        self.error: ProviderError | None = None
        """Why the connection was lost, or did not open."""
        self.opened_s: float | None = None
        """Time at which the connection opened."""
        self.ended = False
        self._call_sid = call_sid
        self._request = request
        self._buffer = buffer
        self._connect_grace_s = connect_grace_s
        self._finalize_requested = finalize
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._failure: ProviderError | None = None
        self._task: asyncio.Task[None] | None = None
        self._first_response: Histogram | None = None

    def start(
        self, tasks: asyncio.TaskGroup, on_opened: OnLinkOpened, on_event: OnLinkEvent, changed: asyncio.Event
    ) -> None:
        """Connect in a task; `changed` is set when the connection has ended."""
        self._task = tasks.create_task(self._run(on_opened, on_event, changed), name="transcribe on a route")

    def audio_added(self, now_s: float, *, speaking: bool) -> None:
        """Send the audio that was added to the buffer; `speaking` is true while the caller speaks."""
        self.watch.audio(now_s, speaking=speaking)
        self._wake.set()

    def request_finalize(self) -> None:
        """Request a final transcript of the audio so far."""
        self._finalize_requested = True
        self._wake.set()

    def fail(self, error: ProviderError) -> None:
        """Drop an open connection as if the provider had failed."""
        self._failure = error
        self._stop.set()

    def close(self) -> None:
        """Close the connection, which has served its purpose."""
        self._stop.set()
        if self.opened_s is None:
            self.abandon()

    def abandon(self) -> None:
        """Drop the connection, which counts neither as a success nor as a failure of its route."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, on_opened: OnLinkOpened, on_event: OnLinkEvent, changed: asyncio.Event) -> None:
        route = self.route
        try:
            async with (
                self._request.attempt(route) as attempt,
                route.target.connect(self._call_sid) as connection,
            ):
                attempt.first_output("connected")
                self.opened_s = now_s()
                # Buffered audio is sent at once, and a provider transcribes it barely faster than real time.
                backlog_s = self._buffer.duration_ms / 1000
                self.watch.opened(self.opened_s, self._connect_grace_s + backlog_s)
                self._first_response = attempt.first_output_of("first_response")
                await on_opened(self)
                await self._transfer(connection, on_event, attempt)
        except ProviderError as error:
            raise_if_cancelled()
            self.error = error
        finally:
            self.ended = True
            changed.set()

    async def _transfer(self, connection: SttConnection, on_event: OnLinkEvent, attempt: Attempt) -> None:
        # Looked up once: audio is sent 50 times a second.
        audio_seconds = attempt.usage.stt_audio.labels(**attempt.labels)

        async def receive(event: SttEvent) -> None:
            latency_s = self.watch.event(now_s(), event)
            if latency_s is not None and self._first_response is not None:
                self._first_response.observe(latency_s)
            await on_event(self, event)

        try:
            async with asyncio.TaskGroup() as tasks:
                running = (
                    tasks.create_task(connection.run(receive), name="receive from the provider"),
                    tasks.create_task(self._send(connection, audio_seconds), name="send audio"),
                )
                # Within the group: see `raise_if_cancelled`.
                await self._stop.wait()
                if self._failure is not None:
                    raise self._failure
                for task in running:
                    task.cancel()
        except BaseExceptionGroup:
            raise_if_cancelled()
            raise

    async def _send(self, connection: SttConnection, audio_seconds: Counter) -> None:
        sent_ms = self._buffer.start_ms
        while True:
            for span in self._buffer.since(sent_ms):
                for at in range(0, len(span.mulaw), _MAX_MESSAGE_BYTES):
                    mulaw = span.mulaw[at : at + _MAX_MESSAGE_BYTES]
                    await connection.send(mulaw, span.at_ms + at // BYTES_PER_MS)
                    audio_seconds.inc(len(mulaw) / BYTES_PER_MS / 1000)
                sent_ms = span.end_ms
            if self._finalize_requested:
                self._finalize_requested = False
                await connection.finalize()
                self.watch.finalize_sent(now_s())
            async with _time_limit(_KEEP_ALIVE_INTERVAL_S) as expired:
                await self._wake.wait()
            self._wake.clear()
            if expired():
                await connection.keep_alive()


@asynccontextmanager
async def _time_limit(timeout_s: float) -> AsyncIterator[Callable[[], bool]]:
    """End the block after a timeout; the yielded function returns whether that happened."""
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            yield limit.expired
    except TimeoutError:
        if not limit.expired():
            raise


def now_s() -> float:
    """The time of the running event loop."""
    return asyncio.get_running_loop().time()
