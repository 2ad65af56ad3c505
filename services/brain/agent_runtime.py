"""An agent within a call: its models, tools and policies."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from parley.agent_config import AgentConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ConfigError
from parley.providers.fallback_chain import FallbackChain
from parley.providers.latency_limits import LatencyLimits
from parley.providers.llm import LlmClient
from parley.providers.pool import ProviderPool
from parley.providers.realtime import RealtimeProvider
from parley.providers.route_selector import RetryPolicy
from parley.runtime.call_agents import FoundAgent
from parley.runtime.stage import CallContext
from parley.v1.reply_pb2 import TokensUsed
from services.brain.generation.generator import MAX_FAILURES, Generator
from services.brain.generation.llm_route import build_routes
from services.brain.generation.summarizer import Summarizer
from services.brain.history_limiter import HistoryLimiter
from services.brain.metrics import BrainMetrics
from services.brain.realtime.agent import SESSION_POLICY, RealtimeAgent, realtime_routes
from services.brain.realtime.generator import RealtimeGenerator
from services.brain.realtime.voice import Voice
from services.brain.reply_writer import AnswerGenerator, ReplyWriter
from services.brain.session_log import SessionLog
from services.brain.timed_actions import TimedActions
from services.brain.tool_call import ToolCall
from services.brain.tool_log import ToolLog
from services.brain.tools import ToolFailed
from services.brain.tools.context import ToolContext, ToolResources
from services.brain.tools.registry import build_tools
from services.brain.tools.runner import ToolRunner

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BrainResources:
    """Resources that all calls of a process share."""

    clients: ProviderPool[LlmClient]
    realtime: ProviderPool[RealtimeProvider]
    limits: LatencyLimits
    breakers: CircuitBreakers
    tools: ToolResources
    metrics: BrainMetrics


@dataclass(frozen=True, slots=True)
class AgentRuntime:
    """One agent within one call."""

    agent: AgentConfig
    version: str
    tools: ToolRunner
    generator: AnswerGenerator
    history: HistoryLimiter
    replies: ReplyWriter
    timed: TimedActions
    realtime: RealtimeAgent | None = None
    """For the session of a speech-to-speech model; None in mode `cascade`."""

    def stop(self) -> None:
        """Stop what the agent generates, but not its tools."""
        self.generator.stop()
        self.history.stop()
        if self.tools.retrieval is not None:
            self.tools.retrieval.stop()


class AgentRuntimes:
    """The agents of one call, each built when it is first needed and kept until the call ends."""

    def __init__(
        self,
        call: CallContext,
        session_log: SessionLog,
        tool_log: ToolLog,
        resources: BrainResources,
        emit: Callable[[Any], Awaitable[None]],
        report_usage: Callable[[TokensUsed], None],
        voice: Voice | None = None,
    ) -> None:
        """Build the agent that answers the call; the functions pass results to the session.

        `voice` speaks for agents of mode `realtime`; None in mode `cascade`.

        Raises:
            ConfigError: the agent file names an unusable provider.
        """
        self._call = call
        self._log = session_log
        self._tool_log = tool_log
        self._resources = resources
        self._emit = emit
        self._report_usage = report_usage
        self._voice = voice
        self._agents = call.call_agents
        self.first = self._build(FoundAgent(call.agent.name, call.started.agent_version, call.agent))
        self._runtimes = {(call.agent.name, ""): self.first, self._key("", call.agent.language): self.first}
        self._loading = asyncio.Lock()

    def of(self, tool_call: ToolCall) -> AgentRuntime:
        """Return the agent that made a tool call."""
        reply = self._log.conversation.reply(tool_call.reply_id)
        return self._runtimes.get(self._key(reply.agent, reply.language), self.first)

    def built(self, name: str) -> AgentRuntime | None:
        """Return an agent that was built before, in the language of the call."""
        return self._runtimes.get(self._key(name, self._log.conversation.agent.language))

    def _key(self, name: str, language: str) -> tuple[str, str]:
        return name or self._call.agent.name, language

    async def get(self, name: str, language: str) -> AgentRuntime:
        """Return an agent of the call in a language, both as in `CurrentAgent`.

        An agent that has served this call before keeps its version.

        Raises:
            ConfigError: there is no such agent, or its file is wrong.
        """
        key = self._key(name, language)
        async with self._loading:
            if (runtime := self._runtimes.get(key)) is not None:
                return runtime
            version = self._log.conversation.agent.versions.get(name, "")
            runtime = self._build(await self._agents.find(name, version, language))
            self._runtimes[key] = runtime
            return runtime

    async def prepare(self, name: str) -> None:
        """Build an agent that is to take the call over.

        Raises:
            ToolFailed: it cannot be used; the text is for the model.
        """
        try:
            runtime = await self.get(name, self._log.conversation.agent.language)
            self._check_mode(runtime.agent)
        except ConfigError as error:
            log.error("agent_not_handed_over", agent=name, error=str(error))
            raise ToolFailed(
                f"the agent {name!r} is not available: continue with the caller yourself"
            ) from None

    def _check_mode(self, agent: AgentConfig) -> None:
        mode = self.first.agent.mode
        if agent.mode != mode:
            raise ConfigError(
                f"agent {agent.name}: mode: {agent.mode} cannot take over a call of mode {mode}; give both"
                " agents the same mode"
            )

    def _build(self, found: FoundAgent) -> AgentRuntime:
        call, agent, resources = self._call, found.config, self._resources
        routes = build_routes(agent.llm, resources.clients, resources.limits)
        context = ToolContext(
            call.call_sid,
            call.started,
            agent,
            resources.tools,
            append=self._tool_log.append,
            outcome=self._tool_log.outcome,
            conversation=lambda: self._log.conversation,
            prepare_agent=self.prepare,
        )
        tools = ToolRunner(
            build_tools(agent, context),
            self._emit,
            call.log.ready_for_side_effects,
            resources.metrics.tools_running,
        )
        chain = FallbackChain(
            "brain",
            call.call_sid,
            agent.name,
            routes,
            resources.breakers,
            call.telemetry,
            report=self._emit,
            policy=RetryPolicy(max_failures=MAX_FAILURES),
        )
        realtime = self._realtime_agent(agent, tools) if self._voice is not None else None
        generator: AnswerGenerator
        if self._voice is not None and realtime is not None:
            generator = RealtimeGenerator(self._voice, realtime, self._emit)
        else:
            generator = Generator(
                chain,
                lambda: tools.definitions,
                self._log.now_ms,
                self._emit,
                apology=agent.apology,
                report_usage=self._report_usage,
            )
        replies = ReplyWriter(
            agent,
            self._log,
            generator,
            resources.metrics,
            tool_names=lambda: tools.names,
            terminal_tools=tools.terminal_tools,
            retrieval=tools.retrieval,
        )
        return AgentRuntime(
            agent,
            found.version,
            tools,
            generator,
            HistoryLimiter(agent, self._log, Summarizer(chain, self._emit, report_usage=self._report_usage)),
            replies,
            TimedActions(agent, self._log, replies),
            realtime,
        )

    def _realtime_agent(self, agent: AgentConfig, tools: ToolRunner) -> RealtimeAgent:
        call, resources = self._call, self._resources
        chain = FallbackChain(
            "brain",
            call.call_sid,
            agent.name,
            realtime_routes(agent.realtime, resources.realtime, resources.limits),
            resources.breakers,
            call.telemetry,
            report=self._emit,
            policy=SESSION_POLICY,
        )
        retrieval = tools.retrieval
        words_first = retrieval is not None and retrieval.for_each_turn
        return RealtimeAgent(agent, chain, lambda: tools.definitions, words_first)
