"""Speaks a call's replies in order, one response at a time: answers, and texts that the log has already."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog

from parley.errors import ProviderError, ProviderUnavailable
from parley.events.envelope import Body
from parley.providers.realtime import ResponseRequest
from parley.v1.synthesis_pb2 import SynthesisFinished
from services.brain.generation.generator import AnswerRequest, GenerationEvent
from services.brain.knowledge.wording import material
from services.brain.realtime.agent import RealtimeAgent
from services.brain.realtime.events import CallEvents, EmitItem
from services.brain.realtime.link import RealtimeLink
from services.brain.realtime.progress import Speaker
from services.brain.realtime.responses import Answer, FixedText, Response
from services.brain.realtime.session import Session
from services.brain.reply import Reply
from services.brain.session_log import SessionLog

log = structlog.get_logger()

_MAX_ATTEMPTS, _MAX_ATTEMPTS_IN_ALL = 3, 6
"""Attempts to speak a fixed text, in one session and in several; then the call continues without it."""


class Voice:
    """Speaks the replies of one call. `run` is its long-lived task."""

    def __init__(self, link: RealtimeLink, session_log: SessionLog, emit: EmitItem) -> None:
        self._link = link
        self._log = session_log
        self._emit = emit
        self._speaking = asyncio.Lock()
        self._attempts: dict[str, int] = {}
        self._responses = 0
        self._unspoken = 0
        """Texts in succession that could not be spoken."""

    async def answer(self, agent: RealtimeAgent, answer: AnswerRequest) -> None:
        """Have the model answer, and emit the events of the reply; a cancellation stops it.

        Raises:
            ProviderError: the response failed, or no session was open in time.
        """
        reply_id = answer.builder.reply_id
        timeout_s = agent.config.realtime.timeout_s
        while True:
            session, speaker = await self._session_for(agent, reply_id, timeout_s)
            async with self._turn_to_speak():
                if session is not self._link.session or not self._may_speak(session, reply_id):
                    continue
                await session.items.update(lambda: self._log.conversation)
                passages = await answer.passages() if answer.passages is not None else ()
                await session.items.set_material(material(passages) if passages else "")
                tools = agent.tools()
                request = ResponseRequest(
                    self._tag(reply_id),
                    tool_choice="auto" if answer.builder.tools_allowed else "none",
                    # Those of an MCP server change, and may be missing when the session starts.
                    tools=tools if tools != self._link.session_tools else None,
                )
                route = self._link.route
                response = Answer(
                    answer.builder,
                    request,
                    speaker,
                    route.name if route is not None else "",
                    emit=lambda bodies: self._emit(GenerationEvent(reply_id, tuple(bodies))),
                    emit_late=self._emit_events,
                )
                await session.respond(response, timeout_s)
                self._succeeded(response)
                return

    async def run(self) -> None:
        """Speak the texts of the log in order. Never returns."""
        while True:
            reply = self._next_text()
            session, speaker = self._link.session, self._link.speaker
            usable = self._link.is_current(self._link.agent)
            if reply is None or session is None or speaker is None or not usable:
                await self._link.wakeups.wait()
                continue
            if len(reply.synthesized) >= len(reply.clauses):
                await self._finish_audio(reply)
            elif not self._may_speak(session, reply.reply_id) or self._speaking.locked():
                await self._link.wakeups.wait()
            else:
                await self._speak_text(reply, session, speaker)

    async def _speak_text(self, reply: Reply, session: Session, speaker: Speaker) -> None:
        first = len(reply.synthesized)
        clauses = list(enumerate(reply.clauses))[first:]
        text = "".join(clause for _, clause in clauses).strip()
        attempts = self._attempts[reply.reply_id] = self._attempts.get(reply.reply_id, 0) + 1
        request = ResponseRequest(self._tag(reply.reply_id), exact_text=text)
        response = FixedText(
            reply.reply_id, clauses, reply.synthesized_samples, request, speaker, self._emit_events
        )
        async with self._turn_to_speak():
            try:
                await session.respond(response, self._link.agent.config.realtime.timeout_s)
                self._succeeded(response)
                self._attempts.pop(reply.reply_id, None)
                # Its events are in the inbox: wait until the log has them.
                await self._wait_until_done(reply.reply_id)
            except ProviderError as error:
                if self._log.conversation.reply(reply.reply_id).cancelled:
                    return
                log.warning("text_not_spoken", reply_id=reply.reply_id, code=error.code, reason=error.reason)
                limit = _MAX_ATTEMPTS if self._link.session is session else _MAX_ATTEMPTS_IN_ALL
                if attempts >= limit:
                    await self._leave_unspoken(reply)

    async def _leave_unspoken(self, reply: Reply) -> None:
        """Continue without a text; after the apology, or a second one, the caller would hear nothing more."""
        self._unspoken += 1
        await self._finish_audio(reply)
        is_apology = reply.finished == "error"
        if (is_apology or self._unspoken > 1) and not self._log.conversation.fallback_requested:
            await self._link.request_fallback()

    def _succeeded(self, response: Response) -> None:
        self._unspoken = 0
        self._link.response_succeeded(response.progress.first_audio_s)

    async def _finish_audio(self, reply: Reply) -> None:
        """End the audio of a reply whose remaining words are not spoken."""
        self._attempts.pop(reply.reply_id, None)
        samples = reply.synthesized_samples
        await self._link.output.publish_last(reply.reply_id, samples)
        await self._emit_events([SynthesisFinished(reply_id=reply.reply_id, samples=samples)])
        await self._wait_until_done(reply.reply_id)

    async def _wait_until_done(self, reply_id: str) -> None:
        while reply_id in self._log.state.realtime.unfinished:
            await self._link.wakeups.wait()

    @asynccontextmanager
    async def _turn_to_speak(self) -> AsyncIterator[None]:
        try:
            async with self._speaking:
                yield
        finally:
            # After the lock is released, which waiting tasks check.
            self._link.wakeups.notify()

    async def _emit_events(self, bodies: Sequence[Body]) -> None:
        await self._emit(CallEvents(bodies))

    async def _session_for(
        self, agent: RealtimeAgent, reply_id: str, timeout_s: float
    ) -> tuple[Session, Speaker]:
        """Wait for a session of the agent in which the reply may be spoken.

        Raises:
            ProviderError: no session was open in time.
        """
        loop = asyncio.get_running_loop()
        closed_since_s = loop.time()
        while True:
            session, speaker = self._link.session, self._link.speaker
            if session is not None and speaker is not None and self._link.is_current(agent):
                closed_since_s = loop.time()
                if self._may_speak(session, reply_id) and not self._speaking.locked():
                    return session, speaker
            left_s = closed_since_s + timeout_s - loop.time()
            if left_s <= 0:
                raise ProviderUnavailable(agent.config.realtime.provider, "no session could be opened")
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._link.wakeups.wait()

    def _may_speak(self, session: Session, reply_id: str) -> bool:
        text = self._next_text()
        earlier = text is not None and text.reply_id != reply_id and self._precedes(text.reply_id, reply_id)
        return session.is_free and self._link.is_truncated and not earlier

    def _precedes(self, one: str, other: str) -> bool:
        order = [reply.reply_id for reply in self._log.conversation.replies]
        return other not in order or (one in order and order.index(one) < order.index(other))

    def _next_text(self) -> Reply | None:
        """Return the first reply with words that were not spoken, and that no answer in progress speaks."""
        session = self._link.session
        speaking = session.reply_id if session is not None else ""
        unfinished = self._log.state.realtime.unfinished
        return next(
            (
                reply
                for reply in self._log.conversation.active_replies
                if reply.finished and reply.reply_id in unfinished and reply.reply_id != speaking
            ),
            None,
        )

    def _tag(self, reply_id: str) -> str:
        self._responses += 1
        return f"{reply_id}.{self._responses}"
