"""Description of a server of the Chat Completions protocol, and the checks that all share. No clock."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.openai.errors import ApiError
from sandbox.openai.reply import new_call_id
from sandbox.openai.validation.fields import Field, field_errors, missing, type_errors
from sandbox.openai.wire import Chunk


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error response of a server, in its own form."""

    status: int
    body: Any


def _as_openai(error: ApiError) -> Any:
    return error.body


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server: its addresses, its checks and its answers."""

    name: str
    paths: tuple[str, ...]
    """Base paths at which it answers, the one that a client is configured with first."""
    refusals: Callable[[Mapping[str, Any]], Iterator[Refusal]]
    """Its checks of a body: yields refusals, of which only the first is sent."""
    error_body: Callable[[ApiError], Any] = _as_openai
    """The body of an error in the server's form."""
    quirks: frozenset[str] = frozenset()
    """Quirks of all its streams."""
    comment: str = ""
    """Comment that it sends between events."""
    call_id: Callable[[], str] = new_call_id
    adapt: Callable[[dict[str, Any]], dict[str, Any]] = dict
    """Changes the JSON of a chunk or of a whole answer."""

    def refusal(self, error: ApiError) -> Refusal:
        """The refusal for an error that every server reports."""
        return Refusal(error.status, self.error_body(error))


def adapted(server: Server, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The chunks with the fields that the server adds."""
    for chunk in chunks:
        yield Chunk(
            server.adapt(dict(chunk.data)) if chunk.data is not None else None,
            *(chunk.raw, chunk.token, chunk.pause_s, chunk.action, chunk.tags),
        )


def structure_errors(body: Any) -> Iterator[ApiError]:
    """Errors of the types that all servers need: the model, the messages, the tool calls and the tools."""
    yield from type_errors(body, "an object", "body")
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield missing("model")
    if body.get("messages") is None:
        yield missing("messages")
    yield from field_errors(body["messages"], Field("an array", can_be_empty=False), "messages")
    for number, message in enumerate(body["messages"]):
        yield from _message_errors(message, f"messages[{number}]")
    for name, kind in (("stream", "a boolean"), ("tools", "an array"), ("temperature", "a decimal")):
        if body.get(name) is not None:
            yield from type_errors(body[name], kind, name)
    for number, tool in enumerate(body.get("tools") or ()):
        yield from type_errors(tool, "an object", f"tools[{number}]")
        yield from type_errors(tool.get("function"), "an object", f"tools[{number}].function")
        yield from type_errors(tool["function"].get("name"), "a string", f"tools[{number}].function.name")


def _message_errors(message: Any, where: str) -> Iterator[ApiError]:
    yield from type_errors(message, "an object", where)
    yield from type_errors(message.get("role"), "a string", f"{where}.role")
    if message.get("content") is not None:
        yield from type_errors(message["content"], "a string|an array", f"{where}.content")
    parts = message["content"] if isinstance(message.get("content"), list) else ()
    for number, part in enumerate(parts):
        yield from type_errors(part, "an object", f"{where}.content[{number}]")
    if message.get("tool_calls") is not None:
        yield from type_errors(message["tool_calls"], "an array", f"{where}.tool_calls")
    for number, call in enumerate(message.get("tool_calls") or ()):
        place = f"{where}.tool_calls[{number}]"
        yield from type_errors(call, "an object", place)
        yield from type_errors(call.get("function"), "an object", f"{place}.function")
        for name in ("name", "arguments"):
            yield from type_errors(call["function"].get(name), "a string", f"{place}.function.{name}")


def parameters_of(name: str) -> frozenset[str]:
    """The top-level parameters that a server accepts."""
    data = yaml.safe_load(Path(__file__).with_name("parameters.yaml").read_text("utf-8"))
    return frozenset(data[name].split())


def calls_of(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tool calls of a message."""
    return list(message.get("tool_calls") or ())
