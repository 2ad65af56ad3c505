"""The endpoint POST /v1/responses."""

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.openai import errors
from sandbox.openai.answer_sender import Answer, send_answer
from sandbox.openai.errors import ApiError
from sandbox.openai.exchange import Exchange, Exchanges, call_sid_of
from sandbox.openai.faults import QUIRKS
from sandbox.openai.http_faults import error_response, faulty_response
from sandbox.openai.input_messages import chat_messages, items_of
from sandbox.openai.models import SANDBOX, find_family, has_ended, responses_model_errors
from sandbox.openai.reply import Reply, limited, reply_of, with_faults
from sandbox.openai.response_faults import endless_events, sent_in_place
from sandbox.openai.response_store import ResponseStore
from sandbox.openai.response_wire import (
    ModelResponse,
    final_status,
    output_items,
    response_events,
    response_object,
)
from sandbox.openai.scenario import ScenarioError, read_scenario
from sandbox.openai.servers.server import Server
from sandbox.openai.sse import EventEncoder
from sandbox.openai.stream_faults import with_stream_faults
from sandbox.openai.validation.input_items import pair_errors
from sandbox.openai.validation.responses import responses_errors
from sandbox.openai.wire import Chunk

Items = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """A valid request with its answer."""

    exchange: Exchange
    response: ModelResponse
    quirks: frozenset[str]


class ResponsesEndpoint:
    """Answers the Responses API from the same scenarios as Chat Completions."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges
        self._store = ResponseStore()

    async def create(self, body: Any, server: Server, request: Request) -> Response:
        """Answer a request whose key is valid."""
        received = time.monotonic(), time.time_ns() // 1000
        if error := next(self._errors(body, server), None):
            return error_response(error)
        if status := self._exchanges.take_refusal(body["model"]):
            return error_response(errors.of_status(status, "Rejected by the sandbox's settings."))
        try:
            turn = self._prepare(body, *received)
        except ScenarioError as scenario_error:
            return error_response(errors.of_status(500, str(scenario_error)))
        exchange = turn.exchange
        self._exchanges.note("request", exchange, at_us=exchange.received_at_us)
        if response := faulty_response(exchange.faults, body["model"]):
            return response
        return await send_answer(
            self._exchanges, self._answer(turn), request, streamed=bool(body.get("stream"))
        )

    def _errors(self, body: Any, server: Server) -> Iterator[ApiError]:
        """Errors of a body; only the first is used, because each check relies on those before it."""
        yield from responses_errors(body)
        family = find_family(body["model"])
        if family is None and server.name == "openai":
            yield errors.model_not_found(body["model"])
        if family and has_ended(family, self._exchanges.settings.llm_date or datetime.now(UTC).date()):
            yield errors.model_ended(body["model"])
        yield from responses_model_errors(body, family or SANDBOX)
        previous = body.get("previous_response_id")
        if previous is not None and self._store.conversation(previous) is None:
            text = f"Previous response with id '{previous}' not found."
            yield ApiError(text, "previous_response_id", "previous_response_not_found")
        if body.get("conversation") is not None:
            yield ApiError("Conversation not found: the sandbox has none.", "conversation", None, 404)
        yield from self._store.errors(items_of(body["input"]))
        yield from pair_errors(self._conversation(body))

    def _conversation(self, body: Mapping[str, Any]) -> Items:
        """The items of earlier responses and of the request."""
        earlier = self._store.conversation(body.get("previous_response_id") or "") or []
        return [*earlier, *self._store.resolved(items_of(body["input"]))]

    def _prepare(self, body: Mapping[str, Any], received_s: float, received_at_us: int) -> _Turn:
        """Look up the scripted answer to a valid request body.

        Raises:
            ScenarioError: the scenario cannot be read.
        """
        model, conversation = body["model"], self._conversation(body)
        messages = chat_messages(conversation)
        answer = read_scenario(self._exchanges.scenario_for(body)).answer(messages)
        faults = self._exchanges.choose_faults(model, answer.fault)
        family = find_family(model) or SANDBOX
        effort = (body.get("reasoning") or {}).get("effort") or family.default_effort or None
        offered = _offered(body)
        reply = reply_of(answer, offered, reasons=family.reasons(effort))
        reply = with_faults(limited(reply, body.get("max_output_tokens"), ()), faults, offered)
        response = ModelResponse(
            id=f"resp_{uuid.uuid4().hex}",
            created_s=int(time.time()),
            body=body,
            reply=reply,
            input_tokens=sum(len(str(m.get("content") or "")) for m in messages) // 4,
            effort=effort,
            items=_items(reply, body),
        )
        stored = body.get("store") is not False
        self._store.add(response.id, conversation, list(response.items), stored=stored)
        exchange = Exchange(
            response.id,
            call_sid_of(body),
            received_s,
            received_at_us,
            answer.wait_ms,
            faults,
            answer.fault_after,
        )
        return _Turn(exchange, response, _quirks(faults, body))

    def _answer(self, turn: _Turn) -> Answer:
        encoder, reply = EventEncoder(turn.quirks), turn.response.reply
        return Answer(
            turn.exchange,
            reply.tokens,
            whole=lambda: response_object(turn.response, final_status(reply)),
            chunks=lambda: self._chunks(turn),
            encoder=encoder,
            encode=lambda data: _event(encoder, data, turn.quirks),
        )

    def _chunks(self, turn: _Turn) -> Iterator[Chunk]:
        faults = turn.exchange.faults
        if {"think_forever", "reasoning_forever"} & faults:
            return endless_events(turn.response)
        delay_s, after = self._exchanges.settings.llm_silence_s, self._exchanges.fault_after(turn.exchange)
        events = response_events(turn.response)
        return with_stream_faults(events, faults, delay_s, sent_in_place(turn.response), after=after)


def _items(reply: Reply, body: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    encrypt = "reasoning.encrypted_content" in (body.get("include") or ())
    summary = bool((body.get("reasoning") or {}).get("summary"))
    return output_items(reply, encrypt=encrypt, summary=summary)


def _offered(body: Mapping[str, Any]) -> list[str]:
    """Names of the functions that the model may call."""
    choice = body.get("tool_choice")
    if choice == "none":
        return []
    names = [tool["name"] for tool in body.get("tools") or () if tool["type"] == "function"]
    if isinstance(choice, Mapping) and choice.get("type") == "function":
        return [name for name in names if name == choice["name"]]
    return names


def _quirks(faults: frozenset[str], body: Mapping[str, Any]) -> frozenset[str]:
    """The quirks of the stream; this API has no `[DONE]`."""
    quirks = faults.intersection(QUIRKS) | {"no_done"}
    shown = (body.get("stream_options") or {}).get("include_obfuscation") is not False
    return quirks if shown else quirks - {"obfuscation"}


def _event(encoder: EventEncoder, data: Mapping[str, Any], quirks: frozenset[str]) -> list[bytes]:
    padding = {"obfuscation": "kT9xQ2mVb7LdWz"} if "obfuscation" in quirks and "delta" in data else {}
    return encoder.event({**data, **padding}, str(data.get("type", "")))
