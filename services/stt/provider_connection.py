"""Keeps one connection to a provider open during a call, and sends it all of the caller's audio."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog
from prometheus_client import Counter, Histogram

from parley.agent_config import SttConfig
from parley.audio.formats import MULAW_8K, AudioFormat
from parley.audio.g711 import BYTES_PER_MS
from parley.errors import ProviderError, ProviderRejected, ProviderTimeout
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.latency_limits import LatencyLimit, LimitRange
from parley.providers.route_selector import RetryPolicy
from parley.providers.stt import FinalizesOnRequest, SttConnection, SttEvent, SttProvider
from parley.runtime.cancellation import raise_if_cancelled
from services.stt.audio_buffer import AudioBuffer
from services.stt.guarded_connection import guarded_connection

log = structlog.get_logger()

CONNECTION_POLICY = RetryPolicy(max_attempts=None, forget_after_s=10.0, healthy_after_s=10.0)
"""A connection is replaced until the call ends; for 10 s after a failure another route is preferred."""

_KEEP_ALIVE_INTERVAL_S = 4.0
"""Deepgram closes a connection that receives nothing for 10 s."""
_MIN_RETRY_DELAY_S = 0.1
_MAX_RETRY_DELAY_S = 5.0
FIRST_RESPONSE = LimitRange(floor_s=2.5, initial_s=3.0, ceiling_s=8.0)
"""A provider that has sent nothing, not even an empty transcript, this long after speech began has failed.
Deepgram's nova responds once a second, and a healthy connection may need 2 s."""
_WATCH_STEPS = 8
_CONNECT_GRACE_S = 1.0
"""A new connection may send nothing for this long, plus the duration of the audio it receives at once."""
_HEALTHY_AFTER_S = 30.0
"""After a connection that lasted this long, the retry delay starts from its minimum again."""
_MAX_MESSAGE_BYTES = 8000


@dataclass(frozen=True, slots=True)
class SttRoute:
    """A provider and the section of the agent file that configures it."""

    provider: SttProvider
    config: SttConfig
    response: LatencyLimit = field(default_factory=lambda: LatencyLimit(FIRST_RESPONSE))
    """Limit from the beginning of speech to the provider's first response."""
    audio_format: AudioFormat = MULAW_8K
    """The format of audio that the provider takes."""

    @property
    def finalize_after_ms(self) -> int | None:
        """Silence after which final transcripts must be requested; None if the provider sends them itself."""
        provider = self.provider
        return provider.finalize_after_ms(self.config) if isinstance(provider, FinalizesOnRequest) else None

    @property
    def detects_turns(self) -> bool:
        """Whether the provider decides when a turn ends."""
        return self.provider.detects_turns(self.config)

    def connect(self, call_sid: str) -> AbstractAsyncContextManager[SttConnection]:
        """Open a connection for one call; entering raises ProviderError."""
        return guarded_connection(self.provider, self.config, call_sid, self.audio_format)


