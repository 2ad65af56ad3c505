"""The parameters of one response: those of its session, and those of its own. No I/O, no clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.openai.realtime.events import new_id
from sandbox.openai.realtime.session_config import SessionConfig


@dataclass(frozen=True, slots=True)
class ResponseConfig:
    """The effective parameters of a response."""

    id: str
    conversation_id: str | None
    """The id of the conversation; None for a response outside of it."""
    modality: str
    """`audio` or `text`."""
    audio_format: Mapping[str, Any]
    voice: Any
    speed: float
    max_output_tokens: int | str
    offered: Collection[str]
    """Names of the functions that the model may call."""
    instructions: str = ""
    """Instructions of this response alone."""
    metadata: Mapping[str, Any] | None = None
    input: tuple[Mapping[str, Any], ...] | None = None
    """Items in place of the conversation."""

    def shown(
        self,
        status: str,
        output: Collection[Mapping[str, Any]] = (),
        details: Mapping[str, Any] | None = None,
        usage: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The response as the API shows it."""
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [dict(item) for item in output],
            "conversation_id": self.conversation_id,
            "output_modalities": [self.modality],
            "max_output_tokens": self.max_output_tokens,
            "audio": {"output": {"format": dict(self.audio_format), "voice": self.voice}},
            "usage": usage,
            "metadata": self.metadata,
        }


def response_config(
    session: SessionConfig, conversation_id: str, params: Mapping[str, Any] | None = None
) -> ResponseConfig:
    """The parameters of a response to `response.create`, or to a turn of the caller."""
    given = {name: value for name, value in (params or {}).items() if value is not None}
    data = session.data
    output = (given.get("audio") or {}).get("output") or {}
    tools = given.get("tools", data["tools"])
    items = given.get("input")
    return ResponseConfig(
        id=new_id("resp"),
        conversation_id=None if given.get("conversation") == "none" else conversation_id,
        modality=given.get("output_modalities", data["output_modalities"])[0],
        audio_format=output.get("format") or session.output["format"],
        voice=output.get("voice") or session.output["voice"],
        speed=session.output["speed"],
        max_output_tokens=given.get("max_output_tokens", data["max_output_tokens"]),
        offered=_offered(tools, given.get("tool_choice", data["tool_choice"])),
        instructions=given.get("instructions", ""),
        metadata=given.get("metadata"),
        input=None if items is None else tuple(items),
    )


def _offered(tools: list[Mapping[str, Any]], choice: Any) -> tuple[str, ...]:
    names = tuple(tool["name"] for tool in tools if tool.get("type", "function") == "function")
    if choice == "none":
        return ()
    if isinstance(choice, Mapping) and choice.get("type") == "function":
        return tuple(name for name in names if name == choice["name"])
    return names
