"""The bus against a real server: storing once, reading back, claiming, surviving a restart."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from parley.audio.reorder_buffer import AudioReorderBuffer
from parley.audio.stream import follow_audio
from parley.bus import Bus, Liveness, Subscription, connect, streams, subjects
from parley.bus.disruption import DisruptionMonitor
from parley.errors import BusError, WriteConflict
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import open_outbox
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import SpeechStarted, TurnEnded
from parley.v1.work_pb2 import Work
from tests.nats_server import NatsServer, free_port


async def test_no_server_is_told_by_its_address() -> None:
    """The error names the address and the setting."""
    url = f"nats://127.0.0.1:{free_port()}"

    with pytest.raises(BusError, match=f"{url} .PARLEY_NATS_URL."):
        async with connect(url, "test", timeout_s=0.1):
            pass


async def test_a_call_starts_once(nats_url: str) -> None:
    """The second saying of a once-only event is refused by name."""
    async with connect(nats_url, "test", timeout_s=5) as bus:
        await bus.publish_durable("call.CA1.call.started", b"1", expect_last=0)

        with pytest.raises(WriteConflict):
            await bus.publish_durable("call.CA1.call.started", b"2", expect_last=0)

        assert [m.data for m in await bus.streams.read(streams.CALLS, "call.CA1.>")] == [b"1"]


async def test_of_two_who_say_the_same_at_once_one_is_first(nats_url: str) -> None:
    """The same id too: the stream's "I have that" is no success of the second's."""
    async with connect(nats_url, "test", timeout_s=5) as bus:
        sayings = (bus.publish_durable("call.CA2.x", b"1", message_id="1", expect_last=0) for _ in range(3))
        said = await asyncio.gather(*sayings, return_exceptions=True)

    assert sorted(type(one).__name__ for one in said) == ["WriteConflict", "WriteConflict", "int"]


async def test_all_that_was_said_before_has_come_after_a_flush(nats_url: str) -> None:
    """By anybody: so one that was frozen knows what it has missed."""
    async with (
        connect(nats_url, "test", timeout_s=5) as bus,
        connect(nats_url, "other", timeout_s=5) as other,
    ):
        async with bus.subscribe("audio.in.CA3") as live:
            await bus.flush()
            for _ in range(2000):
                await other.publish("audio.in.CA3", bytes(160))
            await other.flush()
            await bus.flush()

            assert live.pending == 2000


async def test_reading_gives_one_call_whole_and_in_order(nats_url: str) -> None:
    """More events than one batch holds, among those of another call."""
    async with connect(nats_url, "test", timeout_s=5) as bus:
        for n in range(1200):
            await bus.publish(f"call.CA{n % 2}.x", str(n).encode())
        await bus.publish_durable("call.CA9.x", b"")

        found = await bus.streams.read(streams.CALLS, "call.CA1.>")

    assert [int(m.data) for m in found] == list(range(1, 1200, 2))


async def test_who_is_busy_asks_for_nothing_twice(nats_url: str) -> None:
    """The answer lies in the socket while other work is done: longer than an answer may take."""
    subject = subjects.caller_audio("CA9")
    async with (
        connect(nats_url, "test", timeout_s=5) as bus,
        connect(nats_url, "other", timeout_s=5) as other,
        other.subscribe("$JS.API.DIRECT.GET.>") as questions,
    ):
        for n in range(50):
            await bus.publish_durable(subject, bytes(160), message_id=str(n))
        reading = asyncio.create_task(bus.streams.read(streams.AUDIO, subject))
        for _ in range(8):
            await asyncio.sleep(0)
        time.sleep(0.7)  # noqa: ASYNC251 - this is the work

        assert len(await reading) == 50
        await other.flush()
        assert questions.pending == 1


async def test_a_reader_is_told_that_it_is_over(nats_url: str) -> None:
    """By its subscription's end, whoever ends it."""

    async def read(live: Subscription) -> list[bytes]:
        return [message.data async for message in live]

    async with connect(nats_url, "test", timeout_s=5) as bus:
        async with bus.subscribe("x") as live:
            reading = asyncio.create_task(read(live))
            await bus.publish("x", b"1")
            await bus.flush()
        async with asyncio.timeout(2):
            assert await reading == [b"1"]


async def test_nobody_there_is_no_answer_at_once(nats_url: str) -> None:
    """A question that nobody hears gives None."""
    async with connect(nats_url, "test", timeout_s=5) as bus:
        assert await bus.requests.send("stream.alive.CA1") is None


