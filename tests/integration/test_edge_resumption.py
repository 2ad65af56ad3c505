"""A stream is lost: another follows, by whichever way comes first, and only one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from parley.bus import Message, connect, streams, subjects
from parley.events.log import open_call_log
from parley.events.outbox import open_outbox
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from parley.v1.call_pb2 import CallEnded, StreamResuming, StreamStarted, StreamStopped
from parley.v1.reply_pb2 import FallbackRequested
from tests.call_log import read_bodies, read_until
from tests.integration.edge_process import EdgeProcess, running_edge
from tests.integration.test_edge import A
from tests.nats_server import NatsServer, free_port

RESUME = "/voice?resume=1"


@pytest.fixture
async def edge(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[EdgeProcess]:
    """One that waits for a lost stream's successor, with a call on it."""
    async with (
        connect(nats_server.url, "t", timeout_s=5) as bus,
        running_edge(
            nats_server.url, bus, tmp_path, PARLEY_STREAM_RESUME_TIMEOUT_S="20", PARLEY_DRAIN_TIMEOUT_S="0.5"
        ) as running,
    ):
        await running.post_voice(A)
        yield running


async def lose(edge: EdgeProcess, stream_sid: str = "MZ1") -> None:
    """The call's stream breaks."""
    async with edge.stream(A, stream_sid) as stream:
        await read_until(edge.bus, A, StreamStarted)
        stream.socket.transport.abort()
    await read_until(edge.bus, A, StreamStopped)


async def told_over(edge: EdgeProcess, stream_sid: str = "MZ1", event: str = "stream-error") -> None:
    """Twilio's callback."""
    reply = await edge.post("/status", {"CallSid": A, "StreamSid": stream_sid, "StreamEvent": event})
    assert reply.status_code == 204


async def ways(edge: EdgeProcess) -> list[str]:
    """Who had the stream followed by another."""
    return [body.method for body in await read_bodies(edge.bus, A) if isinstance(body, StreamResuming)]


async def asked(edge: EdgeProcess, count: int = 1) -> list[str]:
    """What Twilio was told by REST: wait for so much."""
    async with asyncio.timeout(5):
        while len(edge.rest.requests) < count:  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.02)
    return [form.get("Twiml", "") for _, form in edge.rest.requests]


async def test_twilio_that_asks_is_told_once_and_nothing_else_is_done(edge: EdgeProcess) -> None:
    """The question may come twice; the callback finds that all is done."""
    await lose(edge)
    await told_over(edge)
    answers = [(await edge.post_voice(A, RESUME)).text for _ in range(2)]
    async with edge.stream(A, "MZ2"):
        await told_over(edge)
        await asyncio.sleep(3)

    assert all("<Stream" in answer for answer in answers)
    assert await ways(edge) == ["redirect"]
    assert edge.rest.requests == []


async def test_it_is_told_how_far_both_voices_had_come(edge: EdgeProcess) -> None:
    """What of the agent's was made after the caller's last sound was not sent any more, for all we know."""

    async def speak(offset: int) -> None:
        audio = AgentAudio(reply_id="r7", offset_samples=offset, mulaw=bytes(800))
        await edge.bus.publish_durable(subjects.agent_audio(A), audio.SerializeToString())

    async with edge.stream(A) as stream:
        await read_until(edge.bus, A, StreamStarted)
        await speak(0)
        await speak(800)
        for _ in range(3):
            await stream.send_frame(b"\xff" * 160)
        heard: list[Message] = []
        async with asyncio.timeout(5):
            while len(heard) < 3:
                heard = await edge.bus.streams.read(streams.AUDIO, subjects.caller_audio(A))
        await speak(1600)
        stream.socket.transport.abort()
    await edge.post_voice(A, RESUME)

    [resuming] = [body for body in await read_bodies(edge.bus, A) if isinstance(body, StreamResuming)]
    assert resuming.last_audio_ms == CallerAudio.FromString(heard[-1].data).at_ms + 20
    assert (resuming.last_reply_id, resuming.last_reply_samples) == ("r7", 1600)


async def test_bytes_that_are_no_sound_keep_no_stream_from_being_followed(edge: EdgeProcess) -> None:
    """Then it is not told how far the voices had come."""
    await lose(edge)
    await edge.bus.publish_durable(subjects.caller_audio(A), b"\xff\xff no sound")

    assert "<Stream" in (await edge.post_voice(A, RESUME)).text
    assert await ways(edge) == ["redirect"]


async def test_a_call_that_twilio_leaves_in_silence_is_fetched_back(edge: EdgeProcess) -> None:
    """By REST, with a fresh stream, however often the callback comes."""
    await lose(edge)
    for _ in range(3):
        await told_over(edge)
    [twiml] = await asked(edge)
    late = (await edge.post_voice(A, RESUME)).text
    async with edge.stream(A, "MZ2"):
        await asyncio.sleep(3)

    assert "<Stream" in twiml
    assert 'name="redirected_at_ms"' in twiml
    # Twilio asks although it was told: another stream must not be opened.
    assert "<Stream" not in late
    assert "<Pause" in late
    assert await ways(edge) == ["rest"]
    assert len(edge.rest.requests) == 1


async def test_a_way_that_came_to_nothing_is_gone_again(edge: EdgeProcess) -> None:
    """Twilio had asked, and no stream came of it."""
    await lose(edge)
    await edge.post_voice(A, RESUME)
    await told_over(edge)
    [twiml] = await asked(edge)

    assert "<Stream" in twiml
    assert await ways(edge) == ["redirect", "rest"]


