"""Sound that a stream lacks, or that comes while it is read."""

import asyncio
from typing import Any

import pytest

from parley.audio import stream
from parley.audio.stream import follow_audio, read_audio
from parley.bus import Bus, connect, direct_get, stream_client, streams, subjects
from parley.clock import now_us
from parley.v1.audio_pb2 import CallerAudio


async def say_numbers(bus: Bus, *numbers: int) -> None:
    """Sound of the caller's that tells its number."""
    for number in numbers:
        chunk = CallerAudio(epoch=1, sequence=number)
        await bus.audio.publish(subjects.caller_audio("CA1"), chunk.SerializeToString())


async def test_sound_that_its_stream_lacks_is_asked_for(nats_url: str) -> None:
    """By who meets a hole in it, as after a takeover while the stream has no leader."""
    async with (
        connect(nats_url, "stt", timeout_s=5) as bus,
        connect(nats_url, "edge", timeout_s=5) as edge,
    ):
        await say_numbers(edge, 1, 2, 3, 4)
        await bus.flush()
        await edge.flush()
        for message in (await bus.streams.read(streams.AUDIO, "audio.in.CA1"))[2:]:
            await bus._jetstream.delete_msg("AUDIO", message.sequence)

        heard = []
        async with asyncio.timeout(5):
            async for audio in follow_audio(bus, subjects.caller_audio("CA1"), CallerAudio):
                heard.append(audio.sequence)
                if len(heard) == 2:
                    await say_numbers(edge, 5)
                if audio.sequence == 5:
                    break

    assert heard == [1, 2, 3, 4, 5]


async def test_sound_between_what_is_stored_and_what_comes_is_asked_for(nats_url: str) -> None:
    """Nothing that is stored is of use to the reader, and a stream without a leader took none for a while."""
    async with (
        connect(nats_url, "edge", timeout_s=5) as bus,
        connect(nats_url, "tts", timeout_s=5) as tts,
    ):
        await say_numbers(tts, 1, 2, 3, 4)
        await tts.flush()
        newest = (await bus.streams.read(streams.AUDIO, "audio.in.CA1"))[-1]
        await bus._jetstream.delete_msg("AUDIO", newest.sequence)
        subject, later_us = subjects.caller_audio("CA1"), now_us() + 10_000_000
        following = follow_audio(bus, subject, CallerAudio, since_us=later_us)
        first = asyncio.ensure_future(anext(following))
        await asyncio.sleep(0.3)
        await say_numbers(tts, 5)
        async with asyncio.timeout(5):
            heard = [(await first).sequence, (await anext(following)).sequence]

    assert heard == [4, 5]


async def test_sound_that_comes_while_the_past_is_read_is_heard(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nothing that is stored is wanted: a reply's first chunk is no past."""
    async with (
        connect(nats_url, "edge", timeout_s=5) as bus,
        connect(nats_url, "tts", timeout_s=5) as tts,
    ):
        await say_numbers(tts, 1)
        await tts.flush()

        async def meanwhile(*_args: Any, **_more: Any) -> list[CallerAudio]:
            await say_numbers(tts, 2, 3)
            await tts.flush()
            await bus.flush()
            return []

        monkeypatch.setattr(stream, "read_audio", meanwhile)
        following = follow_audio(bus, subjects.caller_audio("CA1"), CallerAudio)
        async with asyncio.timeout(5):
            heard = [(await anext(following)).sequence for _ in range(2)]

    assert heard == [2, 3]


async def test_a_hole_that_nobody_can_fill_is_passed_over(nats_url: str) -> None:
    """Its speaker is gone; what came after it is heard a second later."""
    async with (
        connect(nats_url, "stt", timeout_s=5) as bus,
        connect(nats_url, "edge", timeout_s=5) as edge,
    ):
        await say_numbers(edge, 1, 4, 5)
        await edge.flush()
        heard = []
        async with asyncio.timeout(5):
            async for audio in follow_audio(bus, subjects.caller_audio("CA1"), CallerAudio):
                heard.append(audio.sequence)
                if audio.sequence == 5:
                    break

    assert heard == [1, 4, 5]


async def test_a_stream_with_a_new_leader_gets_what_was_said_while_it_had_none(nats_url: str) -> None:
    """NATS tells of the election; the sound lies behind what came after it, and is read in its order."""
    subject = subjects.caller_audio("CA1")
    async with connect(nats_url, "edge", timeout_s=5) as edge:
        await say_numbers(edge, 1, 2, 3)
        await edge.flush()
        for message in (await edge.streams.read(streams.AUDIO, subject))[1:]:
            await edge._jetstream.delete_msg("AUDIO", message.sequence)
        await edge.publish(subjects.leader_elected("AUDIO"), b"{}")
        await say_numbers(edge, 4)
        numbers: list[int] = []
        async with asyncio.timeout(5):
            while len(numbers) < 4:
                numbers = [audio.sequence for audio in await read_audio(edge, subject, CallerAudio)]

    assert numbers == [1, 2, 3, 4]


async def test_a_stream_without_a_leader_is_not_waited_for(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its copies tell what was stored; the rest is said again, though nobody says more."""

    async def nobody_leads(*_args: Any) -> int:
        await asyncio.sleep(60)
        return 0

    subject = subjects.caller_audio("CA1")
    async with (
        connect(nats_url, "edge", timeout_s=5) as edge,
        connect(nats_url, "stt", timeout_s=5, replicas=None) as of_cluster,
    ):
        await say_numbers(edge, 1, 2, 3)
        await edge.flush()
        for message in (await edge.streams.read(streams.AUDIO, subject))[1:]:
            await edge._jetstream.delete_msg("AUDIO", message.sequence)
        monkeypatch.setattr(stream_client, "leader_last_sequence", nobody_leads)
        monkeypatch.setattr(direct_get, "leader_last_sequence", nobody_leads)
        following = follow_audio(of_cluster, subject, CallerAudio)
        async with asyncio.timeout(5):
            heard = [(await anext(following)).sequence for _ in range(3)]

    assert heard == [1, 2, 3]
