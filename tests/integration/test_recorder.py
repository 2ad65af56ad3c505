"""The recorder as a process, with a real bus, a real database and a folder."""

import asyncio
import json
import os
import sys
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from parley import streams, subjects
from parley.bus import Bus, connect
from parley.envelope import unseal
from parley.v1.event_pb2 import Event
from parley.v1.work_pb2 import CallRecorded
from tests.integration.recorder_call import END_MS, MadeUpCall, events, expected_channels, linear
from tests.nats_server import free_port
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


async def said(bus: Bus, name: str) -> list[Event]:
    """All events of one name that the call's log holds."""
    messages = await bus.read(streams.CALLS, subjects.call_event(SID, name))
    return [event for m in messages if (event := unseal(m.data)) is not None]


async def recorded(bus: Bus) -> CallRecorded:
    """Wait until the recorder says that it is done."""
    async with asyncio.timeout(30):
        while not (found := await said(bus, "call_recorded")):  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)
    return found[-1].call_recorded


async def until(there: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(20):
        while not there():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)


async def nothing_to_do(bus: Bus) -> None:
    """Wait until no call looks for a recorder or has one."""
    async with asyncio.timeout(20):
        while await bus.read(streams.WORK, subjects.work("recorder", SID)):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)


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
        postgres_url, "SELECT n, who, text, start_ms, end_ms, interrupted FROM transcript ORDER BY n"
    )
    assert [tuple(line.values()) for line in lines] == [
        (1, "agent", "Hello, how can I help?", 600, 2600, False),
        (2, "caller", "a table for two", 3000, 4000, False),
        (3, "agent", "Gladly. At what", 5000, 7500, True),
    ]
    [timing] = await rows(postgres_url, "SELECT * FROM turn_timings")
    assert (timing["turn"], timing["reply_id"], timing["latency_ms"]) == (1, "r2", 1000)
    assert (timing["turn_ended_ms"], timing["first_text_ms"], timing["voice_started_ms"]) == (
        4300,
        4500,
        4800,
    )
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
            await until(lambda: list(tmp_path.glob("*/*.wav")))
            first.kill()
        # The sound grows old and goes; the recording is there.
        await bus._jetstream.purge_stream(streams.AUDIO.name)
        async with recorder(nats_url, postgres_url, tmp_path):
            done = await recorded(bus)
            await nothing_to_do(bus)
            await call.look_for_recorder()
            await nothing_to_do(bus)
        assert len(await said(bus, "call_recorded")) == 1

    assert_recording_is_right(done.recording_url)
    await assert_rows_are_right(postgres_url)
    assert_folder_is_right(tmp_path)


async def test_a_successor_goes_on_from_the_stored_segments(
    nats_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """Killed in mid-call, and the bus has lost the early sound: no second of the recording is lost."""
    often = {"PARLEY_RECORDING_SEGMENT_S": "1", "PARLEY_RECORDING_SETTLE_S": "1"}
    async with connect(nats_url, "test", timeout_s=5) as bus:
        call = MadeUpCall(bus, SID)
        await call.happens(0, 5500)
        await call.look_for_recorder()
        async with recorder(nats_url, postgres_url, tmp_path, **often) as first:
            await until(lambda: list(tmp_path.glob("*/*.parts/*")))
            first.kill()
        await bus._jetstream.purge_stream(streams.AUDIO.name, subject=subjects.caller_audio(SID), keep=60)
        async with recorder(nats_url, postgres_url, tmp_path, **often):
            await call.happens(5500, END_MS + 1)
            done = await recorded(bus)

    assert_recording_is_right(done.recording_url)
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
        await until(lambda: list(tmp_path.glob("*/*.wav")))
        await asyncio.sleep(1)
        assert not await said(bus, "call_recorded")
        assert (await health.get("/readyz")).status_code == 503
        await asyncio.to_thread(server.start)
        done = await recorded(bus)
        assert (await health.get("/readyz")).status_code == 200
        [failure] = await said(bus, "stage_failed")

    assert (failure.stage_failed.vendor, failure.stage_failed.retryable) == ("postgres", True)
    assert_recording_is_right(done.recording_url)
    await assert_rows_are_right(server.url())
