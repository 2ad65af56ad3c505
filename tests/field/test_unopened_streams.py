"""Calls whose media stream cannot be opened: the fallback is played, and the log names the cause."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cli.free_port import free_port
from parley.v1.call_pb2 import CallEnded
from tests.call_log import read_bodies
from tests.field.line import Line, open_line
from tests.field.rows import Seen, row
from tests.nats_server import NatsServer

FALLBACK = "We are sorry, something is wrong on our side."


@pytest.fixture
async def line(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Line]:
    """A line of a system on which no stream has started yet."""
    async with open_line(nats_server.url, tmp_path) as opened:
        yield opened


async def outcome(line: Line, call_sid: str, events: list[dict[str, Any]]) -> tuple[str, str, int]:
    """Check that the fallback was played; returns the cause, the reason and the attempts."""
    announced = [event["text"] for event in events if event["kind"] == "say"]
    assert announced == [FALLBACK]
    entry = await line.edge.wait_for_error("media_stream_not_opened", call_sid)
    assert entry["remedy"]
    ends = [body.reason for body in await read_bodies(line.edge.bus, call_sid) if isinstance(body, CallEnded)]
    documents = [event for event in events if event["kind"] == "twiml" and "Connect" in event["verbs"]]
    return entry["cause"], ends[0], len(documents)


CASES = [
    ("page", "not with 101"),
    ("bad_request", "not with 101"),
    ("bad_gateway", "not with 101"),
    ("no_signature", "refused the WebSocket's signature"),
    ("reset", ""),
]


@row(
    "V4",
    "a proxy does not pass WebSockets",
    "at most 3 attempts, the cause is logged, the fallback is played",
)
@pytest.mark.parametrize(("fault", "cause"), CASES, ids=[case[0] for case in CASES])
async def test_a_proxy_that_breaks_websockets(line: Line, fault: Any, cause: str, seen: Seen) -> None:
    """The call ends within seconds instead of alternating between <Connect> and <Redirect>."""
    line.proxy.fault = fault
    async with asyncio.timeout(60):
        call_sid, events = await line.call()
    logged, reason, attempts = await outcome(line, call_sid, events)
    seen(f"{attempts} attempts; {logged}; {reason}")

    assert cause in logged
    assert reason == "fallback"
    assert attempts <= 3


@row("V4", "Twilio reports 31920 for every stream", "the fallback is played, no silence")
@pytest.mark.parametrize("proven", [False, True], ids=["new system", "streams start on this system"])
async def test_a_refused_stream(line: Line, *, proven: bool, seen: Seen) -> None:
    """A system that works otherwise makes all three attempts."""
    if proven:
        urls = {"voice_url": f"{line.proxy.url}/voice", "status_callback_url": f"{line.proxy.url}/status"}
        working = await line.start_call([{"pause": 300}, "hang_up"], **urls)
        assert "say" not in {event["kind"] for event in await line.events(working)}
    async with asyncio.timeout(60):
        call_sid, events = await line.call(faults={"refused_streams": 1000})
    logged, reason, attempts = await outcome(line, call_sid, events)
    seen(f"{attempts} attempts; {logged}; {reason}")

    assert "not with 101" in logged
    assert attempts == 3 if proven else attempts < 3


@row("V4", "Twilio refuses one stream (31920) of a working system", "the call goes on with the next stream")
async def test_one_refused_stream(line: Line, seen: Seen) -> None:
    """As when an edge dies at that moment."""
    urls = {"voice_url": f"{line.proxy.url}/voice", "status_callback_url": f"{line.proxy.url}/status"}
    await line.events(await line.start_call([{"pause": 300}, "hang_up"], **urls))
    call_sid = await line.start_call([{"pause": 3000}, "hang_up"], **urls, faults={"refused_streams": 1})
    events = await line.events(call_sid)
    kinds = [event["kind"] for event in events]
    seen(f"{kinds.count('stream_error')} error, {kinds.count('stream_started')} stream started")

    assert "say" not in kinds
    assert kinds.count("stream_started") == 1


@row("V4", "the edge's direct address is wrong (31902)", "the fallback is played; the log names the setting")
async def test_a_wrong_address(nats_server: NatsServer, tmp_path: Path, seen: Seen) -> None:
    """Webhooks arrive, streams do not."""
    wrong = f"http://127.0.0.1:{free_port()}"
    async with open_line(nats_server.url, tmp_path, PARLEY_EDGE_DIRECT_URL=wrong) as line:
        call_sid, events = await line.call()
        logged, reason, _ = await outcome(line, call_sid, events)
        entry = await line.edge.wait_for_error("media_stream_not_opened", call_sid)
    seen(f"{logged}: {entry['remedy']}")

    assert reason == "fallback"
    assert "PARLEY_EDGE_DIRECT_URL" in entry["remedy"]


@row("V4", "a trial account's announcement precedes the call", "the call goes on afterwards")
async def test_a_trial_account(line: Line, seen: Seen) -> None:
    """The announcement answers the call before the first TwiML is requested."""
    urls = {"voice_url": f"{line.proxy.url}/voice", "status_callback_url": f"{line.proxy.url}/status"}
    faults = {"trial_account": True}
    call_sid = await line.start_call([{"pause": 9000}, "hang_up"], **urls, faults=faults)
    events = await line.events(call_sid)
    seen([event["kind"] for event in events if event["kind"] in ("say", "stream_started")])

    assert [event["kind"] for event in events if event["kind"] in ("say", "stream_started", "ended")] == [
        "say",
        "stream_started",
        "ended",
    ]
