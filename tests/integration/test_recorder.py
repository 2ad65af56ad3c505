"""The recorder as a process, with a real bus, a real database and a local folder."""

import asyncio
import signal
from pathlib import Path

import httpx
import pytest

from cli.free_port import free_port
from parley.bus import connect, streams, subjects
from tests.call_log import read_events
from tests.integration.knowledge_base import connected
from tests.integration.recorder_call import END_MS, ScriptedCall
from tests.integration.recorder_process import (
    SID,
    assert_folder_is_complete,
    assert_recording_is_exact,
    assert_rows_are_complete,
    claimed,
    files,
    recorded,
    recorder,
    rows,
    work_done,
)
from tests.nats_server import NatsServer
from tests.postgres_server import PostgresServer, running_postgres


async def test_a_call_is_recorded_during_the_call(nats_url: str, postgres_url: str, tmp_path: Path) -> None:
    """The recording is exact, the rows and the transcript are complete, and the segments are deleted."""
    async with connect(nats_url, "test", timeout_s=30) as bus, recorder(nats_url, postgres_url, tmp_path):
        call = ScriptedCall(bus, SID)
        await call.publish(0, 1)
        await call.request_recorder()
        await call.publish(1, END_MS + 1)
        result = await recorded(bus)

    assert result.duration_ms == END_MS
    assert_recording_is_exact(result.recording_url)
    await assert_rows_are_complete(postgres_url)
    assert_folder_is_complete(tmp_path)


async def test_a_finished_call_is_recorded_once(nats_url: str, postgres_url: str, tmp_path: Path) -> None:
    """The first owner dies before it writes the rows, and a second work message has no effect."""
    unreachable = f"postgresql://postgres@127.0.0.1:{free_port()}/none"
    async with connect(nats_url, "test", timeout_s=30) as bus:
        call = ScriptedCall(bus, SID)
        await call.publish(0, END_MS + 1)
        await call.request_recorder()
        async with recorder(nats_url, unreachable, tmp_path) as first:
            await files(tmp_path, "*/*.wav")
            first.kill()
        # The stream's audio has expired, but the recording exists.
        await bus._jetstream.purge_stream(streams.AUDIO.name)
        async with recorder(nats_url, postgres_url, tmp_path):
            result = await recorded(bus)
            await work_done(bus)
            await call.request_recorder()
            await work_done(bus)
        assert len(await read_events(bus, SID, "call_recorded")) == 1

    assert_recording_is_exact(result.recording_url)
    await assert_rows_are_complete(postgres_url)
    assert_folder_is_complete(tmp_path)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
async def test_the_next_owner_continues_from_the_stored_segments(
    nats_url: str, postgres_url: str, tmp_path: Path, ending: signal.Signals
) -> None:
    """No audio is lost when the process ends during the call and the stream has lost the early audio."""
    short = {"PARLEY_RECORDING_SEGMENT_S": "1", "PARLEY_RECORDING_LATENESS_S": "1"}
    async with connect(nats_url, "test", timeout_s=30) as bus:
        call = ScriptedCall(bus, SID)
        await call.publish(0, 5500)
        await call.request_recorder()
        async with recorder(nats_url, postgres_url, tmp_path, **short) as first:
            await files(tmp_path, "*/*.parts/*")
            first.send_signal(ending)
        await bus._jetstream.purge_stream(streams.AUDIO.name, subject=subjects.caller_audio(SID), keep=60)
        async with recorder(nats_url, postgres_url, tmp_path, **short):
            await call.publish(5500, END_MS + 1)
            result = await recorded(bus)

    assert_recording_is_exact(result.recording_url)
    await assert_rows_are_complete(postgres_url)