class ProviderConnection:
    """One call's connection to the first provider that works. `run` is its one long-lived task."""

    def __init__(
        self,
        chain: FallbackChain[SttRoute],
        buffer: AudioBuffer,
        on_event: Callable[[SttEvent], Awaitable[None]],
        on_lost: Callable[[], Awaitable[None]],
        connect_grace_s: float = _CONNECT_GRACE_S,
        on_route: Callable[[SttRoute], Awaitable[None]] | None = None,
    ) -> None:
        """Create it; `on_route` is called when a connection of a route opens, before its first event."""
        self._chain = chain
        self.route: Route[SttRoute] = chain.routes[0]
        """The route of the current connection, or of the last one."""
        self.finalize_after_ms = self.route.target.finalize_after_ms
        """Silence after which a final transcript must be requested from that route; None for no requests."""
        self._buffer = buffer
        self._on_event = on_event
        self._on_lost = on_lost
        self._on_route = on_route
        self._connect_grace_s = connect_grace_s
        self._wake = asyncio.Event()
        self._switched = asyncio.Event()
        self._finalize_requested = False
        self._failures = 0
        self._audio_received = False
        self._unanswered_since_s: float | None = None
        self._grace_until_s = 0.0
        self._response = LatencyLimit(FIRST_RESPONSE)
        self._first_response: Histogram | None = None

    def notify_audio(self, *, speaking: bool) -> None:
        """Send the audio that was added to the buffer; `speaking` is true while the caller speaks."""
        self._audio_received = True
        if speaking and self._unanswered_since_s is None:
            self._unanswered_since_s = _now_s()
        self._wake.set()

    def switch(self, chain: FallbackChain[SttRoute]) -> None:
        """Use another agent's providers from now on; they receive the audio without a final transcript."""
        self._chain = chain
        self._use(chain.routes[0])
        self._unanswered_since_s = None
        self._switched.set()

    def request_finalize(self) -> None:
        """Request that the provider makes its interim transcript final."""
        self._finalize_requested = True
        self._wake.set()

    async def run(self) -> None:
        """Connect, send and receive; connect again when the connection is lost. Never returns."""
        while True:
            self._switched.clear()
            self._failures = 0
            await self._run_chain()
            if not self._switched.is_set():
                return

    async def _run_chain(self) -> None:
        """Use the routes of the current chain until it is replaced."""
        request = self._chain.request()
        while not self._switched.is_set() and (route := request.next_route()) is not None:
            connected_s = float("inf")
            try:
                async with (
                    request.attempt(route) as attempt,
                    route.target.connect(self._chain.call_sid) as connection,
                ):
                    attempt.first_output("connected")
                    self._use(route)
                    if self._on_route is not None:
                        await self._on_route(route.target)
                    connected_s = _now_s()
                    self._response = route.target.response
                    self._first_response = attempt.first_output_of("first_response")
                    # Looked up once: audio is sent 50 times a second.
                    audio_seconds = attempt.usage.stt_audio.labels(**attempt.labels)
                    await self._run_connection(connection, route.provider, audio_seconds)
            except ProviderError as error:
                raise_if_cancelled()
                if _now_s() - connected_s > _HEALTHY_AFTER_S:
                    self._failures = 0
                await self._wait_after(error)

    def _use(self, route: Route[SttRoute]) -> None:
        self.route = route
        self.finalize_after_ms = route.target.finalize_after_ms

    async def _wait_after(self, error: ProviderError) -> None:
        self._failures += 1
        if self._failures == 1:
            log.error("stt_connection_lost", provider=error.provider, code=error.code, reason=error.reason)
        await self._on_lost()
        with suppress(TimeoutError):
            async with asyncio.timeout(_retry_delay_s(error, self._failures)):
                await self._switched.wait()

    async def _run_connection(self, connection: SttConnection, provider: str, audio_seconds: Counter) -> None:
        now_s = _now_s()
        if self._unanswered_since_s is not None:
            self._unanswered_since_s = now_s
        # Buffered audio is sent at once, and a provider transcribes it barely faster than real time.
        backlog_s = (self._buffer.end_ms - self._buffer.start_ms) / 1000
        self._grace_until_s = now_s + self._connect_grace_s + backlog_s
        try:
            async with asyncio.TaskGroup() as tasks:
                running = (
                    tasks.create_task(connection.run(self._receive), name="receive from the provider"),
                    tasks.create_task(self._send(connection, audio_seconds), name="send audio"),
                    tasks.create_task(self._watch_responses(provider), name="watch the provider"),
                )
                # Within the group: see `raise_if_cancelled`.
                await self._switched.wait()
                for task in running:
                    task.cancel()
        except BaseExceptionGroup:
            raise_if_cancelled()
            raise

    async def _receive(self, event: SttEvent) -> None:
        # Not done when the connection opens: one that is closed at once would be reopened without a delay.
        self._failures = 0
        since_s, now_s = self._unanswered_since_s, _now_s()
        if since_s is not None and now_s >= self._grace_until_s:
            self._response.observe(now_s - since_s)
            if self._first_response is not None:
                self._first_response.observe(now_s - since_s)
        self._unanswered_since_s = None
        self._chain.reporter.succeeded()
        await self._on_event(event)

    async def _watch_responses(self, provider: str) -> None:
        step_s = self._response.range.floor_s / _WATCH_STEPS
        while True:
            await asyncio.sleep(step_s)
            since_s, now_s = self._unanswered_since_s, _now_s()
            if since_s is None:
                continue
            if not self._audio_received:
                # The line is frozen: the provider receives nothing to respond to.
                self._unanswered_since_s = since_s + step_s
                continue
            self._audio_received = False
            if now_s < self._grace_until_s:
                continue
            if now_s - since_s > self._response.limit_s():
                self._response.timed_out(now_s - since_s)
                raise ProviderTimeout(provider, f"no response to speech for {now_s - since_s:.1f} s")

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


def _retry_delay_s(error: ProviderError, failures: int) -> float:
    # Another route may serve the call even though this one rejected it.
    if isinstance(error, ProviderRejected) and failures > 1:
        return _MAX_RETRY_DELAY_S
    return float(min(_MIN_RETRY_DELAY_S * 2 ** (min(failures, 10) - 1), _MAX_RETRY_DELAY_S))


def _now_s() -> float:
    return asyncio.get_running_loop().time()
