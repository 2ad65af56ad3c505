"""A lost stream is replaced by exactly one other, whichever signal arrives first."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from cli.free_port import free_port
from parley.bus import Message, connect, streams, subjects
from parley.events.log import open_call_log
from parley.events.outbox import open_outbox
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from parley.v1.call_pb2 import CallEnded, StreamResuming, StreamStarted, StreamStopped
from parley.v1.reply_pb2 import FallbackRequested
from tests.call_log import read_bodies, read_until
from tests.eventually import eventually
from tests.integration.edge_process import EdgeProcess, running_edge
from tests.integration.test_edge import A
from tests.nats_server import NatsServer

RESUME = "/voice?resume=1"


@pytest.fixture
async def edge(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[EdgeProcess]:
    """A running edge that waits 20 s for a lost stream to be resumed, with one call."""
    async with (
        connect(nats_server.url, "t", timeout_s=30) as bus,
        running_edge(
            nats_server.url, bus, tmp_path, PARLEY_STREAM_RESUME_TIMEOUT_S="20", PARLEY_DRAIN_TIMEOUT_S="0.5"
        ) as running,
    ):
        await running.post_voice(A)
        yield running


async def lose_stream(edge: EdgeProcess, stream_sid: str = "MZ1") -> None:
    """Open the call's stream and break its socket."""
    async with edge.stream(A, stream_sid) as stream:
        await read_until(edge.bus, A, StreamStarted)
        stream.socket.transport.abort()
    await read_until(edge.bus, A, StreamStopped)


async def post_stream_ended(edge: EdgeProcess, stream_sid: str = "MZ1", event: str = "stream-error") -> None:
    """Send Twilio's status callback for the end of a stream."""
    reply = await edge.post("/status", {"CallSid": A, "StreamSid": stream_sid, "StreamEvent": event})
    assert reply.status_code == 204


async def resume_methods(edge: EdgeProcess) -> list[str]:
    """The method of each stream.resuming in the call's log."""
    return [body.method for body in await read_bodies(edge.bus, A) if isinstance(body, StreamResuming)]


async def redirects(edge: EdgeProcess, count: int = 1) -> list[str]:
    """Wait for a number of REST requests; returns the TwiML of each."""
    await eventually(lambda: len(edge.rest.requests) >= count)
    return [form.get("Twiml", "") for _, form in edge.rest.requests]


async def test_a_stream_that_twilio_requests_again_is_resumed_by_redirect_only(edge: EdgeProcess) -> None:
    """Repeated requests and a status callback start no second resumption."""
    await lose_stream(edge)
    first = (await edge.post_voice(A, RESUME)).text
    await post_stream_ended(edge)
    answers = [first, (await edge.post_voice(A, RESUME)).text]
    async with edge.stream(A, "MZ2"):
        await post_stream_ended(edge)
        await asyncio.sleep(3)

    assert all("<Stream" in answer for answer in answers)
    assert await resume_methods(edge) == ["redirect"]
    assert edge.rest.requests == []


async def test_a_resumption_contains_the_audio_positions_of_both_sides(edge: EdgeProcess) -> None:
    """Agent audio published after the caller's last audio may not have reached Twilio."""

    async def publish_agent_audio(offset: int) -> None:
        audio = AgentAudio(reply_id="r7", offset_samples=offset, mulaw=bytes(800))
        await edge.bus.publish_durable(subjects.agent_audio(A), audio.SerializeToString())

    async with edge.stream(A) as stream:
        await read_until(edge.bus, A, StreamStarted)
        await publish_agent_audio(0)
        await publish_agent_audio(800)
        for _ in range(3):
            await stream.send_frame(b"\xff" * 160)
        received: list[Message] = []
        async with asyncio.timeout(30):
            while len(received) < 3:
                received = await edge.bus.streams.read(streams.AUDIO, subjects.caller_audio(A))
        await publish_agent_audio(1600)
        stream.socket.transport.abort()
    await edge.post_voice(A, RESUME)
    async with edge.stream(A, "MZ2"):
        pause = 'parley_media_stream_resume_seconds_count{method="redirect"}'

        async def observed() -> bool:
            return await edge.metric(pause) == 1

        await eventually(observed)

    [resuming] = [body for body in await read_bodies(edge.bus, A) if isinstance(body, StreamResuming)]
    assert resuming.last_audio_ms == CallerAudio.FromString(received[-1].data).at_ms + 20
    assert (resuming.last_reply_id, resuming.last_reply_samples) == ("r7", 1600)


