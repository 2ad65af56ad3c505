"""A call's session at a speech-to-speech provider: opened, restored from the log, renewed and replaced.

A session has no memory beyond its connection. Whenever one ends, with its process, its connection or its age,
the next one starts from the log: the conversation as far as it was played, and the audio without words yet.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog

from parley.audio.audio_output import AudioOutput
from parley.errors import ProviderError, ProviderRejected, ProviderUnavailable
from parley.providers.fallback_chain import Attempt, Route
from parley.providers.provider_code import guarded_context, provider_failure
from parley.providers.realtime import RealtimeConnection, SessionSetup
from parley.runtime.cancellation import raise_if_cancelled
from parley.runtime.stage import CallContext
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import FallbackRequested, TokensUsed
from services.brain.realtime.agent import RealtimeAgent, RealtimeRoute, languages_of
from services.brain.realtime.events import CallEvents, EmitItem
from services.brain.realtime.history import session_start
from services.brain.realtime.listener import Listener
from services.brain.realtime.progress import Speaker
from services.brain.realtime.session import Session
from services.brain.realtime.token_usage import tokens_used
from services.brain.realtime.unplayed import Unplayed
from services.brain.realtime.wakeups import Wakeups
from services.brain.realtime.word_positions import SpeakingRate
from services.brain.session_log import SessionLog

log = structlog.get_logger()

_POLL_INTERVAL_S = 0.1
_MIN_RETRY_DELAY_S, _MAX_RETRY_DELAY_S = 0.1, 5.0
_LAST_PAUSE_S = 60.0
"""A session at its limit may last this much longer, until neither side speaks."""
_NO_MODEL = "llm_unavailable"
_MAX_LOG_DELAY_S = 0.1
_OUTAGE_LIMIT_S = 10.0
"""While the caller waits, the fallback is requested when no session could be opened for this long."""


class RealtimeLink:
    """The session of one call, and what replaces it. `run` is its long-lived task."""

    def __init__(
        self,
        call: CallContext,
        session_log: SessionLog,
        emit: EmitItem,
        report_usage: Callable[[TokensUsed], None],
    ) -> None:
        """Create the link of a call whose log has been folded; `use` names the agent before `run`."""
        self._call = call
        self._log = session_log
        self._emit = emit
        self._report_usage = report_usage
        self._agent: RealtimeAgent | None = None
        self.wakeups = Wakeups()
        """Notified when a session starts, ends or becomes free, and after each event of the log."""
        self.listener = Listener(call, session_log, emit)
        self.session: Session | None = None
        self.speaker: Speaker | None = None
        """The resources that the responses of the current session share."""
        self.session_tools: Sequence[dict[str, Any]] = ()
        """The tools with which the current session started."""
        self.route: Route[RealtimeRoute] | None = None
        """The route of the current session, or of the last one."""
        self.attempt: Attempt | None = None
        self.output = AudioOutput(call.bus, call.call_sid, call.log.epoch)
        """The agent's audio, of all its replies."""
        self._rate = SpeakingRate()
        self._unplayed = Unplayed(session_log)
        self._renewal = asyncio.Event()
        self._outdated = False
        """Whether notes have replaced turns that the session still contains."""
        self._loop = asyncio.get_running_loop()
        self._down_since_s = self._loop.time()
        self._rejections = 0
        self._failures = 0
        session_log.watch(self._on_log_event)

    @property
    def agent(self) -> RealtimeAgent:
        """The agent that serves the call."""
        if self._agent is None:
            raise RuntimeError("the link has no agent yet")
        return self._agent

    @property
    def is_quiet(self) -> bool:
        """Whether neither side speaks, and no turn or reply is unfinished."""
        state = self._log.state
        busy = bool(state.realtime.unfinished) or state.floor.speaking or not state.conversation.is_idle
        return self.listener.is_quiet and not busy and self._is_paused

    @property
    def _is_paused(self) -> bool:
        """Whether the caller does not speak, and no answer is being generated."""
        return not self.listener.speech_in_progress and (self.session is None or self.session.is_free)

    @property
    def is_truncated(self) -> bool:
        """Whether the session contains only what was played of the replies that were cancelled."""
        return not self._unplayed.pending

    def use(self, agent: RealtimeAgent) -> None:
        """Serve the call with an agent. Another one has its own prompt, tools and voice: its own session."""
        if self._agent is not None and self._agent is not agent:
            self._renewal.set()
        self._agent = agent

    def response_succeeded(self, first_audio_s: float | None) -> None:
        """Note a complete response, and the time from its request to its first audio."""
        self._failures = self._rejections = 0
        if self.attempt is not None:
            self.attempt.succeeded()
            if first_audio_s is not None:
                self.attempt.first_output_of("first_audio").observe(first_audio_s)

    def is_current(self, agent: RealtimeAgent) -> bool:
        """Whether the open session is the one of this agent."""
        return self.session is not None and self._agent is agent and not self._renewal.is_set()

    async def run(self) -> None:
        """Keep a session open until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.listener.follow(), name="follow the audio")
            tasks.create_task(self._tick(), name="tick")
            while True:
                await self._run_sessions()

    async def _run_sessions(self) -> None:
        """Use the routes of the current agent, until the session must be renewed."""
        self._renewal.clear()
        agent = self.agent
        request = agent.chain.request()
        while not self._renewal.is_set() and (route := request.next_route()) is not None:
            try:
                async with request.attempt(route) as attempt:
                    await self._open(agent, route, attempt)
            except ProviderError as error:
                raise_if_cancelled()
                await self._wait_after(error)

    async def _wait_after(self, error: ProviderError) -> None:
        self._failures += 1
        self._rejections += isinstance(error, ProviderRejected)
        if self._failures == 1:
            log.error("realtime_session_lost", provider=error.provider, code=error.code, reason=error.reason)
        delay_s = min(_MIN_RETRY_DELAY_S * 2 ** (min(self._failures, 10) - 1), _MAX_RETRY_DELAY_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._renewal.wait()

    async def _open(self, agent: RealtimeAgent, route: Route[RealtimeRoute], attempt: Attempt) -> None:
        """Open a session and serve it; returns when it must be renewed.

        Raises:
            ProviderError: it was refused, or has ended.
        """
        config, conversation = route.target.config, self._log.conversation
        start = session_start(agent.config, conversation, self._log.state.realtime.unfinished)
        tools = agent.tools()
        setup = SessionSetup(
            start.instructions, tools, languages_of(agent.config), safety_id=self._call.call_sid
        )
        provider = await route.target.provider()
        async with guarded_context(route.provider, provider.connect(config, setup)) as connection:
            attempt.first_output("connected")
            session = Session(
                connection,
                conversation,
                self.wakeups,
                on_caller=self.listener.on_event,
                report_usage=lambda reply_id, usage: self._report_usage(
                    tokens_used(usage, reply_id, attempt, config.price)
                ),
                has_alternative=len(agent.chain.routes) > 1,
            )
            self.session_tools = tools
            try:
                await session.items.restore(start)
                await self._serve(agent, route, attempt, session, connection)
            except Exception as error:
                failure = provider_failure(route.provider, error)
                if failure is error:
                    raise
                raise failure from error

    async def _serve(
        self,
        agent: RealtimeAgent,
        route: Route[RealtimeRoute],
        attempt: Attempt,
        session: Session,
        connection: RealtimeConnection,
    ) -> None:
        self._outdated = False
        self.listener.start_session(
            route.target.config,
            (route.provider, route.model),
            words_first=agent.words_first,
            discard=session.remove_turn,
        )
        self.route, self.attempt, self.session = route, attempt, session
        shared = (self.output, self._rate, self._log.now_ms, route.target.limits, self._wait_until_logged)
        self.speaker = Speaker(route.provider, route.model, *shared)
        log.info("realtime_session_started", provider=route.provider, model=route.model)
        self.wakeups.notify()
        try:
            async with asyncio.TaskGroup() as tasks:
                running = (
                    tasks.create_task(session.run(), name="serve the session"),
                    tasks.create_task(self.listener.send(connection), name="send audio"),
                    tasks.create_task(self._renew_when_old(agent), name="watch the session's age"),
                )
                # Within the group: see `raise_if_cancelled`.
                await self._renewal.wait()
                for task in running:
                    task.cancel()
        except BaseExceptionGroup:
            raise_if_cancelled()
            raise
        finally:
            self.session, self._down_since_s = None, self._loop.time()
            self.listener.end_session()
            session.end(ProviderUnavailable(route.provider, "the session has ended"))
            self.wakeups.notify()

    async def _renew_when_old(self, agent: RealtimeAgent) -> None:
        """Renew the session at a quiet moment once it is old, and at once before the provider ends it."""
        config = agent.config.realtime
        opened_s = self._loop.time()
        while True:
            await asyncio.sleep(_POLL_INTERVAL_S)
            age_s = self._loop.time() - opened_s
            due = self._outdated or age_s > config.renew_after_s
            overdue_s = age_s - config.session_limit_s
            if overdue_s > _LAST_PAUSE_S or (overdue_s > 0 and self._is_paused) or (due and self.is_quiet):
                log.info("realtime_session_renewed", age_s=round(age_s))
                self._renewal.set()

    def _on_log_event(self, event: Event) -> None:
        self.listener.on_log_event(event)
        if event.HasField("reply_cancelled") and self.session is not None:
            self.session.stop(event.reply_cancelled.reply_id)
        has_items = event.HasField("tool_returned") or event.HasField("dtmf_collected")
        if has_items and self.session is not None:
            self.session.update_items(lambda: self._log.conversation)
        if event.HasField("conversation_summarized"):
            self._outdated = True
        if event.HasField("transcript_updated") and self.session is not None:
            updated = event.transcript_updated
            if updated.final and not updated.text and (item := self.listener.item_of(updated.turn)):
                self.session.remove_turn(item)
        self._unplayed.on_event(event, self.session)
        self.wakeups.notify()

    async def _wait_until_logged(self, reply_id: str, clauses: int) -> None:
        """Wait, for a moment at most, until the log has so many clauses of a reply."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_MAX_LOG_DELAY_S):
                while len(self._log.conversation.reply(reply_id).clauses) < clauses:
                    await self.wakeups.wait()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_POLL_INTERVAL_S)
            await self.listener.tick()
            if self._unplayed.on_tick(self.session):
                self.wakeups.notify()
            await self._watch_outage()

    async def _watch_outage(self) -> None:
        """Request the fallback while the caller waits, and no session can be opened."""
        conversation = self._log.conversation
        if self.session is not None or conversation.fallback_requested or self._agent is None:
            return
        refused = self._rejections >= len(self.agent.chain.routes)
        if not refused and self._loop.time() - self._down_since_s < _OUTAGE_LIMIT_S:
            return
        waiting = conversation.unanswered_turn is not None or conversation.active_replies
        if waiting or self._log.state.floor.speaking:
            await self.request_fallback()

    async def request_fallback(self) -> None:
        """Let the edge play the agent's fallback, because the model cannot speak."""
        log.error("fallback_requested", reason=_NO_MODEL)
        await self._emit(CallEvents([FallbackRequested(reason=_NO_MODEL)]))
