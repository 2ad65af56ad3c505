"""The tool that searches the agent's knowledge bases."""

import json
from collections.abc import Sequence
from contextlib import suppress

from parley.agent_config.tools.search_knowledge import SearchKnowledgeTool
from parley.events.envelope import Body
from services.brain.knowledge.retrieval import Retrieval
from services.brain.knowledge.search import KnowledgeSearch
from services.brain.knowledge.wording import tool_result
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext

_DESCRIPTION = (
    "Search the documents{about} for what the caller wants to know. Call it before you answer a question"
    " about facts that your instructions do not contain."
)
_PARAMETERS = {
    "type": "object",
    "properties": {
        "query": {
            "type": "string",
            "description": "What to search for, in keywords; empty to search for the caller's last words.",
        }
    },
    "required": ["query"],
    "additionalProperties": False,
}
_TIMEOUT_MARGIN_S = 1.0
"""The search times out before the runner does, so that the failure is in the log."""


def build(section: SearchKnowledgeTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool, which also finds passages for each turn in the mode `always`."""
    # Connects in the background, so that the first search does not wait for it.
    context.database.start()

    async def append(body: Body) -> None:
        with suppress(ToolFailed):  # the call has ended
            await context.append(body)

    retrieval = Retrieval(KnowledgeSearch(section, context.database, context.http), append)

    async def run(call: ToolCall) -> str:
        query = json.loads(call.arguments).get("query", "")
        if not isinstance(query, str):
            raise ToolFailed("the query is not a text")
        try:
            result = await retrieval.for_tool(query.strip(), call.tool_call_id)
        except ValueError as error:
            raise ToolFailed(str(error)) from None
        if result.failure:
            raise ToolFailed(
                "the documents cannot be searched at the moment: explain that, and do not answer from memory"
            )
        return tool_result(result.passages)

    about = f" ({section.description})" if section.description else ""
    return (
        Tool(
            section.type,
            _DESCRIPTION.format(about=about),
            _PARAMETERS,
            run,
            timeout_s=section.timeout_s + _TIMEOUT_MARGIN_S,
            retrieval=retrieval,
        ),
    )