async def test_a_call_is_fetched_back_once_twilio_can_be_told(edge: EdgeProcess) -> None:
    """Its REST API is away at first, for more than the tries of one look."""
    edge.rest.status = 503
    await lose(edge)
    for _ in range(3):
        await told_over(edge)
    await asked(edge, count=3)
    edge.rest.status = 200
    [*_, twiml] = await asked(edge, count=4)
    async with edge.stream(A, "MZ2"):
        await asyncio.sleep(3)

    assert "<Stream" in twiml
    assert len(edge.rest.requests) == 4
    assert await ways(edge) == ["rest", "rest"]


async def test_a_hang_up_is_no_loss(edge: EdgeProcess) -> None:
    """Twilio said stop; its callback about the stream changes nothing."""
    async with edge.stream(A) as stream:
        await stream.send(event="stop", stop={"callSid": A}, streamSid="MZ1")
        await told_over(edge, event="stream-stopped")
        bodies = await read_until(edge.bus, A, CallEnded)

    assert bodies[-1].reason == "hangup"  # type: ignore[union-attr]
    assert edge.rest.requests == []
    assert await ways(edge) == []


async def test_a_call_that_is_gone_is_over(edge: EdgeProcess) -> None:
    """Twilio knows of no call in progress: the caller hung up while the line was lost."""
    edge.rest.status, edge.rest.code = 400, 21220
    await lose(edge)
    await told_over(edge)
    bodies = await read_until(edge.bus, A, CallEnded)

    assert bodies[-1].reason == "hangup"  # type: ignore[union-attr]


async def test_a_call_that_was_given_up_is_left_to_twilio_by_the_next_stream(edge: EdgeProcess) -> None:
    """The word came while no edge held a stream: the next one finds it in the log."""
    await lose(edge)
    async with (
        open_outbox(edge.bus) as outbox,
        open_call_log(edge.bus, outbox, A, "brain", 1) as brain_log,
    ):
        await brain_log.append(FallbackRequested(reason="tts_unavailable"))
    await edge.post_voice(A, RESUME)
    async with edge.stream(A, "MZ2"):
        [twiml] = await asked(edge)
        bodies = await read_until(edge.bus, A, CallEnded)

    assert "<Say>" in twiml
    assert bodies[-1].reason == "fallback"  # type: ignore[union-attr]


async def test_a_live_stream_is_left_alone(edge: EdgeProcess) -> None:
    """A callback that is late, or about another stream."""
    async with edge.stream(A):
        await read_until(edge.bus, A, StreamStarted)
        await told_over(edge)
        await told_over(edge, "MZ0")
        await asyncio.sleep(1)

    assert edge.rest.requests == []


async def test_a_stopping_edge_moves_its_calls(edge: EdgeProcess) -> None:
    """It takes no new connection, waits for a while, then lets the streams go and ends with code 0."""
    async with edge.stream(A) as stream:
        await read_until(edge.bus, A, StreamStarted)
        edge.process.terminate()
        with pytest.raises(ConnectionClosed) as closed:
            await stream.receive()
        assert closed.value.rcvd is not None
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", int(edge.url.rpartition(":")[2]))
    async with asyncio.timeout(10):
        code = await edge.process.wait()
    bodies = await read_bodies(edge.bus, A)

    assert code == 0
    assert [body.reason for body in bodies if isinstance(body, StreamStopped)] == ["drained"]
    assert not any(isinstance(body, CallEnded) for body in bodies)


async def test_the_fallback_answers_for_an_edge_that_died(edge: EdgeProcess) -> None:
    """A call that goes on gets its stream; a new one is taken, by the agent that was asked for."""
    await lose(edge)
    form = {"CallSid": A, "ErrorCode": "11205", "ErrorUrl": f"{edge.url}{RESUME}"}
    goes_on = await edge.post("/fallback", form)
    new = f"CA{12:032x}"
    begins = await edge.post(
        "/fallback", {"CallSid": new, "ErrorCode": "11200", "ErrorUrl": f"{edge.url}/voice?agent=clinic"}
    )
    nobody = await edge.post(
        "/fallback", {"CallSid": new, "ErrorCode": "11200", "ErrorUrl": f"{edge.url}/voice?agent=nobody"}
    )

    assert "<Stream" in goes_on.text
    assert "<Stream" in begins.text
    assert "<Say>" in nobody.text
    assert await read_bodies(edge.bus, new)


async def test_a_stream_comes_to_the_edge_that_asked_for_it(nats_server: NatsServer, tmp_path: Path) -> None:
    """At its own address, signed for that one; also when a lost one is followed by REST."""
    own = f"http://127.0.0.1:{free_port()}"
    port = own.rpartition(":")[2]
    async with (
        connect(nats_server.url, "t", timeout_s=5) as bus,
        running_edge(
            nats_server.url, bus, tmp_path, PARLEY_EDGE_DIRECT_PORT=port, PARLEY_EDGE_DIRECT_URL=f"{own}/"
        ) as edge,
    ):
        answer = (await edge.post_voice(A)).text
        straight = replace(edge, url=own)
        await lose(straight)
        await told_over(edge)
        [twiml] = await asked(edge)
        async with edge.stream(A, "MZ2"):
            await read_until(bus, A, StreamStarted)

    assert f'url="wss://127.0.0.1:{port}/twilio/stream"' in answer
    assert f'url="wss://127.0.0.1:{port}/twilio/stream"' in twiml
    assert f"{edge.url}/voice?resume=1" in twiml