async def test_work_is_claimed_once_and_again_after_silence(nats_url: str) -> None:
    """One worker at a time; a silent one loses the call, and the epoch rises."""
    async with (
        connect(nats_url, "test", timeout_s=5) as bus,
        bus.work_queue.claims("stt") as claim,
        bus.work_queue.claims("stt") as other,
    ):
        await bus.publish_durable(subjects.work("stt", "CA1"), Work(call_sid="CA1").SerializeToString())
        with pytest.raises(WriteConflict):
            await bus.publish_durable(subjects.work("stt", "CA1"), b"twice")

        first = await claim(1.0)
        assert first is not None
        assert (first.call_sid, first.stage, first.epoch) == ("CA1", "stt", 1)
        assert await other(0.2) is None

        second = await other(3.0)
        assert second is not None
        assert second.epoch == 2
        await second.nak()
        third = await claim(1.0)
        assert third is not None
        assert third.epoch == 3
        await third.ack()
        assert await claim(1.5) is None


async def test_a_log_is_followed_without_gap_or_repeat(nats_url: str) -> None:
    """History, then live events, each once; own words are not met again."""
    async with connect(nats_url, "a", timeout_s=5) as bus, open_outbox(bus) as outbox:
        async with open_call_log(bus, outbox, "CA1", "stt", 1) as stt:
            await stt.append(SpeechStarted(at_ms=1))
            assert await outbox.wait_acked(2)
            async with open_call_log(bus, outbox, "CA1", "brain", 1) as brain:
                await stt.append(TurnEnded(turn=1))
                event = await asyncio.wait_for(anext(aiter(brain)), 2)

                assert [e.id for e in brain.history] == ["stt-1-1"]
                assert event.turn_ended.turn == 1


async def test_events_said_while_the_bus_is_away_are_stored_when_it_is_back(nats_server: NatsServer) -> None:
    """A restart of the server loses no event and no follower."""
    async with connect(nats_server.url, "a", timeout_s=5) as bus, open_outbox(bus) as outbox:
        async with (
            open_call_log(bus, outbox, "CA1", "stt", 1) as stt,
            open_call_log(bus, outbox, "CA1", "brain", 1) as brain,
        ):
            await nats_server.kill()
            await stt.append(SpeechStarted(at_ms=1))
            await nats_server.start()
            await stt.append(TurnEnded(turn=1))

            assert await outbox.wait_acked(10)
            follower = aiter(brain)
            ids = {(await asyncio.wait_for(anext(follower), 10)).id for _ in range(2)}

            assert ids == {"stt-1-1", "stt-1-2"}
        stored = await bus.streams.read(streams.CALLS, "call.CA1.>")
        assert len(stored) == 2


async def test_who_hung_on_a_frozen_server_is_asked_again(nats_url: str) -> None:
    """What was asked first is lost, or answered late; who never answers is told apart from nobody."""
    asked = 0

    async def back_soon(_data: bytes) -> bytes | None:
        nonlocal asked
        asked += 1
        return b"" if asked > 1 else None

    async def mute(_data: bytes) -> None:
        return None

    async def slow(_data: bytes) -> bytes:
        await asyncio.sleep(0.3)
        return b""

    async with connect(nats_url, "a", timeout_s=5) as bus:
        async with (
            bus.requests.respond("a", back_soon),
            bus.requests.respond("b", mute),
            bus.requests.respond("c", slow),
        ):
            assert await bus.requests.liveness("a") is Liveness.ALIVE
            assert await bus.requests.liveness("c", timeout_s=2) is Liveness.ALIVE
            assert await bus.requests.liveness("b") is Liveness.UNRESPONSIVE
        assert await bus.requests.liveness("b") is Liveness.GONE


async def test_a_cancelled_subscriber_breaks_nothing(nats_url: str) -> None:
    """At whichever moment: it ends, and the connection that all calls share lives."""

    async def read_and_follow(bus: Bus) -> None:
        async with bus.subscribe("audio.out.CA1") as live:
            await bus.streams.read(streams.AUDIO, "audio.out.CA1")
            async for _ in live:
                pass

    async with connect(nats_url, "a", timeout_s=5) as bus:
        for microseconds in range(0, 4000, 100):
            task = asyncio.create_task(read_and_follow(bus))
            await asyncio.sleep(microseconds / 1e6)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=2)
            assert done, microseconds
        await asyncio.sleep(0.1)
        assert bus.gap_count == 0


async def test_sound_that_was_said_while_the_bus_was_away_is_heard(nats_server: NatsServer) -> None:
    """Each chunk once and in order, whoever of the two comes back first; but for one or two in flight."""
    subject, last = subjects.caller_audio("CA1"), 150
    async with (
        connect(nats_server.url, "edge", timeout_s=5) as edge,
        connect(nats_server.url, "stt", timeout_s=5) as stt,
    ):

        async def speak() -> None:
            for number in range(1, last + 1):
                await edge.publish(subject, CallerAudio(epoch=1, sequence=number).SerializeToString())
                await asyncio.sleep(0.01)

        async def listen() -> list[int]:
            heard = []
            async for audio in follow_audio(stt, subject, CallerAudio):
                heard.append(audio.sequence)
                if audio.sequence == last:
                    break
            return heard

        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(listen())
            tasks.create_task(speak())
            await asyncio.sleep(0.5)
            await nats_server.kill()
            await asyncio.sleep(0.2)
            await nats_server.start()

    heard = listening.result()
    assert heard == sorted(set(heard))
    # What is in flight in the moment in which the server dies is lost: nobody waits for sound to be stored.
    assert last - len(heard) <= 3
    assert heard[-1] == last


