"""The bus on a real NATS server: publish, subscribe, request, read streams, claim work."""

import asyncio
import time

import pytest
import uvloop
from structlog.testing import capture_logs

from cli.free_port import free_port
from parley.bus import Bus, Liveness, Subscription, connect, streams, subjects
from parley.errors import BusError, WriteConflict
from parley.v1.work_pb2 import Work
from tests.eventually import eventually
from tests.nats_server import NatsServer, running_nats


async def test_a_missing_server_is_reported_with_its_address() -> None:
    """The error names the address and the setting."""
    url = f"nats://127.0.0.1:{free_port()}"

    with pytest.raises(BusError, match=f"{url} .PARLEY_NATS_URL."):
        async with connect(url, "test", timeout_s=0.1):
            pass


async def test_credentials_in_an_address_are_not_reported() -> None:
    """The error message, which is logged, does not contain the credentials of the address."""
    servers = [f"nats://{user}@127.0.0.1:{free_port()}" for user in ("me:hidden", "hidden")]

    with pytest.raises(BusError, match=r"nats://127\.0\.0\.1:") as raised:
        async with connect(",".join(servers), "test", timeout_s=0.1):
            pass
    assert "hidden" not in str(raised.value)


def test_a_connection_without_a_server_can_be_closed() -> None:
    """The messages that could not be sent raise no error; uvloop, as in the services, rejects the write."""

    async def close_without_server() -> list[str]:
        with capture_logs() as logs:
            async with running_nats() as server, connect(server.url, "test", timeout_s=30) as bus:
                await server.kill()
                await eventually(lambda: any(entry["event"] == "bus_disconnected" for entry in logs))
                await bus.publish("parley.test", b"late")
        return [entry["event"] for entry in logs]

    assert "bus_not_flushed_at_close" in uvloop.run(close_without_server())


async def test_a_message_that_expects_an_empty_subject_is_stored_once(nats_url: str) -> None:
    """The second one raises WriteConflict."""
    async with connect(nats_url, "test", timeout_s=5) as bus:
        await bus.publish_durable("call.CA1.call.started", b"1", expect_last=0)

        with pytest.raises(WriteConflict):
            await bus.publish_durable("call.CA1.call.started", b"2", expect_last=0)

        assert [m.data for m in await bus.streams.read(streams.CALLS, "call.CA1.>")] == [b"1"]


