"""The standby stream: two edges, and a call whose edge dies while the caller speaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from cli.free_port import free_port
from parley.bus import Bus, connect, streams, subjects
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.call_pb2 import CallEnded, StreamStarted
from tests.call_log import read_until
from tests.eventually import eventually
from tests.integration.edge_process import EdgeProcess, MediaStream, running_edge
from tests.integration.test_edge import A
from tests.nats_server import NatsServer

PATH = "/twilio/standby"


@asynccontextmanager
async def direct_edge(nats_url: str, bus: Bus, folder: Path, **more: str) -> AsyncIterator[EdgeProcess]:
    """An edge with a direct address and standby streams."""
    await asyncio.to_thread(folder.mkdir)
    port = str(free_port())
    direct = {"PARLEY_EDGE_DIRECT_URL": f"http://127.0.0.1:{port}", "PARLEY_EDGE_DIRECT_PORT": port}
    env = {"PARLEY_STANDBY_STREAM": "true", "PARLEY_STREAM_RESUME_TIMEOUT_S": "20", **direct, **more}
    async with running_edge(nats_url, bus, folder, **env) as edge:
        edge.url = f"http://127.0.0.1:{port}"
        yield edge


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    """The test's own connection to NATS."""
    async with connect(nats_server.url, "t", timeout_s=30) as bus:
        yield bus


def stream_urls(edge: EdgeProcess) -> list[str]:
    """Addresses to which the edge had Twilio send a stream."""
    return [form["Url"] for path, form in edge.rest.requests if path.endswith("/Streams.json")]


async def wait_for_streams(edge: EdgeProcess, count: int) -> list[str]:
    """Wait until the edge has requested the given number of streams; returns their addresses."""
    await eventually(lambda: len(stream_urls(edge)) >= count)
    return stream_urls(edge)


async def speak(numbers: range, *lines: MediaStream) -> None:
    """Send frames that contain their number to each stream, in real time."""
    for number in numbers:
        for line in lines:
            line.frame_count = number
            await line.send_frame(bytes([number]) * 160)
        await asyncio.sleep(0.02)


async def published(bus: Bus) -> list[int]:
    """Numbers of the frames on the bus, in order."""
    messages = await bus.streams.read(streams.AUDIO, subjects.caller_audio(A))
    return [CallerAudio.FromString(message.data).mulaw[0] for message in messages]


async def test_no_word_is_lost_when_an_edge_dies_in_the_middle_of_it(
    nats_server: NatsServer, bus: Bus, tmp_path: Path
) -> None:
    """The second edge first publishes what was spoken between the two streams."""
    async with (
        direct_edge(nats_server.url, bus, tmp_path / "1") as first,
        direct_edge(nats_server.url, bus, tmp_path / "2") as second,
    ):
        await first.post_voice(A)
        async with first.stream(A) as line:
            await read_until(bus, A, StreamStarted)
            assert await wait_for_streams(first, 1) == [f"wss{second.url.removeprefix('http')}{PATH}"]
            async with second.stream(A, "MZ2", PATH) as standby:
                await speak(range(50), line, standby)
                first.process.kill()
                await speak(range(50, 80), standby)
                async with second.stream(A, "MZ3") as next_line:
                    await asyncio.sleep(0.3)
                    next_line.frame_count = 0
                    for number in range(80, 90):
                        await next_line.send_frame(bytes([number]) * 160)
                        await asyncio.sleep(0.02)
                    await asyncio.sleep(0.3)
                    numbers = await published(bus)
                    await second.post("/status", {"CallSid": A, "CallStatus": "completed"})
                    await read_until(bus, A, CallEnded)

    assert numbers == list(range(90))


async def test_a_standby_stream_that_closes_is_replaced(
    nats_server: NatsServer, bus: Bus, tmp_path: Path
) -> None:
    """Each standby stream is opened at an edge that does not carry the call."""
    async with (
        direct_edge(nats_server.url, bus, tmp_path / "1") as first,
        direct_edge(nats_server.url, bus, tmp_path / "2") as second,
    ):
        await first.post_voice(A)
        async with first.stream(A):
            await wait_for_streams(first, 1)
            async with second.stream(A, "MZ2", PATH):
                await asyncio.sleep(3)
                assert len(stream_urls(first)) == 1
            urls = await wait_for_streams(first, 2)

    assert set(urls) == {f"wss{second.url.removeprefix('http')}{PATH}"}


async def test_a_rejected_standby_stream_is_requested_three_times(
    nats_server: NatsServer, bus: Bus, tmp_path: Path
) -> None:
    """The account lacks permission; the call continues without a standby stream."""
    async with (
        direct_edge(nats_server.url, bus, tmp_path / "1") as first,
        direct_edge(nats_server.url, bus, tmp_path / "2"),
    ):
        first.rest.status, first.rest.code = 403, 20003
        await first.post_voice(A)
        async with first.stream(A) as line:
            await speak(range(50), line)
            await first.wait_for_entry("standby_stream_unavailable")
            assert len(await published(bus)) == 50

    assert len(stream_urls(first)) == 3


async def test_a_single_edge_requests_no_standby_stream(
    nats_server: NatsServer, bus: Bus, tmp_path: Path
) -> None:
    """No other edge could receive it."""
    async with direct_edge(nats_server.url, bus, tmp_path / "1") as edge:
        await edge.post_voice(A)
        async with edge.stream(A):
            await asyncio.sleep(2)

    assert edge.rest.requests == []


async def test_without_the_setting_there_is_no_standby_stream(
    nats_server: NatsServer, bus: Bus, tmp_path: Path
) -> None:
    """An edge neither requests one nor has an endpoint for one."""
    off = {"PARLEY_STANDBY_STREAM": "false"}
    async with (
        direct_edge(nats_server.url, bus, tmp_path / "1", **off) as first,
        direct_edge(nats_server.url, bus, tmp_path / "2") as second,
    ):
        await first.post_voice(A)
        async with first.stream(A):
            await asyncio.sleep(2)
            with pytest.raises(InvalidStatus, match="403"):
                async with first.socket(path=PATH):
                    pass

    assert first.rest.requests == second.rest.requests == []