async def test_invalid_audio_messages_do_not_prevent_a_resumption(edge: EdgeProcess) -> None:
    """The resumption then contains no audio positions."""
    await lose_stream(edge)
    await edge.bus.publish_durable(subjects.caller_audio(A), b"\xff\xff no audio")

    assert "<Stream" in (await edge.post_voice(A, RESUME)).text
    assert await resume_methods(edge) == ["redirect"]


async def test_a_call_that_twilio_does_not_redirect_is_resumed_by_rest(edge: EdgeProcess) -> None:
    """A new stream is requested once, however often the status callback is repeated."""
    await lose_stream(edge)
    for _ in range(3):
        await post_stream_ended(edge)
    [twiml] = await redirects(edge)
    late = (await edge.post_voice(A, RESUME)).text
    async with edge.stream(A, "MZ2"):
        await asyncio.sleep(3)

    assert "<Stream" in twiml
    assert 'name="redirected_at_ms"' in twiml
    # Twilio requests TwiML after the REST redirect: it must not open a second stream.
    assert "<Stream" not in late
    assert "<Pause" in late
    assert await resume_methods(edge) == ["rest"]
    assert len(edge.rest.requests) == 1


async def test_a_redirect_that_opened_no_stream_is_followed_by_rest(edge: EdgeProcess) -> None:
    """Twilio requested the TwiML but opened no stream."""
    await lose_stream(edge)
    await edge.post_voice(A, RESUME)
    await post_stream_ended(edge)
    [twiml] = await redirects(edge)

    assert "<Stream" in twiml
    assert await resume_methods(edge) == ["redirect", "rest"]


async def test_a_resumption_is_retried_while_twilios_rest_api_is_unavailable(edge: EdgeProcess) -> None:
    """The outage is longer than the retries of one attempt."""
    edge.rest.status = 503
    await lose_stream(edge)
    for _ in range(3):
        await post_stream_ended(edge)
    await redirects(edge, count=3)
    edge.rest.status = 200
    [*_, twiml] = await redirects(edge, count=4)
    async with edge.stream(A, "MZ2"):
        await asyncio.sleep(3)

    assert "<Stream" in twiml
    assert len(edge.rest.requests) == 4
    assert await resume_methods(edge) == ["rest", "rest"]


async def test_a_stream_that_was_stopped_is_not_resumed(edge: EdgeProcess) -> None:
    """After a stop the status callback has no effect."""
    async with edge.stream(A) as stream:
        await stream.send(event="stop", stop={"callSid": A}, streamSid="MZ1")
        await post_stream_ended(edge, event="stream-stopped")
        bodies = await read_until(edge.bus, A, CallEnded)

    assert bodies[-1].reason == "hangup"  # type: ignore[union-attr]
    assert edge.rest.requests == []
    assert await resume_methods(edge) == []


async def test_a_call_that_twilio_has_ended_is_ended(edge: EdgeProcess) -> None:
    """The REST redirect finds no call in progress: the caller hung up during the loss."""
    edge.rest.status, edge.rest.code = 400, 21220
    await lose_stream(edge)
    await post_stream_ended(edge)
    bodies = await read_until(edge.bus, A, CallEnded)

    assert bodies[-1].reason == "hangup"  # type: ignore[union-attr]


