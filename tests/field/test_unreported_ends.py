"""Calls whose end nothing reports: they are ended by the clock, and no stage keeps a place for them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from parley.bus import Bus, connect, streams, subjects
from parley.runtime.stage import run_stage
from parley.v1.call_pb2 import CallEnded, StreamStarted
from parley.v1.work_pb2 import StageClaimed
from services.brain.service import open_service
from services.brain.session_log import BRAIN
from services.brain.settings import BrainSettings
from tests.call_log import read_bodies, read_until
from tests.eventually import eventually
from tests.field.model_server import ModelServer, stream, text
from tests.field.rows import Seen, row
from tests.integration.edge_process import ROOT, EdgeProcess, MediaStream, running_edge
from tests.nats_server import NatsServer

CHECK_INTERVAL_S = "0.3"
OPEN_TIMEOUT_S = "0.5"
_SIDS = (f"CA{number:032x}" for number in count(0x9000))


@asynccontextmanager
async def running_brain(
    nats_url: str, environment: pytest.MonkeyPatch, *, capacity: int
) -> AsyncIterator[None]:
    """Run a brain with room for so many calls."""
    server = ModelServer(lambda _body: stream(*text("Hello.")))
    async with server.running(), asyncio.TaskGroup() as tasks:
        environment.setenv("OPENAI_API_KEY", "k")
        environment.setenv("OPENAI_BASE_URL", server.url)
        settings = BrainSettings(
            nats_url=nats_url,
            agents_dir=str(ROOT / "agents"),
            drain_timeout_s=0,
            max_calls=capacity,
            call_check_interval_s=float(CHECK_INTERVAL_S),
        )
        stop = asyncio.Event()
        serving = partial(open_service, settings)
        tasks.create_task(run_stage("brain", settings, 0, serving, stop, folds=(BRAIN,)))
        yield
        stop.set()


@asynccontextmanager
async def edge(bus: Bus, nats_url: str, folder: Path, **more: str) -> AsyncIterator[EdgeProcess]:
    """Run an edge with short time limits."""
    limits = {
        "PARLEY_CALL_CHECK_INTERVAL_S": CHECK_INTERVAL_S,
        "PARLEY_STREAM_OPEN_TIMEOUT_S": OPEN_TIMEOUT_S,
    }
    async with running_edge(nats_url, bus, folder, **{**limits, **more}) as running:
        yield running


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    """A connection of the test."""
    async with connect(nats_server.url, "t", timeout_s=30) as connected:
        yield connected


@pytest.fixture
async def full_brain(nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A brain with room for two calls."""
    async with running_brain(nats_server.url, monkeypatch, capacity=2):
        yield


async def claimed(bus: Bus, call_sid: str) -> bool:
    """Wait until the brain has claimed a call."""

    async def has_claim() -> bool:
        return any(isinstance(body, StageClaimed) for body in await read_bodies(bus, call_sid))

    return await eventually(has_claim)


async def end_reason(bus: Bus, call_sid: str) -> str:
    """Wait for the end of a call; returns its reason."""
    bodies = await read_until(bus, call_sid, CallEnded, timeout_s=20)
    return next(body.reason for body in bodies if isinstance(body, CallEnded))


async def start_calls(edge: EdgeProcess, *, requests: int = 1) -> list[str]:
    """Let Twilio request TwiML for two calls, and nothing more; returns their CallSids."""
    sids = [next(_SIDS) for _ in range(2)]
    for sid in sids:
        for _ in range(requests):
            assert "<Stream" in (await edge.post_voice(sid)).text
        await claimed(edge.bus, sid)
    return sids


STATUSES = [
    ("completed", "completed"),
    ("", "not-found"),
    ("in-progress", "fallback"),
    ("ringing", "no-stream"),
]


@row("P1", "TwiML was fetched, no stream opens, no status callback comes", "given up; a third call is served")
@pytest.mark.usefixtures("full_brain")
@pytest.mark.parametrize(("status", "reason"), STATUSES, ids=[status or "404" for status, _ in STATUSES])
async def test_webhook_only(
    bus: Bus, nats_server: NatsServer, tmp_path: Path, status: str, reason: str, seen: Seen
) -> None:
    """Twilio reports what became of the call; if it has ended or is stuck, the log ends with that reason."""
    async with edge(bus, nats_server.url, tmp_path) as running:
        running.rest.call_status = status
        sids = await start_calls(running)
        third = next(_SIDS)
        await running.post_voice(third)
        reasons = {await end_reason(bus, sid) for sid in sids}
        await claimed(bus, third)
        requested = [form.get("Status") or "TwiML" for _, form in running.rest.requests]
    seen(f"{reasons.pop()}; REST: {requested[:3]}")

    assert reasons <= {reason}
    if status == "in-progress":
        assert requested[0] == "TwiML", "a stream is requested before the fallback"
    if status == "ringing":
        assert "completed" in requested, "the call is ended at Twilio as well"


