"""Runs the tools that a call's models have called, and appends their results."""

import asyncio
from dataclasses import replace

from parley.agent_config.handoffs import HAND_OFF_NAME
from parley.agent_config.language import SWITCH_LANGUAGE_NAME
from parley.v1.reply_pb2 import HangUpRequested, ToolReturned
from services.brain.agent_runtime import AgentRuntimes
from services.brain.metrics import UNKNOWN_TOOL, BrainMetrics
from services.brain.policies import ending_calls
from services.brain.serving_agent import ServingAgent
from services.brain.session_log import SessionLog
from services.brain.tools.runner import ToolResult, refusal
from services.brain.tools.switch_language import language_of


class CalledTools:
    """The tools of one call, each run by the agent whose model called it."""

    def __init__(
        self, runtimes: AgentRuntimes, serving: ServingAgent, log: SessionLog, metrics: BrainMetrics
    ) -> None:
        self._runtimes = runtimes
        self._serving = serving
        self._log = log
        self._metrics = metrics

    def run(self, tasks: asyncio.TaskGroup) -> None:
        """Start the tools that can run now."""
        conversation = self._log.conversation
        for call in ending_calls.runnable(conversation, self._serving.runtime.tools.terminal_tools):
            self._runtimes.of(call).tools.run((call,), tasks, earlier=conversation.tool_call)

    async def on_result(self, result: ToolResult, tasks: asyncio.TaskGroup) -> None:
        """Append a result, after what it leads to: the end of the call, another agent, another language."""
        pending = self._log.conversation.pending_tool_calls
        call = next(call for call in pending if call.tool_call_id == result.tool_call_id)
        runtime = self._runtimes.of(call)
        terminal_tools = runtime.tools.terminal_tools
        if call.name in terminal_tools and not result.failed:
            if reason := ending_calls.why_not_end(call, self._log.conversation, terminal_tools):
                result = refusal(call, reason)
            else:
                # Appended before the result: the next owner repeats a tool call without a result, and with
                # it this request.
                await self._log.append(HangUpRequested(reason="agent", after_reply_id=call.reply_id))
        if call.name == HAND_OFF_NAME and not result.failed:
            result = await self._serving.hand_over(call, tasks)
        if call.name == SWITCH_LANGUAGE_NAME and not result.failed:
            language = language_of(call)
            if not await self._serving.change_language(language, tasks, call.tool_call_id):
                result = refusal(call, f"{language} is not available: continue in the present language")
        tool = call.name if call.name in runtime.tools.names else UNKNOWN_TOOL
        self._metrics.tool_returned(runtime.agent.name, tool, result)
        await self._log.append(
            ToolReturned(tool_call_id=call.tool_call_id, result=result.result, failed=result.failed)
        )
        runtime.tools.forget(call.tool_call_id)
        finished = replace(call, result=result.result, failed=result.failed)
        if ending_calls.retracts_goodbye(finished, self._log.conversation, terminal_tools):
            await runtime.replies.cancel(call.reply_id, "tool_failed")
