"""The endpoint POST /v1/chat/completions, of OpenAI and of the other servers."""

import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.openai import errors, wire
from sandbox.openai.answer_sender import Answer, send_answer
from sandbox.openai.chunk_quirks import with_quirks
from sandbox.openai.errors import ApiError
from sandbox.openai.exchange import Exchange, Exchanges, call_sid_of
from sandbox.openai.faults import QUIRKS
from sandbox.openai.http_faults import error_response, faulty_response
from sandbox.openai.models import find_family, has_ended
from sandbox.openai.reply import limited, renamed, reply_of, with_faults
from sandbox.openai.scenario import ScenarioError, read_scenario
from sandbox.openai.servers.server import Refusal, Server, adapted, structure_errors
from sandbox.openai.sse import EventEncoder
from sandbox.openai.stream_faults import with_stream_faults
from sandbox.openai.wire import Chunk, Completion


@dataclass(frozen=True, slots=True)
class _Chat:
    """A valid request with its answer."""

    exchange: Exchange
    completion: Completion
    server: Server
    obfuscated: bool


class ChatEndpoint:
    """Answers Chat Completions from scenarios."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges

    async def create(self, body: Any, server: Server, request: Request) -> Response:
        """Answer a request whose key is valid."""
        received = time.monotonic(), time.time_ns() // 1000
        if refusal := _refusal(body, server, self._exchanges.settings.llm_date):
            return JSONResponse(refusal.body, status_code=refusal.status)
        if status := self._exchanges.take_refusal(body["model"]):
            return error_response(errors.of_status(status, "Rejected by the sandbox's settings."))
        try:
            chat = self._prepare(body, server, *received)
        except ScenarioError as scenario_error:
            return error_response(errors.of_status(500, str(scenario_error)))
        exchange = chat.exchange
        # Dated back to the arrival, because first_token_ms counts from there.
        self._exchanges.note("request", exchange, at_us=exchange.received_at_us)
        if response := faulty_response(exchange.faults, body["model"]):
            return response
        answer = _answer(chat, self._exchanges)
        return await send_answer(self._exchanges, answer, request, streamed=bool(body.get("stream")))

    def _prepare(
        self, body: Mapping[str, Any], server: Server, received_s: float, received_at_us: int
    ) -> _Chat:
        """Look up the scripted answer to a valid request body.

        Raises:
            ScenarioError: the scenario cannot be read.
        """
        model, messages = body["model"], body["messages"]
        scenario = read_scenario(self._exchanges.scenario_for(body))
        answer = scenario.answer(messages)
        faults = self._exchanges.choose_faults(model, answer.fault)
        family = find_family(model)
        effort = body.get("reasoning_effort")
        offered = _offered(body)
        reply = reply_of(answer, offered, reasons=bool(family and family.reasons(effort)))
        stops = body.get("stop") or ()
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        reply = limited(reply, limit, (stops,) if isinstance(stops, str) else stops)
        options = body.get("stream_options") or {}
        completion = Completion(
            id=f"chatcmpl-{uuid.uuid4().hex[:24]}",
            model=model,
            created_s=int(time.time()),
            reply=renamed(with_faults(reply, faults, offered), server.call_id),
            include_usage=bool(options.get("include_usage")),
            prompt_tokens=sum(len(str(m.get("content") or "")) for m in messages) // 4,
            choices=body.get("n") or 1,
            logprobs=bool(body.get("logprobs")),
        )
        exchange = Exchange(
            completion.id,
            call_sid_of(body),
            received_s,
            received_at_us,
            answer.wait_ms,
            faults,
            answer.fault_after,
        )
        obfuscated = server.name == "openai" and options.get("include_obfuscation") is not False
        return _Chat(exchange, completion, server, obfuscated)


def _answer(chat: _Chat, exchanges: Exchanges) -> Answer:
    quirks = _quirks_of(chat)
    encoder = EventEncoder(quirks, chat.server.comment)

    def chunks() -> Iterator[Chunk]:
        usage = wire.usage_payload(chat.completion)
        sent = adapted(chat.server, with_quirks(wire.chat_chunks(chat.completion), quirks, usage))
        delay_s, after = exchanges.settings.llm_silence_s, exchanges.fault_after(chat.exchange)
        return with_stream_faults(sent, chat.exchange.faults, delay_s, after=after)

    return Answer(
        chat.exchange,
        chat.completion.reply.tokens,
        whole=lambda: chat.server.adapt(wire.full_response(chat.completion)),
        chunks=chunks,
        encoder=encoder,
        encode=encoder.event,
    )


def _refusal(body: Any, server: Server, day: Any) -> Refusal | None:
    """Why the server refuses a body; None if it does not."""
    if server.name not in ("openai", "azure") and (error := next(structure_errors(body), None)):
        return server.refusal(error)
    if refusal := next(server.refusals(body), None):
        return refusal
    return server.refusal(error) if (error := _model_error(body["model"], server, day)) else None


def _model_error(model: str, server: Server, day: Any) -> ApiError | None:
    """The error for an unknown model; servers other than OpenAI know all that do not begin with `bad`."""
    if server.name != "openai":
        return errors.model_not_found(model) if model.startswith("bad") else None
    family = find_family(model)
    if family is None:
        return errors.model_not_found(model)
    return errors.model_ended(model) if has_ended(family, day or datetime.now(UTC).date()) else None


def _offered(body: Mapping[str, Any]) -> Collection[str]:
    """Names of the tools that the model may call."""
    choice = body.get("tool_choice")
    if choice == "none":
        return ()
    names = [tool["function"]["name"] for tool in body.get("tools") or () if tool.get("function")]
    if isinstance(choice, Mapping) and choice.get("type") == "function":
        return [name for name in names if name == choice["function"]["name"]]
    return names


def _quirks_of(chat: _Chat) -> frozenset[str]:
    """The quirks of the answer and of its server."""
    quirks = chat.exchange.faults.intersection(QUIRKS) | chat.server.quirks
    return quirks if chat.obfuscated else quirks - {"obfuscation"}
