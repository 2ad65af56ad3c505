"""Keeps a connection to a provider open during a call, and replaces one that fails or stops answering.

A provider whose answer is overdue is not dropped at once: another connection is opened beside it and gets the
same audio. The first of the two that answers is used, so that a provider that is only slow loses nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout
from parley.providers.fallback_chain import FallbackChain, Request, Route
from parley.providers.route_selector import RetryPolicy
from parley.providers.stt import SttEvent
from services.stt.answer_watch import AnswerWatch, Overdue, progress_of
from services.stt.audio_buffer import AudioBuffer
from services.stt.provider_link import ProviderLink, now_s
from services.stt.stt_route import SttRoute

log = structlog.get_logger()

CONNECTION_POLICY = RetryPolicy(max_attempts=None, forget_after_s=10.0, healthy_after_s=10.0)
"""A connection is replaced until the call ends; for 10 s after a failure another route is preferred."""

_MIN_RETRY_DELAY_S = 0.1
_MAX_RETRY_DELAY_S = 5.0
_CONNECT_GRACE_S = 1.0
"""A new connection may send nothing for this long, plus the duration of the audio it receives at once."""
_HEALTHY_AFTER_S = 30.0
"""After a connection that lasted this long, the retry delay starts from its minimum again."""
_STEP_S = 0.1
_STANDBY_S = 2.5
"""A second connection that has not answered for this long either shows that there may be no words."""
_AHEAD_MS = 200
"""An interim transcript of a second connection is an answer if it reaches further than the first one's."""
_MORE_PATIENCE, _MAX_PATIENCE = 4.0, 16.0


