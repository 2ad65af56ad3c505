"""Messages around the death of a NATS server and lost connections."""

import asyncio

from parley.audio.reorder_buffer import AudioReorderBuffer
from parley.audio.stream import follow_audio
from parley.bus import Bus, connect, streams, subjects
from parley.bus.disruption import DisruptionMonitor
from parley.bus.nats_internals import abort_socket
from parley.events.log import open_call_log
from parley.events.outbox import open_outbox
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import SpeechStarted, TurnEnded
from tests.eventually import eventually
from tests.nats_server import NatsServer


async def test_audio_continues_after_the_server_restarts(nats_server: NatsServer) -> None:
    """Each chunk is yielded once and in order, except for up to three that were in flight."""
    subject, last = subjects.caller_audio("CA1"), 150
    async with (
        connect(nats_server.url, "edge", timeout_s=30) as edge,
        connect(nats_server.url, "stt", timeout_s=30) as stt,
    ):

        async def publish() -> None:
            for number in range(1, last + 1):
                await edge.publish(subject, CallerAudio(epoch=1, sequence=number).SerializeToString())
                await asyncio.sleep(0.01)

        async def follow() -> list[int]:
            received = []
            async for audio in follow_audio(stt, subject, CallerAudio):
                received.append(audio.sequence)
                if audio.sequence == last:
                    break
            return received

        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            following = tasks.create_task(follow())
            tasks.create_task(publish())
            await asyncio.sleep(0.5)
            await nats_server.kill()
            await asyncio.sleep(0.2)
            await nats_server.start()

    received = following.result()
    assert received == sorted(set(received))
    # Chunks in flight when the server dies are lost: `publish` keeps none, unlike `audio.publish`.
    assert last - len(received) <= 3
    assert received[-1] == last


async def test_a_subscription_to_a_frozen_server_works_when_it_resumes(
    nats_server: NatsServer,
) -> None:
    """The connection that requested it is closed first, so no reply arrives on it."""

    async def first(bus: Bus) -> bytes:
        async with bus.subscribe("x") as live:
            subscribed.set()
            return (await anext(aiter(live))).data

    subscribed = asyncio.Event()
    async with connect(nats_server.url, "a", timeout_s=30) as bus:
        nats_server.freeze()
        receiving = asyncio.ensure_future(first(bus))
        async with asyncio.timeout(30):
            await eventually(lambda: not bus.connected)
            assert not subscribed.is_set()
            nats_server.thaw()
            await subscribed.wait()
            await bus.publish("x", b"1")
            assert await receiving == b"1"


async def test_messages_lost_with_a_dying_server_are_resent(nats_server: NatsServer) -> None:
    """Audio and events arrive in order, although audio is never acknowledged."""
    async with (
        connect(nats_server.url, "test", timeout_s=30) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, "CA1", "stt", 1) as stt,
    ):

        async def publish(numbers: range) -> None:
            for number in numbers:
                audio = CallerAudio(epoch=1, sequence=number + 1, at_ms=number * 20)
                await bus.audio.publish(subjects.caller_audio("CA1"), audio.SerializeToString())
                await stt.append(SpeechStarted(at_ms=number))

        await publish(range(100))
        await bus.flush()
        nats_server.freeze()
        await publish(range(100, 200))
        await asyncio.sleep(0.5)
        await nats_server.kill()
        await asyncio.sleep(0.3)
        await publish(range(200, 250))
        await nats_server.start()
        async with asyncio.timeout(30):
            await bus.reconnected()
        await publish(range(250, 300))
        assert await outbox.wait_acked(10)
        await bus.flush()
        received = [
            CallerAudio.FromString(m.data) for m in await bus.streams.read(streams.AUDIO, "audio.in.CA1")
        ]
        events = [Event.FromString(m.data) for m in await bus.streams.read(streams.CALLS, "call.CA1.>")]

    buffer: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    admitted = [audio.sequence for chunk in received for audio in buffer.push(chunk)]
    assert admitted == list(range(1, 301))
    assert [event.speech_started.at_ms for event in events] == list(range(300))


async def lose_connection(bus: Bus) -> None:
    """Drop the connection of this bus; it reconnects by itself."""
    abort_socket(bus._client)
    await eventually(lambda: not bus.connected, interval_s=0)


async def test_messages_missed_during_a_reconnection_are_read_at_once(
    nats_url: str,
) -> None:
    """They are read without waiting for another live message, which may never come."""
    async with (
        connect(nats_url, "reader", timeout_s=30) as bus,
        connect(nats_url, "publisher", timeout_s=30) as other,
        open_outbox(bus) as outbox,
        open_outbox(other) as others,
        open_call_log(bus, outbox, "CA1", "brain", 1) as brain,
        open_call_log(other, others, "CA1", "stt", 1) as stt,
    ):
        event = asyncio.ensure_future(anext(aiter(brain)))
        following = follow_audio(bus, subjects.caller_audio("CA1"), CallerAudio)
        audio = asyncio.ensure_future(anext(aiter(following)))
        await asyncio.sleep(0.2)
        await lose_connection(bus)
        await stt.append(TurnEnded(turn=1, text="hello"))
        chunk = CallerAudio(epoch=1, sequence=1, mulaw=b"audio")
        await other.audio.publish(subjects.caller_audio("CA1"), chunk.SerializeToString())
        async with asyncio.timeout(30):
            assert (await event).turn_ended.text == "hello"
            assert (await audio).mulaw == b"audio"


async def test_an_election_and_a_reconnection_count_as_disruptions(nats_url: str) -> None:
    """After either, a missing heartbeat does not prove that its sender died."""
    async with connect(nats_url, "a", timeout_s=30, replicas=None) as bus:
        monitor = DisruptionMonitor(bus)
        watching = asyncio.ensure_future(monitor.watch())
        assert not monitor.recent
        async with asyncio.timeout(30):
            while not monitor.recent:
                await bus.publish(subjects.leader_elected("WORK"), b"{}")
                await asyncio.sleep(0.05)
        watching.cancel()
        await asyncio.wait([watching])
        await lose_connection(bus)
        async with asyncio.timeout(30):
            await bus.reconnected()
        assert bus.recently_disrupted


async def test_audio_that_no_stream_stored_is_retransmitted_after_a_reconnection(nats_url: str) -> None:
    """The stream has no leader, and the publisher's connection is never lost."""
    async with (
        connect(nats_url, "reader", timeout_s=30) as bus,
        connect(nats_url, "publisher", timeout_s=30) as other,
        bus.subscribe("not.in.a.stream") as live,
    ):
        await lose_connection(bus)
        for number in range(3):
            await other.audio.publish("not.in.a.stream", bytes([number]))
        async with asyncio.timeout(30):
            received = [(await anext(aiter(live))).data for _ in range(3)]

    assert received == [b"\0", b"\1", b"\2"]