async def test_one_of_several_concurrent_writers_succeeds(nats_url: str) -> None:
    """With equal message ids, the stream's ack of a duplicate does not count as a success."""
    async with connect(nats_url, "test", timeout_s=30) as bus:
        writes = (bus.publish_durable("call.CA2.x", b"1", message_id="1", expect_last=0) for _ in range(3))
        results = await asyncio.gather(*writes, return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["WriteConflict", "WriteConflict", "int"]


async def test_a_flush_waits_for_all_earlier_messages(nats_url: str) -> None:
    """Messages of other publishers count too, so that a resumed process has read what it missed."""
    async with (
        connect(nats_url, "test", timeout_s=30) as bus,
        connect(nats_url, "other", timeout_s=30) as other,
    ):
        async with bus.subscribe("audio.in.CA3") as live:
            await bus.flush()
            for _ in range(2000):
                await other.publish("audio.in.CA3", bytes(160))
            await other.flush()
            await bus.flush()

            assert live.pending == 2000


async def test_a_read_returns_all_messages_of_a_subject_in_order(nats_url: str) -> None:
    """There are more messages than one batch, interleaved with those of another call."""
    async with connect(nats_url, "test", timeout_s=30) as bus:
        for n in range(1200):
            await bus.publish(f"call.CA{n % 2}.x", str(n).encode())
        await bus.publish_durable("call.CA9.x", b"")

        found = await bus.streams.read(streams.CALLS, "call.CA1.>")

    assert [int(m.data) for m in found] == list(range(1, 1200, 2))


async def test_a_busy_reader_does_not_repeat_its_request(nats_url: str) -> None:
    """The reply is in the socket while the process is busy for longer than the reply timeout."""
    subject = subjects.caller_audio("CA9")
    async with (
        connect(nats_url, "test", timeout_s=30) as bus,
        connect(nats_url, "other", timeout_s=30) as other,
        other.subscribe("$JS.API.DIRECT.GET.>") as requests,
    ):
        for n in range(30):
            await bus.publish_durable(subject, bytes(160), message_id=str(n))
        reading = asyncio.create_task(bus.streams.read(streams.AUDIO, subject))
        for _ in range(8):
            await asyncio.sleep(0)
        time.sleep(0.7)  # noqa: ASYNC251 - this is the work

        assert len(await reading) == 30
        await other.flush()
        assert requests.pending == 1


async def test_iteration_ends_with_the_subscription(nats_url: str) -> None:
    """Messages received before the end are yielded."""

    async def read(live: Subscription) -> list[bytes]:
        return [message.data async for message in live]

    async with connect(nats_url, "test", timeout_s=30) as bus:
        async with bus.subscribe("x") as live:
            reading = asyncio.create_task(read(live))
            await bus.publish("x", b"1")
            await bus.flush()
        async with asyncio.timeout(30):
            assert await reading == [b"1"]


async def test_a_request_without_a_responder_returns_none(nats_url: str) -> None:
    """The result is returned at once, without waiting for the timeout."""
    async with connect(nats_url, "test", timeout_s=30) as bus:
        assert await bus.requests.send("stream.alive.CA1") is None


async def test_work_is_claimed_by_one_worker_and_redelivered_without_heartbeat(nats_url: str) -> None:
    """A worker that sends no heartbeat loses the call, and the epoch increases."""
    async with (
        connect(nats_url, "test", timeout_s=30) as bus,
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


async def test_a_liveness_request_is_repeated(nats_url: str) -> None:
    """The first request may be lost or answered late; UNRESPONSIVE differs from GONE."""
    requests = 0

    async def second_time(_data: bytes) -> bytes | None:
        nonlocal requests
        requests += 1
        return b"" if requests > 1 else None

    async def never(_data: bytes) -> None:
        return None

    async def slow(_data: bytes) -> bytes:
        await asyncio.sleep(0.3)
        return b""

    async with connect(nats_url, "a", timeout_s=30) as bus:
        async with (
            bus.requests.respond("a", second_time),
            bus.requests.respond("b", never),
            bus.requests.respond("c", slow),
        ):
            assert await bus.requests.liveness("a") is Liveness.ALIVE
            assert await bus.requests.liveness("c", timeout_s=2) is Liveness.ALIVE
            assert await bus.requests.liveness("b") is Liveness.UNRESPONSIVE
        assert await bus.requests.liveness("b") is Liveness.GONE


async def test_a_cancelled_subscriber_leaves_the_connection_intact(nats_url: str) -> None:
    """At whichever moment it is cancelled, its task ends and the connection stays up."""

    async def read_and_subscribe(bus: Bus) -> None:
        async with bus.subscribe("audio.out.CA1") as live:
            await bus.streams.read(streams.AUDIO, "audio.out.CA1")
            async for _ in live:
                pass

    async with connect(nats_url, "a", timeout_s=30) as bus:
        for microseconds in range(0, 4000, 100):
            task = asyncio.create_task(read_and_subscribe(bus))
            await asyncio.sleep(microseconds / 1e6)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=2)
            assert done, microseconds
        await asyncio.sleep(0.1)
        assert bus.gap_count == 0


async def test_messages_dropped_by_a_slow_reader_are_counted(nats_url: str) -> None:
    """Dropped messages count as a gap, which makes log and audio readers read the stream."""
    async with connect(nats_url, "slow", timeout_s=30) as bus, bus.subscribe("audio.out.CA1") as live:
        for number in range(66_000):
            await bus.publish("audio.out.CA1", b"x")
            if number % 2000 == 0:
                await asyncio.sleep(0.001)
        await eventually(lambda: bus.dropped_messages, timeout_s=20)

        assert live.pending <= 65_536
        assert bus.gap_count == bus.dropped_messages


async def test_stream_usage_is_measured_in_bytes(nats_server: NatsServer) -> None:
    """The usage is a share of each stream's limit."""
    async with connect(nats_server.url, "t", timeout_s=30) as bus:
        before = await bus.state()
        await bus.publish_durable(subjects.caller_audio("CA7"), bytes(900_000))
        after = await bus.state()

    assert set(after.streams) == {"AUDIO", "CALLS", "KV_AGENTS", "STATE", "WORK"}
    more = (after.streams["AUDIO"].usage - before.streams["AUDIO"].usage) * streams.AUDIO.max_bytes
    assert 900_000 <= more < 1_000_000
    assert after.streams["AUDIO"].messages == before.streams["AUDIO"].messages + 1
    assert after.streams["AUDIO"].lagging_replicas == 0


async def test_the_work_queue_shows_waiting_and_claimed_calls(nats_server: NatsServer) -> None:
    """They are visible to every process, also when a stage has no worker."""
    async with connect(nats_server.url, "t", timeout_s=30) as bus:
        before = (await bus.state()).work["tts"].pending
        await bus.publish_durable(subjects.work("tts", "CA8"), b"", message_id="CA8:tts")
        assert (await bus.state()).work["tts"].pending == before + 1
        async with bus.work_queue.claims("tts") as next_claim:
            while (claim := await next_claim(1)) is not None:
                assert (await bus.state()).work["tts"].in_progress >= 1
                await claim.ack()
        assert (await bus.state()).work["tts"].pending == 0


async def test_a_durable_message_is_stored_once_its_stream_exists(nats_url: str) -> None:
    """Publishing retries for seconds, as is needed in a cluster without a leader."""
    async with connect(nats_url, "early", timeout_s=30, replicas=None) as bus:
        storing = asyncio.create_task(bus.publish_durable("call.CA7.x", b"1", message_id="1"))
        first = asyncio.create_task(bus.publish_durable("call.CA8.x", b"1", expect_last=0))
        await asyncio.sleep(0.4)
        assert not storing.done()
        assert not first.done()
        async with connect(nats_url, "late", timeout_s=30):
            assert await storing > 0
            assert await first > 0
        assert [m.data for m in await bus.streams.read(streams.CALLS, "call.CA7.>")] == [b"1"]