class ProviderConnection:
    """One call's connection to the first provider that works. `run` is its one long-lived task."""

    def __init__(
        self,
        chain: FallbackChain[SttRoute],
        buffer: AudioBuffer,
        on_event: Callable[[SttEvent], Awaitable[None]],
        on_lost: Callable[[], Awaitable[None]],
        *,
        on_late: Callable[[], Awaitable[None]] | None = None,
        on_route: Callable[[SttRoute], Awaitable[None]] | None = None,
        connect_grace_s: float = _CONNECT_GRACE_S,
        standby_s: float = _STANDBY_S,
    ) -> None:
        """Create it.

        Args:
            chain: the routes.
            buffer: the audio without a final transcript.
            on_event: called with each event of the connection in use.
            on_lost: called when the connection, or an attempt to replace it, has failed.
            on_late: called when an answer is certainly overdue, so that the turn waits for it.
            on_route: called when a connection of a route comes into use, before its first event.
            connect_grace_s: time in which a new connection need not answer.
            standby_s: time that a second connection has to answer.
        """
        self._chain = chain
        self.route: Route[SttRoute] = chain.routes[0]
        """The route of the current connection, or of the last one."""
        self.finalize_after_ms = self.route.target.finalize_after_ms
        """Silence after which a final transcript must be requested from that route; None for no requests."""
        self._buffer = buffer
        self._on_event, self._on_lost = on_event, on_lost
        self._on_late, self._on_route = on_late, on_route
        self._connect_grace_s, self._standby_s = connect_grace_s, standby_s
        self._changed = asyncio.Event()
        self._switched = asyncio.Event()
        self._active: ProviderLink | None = None
        self._standby: ProviderLink | None = None
        self._standby_from_s = 0.0
        self._late_since_s: float | None = None
        self._patience = 1.0
        self._failures = self._standby_failures = 0
        self._speaking = self._unanswered = self._finalize_requested = False

    def notify_audio(self, *, speaking: bool) -> None:
        """Send the audio that was added to the buffer; `speaking` is true while the caller speaks."""
        self._speaking = speaking
        self._unanswered = self._unanswered or (speaking and self._active is None)
        at_s = now_s()
        for link in self._links:
            link.audio_added(at_s, speaking=speaking)

    def switch(self, chain: FallbackChain[SttRoute]) -> None:
        """Use another agent's providers from now on; they receive the audio without a final transcript."""
        self._chain = chain
        self._use(chain.routes[0])
        self._unanswered = self._finalize_requested = False
        self._switched.set()
        self._changed.set()

    def request_finalize(self, *, last: bool = False) -> None:
        """Request that the provider makes its interim transcript final; the last one is not repeated."""
        if last:
            self._standby_from_s = float("inf")
        self._finalize_requested = True
        for link in self._links:
            link.request_finalize()

    async def run(self) -> None:
        """Connect, send and receive; connect again when the connection is lost. Never returns."""
        while True:
            self._switched.clear()
            self._failures = 0
            async with asyncio.TaskGroup() as tasks:
                await self._run_chain(tasks)
            if not self._switched.is_set():
                return

    @property
    def _links(self) -> list[ProviderLink]:
        return [link for link in (self._active, self._standby) if link is not None]

    async def _run_chain(self, tasks: asyncio.TaskGroup) -> None:
        """Use the routes of the current chain until it is replaced."""
        request = self._chain.request()
        try:
            while not self._switched.is_set():
                if self._active is None and not await self._next_link(tasks, request):
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(_STEP_S):
                        await self._changed.wait()
                self._changed.clear()
                if self._active is not None and not self._switched.is_set():
                    await self._check(tasks, request, self._active)
        finally:
            for link in self._links:
                link.close()
            self._active = self._standby = None

    async def _next_link(self, tasks: asyncio.TaskGroup, request: Request[SttRoute]) -> bool:
        """Use the second connection, or else a new one; false without a route."""
        self._active, self._standby = self._standby or self._start(tasks, request), None
        self._late_since_s = None
        if self._active is not None and self._active.opened_s is not None:
            await self._come_into_use(self._active)
        return self._active is not None

    def _start(
        self, tasks: asyncio.TaskGroup, request: Request[SttRoute], beside: Route[SttRoute] | None = None
    ) -> ProviderLink | None:
        route = request.next_route(beside=beside)
        if route is None:
            return None
        target = route.target
        watch = AnswerWatch(
            target.limits,
            reports_silence=target.reports_silence,
            answers_finalize=target.finalize_after_ms is not None,
            speaking=self._speaking,
            unanswered=self._unanswered,
        )
        link = ProviderLink(
            self._chain.call_sid,
            request,
            route,
            self._buffer,
            watch,
            connect_grace_s=self._connect_grace_s,
            # A provider that detects turns would end the turn that the caller may continue.
            finalize=self._finalize_requested and not target.detects_turns,
        )
        link.start(tasks, self._on_opened, self._receive, self._changed)
        return link

    async def _check(
        self, tasks: asyncio.TaskGroup, request: Request[SttRoute], active: ProviderLink
    ) -> None:
        if active.ended:
            await self._replace(active, active.error)
            return
        at_s = now_s()
        for link in self._links:
            link.watch.tick(at_s)
        self._retry_standby_later(at_s)
        overdue = active.watch.overdue(at_s, self._patience)
        if overdue is None:
            self._drop_standby()
            return
        if self._late_since_s is None:
            self._late_since_s = at_s
            if overdue.certain and self._on_late is not None:
                await self._on_late()
        self._unanswered = True
        if self._standby is None and at_s >= self._standby_from_s:
            self._standby = self._start(tasks, request, active.route)
        await self._stop_waiting(active, overdue, at_s)

    def _retry_standby_later(self, at_s: float) -> None:
        if self._standby is not None and self._standby.ended:
            self._standby_failures += 1
            error, self._standby = self._standby.error, None
            self._standby_from_s = at_s + (_retry_delay_s(error, self._standby_failures) if error else 0.0)

    async def _stop_waiting(self, active: ProviderLink, overdue: Overdue, at_s: float) -> None:
        """Stop waiting, if neither connection has answered."""
        standby_s = self._standby.opened_s if self._standby is not None else None
        if at_s - (standby_s or self._late_since_s or at_s) < self._standby_s:
            return
        if overdue.certain:
            await self._replace(active, _time_out(active, overdue))
            return
        self._drop_standby()
        self._patience = min(self._patience * _MORE_PATIENCE, _MAX_PATIENCE)
        active.watch.settle()

    def _drop_standby(self) -> None:
        if self._standby is not None:
            self._standby.abandon()
        self._standby, self._late_since_s = None, None
        self._standby_failures = 0

    async def _replace(self, lost: ProviderLink, error: ProviderError | None) -> None:
        """After the loss of the connection in use, wait before the next attempt."""
        self._active = None
        self._unanswered = self._unanswered or lost.watch.awaits
        if error is None:
            return
        if lost.opened_s is not None and now_s() - lost.opened_s > _HEALTHY_AFTER_S:
            self._failures = 0
        self._failures += 1
        if self._failures == 1:
            log.error("stt_connection_lost", provider=error.provider, code=error.code, reason=error.reason)
        await self._on_lost()
        if self._standby is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_retry_delay_s(error, self._failures)):
                    await self._switched.wait()

    async def _on_opened(self, link: ProviderLink) -> None:
        if link is self._active:
            await self._come_into_use(link)

    async def _come_into_use(self, link: ProviderLink) -> None:
        self._use(link.route)
        if self._on_route is not None:
            await self._on_route(link.route.target)

    def _use(self, route: Route[SttRoute]) -> None:
        self.route = route
        self.finalize_after_ms = route.target.finalize_after_ms

    async def _receive(self, link: ProviderLink, event: SttEvent) -> None:
        if link is not self._active and not await self._promote(link, event):
            return
        # Not done when the connection opens: one that is closed at once would be reopened without a delay.
        self._failures = 0
        self._chain.reporter.succeeded()
        self._unanswered = False
        progress = progress_of(event)
        if progress is not None and progress.has_text:
            self._patience = 1.0
        if progress is not None and progress.is_final:
            self._finalize_requested = False
        await self._on_event(event)

    async def _promote(self, link: ProviderLink, event: SttEvent) -> bool:
        """Use the second connection from now on if its event is the answer that the first one owes."""
        active, progress = self._active, progress_of(event)
        if link is not self._standby or active is None or progress is None:
            return False
        overdue, watch = active.watch.overdue(now_s(), self._patience), active.watch
        if progress.has_text:
            answers = progress.is_final or progress.end_ms > watch.words_end_ms + _AHEAD_MS
        else:
            answers = progress.is_final and watch.must_answer and progress.end_ms > watch.transcribed_ms
        if overdue is None or active.ended or not answers:
            return False
        _time_out(active, overdue)
        log.error("stt_provider_hangs", provider=active.route.provider, reason=overdue.reason)
        self._active, self._standby, self._late_since_s = link, None, None
        await self._on_lost()
        await self._come_into_use(link)
        return True


def _time_out(link: ProviderLink, overdue: Overdue) -> ProviderTimeout:
    # The limit is not raised: hangs would raise it, and a slow provider only loses against a faster one.
    error = ProviderTimeout(link.route.provider, overdue.reason)
    link.fail(error)
    return error


def _retry_delay_s(error: ProviderError, failures: int) -> float:
    # Another route may serve the call even though this one rejected it.
    if isinstance(error, ProviderRejected) and failures > 1:
        return _MAX_RETRY_DELAY_S
    return float(min(_MIN_RETRY_DELAY_S * 2 ** (min(failures, 10) - 1), _MAX_RETRY_DELAY_S))
