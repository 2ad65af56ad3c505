"""Chunks of followed audio that the stream lacks, or that arrive while it is read."""

import asyncio
from typing import Any

import pytest

from parley.audio import stream
from parley.audio.stream import follow_audio, read_audio
from parley.bus import Bus, connect, direct_get, stream_client, streams, subjects
from parley.clock import now_us
from parley.v1.audio_pb2 import CallerAudio


async def publish_chunks(bus: Bus, *numbers: int) -> None:
    """Publish chunks of the caller's audio with these sequence numbers."""
    for number in numbers:
        chunk = CallerAudio(epoch=1, sequence=number)
        await bus.audio.publish(subjects.caller_audio("CA1"), chunk.SerializeToString())


async def test_a_reader_requests_the_chunks_of_a_gap(nats_url: str) -> None:
    """The stream lacks them, as it would after a takeover while it had no leader."""
    async with (
        connect(nats_url, "stt", timeout_s=30) as bus,
        connect(nats_url, "edge", timeout_s=30) as edge,
    ):
        await publish_chunks(edge, 1, 2, 3, 4)
        await bus.flush()
        await edge.flush()
        for message in (await bus.streams.read(streams.AUDIO, "audio.in.CA1"))[2:]:
            await bus._jetstream.delete_msg("AUDIO", message.sequence)

        received = []
        async with asyncio.timeout(30):
            async for audio in follow_audio(bus, subjects.caller_audio("CA1"), CallerAudio):
                received.append(audio.sequence)
                if len(received) == 2:
                    await publish_chunks(edge, 5)
                if audio.sequence == 5:
                    break

    assert received == [1, 2, 3, 4, 5]


async def test_a_gap_between_stored_and_live_chunks_is_requested(nats_url: str) -> None:
    """The stream lacks the last chunk, as without a leader, and the reader starts after the stored ones."""
    async with (
        connect(nats_url, "edge", timeout_s=30) as bus,
        connect(nats_url, "tts", timeout_s=30) as tts,
    ):
        await publish_chunks(tts, 1, 2, 3, 4)
        await tts.flush()
        latest = (await bus.streams.read(streams.AUDIO, "audio.in.CA1"))[-1]
        await bus._jetstream.delete_msg("AUDIO", latest.sequence)
        subject, later_us = subjects.caller_audio("CA1"), now_us() + 10_000_000
        following = follow_audio(bus, subject, CallerAudio, since_us=later_us)
        first = asyncio.ensure_future(anext(following))
        await asyncio.sleep(0.3)
        await publish_chunks(tts, 5)
        async with asyncio.timeout(30):
            received = [(await first).sequence, (await anext(following)).sequence]

    assert received == [4, 5]


async def test_chunks_that_arrive_while_the_stream_is_read_are_yielded(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first chunks of a new reply are yielded, although no stored chunk is requested."""
    async with (
        connect(nats_url, "edge", timeout_s=30) as bus,
        connect(nats_url, "tts", timeout_s=30) as tts,
    ):
        await publish_chunks(tts, 1)
        await tts.flush()

        async def publish_while_reading(*_args: Any, **_more: Any) -> list[CallerAudio]:
            await publish_chunks(tts, 2, 3)
            await tts.flush()
            await bus.flush()
            return []

        monkeypatch.setattr(stream, "read_audio", publish_while_reading)
        following = follow_audio(bus, subjects.caller_audio("CA1"), CallerAudio)
        async with asyncio.timeout(30):
            received = [(await anext(following)).sequence for _ in range(2)]

    assert received == [2, 3]


async def test_a_gap_that_is_not_filled_is_skipped(nats_url: str) -> None:
    """The chunks after the gap are yielded 1.5 s later."""
    async with (
        connect(nats_url, "stt", timeout_s=30) as bus,
        connect(nats_url, "edge", timeout_s=30) as edge,
    ):
        await publish_chunks(edge, 1, 4, 5)
        await edge.flush()
        received = []
        async with asyncio.timeout(30):
            async for audio in follow_audio(bus, subjects.caller_audio("CA1"), CallerAudio):
                received.append(audio.sequence)
                if audio.sequence == 5:
                    break

    assert received == [1, 4, 5]


async def test_a_stream_with_a_new_leader_receives_the_chunks_it_missed(nats_url: str) -> None:
    """On the election the missed chunks are stored after later ones, and read in order."""
    subject = subjects.caller_audio("CA1")
    async with connect(nats_url, "edge", timeout_s=30) as edge:
        await publish_chunks(edge, 1, 2, 3)
        await edge.flush()
        for message in (await edge.streams.read(streams.AUDIO, subject))[1:]:
            await edge._jetstream.delete_msg("AUDIO", message.sequence)
        await edge.publish(subjects.leader_elected("AUDIO"), b"{}")
        await publish_chunks(edge, 4)
        numbers: list[int] = []
        async with asyncio.timeout(30):
            while len(numbers) < 4:
                numbers = [audio.sequence for audio in await read_audio(edge, subject, CallerAudio)]

    assert numbers == [1, 2, 3, 4]


async def test_a_stream_without_a_leader_is_not_waited_for(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored chunks are read from a replica; the rest is retransmitted even without live chunks."""

    async def no_leader(*_args: Any) -> int:
        await asyncio.sleep(60)
        return 0

    subject = subjects.caller_audio("CA1")
    async with (
        connect(nats_url, "edge", timeout_s=30) as edge,
        connect(nats_url, "stt", timeout_s=30, replicas=None) as clustered,
    ):
        await publish_chunks(edge, 1, 2, 3)
        await edge.flush()
        for message in (await edge.streams.read(streams.AUDIO, subject))[1:]:
            await edge._jetstream.delete_msg("AUDIO", message.sequence)
        monkeypatch.setattr(stream_client, "leader_last_sequence", no_leader)
        monkeypatch.setattr(direct_get, "leader_last_sequence", no_leader)
        following = follow_audio(clustered, subject, CallerAudio)
        async with asyncio.timeout(30):
            received = [(await anext(following)).sequence for _ in range(3)]

    assert received == [1, 2, 3]
