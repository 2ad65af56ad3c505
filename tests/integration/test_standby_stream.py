"""Two edges, and a call whose edge dies while the caller speaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from parley.bus import Bus, connect, streams, subjects
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.call_pb2 import CallEnded, StreamStarted
from tests.call_log import read_until
from tests.integration.edge_process import Edge, Stream, running_edge
from tests.integration.test_edge import A
from tests.nats_server import NatsServer, free_port

EAR = "/twilio/ear"


@asynccontextmanager
async def an_edge(nats_url: str, bus: Bus, folder: Path, **more: str) -> AsyncIterator[Edge]:
    """One that has an address of its own."""
    await asyncio.to_thread(folder.mkdir)
    port = str(free_port())
    own = {"PARLEY_EDGE_DIRECT_URL": f"http://127.0.0.1:{port}", "PARLEY_EDGE_DIRECT_PORT": port}
    told = {"PARLEY_STANDBY_STREAM": "true", "PARLEY_STREAM_RESUME_TIMEOUT_S": "20", **own, **more}
    async with running_edge(nats_url, bus, folder, **told) as edge:
        edge.url = f"http://127.0.0.1:{port}"
        yield edge


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    """A connection of the test's own."""
    async with connect(nats_server.url, "t", timeout_s=5) as bus:
        yield bus


async def forks(edge: Edge, count: int) -> list[str]:
    """Where Twilio was asked to send the caller's sound as well."""
    async with asyncio.timeout(15):
        while len(asked := [f["Url"] for p, f in edge.rest.asked if p.endswith("/Streams.json")]) < count:  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)
    return asked


async def speak(numbers: range, *lines: Stream) -> None:
    """Frames that tell their number, to each line at once, in real time."""
    for number in numbers:
        for line in lines:
            line.frames = number
            await line.say(bytes([number]) * 160)
        await asyncio.sleep(0.02)


async def heard(bus: Bus) -> list[int]:
    """Numbers of the frames that the stages hear, in order."""
    messages = await bus.streams.read(streams.AUDIO, subjects.caller_audio(A))
    return [CallerAudio.FromString(message.data).mulaw[0] for message in messages]


async def test_no_word_is_lost_when_an_edge_dies_in_the_middle_of_it(
    nats_server: NatsServer, bus: Bus, tmp_path: Path
) -> None:
    """What was said between two streams comes first on the second."""
    async with (
        an_edge(nats_server.url, bus, tmp_path / "1") as first,
        an_edge(nats_server.url, bus, tmp_path / "2") as second,
    ):
        await first.voice(A)
        async with first.stream(A) as line:
            await read_until(bus, A, StreamStarted)
            assert await forks(first, 1) == [f"wss{second.url.removeprefix('http')}{EAR}"]
            async with second.stream(A, "MZ2", EAR) as ear:
                await speak(range(50), line, ear)
                first.process.kill()
                await speak(range(50, 80), ear)
                async with second.stream(A, "MZ3") as next_line:
                    await asyncio.sleep(0.3)
                    next_line.frames = 0
                    for number in range(80, 90):
                        await next_line.say(bytes([number]) * 160)
                        await asyncio.sleep(0.02)
                    await asyncio.sleep(0.3)
                    numbers = await heard(bus)
                    await second.post("/status", {"CallSid": A, "CallStatus": "completed"})
                    await read_until(bus, A, CallEnded)

    assert numbers == list(range(90))


async def test_a_second_ear_that_dies_is_replaced(nats_server: NatsServer, bus: Bus, tmp_path: Path) -> None:
    """And a call is never listened to by the very edge that carries it."""
    async with (
        an_edge(nats_server.url, bus, tmp_path / "1") as first,
        an_edge(nats_server.url, bus, tmp_path / "2") as second,
    ):
        await first.voice(A)
        async with first.stream(A):
            await forks(first, 1)
            async with second.stream(A, "MZ2", EAR):
                await asyncio.sleep(3)
                assert len(await forks(first, 1)) == 1
            urls = await forks(first, 2)

    assert set(urls) == {f"wss{second.url.removeprefix('http')}{EAR}"}


async def test_a_fork_that_is_refused_is_asked_for_no_more(
    nats_server: NatsServer, bus: Bus, tmp_path: Path
) -> None:
    """As by an account that may not; the call goes on without."""
    async with (
        an_edge(nats_server.url, bus, tmp_path / "1") as first,
        an_edge(nats_server.url, bus, tmp_path / "2"),
    ):
        first.rest.status, first.rest.code = 403, 20003
        await first.voice(A)
        async with first.stream(A) as line:
            await speak(range(50), line)
            async with asyncio.timeout(20):
                while not any("without a second ear" in said["event"] for said in first.log()):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.1)
            assert len(await heard(bus)) == 50

    assert len(await forks(first, 3)) == 3


async def test_one_edge_alone_asks_for_no_fork(nats_server: NatsServer, bus: Bus, tmp_path: Path) -> None:
    """There is nobody who could listen."""
    async with an_edge(nats_server.url, bus, tmp_path / "1") as edge:
        await edge.voice(A)
        async with edge.stream(A):
            await asyncio.sleep(2)

    assert edge.rest.asked == []
