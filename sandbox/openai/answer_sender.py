"""Sends an answer in any API's form: whole or streamed, at the pace and with the faults of its exchange."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from sandbox.openai.exchange import HANG_S, Exchange, Exchanges
from sandbox.openai.sse import EventEncoder
from sandbox.openai.wire import Chunk


@dataclass(frozen=True, slots=True)
class Answer:
    """A scripted answer in an API's own form."""

    exchange: Exchange
    tokens: Sequence[str]
    whole: Callable[[], Mapping[str, Any]]
    """The body of a response that is not streamed."""
    chunks: Callable[[], Iterator[Chunk]]
    encoder: EventEncoder
    encode: Callable[[Mapping[str, Any]], list[bytes]]
    """The writes of the JSON of an event."""


async def send_answer(exchanges: Exchanges, answer: Answer, request: Request, *, streamed: bool) -> Response:
    """The response with an answer, unless a fault delays it until the client leaves."""
    exchange = answer.exchange
    if "hang" in exchange.faults and await _disconnected(request, HANG_S):
        exchanges.note("cancelled", exchange)
        return Response(status_code=499)
    if streamed and "not_streamed" not in exchange.faults:
        body = _stream(exchanges, answer)
        return StreamingResponse(body, media_type="text/event-stream; charset=utf-8")
    gone = await _disconnected(request, exchanges.due_in_s(exchange, len(answer.tokens)))
    exchanges.note("cancelled" if gone else "done", exchange)
    return JSONResponse(answer.whole())


async def _stream(exchanges: Exchanges, answer: Answer) -> AsyncIterator[bytes]:
    exchange, outcome = answer.exchange, "cancelled"
    sent_at_us: list[int] = []
    try:
        await asyncio.sleep(exchanges.due_in_s(exchange, 0))
        exchanges.note("first_token", exchange)
        async with asyncio.timeout(HANG_S):
            for chunk in answer.chunks():
                await asyncio.sleep(chunk.pause_s)
                if chunk.token is not None:
                    await asyncio.sleep(exchanges.due_in_s(exchange, chunk.token))
                    sent_at_us.append(time.time_ns() // 1000)
                if chunk.action == "end":
                    rest = answer.encoder.flush()
                    break
                await _act(chunk.action)
                for write in _writes(answer, chunk):
                    yield write
            else:
                rest = answer.encoder.end()
            for write in rest:
                yield write
        outcome = "done"
    except TimeoutError:
        outcome = "cancelled"
    finally:
        exchanges.note(outcome, exchange, tokens=answer.tokens, sent_at_us=sent_at_us)


def _writes(answer: Answer, chunk: Chunk) -> list[bytes]:
    if chunk.raw:
        return answer.encoder.raw(chunk.raw)
    return answer.encode(chunk.data) if chunk.data is not None else []


async def _disconnected(request: Request, within_s: float) -> bool:
    """Wait until the client disconnects or the time is up; True if it disconnected."""
    try:
        async with asyncio.timeout(within_s):
            # The body has been read, so the next message is the disconnect.
            await request.receive()
    except TimeoutError:
        return False
    return True


async def _act(action: str) -> None:
    """Hang, or close the connection within the body, which clients see as a lost connection."""
    if action == "hang":
        await asyncio.sleep(HANG_S)
    if action == "close":
        raise ConnectionResetError("closed by the sandbox's settings")
