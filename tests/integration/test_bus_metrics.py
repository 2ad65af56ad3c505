"""Metrics of the bus around the death of a NATS server."""

import asyncio

from parley.bus import connect, subjects
from parley.bus.state_monitor import BusStateMonitor
from parley.events.log import open_call_log
from parley.events.outbox import open_outbox
from parley.runtime.process_metrics import register_bus_metrics
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.speech_pb2 import SpeechStarted
from tests.eventually import eventually
from tests.nats_server import NatsServer
from tests.unit.parley.providers.doubles import make_telemetry


async def test_a_dead_server_is_visible_and_the_reconnection_is_counted(nats_server: NatsServer) -> None:
    """Audio and events are published again; the state of the streams is unknown in between."""
    telemetry = make_telemetry(service="edge")
    value = telemetry.registry.get_sample_value
    async with (
        connect(nats_server.url, "test", timeout_s=30) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, "CA1", "edge", 1) as log,
    ):
        register_bus_metrics(telemetry, bus, outbox)
        monitor = BusStateMonitor(bus.state, telemetry.registry)
        await monitor.sample()
        assert value("parley_bus_connected") == 1
        assert value("parley_stream_messages", {"stream": "WORK"}) == 0
        for number in range(20):
            audio = CallerAudio(epoch=1, sequence=number + 1)
            await bus.audio.publish(subjects.caller_audio("CA1"), audio.SerializeToString())
        await bus.flush()
        nats_server.freeze()
        await log.append(SpeechStarted())
        await nats_server.kill()
        await eventually(lambda: not bus.connected)
        await monitor.sample()
        assert value("parley_bus_connected") == 0
        assert value("parley_events_unacked") == 1
        assert value("parley_stream_messages", {"stream": "WORK"}) is None

        await nats_server.start()
        async with asyncio.timeout(20):
            await bus.reconnected()
            assert await outbox.wait_acked(10)
        await monitor.sample()

    assert value("parley_bus_reconnects_total") == 1
    assert value("parley_audio_retransmitted_total", {"cause": "reconnect"}) == 20
    assert (value("parley_events_resent_total") or 0) >= 1
    assert value("parley_stream_messages", {"stream": "WORK"}) == 0