async def test_a_fallback_requested_without_a_stream_starts_with_the_next_stream(edge: EdgeProcess) -> None:
    """The next stream's edge reads the request from the log."""
    await lose_stream(edge)
    async with (
        open_outbox(edge.bus) as outbox,
        open_call_log(edge.bus, outbox, A, "brain", 1) as brain_log,
    ):
        await brain_log.append(FallbackRequested(reason="tts_unavailable"))
    await edge.post_voice(A, RESUME)
    async with edge.stream(A, "MZ2"):
        [twiml] = await redirects(edge)
        bodies = await read_until(edge.bus, A, CallEnded)

    assert "<Say " in twiml
    assert bodies[-1].reason == "fallback"  # type: ignore[union-attr]


async def test_a_live_stream_is_not_resumed(edge: EdgeProcess) -> None:
    """The status callback is late, or concerns another stream."""
    async with edge.stream(A):
        await read_until(edge.bus, A, StreamStarted)
        await post_stream_ended(edge)
        await post_stream_ended(edge, "MZ0")
        await asyncio.sleep(1)

    assert edge.rest.requests == []


async def test_a_stopping_edge_drains_its_calls(edge: EdgeProcess) -> None:
    """It accepts no connection, closes the streams after the drain timeout and exits with code 0."""
    async with edge.stream(A) as stream:
        await read_until(edge.bus, A, StreamStarted)
        edge.process.terminate()
        with pytest.raises(ConnectionClosed) as closed:
            await stream.receive()
        assert closed.value.rcvd is not None
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", int(edge.url.rpartition(":")[2]))
    async with asyncio.timeout(30):
        code = await edge.process.wait()
    bodies = await read_bodies(edge.bus, A)

    assert code == 0
    assert [body.reason for body in bodies if isinstance(body, StreamStopped)] == ["drained"]
    assert not any(isinstance(body, CallEnded) for body in bodies)


async def test_the_fallback_answers_for_an_edge_that_died(edge: EdgeProcess) -> None:
    """A running call gets its stream; a new call starts with the agent of the failed request."""
    await lose_stream(edge)
    form = {"CallSid": A, "ErrorCode": "11205", "ErrorUrl": f"{edge.url}{RESUME}"}
    resumed = await edge.post("/fallback", form)
    new = f"CA{12:032x}"
    started = await edge.post(
        "/fallback", {"CallSid": new, "ErrorCode": "11200", "ErrorUrl": f"{edge.url}/voice?agent=clinic"}
    )
    unknown_agent = await edge.post(
        "/fallback", {"CallSid": new, "ErrorCode": "11200", "ErrorUrl": f"{edge.url}/voice?agent=nobody"}
    )

    assert "<Stream" in resumed.text
    assert "<Stream" in started.text
    assert "<Stream" in unknown_agent.text
    assert await edge.wait_for_error("agent_not_loaded")
    assert await read_bodies(edge.bus, new)


async def test_a_stream_is_opened_at_the_direct_url_of_the_edge(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    """Twilio signs for that address; a stream resumed via REST is opened there as well."""
    direct_url = f"http://127.0.0.1:{free_port()}"
    port = direct_url.rpartition(":")[2]
    async with (
        connect(nats_server.url, "t", timeout_s=30) as bus,
        running_edge(
            nats_server.url,
            bus,
            tmp_path,
            PARLEY_EDGE_DIRECT_PORT=port,
            PARLEY_EDGE_DIRECT_URL=f"{direct_url}/",
            PARLEY_STREAM_RESUME_TIMEOUT_S="20",
        ) as edge,
    ):
        answer = (await edge.post_voice(A)).text
        direct_edge = replace(edge, url=direct_url)
        await lose_stream(direct_edge)
        await post_stream_ended(edge)
        [twiml] = await redirects(edge)
        async with edge.stream(A, "MZ2"):
            await read_until(bus, A, StreamStarted)

    assert f'url="wss://127.0.0.1:{port}/twilio/stream"' in answer
    assert f'url="wss://127.0.0.1:{port}/twilio/stream"' in twiml
    assert f"{edge.url}/voice?resume=1" in twiml
