"""The tool with which an agent changes to another of its languages, when the caller requests it.

Running it only checks the language; the session makes the change, because it must be in order with the
replies.
"""

import json
from collections.abc import Sequence

from parley.agent_config import AgentConfig
from parley.agent_config.language import SWITCH_LANGUAGE_NAME
from parley.agent_config.templates.moment import language_name
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed

_TIMEOUT_S = 5.0


def build(agent: AgentConfig) -> Sequence[Tool]:
    """Return the tool, if the agent speaks several languages."""
    return (_tool(agent),) if len(agent.spoken_languages) > 1 else ()


def language_of(call: ToolCall) -> str:
    """Return the language that a call of the tool names; empty if it names none."""
    try:
        value = json.loads(call.arguments).get("language")
    except (ValueError, AttributeError):
        return ""
    return value if isinstance(value, str) else ""


def _tool(agent: AgentConfig) -> Tool:
    others = [tag for tag in agent.spoken_languages if tag != agent.language]

    async def run(call: ToolCall) -> str:
        if (language := language_of(call)) not in others:
            raise ToolFailed(f"you speak {agent.language} now; the other languages are: {', '.join(others)}")
        return json.dumps({"language": language})

    names = ", ".join(f"{tag} ({language_name(tag)})" for tag in others)
    # The transcripts of a realtime call name no language, but the model listens itself.
    follows = agent.is_realtime and agent.language_detection
    speaks = " or speaks it in more than a word or two" if follows else ""
    description = (
        "Continue this call in another language, with a voice of that language. Call it when the caller asks"
        f" for a language{speaks}, without other words in the same answer. The languages: {names}"
    )
    parameters = {
        "type": "object",
        "properties": {"language": {"type": "string", "enum": others}},
        "required": ["language"],
        "additionalProperties": False,
    }
    return Tool(SWITCH_LANGUAGE_NAME, description, parameters, run, timeout_s=_TIMEOUT_S)