async def test_who_subscribes_while_the_bus_is_frozen_hears_when_it_goes_on(nats_server: NatsServer) -> None:
    """The connection over which the server was asked is given up meanwhile: no answer comes over it."""

    async def first(bus: Bus) -> bytes:
        async with bus.subscribe("x") as live:
            subscribed.set()
            return (await anext(aiter(live))).data

    subscribed = asyncio.Event()
    async with connect(nats_server.url, "a", timeout_s=5) as bus:
        nats_server.freeze()
        hearing = asyncio.ensure_future(first(bus))
        async with asyncio.timeout(10):
            while bus.connected:  # noqa: ASYNC110 - the client finds out
                await asyncio.sleep(0.05)
            assert not subscribed.is_set()
            nats_server.thaw()
            await subscribed.wait()
            await bus.publish("x", b"1")
            assert await hearing == b"1"


@asynccontextmanager
async def followed(call_log: CallEventLog) -> AsyncIterator[None]:
    """While entered, somebody takes in what is said of the call."""

    async def follow() -> None:
        async for _ in call_log:
            pass

    following = asyncio.ensure_future(follow())
    try:
        yield
    finally:
        following.cancel()
        await asyncio.wait([following])


async def test_what_cannot_be_undone_does_not_wait_for_a_log_that_takes_nothing(nats_url: str) -> None:
    """As one whose leader died: the bus is there, and nobody else has spoken for the stage."""
    async with (
        connect(nats_url, "a", timeout_s=5) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, "CA1", "brain", 1) as brain,
        followed(brain),
    ):
        await bus._jetstream.delete_stream("CALLS")
        await brain.append(TurnEnded(turn=1))
        async with asyncio.timeout(5):
            assert await brain.ready_for_side_effects()
        assert outbox.unacked == 1
        await bus.streams.ensure(1)


async def test_who_is_cut_off_from_the_bus_does_nothing_that_cannot_be_undone(
    nats_server: NatsServer,
) -> None:
    """A successor may be at work: only the bus can tell."""
    async with (
        connect(nats_server.url, "a", timeout_s=5) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, "CA1", "brain", 1) as brain,
        followed(brain),
    ):
        nats_server.freeze()
        await brain.append(TurnEnded(turn=1))
        acting = asyncio.ensure_future(brain.ready_for_side_effects())
        await asyncio.sleep(4)
        assert not acting.done()
        nats_server.thaw()
        async with asyncio.timeout(5):
            assert await acting
        assert outbox.unacked == 0


async def test_a_reader_that_is_too_slow_is_known(nats_url: str) -> None:
    """What it did not take is counted, and counts as a loss: readers of logs and sound read again."""
    async with connect(nats_url, "slow", timeout_s=5) as bus, bus.subscribe("audio.out.CA1") as live:
        for number in range(66_000):
            await bus.publish("audio.out.CA1", b"x")
            if number % 2000 == 0:
                await asyncio.sleep(0.001)
        async with asyncio.timeout(20):
            while not bus.dropped_messages:  # noqa: ASYNC110 - the client counts it
                await asyncio.sleep(0.05)

        assert live.pending <= 65_536
        assert bus.gap_count == bus.dropped_messages


async def test_how_full_the_streams_are(nats_server: NatsServer) -> None:
    """By their bytes; a server that is away cannot be asked."""
    async with connect(nats_server.url, "t", timeout_s=5) as bus:
        before = await bus.streams.usage()
        await bus.publish_durable(subjects.caller_audio("CA7"), bytes(900_000))
        after = await bus.streams.usage()

    assert set(after) == {"AUDIO", "CALLS", "WORK"}
    more = (after["AUDIO"] - before["AUDIO"]) * streams.AUDIO.max_bytes
    assert 900_000 <= more < 1_000_000


