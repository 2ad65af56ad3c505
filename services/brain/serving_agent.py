"""The agent that serves a call at present: its hand-offs, and its changes of language."""

import asyncio

import structlog

from parley.errors import ConfigError
from parley.v1.handoff_pb2 import LanguageChanged
from parley.v1.reply_pb2 import PhrasesChosen
from services.brain.agent_runtime import AgentRuntime, AgentRuntimes
from services.brain.hand_over import already_done
from services.brain.hand_over import hand_over as append_hand_off
from services.brain.phrases.phrase_choice import PhraseChoice
from services.brain.policies import hand_offs, languages
from services.brain.realtime.link import RealtimeLink
from services.brain.session_log import SessionLog
from services.brain.tool_call import ToolCall
from services.brain.tools.hand_off import target_of
from services.brain.tools.runner import ToolResult, refusal

log = structlog.get_logger()


class ServingAgent:
    """The agent of one call; a hand-off or a change of language replaces its runtime."""

    def __init__(
        self, runtimes: AgentRuntimes, session_log: SessionLog, link: RealtimeLink | None = None
    ) -> None:
        self._runtimes = runtimes
        self._log = session_log
        self._link = link
        self.runtime: AgentRuntime = runtimes.first

    async def take_up(self) -> None:
        """After a takeover: continue with the agent that serves the call, and with the tools of others."""
        conversation = self._log.conversation
        replies = [conversation.reply(call.reply_id) for call in conversation.pending_tool_calls]
        current = (conversation.agent.name, conversation.agent.language)
        for name, language in {*((reply.agent, reply.language) for reply in replies), current}:
            try:
                await self._runtimes.get(name, language)
            except ConfigError as error:
                log.error("agent_refused", agent=name, error=str(error))
        self.runtime = self._runtimes.built(conversation.agent.name) or self._runtimes.first

    async def choose_phrases(self) -> None:
        """Append the phrases of the agent's language, unless the log has them."""
        agent = self.runtime.agent
        added = agent.turn_taking
        choice = PhraseChoice(agent.stt.language, added.backchannels, added.hold_phrases)
        if choice != self._log.conversation.phrase_choice:
            await self._log.append(
                PhrasesChosen(
                    language=choice.language,
                    backchannels=choice.backchannels,
                    hold_phrases=choice.hold_phrases,
                )
            )

    async def hand_over(self, call: ToolCall, tasks: asyncio.TaskGroup) -> ToolResult:
        """Let the next agent serve the call, unless the policy refuses the hand-off."""
        if (done := already_done(call, self._log.conversation)) is not None:
            return done
        target = target_of(call)
        after = await self._prepared(target)
        reason = hand_offs.why_not(call, target, self.runtime.agent.name, self._log.conversation)
        if self._runtimes.of(call).agent.name != self.runtime.agent.name:
            reason = reason or "not handed over: another agent has taken the call over"
        if reason or after is None:
            return refusal(call, reason or f"the agent {target!r} is not available: continue yourself")
        result = await append_hand_off(call, self.runtime, after, self._log)
        await self._continue_as(after, tasks)
        return result

    async def _prepared(self, target: str) -> AgentRuntime | None:
        """The agent that a hand-off names, in the language of the call, which may have changed meanwhile."""
        try:
            return await self._runtimes.get(target, self._log.conversation.agent.language)
        except ConfigError as error:
            log.error("agent_not_handed_over", agent=target, error=str(error))
            return None

    async def _continue_as(self, after: AgentRuntime, tasks: asyncio.TaskGroup) -> None:
        """Let another agent, or the same one in another language, serve the call from now on."""
        self.runtime.stop()
        # An answer that has begun, while the tool was running or before the turn ended, is continued by it.
        await self.runtime.replies.close_unfinished()
        self.runtime = after
        if self._link is not None and after.realtime is not None:
            self._link.use(after.realtime)
        tasks.create_task(after.generator.warm_up(), name="warm up the model")
        await self.choose_phrases()

    async def follow_language(self, tasks: asyncio.TaskGroup) -> None:
        """Continue in the language of the caller's last turn, if the agent speaks it."""
        if (turn := languages.detected(self._log.conversation, self.runtime.agent)) is not None:
            await self.change_language(languages.spoken_in(turn, self.runtime.agent), tasks)

    async def change_language(self, language: str, tasks: asyncio.TaskGroup, tool_call_id: str = "") -> bool:
        """Continue in a language; if the agent cannot be used in it, remain in the present one: false."""
        conversation = self._log.conversation
        try:
            after = await self._runtimes.get(conversation.agent.name, language)
        except ConfigError as error:
            log.error("language_not_changed", agent=self.runtime.agent.name, error=str(error))
            after = None
        # Also after an error, so that it is not repeated before the next turn.
        await self._log.append(
            LanguageChanged(
                language=language if after is not None else conversation.agent.language,
                turn=conversation.totals.last_turn,
                tool_call_id=tool_call_id,
            )
        )
        if after is not None:
            await self._continue_as(after, tasks)
        return after is not None