async def test_a_process_frozen_at_the_end_of_the_call_changes_nothing(
    nats_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """When it resumes, the next owner has recorded the call and deleted the segments."""
    # A process that is frozen during the migration keeps its lock.
    async with connected(postgres_url):
        pass
    async with (
        connect(nats_url, "test", timeout_s=30) as bus,
        recorder(nats_url, postgres_url, tmp_path) as first,
    ):
        call = ScriptedCall(bus, SID)
        await call.publish(0, 5500)
        await call.request_recorder()
        await claimed(bus)
        await call.publish(5500, END_MS + 1)
        await asyncio.sleep(0.2)
        first.send_signal(signal.SIGSTOP)
        try:
            async with recorder(nats_url, postgres_url, tmp_path):
                result = await recorded(bus)
                await work_done(bus)
        finally:
            first.send_signal(signal.SIGCONT)
        await asyncio.sleep(2)

    assert_recording_is_exact(result.recording_url)
    assert_folder_is_complete(tmp_path)
    await assert_rows_are_complete(postgres_url)


async def test_rows_follow_when_the_database_becomes_available(nats_url: str, tmp_path: Path) -> None:
    """Without a database the call is recorded, and one `stage.failed` is appended."""
    with running_postgres() as server:
        await _record_without_database(server, nats_url, tmp_path)


async def _record_without_database(server: PostgresServer, nats_url: str, tmp_path: Path) -> None:
    server.stop()
    port = free_port()
    async with (
        connect(nats_url, "test", timeout_s=30) as bus,
        recorder(nats_url, server.url(), tmp_path, PARLEY_RECORDER_PORT=str(port)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as health,
    ):
        call = ScriptedCall(bus, SID)
        await call.publish(0, END_MS + 1)
        await call.request_recorder()
        await files(tmp_path, "*/*.wav")
        await asyncio.sleep(1)
        assert not await read_events(bus, SID, "call_recorded")
        assert (await health.get("/readyz")).status_code == 503
        waiting = (await health.get("/metrics")).text
        await asyncio.to_thread(server.start)
        result = await recorded(bus)
        assert (await health.get("/readyz")).status_code == 200
        [failure] = await read_events(bus, SID, "stage_failed")
        await work_done(bus)
        done = (await health.get("/metrics")).text

    assert "parley_records_stored_total 0.0" in waiting
    assert 'parley_storage_failures_total{target="postgres"} 0.0' not in waiting
    assert 'parley_storage_failures_total{target="recordings"} 0.0' in waiting
    assert "parley_records_stored_total 1.0" in done
    assert "parley_record_delay_seconds_count 1.0" in done
    assert "parley_recording_lag_seconds 0.0" in done
    assert "parley_recordings_free_ratio 0." in done
    assert (failure.stage_failed.provider, failure.stage_failed.retryable) == ("postgres", True)
    assert_recording_is_exact(result.recording_url)
    await assert_rows_are_complete(server.url())


async def test_audio_missed_during_a_bus_restart_is_read_from_the_stream(
    nats_server: NatsServer, postgres_url: str, tmp_path: Path
) -> None:
    """The rest of the call is usually published before the recorder has reconnected."""
    async with (
        connect(nats_server.url, "test", timeout_s=30) as bus,
        recorder(nats_server.url, postgres_url, tmp_path),
    ):
        call = ScriptedCall(bus, SID)
        await call.publish(0, 5500)
        await call.request_recorder()
        await claimed(bus)
        await nats_server.kill()
        await nats_server.start()
        async with connect(nats_server.url, "test", timeout_s=30) as other:
            await ScriptedCall(other, SID, call.started_at_us).publish(5500, END_MS + 1)
            result = await recorded(other)

    assert_recording_is_exact(result.recording_url)
    await assert_rows_are_complete(postgres_url)


async def test_two_calls_are_recorded_separately(nats_url: str, postgres_url: str, tmp_path: Path) -> None:
    """Each has its own recording and rows, though both end at the same moment."""
    other = SID[:-1] + "0"
    async with connect(nats_url, "test", timeout_s=30) as bus, recorder(nats_url, postgres_url, tmp_path):
        calls = [ScriptedCall(bus, sid) for sid in (SID, other)]
        for call in calls:
            await call.publish(0, 1)
            await call.request_recorder()
        await asyncio.gather(*(call.publish(1, END_MS + 1) for call in calls))
        for sid in (SID, other):
            await work_done(bus, sid)

    links = await rows(postgres_url, "SELECT recording_url FROM calls")
    assert len(links) == 2
    for link in links:
        assert_recording_is_exact(link["recording_url"])
    counts = await rows(postgres_url, "SELECT call_sid, count(*) FROM transcript GROUP BY 1 ORDER BY 1")
    assert [tuple(row.values()) for row in counts] == [(other, 3), (SID, 3)]
