"""Serves the answers of other model APIs, with the pace, faults and journal of the OpenAI emulator."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.openai.answer_sender import Answer, send_answer
from sandbox.openai.exchange import Exchange, Exchanges
from sandbox.openai.faults import QUIRKS
from sandbox.openai.reply import Reply, limited, reply_of, with_faults
from sandbox.openai.scenario import read_scenario
from sandbox.openai.sse import EventEncoder
from sandbox.openai.stream_faults import with_stream_faults
from sandbox.openai.wire import Chunk


@dataclass(frozen=True, slots=True)
class Question:
    """A valid request, in the terms of the chat completions protocol."""

    model: str
    call_sid: str
    messages: Sequence[Mapping[str, Any]]
    offered: Sequence[str]
    """Names of the tools that the model may call."""
    max_tokens: int | None
    reasons: bool = False
    stops: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A scripted answer and its exchange."""

    exchange: Exchange
    reply: Reply


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer in an API's own form."""

    chunks: Callable[[], Iterator[Chunk]]
    whole: Mapping[str, Any]
    endless: Callable[[], Iterator[Chunk]]
    """The chunks of thinking without end."""
    in_place: Mapping[str, tuple[Chunk, ...]]
    """The chunks in place of each fault within a stream."""
    event_name: Callable[[Mapping[str, Any]], str] = lambda _data: ""


def prepare(exchanges: Exchanges, question: Question, answer_id: str) -> Prepared:
    """Look up the scripted answer to a question.

    Raises:
        ScenarioError: the scenario cannot be read.
    """
    received_s, received_at_us = time.monotonic(), time.time_ns() // 1000
    identity = {"model": question.model, "user": question.call_sid}
    answer = read_scenario(exchanges.scenario_for(identity)).answer(question.messages)
    faults = exchanges.choose_faults(question.model, answer.fault)
    reply = reply_of(answer, question.offered, reasons=question.reasons)
    reply = with_faults(limited(reply, question.max_tokens, question.stops), faults, question.offered)
    exchange = Exchange(
        answer_id,
        question.call_sid,
        received_s,
        received_at_us,
        answer.wait_ms,
        faults,
        answer.fault_after,
    )
    exchanges.note("request", exchange, at_us=received_at_us)
    return Prepared(exchange, reply)


async def respond(
    exchanges: Exchanges, prepared: Prepared, wire: Wire, request: Request, *, streamed: bool
) -> Response:
    """The response with the answer, unless a fault replaces or delays it."""
    exchange = prepared.exchange
    if "empty_200" in exchange.faults:
        return Response(b"", media_type="text/event-stream")
    encoder = EventEncoder(exchange.faults.intersection(QUIRKS) | {"no_done"})
    answer = Answer(
        exchange,
        prepared.reply.tokens,
        whole=lambda: wire.whole,
        chunks=lambda: _chunks(exchanges, exchange, wire),
        encoder=encoder,
        encode=lambda data: encoder.event(data, wire.event_name(data)),
    )
    return await send_answer(exchanges, answer, request, streamed=streamed)


def _chunks(exchanges: Exchanges, exchange: Exchange, wire: Wire) -> Iterator[Chunk]:
    if {"think_forever", "reasoning_forever"} & exchange.faults:
        return wire.endless()
    delay_s, after = exchanges.settings.llm_silence_s, exchanges.fault_after(exchange)
    return with_stream_faults(wire.chunks(), exchange.faults, delay_s, wire.in_place, after=after)
