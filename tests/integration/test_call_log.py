"""A call's event log and its outbox on a real NATS server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.bus import connect, streams
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import open_outbox
from parley.v1.speech_pb2 import SpeechStarted, TurnEnded
from tests.nats_server import NatsServer


async def test_a_log_is_followed_without_gap_or_duplicate(nats_url: str) -> None:
    """History and live events are yielded once each; a stage's own events are not yielded."""
    async with connect(nats_url, "a", timeout_s=30) as bus, open_outbox(bus) as outbox:
        async with open_call_log(bus, outbox, "CA1", "stt", 1) as stt:
            await stt.append(SpeechStarted(at_ms=1))
            assert await outbox.wait_acked(2)
            async with open_call_log(bus, outbox, "CA1", "brain", 1) as brain:
                await stt.append(TurnEnded(turn=1))
                event = await asyncio.wait_for(anext(aiter(brain)), 30)

                assert [e.id async for e in brain.past()] == ["stt-1-1"]
                assert event.turn_ended.turn == 1


async def test_events_appended_while_the_server_is_down_are_stored_later(
    nats_server: NatsServer,
) -> None:
    """A restart of the server loses no event, and followers continue."""
    async with connect(nats_server.url, "a", timeout_s=30) as bus, open_outbox(bus) as outbox:
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
            ids = {(await asyncio.wait_for(anext(follower), 30)).id for _ in range(2)}

            assert ids == {"stt-1-1", "stt-1-2"}
        stored = await bus.streams.read(streams.CALLS, "call.CA1.>")
        assert len(stored) == 2


@asynccontextmanager
async def followed(call_log: CallEventLog) -> AsyncIterator[None]:
    """While entered, reads the events of the call."""

    async def follow() -> None:
        async for _ in call_log:
            pass

    following = asyncio.ensure_future(follow())
    try:
        yield
    finally:
        following.cancel()
        await asyncio.wait([following])


async def test_a_side_effect_does_not_wait_for_a_stream_that_stores_nothing(nats_url: str) -> None:
    """Without a leader the server responds, and no other owner has appended an event."""
    async with (
        connect(nats_url, "a", timeout_s=30) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, "CA1", "brain", 1) as brain,
        followed(brain),
    ):
        await bus._jetstream.delete_stream("CALLS")
        await brain.append(TurnEnded(turn=1))
        async with asyncio.timeout(30):
            assert await brain.ready_for_side_effects()
        assert outbox.unacked == 1
        await bus.streams.ensure(1, streams.StreamLimits())


async def test_a_side_effect_waits_while_the_server_does_not_respond(
    nats_server: NatsServer,
) -> None:
    """Without the bus it is unknown whether another owner has taken over."""
    async with (
        connect(nats_server.url, "a", timeout_s=30) as bus,
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
        async with asyncio.timeout(30):
            assert await acting
        assert outbox.unacked == 0