@row("P1", "Twilio requests the TwiML twice; Twilio's REST API fails for ever", "given up by the clock")
@pytest.mark.usefixtures("full_brain")
async def test_webhook_twice_and_rest_fails(
    bus: Bus, nats_server: NatsServer, tmp_path: Path, seen: Seen
) -> None:
    """The log ends after ten times the timeout; ending the call at Twilio is retried."""
    async with edge(bus, nats_server.url, tmp_path, PARLEY_STREAM_OPEN_TIMEOUT_S="0.2") as running:
        running.rest.status = 503
        sids = await start_calls(running, requests=2)
        reasons = [await end_reason(bus, sid) for sid in sids]
        third = next(_SIDS)
        await running.post_voice(third)
        await claimed(bus, third)
        await running.wait_for_entry("call_ended_by_clock", sids[0], level="warning")
        running.rest.status = 200
        hung_up = lambda: any(form.get("Status") == "completed" for _, form in running.rest.requests)  # noqa: E731
        await eventually(hung_up)
        counted = await running.metric('parley_calls_ended_by_clock_total{reason="no-stream"}')
    seen(f"{reasons}; {counted:g} counted")

    assert reasons == ["no-stream", "no-stream"]
    assert counted >= 2


@row("P1", "the edge dies after it has answered the webhook", "another edge ends the call")
@pytest.mark.usefixtures("full_brain")
async def test_edge_dies_after_the_webhook(
    bus: Bus, nats_server: NatsServer, tmp_path: Path, seen: Seen
) -> None:
    """No process that has served the call's requests is alive."""
    async with edge(bus, nats_server.url, tmp_path) as first:
        sids = await start_calls(first)
        first.process.kill()
    async with edge(bus, nats_server.url, tmp_path) as second:
        second.rest.call_status = "completed"
        reasons = [await end_reason(bus, sid) for sid in sids]
        third = next(_SIDS)
        await second.post_voice(third)
        await claimed(bus, third)
    seen(reasons)

    assert reasons == ["completed", "completed"]


@row(
    "P1",
    "the edge with the stream dies, and no status callback comes",
    "another edge ends or resumes the call",
)
@pytest.mark.usefixtures("full_brain")
@pytest.mark.parametrize(("status", "reason"), [("completed", "completed"), ("in-progress", "fallback")])
async def test_edge_dies_with_the_stream(
    bus: Bus, nats_server: NatsServer, tmp_path: Path, status: str, reason: str, seen: Seen
) -> None:
    """The log shows an open stream that no process has."""
    sid = next(_SIDS)
    async with edge(bus, nats_server.url, tmp_path) as first:
        await first.post_voice(sid)
        async with first.stream(sid):
            await read_until(bus, sid, StreamStarted)
            first.process.kill()
            await first.process.wait()
    async with edge(bus, nats_server.url, tmp_path) as second:
        second.rest.call_status = status
        ended = await end_reason(bus, sid)
        expected_requests = 2 if status == "in-progress" else 0
        await eventually(lambda: len(second.rest.requests) >= expected_requests)
        documents = [form.get("Twiml", "") for _, form in second.rest.requests]
    seen(f"{ended}; {['stream' if '<Stream' in document else 'fallback' for document in documents]}")

    assert ended == reason
    if status == "in-progress":
        assert ["<Stream" in document for document in documents] == [True, False]


@row("P1", "the phone rings for longer than the timeout, then the stream opens", "the call is not ended")
@pytest.mark.usefixtures("full_brain")
async def test_a_late_stream(bus: Bus, nats_server: NatsServer, tmp_path: Path, seen: Seen) -> None:
    """Twilio's status decides before the stream opens; then the living stream does."""
    sid = next(_SIDS)
    async with edge(bus, nats_server.url, tmp_path) as running:
        running.rest.call_status = "ringing"
        await running.post_voice(sid)
        await eventually(lambda: running.rest.status_requests >= 3)
        async with running.stream(sid) as stream:
            await read_until(bus, sid, StreamStarted)
            # A check that began before the stream opened may still request the status.
            await send_audio(stream, 1.0)
            running.rest.call_status = "completed"
            requests_before = running.rest.status_requests
            await send_audio(stream, 1.5)
            alive = not any(isinstance(body, CallEnded) for body in await read_bodies(bus, sid))
            requests_later = running.rest.status_requests
    seen(f"{requests_before} requests while it rang, {requests_later - requests_before} with a stream")

    assert alive
    assert requests_later == requests_before


async def send_audio(stream: MediaStream, seconds: float) -> None:
    """Send audio for some time, in which the edge does not take the socket for dead."""
    for _ in range(int(seconds * 10)):
        await stream.send_frame(b"\xff" * 160)
        await asyncio.sleep(0.1)


@row("P1", "the log of a call is deleted while its stages work", "its work is dropped")
@pytest.mark.usefixtures("full_brain")
async def test_a_deleted_log(bus: Bus, nats_server: NatsServer, tmp_path: Path, seen: Seen) -> None:
    """The stream was purged, or has dropped its oldest messages."""
    async with edge(bus, nats_server.url, tmp_path) as running:
        sid = next(_SIDS)
        await running.post_voice(sid)
        await claimed(bus, sid)
    await bus._jetstream.purge_stream(streams.CALLS.name)

    async def is_dropped() -> bool:
        return not await bus.streams.read(streams.WORK, subjects.work("brain", sid))

    await eventually(is_dropped)
    seen("work dropped")