async def test_what_a_dying_server_took_with_it_is_said_again(nats_server: NatsServer) -> None:
    """Sound and events, in their order, though nobody ever acknowledged the sound."""
    async with (
        connect(nats_server.url, "test", timeout_s=5) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, "CA1", "stt", 1) as stt,
    ):

        async def speak(numbers: range) -> None:
            for number in numbers:
                audio = CallerAudio(epoch=1, sequence=number + 1, at_ms=number * 20)
                await bus.audio.publish(subjects.caller_audio("CA1"), audio.SerializeToString())
                await stt.append(SpeechStarted(at_ms=number))

        await speak(range(100))
        await bus.flush()
        nats_server.freeze()
        await speak(range(100, 200))
        await asyncio.sleep(0.5)
        await nats_server.kill()
        await asyncio.sleep(0.3)
        await speak(range(200, 250))
        await nats_server.start()
        async with asyncio.timeout(10):
            await bus.reconnected()
        await speak(range(250, 300))
        assert await outbox.wait_acked(10)
        await bus.flush()
        heard = [
            CallerAudio.FromString(m.data) for m in await bus.streams.read(streams.AUDIO, "audio.in.CA1")
        ]
        events = [Event.FromString(m.data) for m in await bus.streams.read(streams.CALLS, "call.CA1.>")]

    buffer: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    admitted = [audio.sequence for chunk in heard for audio in buffer.push(chunk)]
    assert admitted == list(range(1, 301))
    assert [event.speech_started.at_ms for event in events] == list(range(300))


async def test_something_is_stored_as_soon_as_there_is_a_stream_that_takes_it(nats_url: str) -> None:
    """A cluster whose leader died has none for some seconds."""
    async with connect(nats_url, "early", timeout_s=5, replicas=None) as bus:
        storing = asyncio.create_task(bus.publish_durable("call.CA7.x", b"1", message_id="1"))
        first = asyncio.create_task(bus.publish_durable("call.CA8.x", b"1", expect_last=0))
        await asyncio.sleep(0.4)
        assert not storing.done()
        assert not first.done()
        async with connect(nats_url, "late", timeout_s=5):
            assert await storing > 0
            assert await first > 0
        assert [m.data for m in await bus.streams.read(streams.CALLS, "call.CA7.>")] == [b"1"]


async def lose_connection(bus: Bus) -> None:
    """Only of this one; it comes back by itself a moment later."""
    bus._client._transport._io_writer.transport.abort()  # type: ignore[union-attr]
    while bus.connected:  # noqa: ASYNC110 - the client tells nobody
        await asyncio.sleep(0)


async def test_what_was_said_while_a_reader_was_away_is_read_though_nobody_says_more(nats_url: str) -> None:
    """An event, and sound: the caller may be waiting for the answer."""
    async with (
        connect(nats_url, "reader", timeout_s=5) as bus,
        connect(nats_url, "speaker", timeout_s=5) as other,
        open_outbox(bus) as outbox,
        open_outbox(other) as others,
        open_call_log(bus, outbox, "CA1", "brain", 1) as brain,
        open_call_log(other, others, "CA1", "stt", 1) as stt,
    ):
        event = asyncio.ensure_future(anext(aiter(brain)))
        following = follow_audio(bus, subjects.caller_audio("CA1"), CallerAudio)
        sound = asyncio.ensure_future(anext(aiter(following)))
        await asyncio.sleep(0.2)
        await lose_connection(bus)
        await stt.append(TurnEnded(turn=1, text="hello"))
        chunk = CallerAudio(epoch=1, sequence=1, mulaw=b"sound")
        await other.audio.publish(subjects.caller_audio("CA1"), chunk.SerializeToString())
        async with asyncio.timeout(5):
            assert (await event).turn_ended.text == "hello"
            assert (await sound).mulaw == b"sound"


async def test_who_hears_of_an_election_knows_of_the_disorder(nats_url: str) -> None:
    """And who was without a connection: the silence of others says little then."""
    async with connect(nats_url, "a", timeout_s=5, replicas=None) as bus:
        elections = DisruptionMonitor(bus)
        watching = asyncio.ensure_future(elections.watch())
        assert not elections.recent
        async with asyncio.timeout(5):
            while not elections.recent:
                await bus.publish(subjects.leader_elected("WORK"), b"{}")
                await asyncio.sleep(0.05)
        watching.cancel()
        await asyncio.wait([watching])
        await lose_connection(bus)
        async with asyncio.timeout(5):
            await bus.reconnected()
        assert bus.recently_disrupted


async def test_sound_that_no_stream_has_is_said_again_to_who_was_away(nats_url: str) -> None:
    """As when a cluster has no leader: its speaker never lost its own connection."""
    async with (
        connect(nats_url, "reader", timeout_s=5) as bus,
        connect(nats_url, "speaker", timeout_s=5) as other,
        bus.subscribe("nobody.stores.this") as live,
    ):
        await lose_connection(bus)
        for number in range(3):
            await other.audio.publish("nobody.stores.this", bytes([number]))
        async with asyncio.timeout(5):
            heard = [(await anext(aiter(live))).data for _ in range(3)]

    assert heard == [b"\0", b"\1", b"\2"]
