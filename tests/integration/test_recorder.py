"""The recorder as a process, with a real bus, a real database and a folder."""

import asyncio
import json
import os
import signal
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from parley.bus import Bus, connect, streams, subjects
from parley.v1.work_pb2 import CallRecorded
from tests.call_log import read_events
from tests.eventually import eventually
from tests.integration.recorder_call import END_MS, MadeUpCall, events, expected_channels, linear
from tests.nats_server import NatsServer, free_port
from tests.postgres_server import PostgresServer, running_postgres

SID = "CA0123456789abcdef0123456789abcdef"


@asynccontextmanager
async def recorder(
    nats_url: str, postgres_url: str, folder: Path, **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """One recorder process."""
    environment = {
        **os.environ,
        "PARLEY_NATS_URL": nats_url,
        "PARLEY_POSTGRES_URL": postgres_url,
        "PARLEY_RECORDINGS_URL": f"file://{folder}",
        "PARLEY_RECORDER_PORT": "0",
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.recorder", env=environment, stderr=None
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 20)


async def recorded(bus: Bus) -> CallRecorded:
    """Wait for the event of the recorder that the call is recorded."""
    found = await eventually(lambda: read_events(bus, SID, "call_recorded"), timeout_s=30)
    return found[-1].call_recorded


async def claimed(bus: Bus) -> None:
    """Wait until a recorder has claimed the call."""
    await eventually(lambda: read_events(bus, SID, "stage_claimed"), timeout_s=20)


async def nothing_to_do(bus: Bus, call_sid: str = SID) -> None:
    """Wait until the work message of the call is gone."""

    async def is_done() -> bool:
        return not await bus.streams.read(streams.WORK, subjects.work("recorder", call_sid))

    await eventually(is_done, timeout_s=20)


async def rows(postgres_url: str, sql: str) -> list[dict[str, Any]]:
    """What a query gives."""
    connection = await asyncpg.connect(postgres_url)
    try:
        return [dict(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


def assert_recording_is_right(url: str) -> None:
    """Both channels, to the sample."""
    with wave.open(url.removeprefix("file://")) as recording:
        assert (recording.getnchannels(), recording.getsampwidth(), recording.getframerate()) == (2, 2, 8000)
        frames = memoryview(recording.readframes(recording.getnframes())).cast("h").tolist()
    caller, agent = expected_channels()
    assert frames[0::2] == linear(caller)
    assert frames[1::2] == linear(agent)


def assert_folder_is_right(folder: Path) -> None:
    """The transcript lies beside the recording; no segments are left."""
    [day] = folder.iterdir()
    assert sorted(p.name for p in day.iterdir()) == [f"{SID}.json", f"{SID}.txt", f"{SID}.wav"]
    assert "Gladly. At what  [after 1000 ms]  [interrupted]" in (day / f"{SID}.txt").read_text()
    assert json.loads((day / f"{SID}.json").read_text())["turns"][0]["latency_ms"] == 1000


async def assert_rows_are_right(postgres_url: str) -> None:
    """The call, what was said, the turn's times, every event."""
    [call] = await rows(postgres_url, "SELECT * FROM calls")
    assert (call["call_sid"], call["direction"], call["duration_ms"]) == (SID, "inbound", END_MS)
    assert (call["end_reason"], call["from_number"]) == ("completed", "+15550001")
    lines = await rows(
        postgres_url, "SELECT n, speaker, text, start_ms, end_ms, interrupted FROM transcript ORDER BY n"
    )
    assert [tuple(line.values()) for line in lines] == [
        (1, "agent", "Hello, how can I help?", 600, 2600, False),
        (2, "caller", "a table for two", 3000, 4000, False),
        (3, "agent", "Gladly. At what", 5000, 7500, True),
    ]
    [timing] = await rows(postgres_url, "SELECT * FROM turn_latencies")
    assert (timing["turn"], timing["reply_id"], timing["latency_ms"]) == (1, "r2", 1000)
    times = ("turn_ended_ms", "first_clause_ms", "synthesis_started_ms")
    assert tuple(timing[name] for name in times) == (4300, 4500, 4800)
    times = ("llm_requested_ms", "first_token_ms", "tts_requested_ms", "first_played_ms", "overhead_ms")
    assert tuple(timing[name] for name in times) == (4310, 4450, 4505, 5040, 215)
    kept = await rows(postgres_url, "SELECT name, body FROM events WHERE stage <> 'recorder' ORDER BY n")
    assert len(kept) == len(events())
    assert json.loads(kept[0]["body"])["from_number"] == "+15550001"


async def test_a_call_is_remembered(nats_url: str, postgres_url: str, tmp_path: Path) -> None:
    """Both channels to the sample, the rows, the transcript beside the recording; segments are gone."""
    async with connect(nats_url, "test", timeout_s=5) as bus, recorder(nats_url, postgres_url, tmp_path):
        call = MadeUpCall(bus, SID)
        await call.happens(0, 1)
        await call.look_for_recorder()
        await call.happens(1, END_MS + 1)
        done = await recorded(bus)

    assert done.duration_ms == END_MS
    assert_recording_is_right(done.recording_url)
    await assert_rows_are_right(postgres_url)
    assert_folder_is_right(tmp_path)


async def test_a_call_that_is_over_is_recorded_once(nats_url: str, postgres_url: str, tmp_path: Path) -> None:
    """Recorded after its end; its owner killed before the rows; finished by another; asked for once more."""
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/none"
    async with connect(nats_url, "test", timeout_s=5) as bus:
        call = MadeUpCall(bus, SID)
        await call.happens(0, END_MS + 1)
        await call.look_for_recorder()
        async with recorder(nats_url, nowhere, tmp_path) as first:
            await eventually(lambda: list(tmp_path.glob("*/*.wav")), timeout_s=20)
            first.kill()
        # The sound grows old and goes; the recording is there.
        await bus._jetstream.purge_stream(streams.AUDIO.name)
        async with recorder(nats_url, postgres_url, tmp_path):
            done = await recorded(bus)
            await nothing_to_do(bus)
            await call.look_for_recorder()
            await nothing_to_do(bus)
        assert len(await read_events(bus, SID, "call_recorded")) == 1

    assert_recording_is_right(done.recording_url)
    await assert_rows_are_right(postgres_url)
    assert_folder_is_right(tmp_path)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
async def test_a_successor_goes_on_from_the_stored_segments(
    nats_url: str, postgres_url: str, tmp_path: Path, ending: signal.Signals
) -> None:
    """Ended in mid-call, and the bus has lost the early sound: no second of the recording is lost."""
    often = {"PARLEY_RECORDING_SEGMENT_S": "1", "PARLEY_RECORDING_LATENESS_S": "1"}
    async with connect(nats_url, "test", timeout_s=5) as bus:
        call = MadeUpCall(bus, SID)
        await call.happens(0, 5500)
        await call.look_for_recorder()
        async with recorder(nats_url, postgres_url, tmp_path, **often) as first:
            await eventually(lambda: list(tmp_path.glob("*/*.parts/*")), timeout_s=20)
            first.send_signal(ending)
        await bus._jetstream.purge_stream(streams.AUDIO.name, subject=subjects.caller_audio(SID), keep=60)
        async with recorder(nats_url, postgres_url, tmp_path, **often):
            await call.happens(5500, END_MS + 1)
            done = await recorded(bus)

    assert_recording_is_right(done.recording_url)
    await assert_rows_are_right(postgres_url)


async def test_one_that_was_frozen_at_the_end_spoils_nothing(
    nats_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """Its successor has finished the call and let go of the segments when it wakes."""
    async with (
        connect(nats_url, "test", timeout_s=5) as bus,
        recorder(nats_url, postgres_url, tmp_path) as first,
    ):
        call = MadeUpCall(bus, SID)
        await call.happens(0, 5500)
        await call.look_for_recorder()
        await claimed(bus)
        await call.happens(5500, END_MS + 1)
        await asyncio.sleep(0.2)
        first.send_signal(signal.SIGSTOP)
        try:
            async with recorder(nats_url, postgres_url, tmp_path):
                done = await recorded(bus)
                await nothing_to_do(bus)
        finally:
            first.send_signal(signal.SIGCONT)
        await asyncio.sleep(2)

    assert_recording_is_right(done.recording_url)
    assert_folder_is_right(tmp_path)
    await assert_rows_are_right(postgres_url)


async def test_the_database_may_come_late_and_go(nats_url: str, tmp_path: Path) -> None:
    """Without a database the call is recorded and its failure told once; the rows follow when it is back."""
    with running_postgres() as server:
        await _record_without(server, nats_url, tmp_path)


async def _record_without(server: PostgresServer, nats_url: str, tmp_path: Path) -> None:
    server.stop()
    port = free_port()
    async with (
        connect(nats_url, "test", timeout_s=5) as bus,
        recorder(nats_url, server.url(), tmp_path, PARLEY_RECORDER_PORT=str(port)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as health,
    ):
        call = MadeUpCall(bus, SID)
        await call.happens(0, END_MS + 1)
        await call.look_for_recorder()
        await eventually(lambda: list(tmp_path.glob("*/*.wav")), timeout_s=20)
        await asyncio.sleep(1)
        assert not await read_events(bus, SID, "call_recorded")
        assert (await health.get("/readyz")).status_code == 503
        await asyncio.to_thread(server.start)
        done = await recorded(bus)
        assert (await health.get("/readyz")).status_code == 200
        [failure] = await read_events(bus, SID, "stage_failed")

    assert (failure.stage_failed.provider, failure.stage_failed.retryable) == ("postgres", True)
    assert_recording_is_right(done.recording_url)
    await assert_rows_are_right(server.url())


async def test_the_bus_may_go_and_come_back(
    nats_server: NatsServer, postgres_url: str, tmp_path: Path
) -> None:
    """Sound that came while the recorder was not connected is read from the stream."""
    async with (
        connect(nats_server.url, "test", timeout_s=5) as bus,
        recorder(nats_server.url, postgres_url, tmp_path),
    ):
        call = MadeUpCall(bus, SID)
        await call.happens(0, 5500)
        await call.look_for_recorder()
        await claimed(bus)
        await nats_server.kill()
        await nats_server.start()
        async with connect(nats_server.url, "test", timeout_s=5) as other:
            # Said before the recorder is back, as far as that can be had.
            await MadeUpCall(other, SID, call.started_at_us).happens(5500, END_MS + 1)
            done = await recorded(other)

    assert_recording_is_right(done.recording_url)
    await assert_rows_are_right(postgres_url)


async def test_two_calls_are_not_mixed_up(nats_url: str, postgres_url: str, tmp_path: Path) -> None:
    """Each has its own recording and rows, though both are over at the same moment."""
    other = SID[:-1] + "0"
    async with connect(nats_url, "test", timeout_s=5) as bus, recorder(nats_url, postgres_url, tmp_path):
        calls = [MadeUpCall(bus, sid) for sid in (SID, other)]
        for call in calls:
            await call.happens(0, 1)
            await call.look_for_recorder()
        await asyncio.gather(*(call.happens(1, END_MS + 1) for call in calls))
        for sid in (SID, other):
            await nothing_to_do(bus, sid)

    links = await rows(postgres_url, "SELECT recording_url FROM calls")
    assert len(links) == 2
    for link in links:
        assert_recording_is_right(link["recording_url"])
    counts = await rows(postgres_url, "SELECT call_sid, count(*) FROM transcript GROUP BY 1 ORDER BY 1")
    assert [tuple(row.values()) for row in counts] == [(other, 3), (SID, 3)]


async def test_bytes_that_are_no_sound_cost_nothing(nats_url: str, postgres_url: str, tmp_path: Path) -> None:
    """Rubbish on the call's subjects is passed over."""
    async with connect(nats_url, "test", timeout_s=5) as bus, recorder(nats_url, postgres_url, tmp_path):
        call = MadeUpCall(bus, SID)
        await call.happens(0, 1)
        await call.look_for_recorder()
        for subject in (subjects.caller_audio(SID), subjects.agent_audio(SID), f"call.{SID}.rubbish"):
            await bus.publish(subject, b"\xff\xff\xff")
        await claimed(bus)
        for subject in (subjects.caller_audio(SID), subjects.agent_audio(SID), f"call.{SID}.rubbish"):
            await bus.publish(subject, b"\xff\xff\xff")
        await call.happens(1, END_MS + 1)
        done = await recorded(bus)

    assert_recording_is_right(done.recording_url)


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("PARLEY_POSTGRES_URL", "mysql://secret@host/db", "starts with postgresql://"),
        ("PARLEY_RECORDINGS_URL", "ftp://host/folder", "give a folder as file://./recordings"),
    ],
)
async def test_a_wrong_setting_ends_the_process_with_a_clear_line(
    nats_url: str, setting: str, value: str, told: str
) -> None:
    """The line names the variable and what to give, and no secret."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.recorder",
        env={**os.environ, "PARLEY_NATS_URL": nats_url, "PARLEY_RECORDER_PORT": "0", setting: value},
        stderr=asyncio.subprocess.PIPE,
    )
    _, told_bytes = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode in {1, 2}
    assert setting in told_bytes.decode()
    assert told in told_bytes.decode()
    assert "secret" not in told_bytes.decode()
