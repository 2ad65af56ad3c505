"""A recorder process, waits for its effects, and checks of its recording, files and rows."""

import asyncio
import json
import os
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from parley.bus import Bus, streams, subjects
from parley.v1.work_pb2 import CallRecorded
from tests.call_log import read_events
from tests.eventually import eventually
from tests.integration.recorder_call import END_MS, events, expected_channels, linear

SID = "CA0123456789abcdef0123456789abcdef"
TIMEOUT_S = 30.0


@asynccontextmanager
async def recorder(
    nats_url: str, postgres_url: str, folder: Path, **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one recorder process."""
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
    """Wait for the recorder's last event about the call."""
    found = await eventually(lambda: read_events(bus, SID, "call_recorded"), timeout_s=TIMEOUT_S)
    return found[-1].call_recorded


async def claimed(bus: Bus) -> None:
    """Wait until a recorder has claimed the call."""
    await eventually(lambda: read_events(bus, SID, "stage_claimed"), timeout_s=TIMEOUT_S)


async def work_done(bus: Bus, call_sid: str = SID) -> None:
    """Wait until the call's work message has been acknowledged."""

    async def no_work() -> bool:
        return not await bus.streams.read(streams.WORK, subjects.work("recorder", call_sid))

    await eventually(no_work, timeout_s=TIMEOUT_S)


async def files(folder: Path, pattern: str) -> None:
    """Wait until files match a pattern."""
    await eventually(lambda: list(folder.glob(pattern)), timeout_s=TIMEOUT_S)


async def rows(postgres_url: str, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a query."""
    connection = await asyncpg.connect(postgres_url)
    try:
        return [dict(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


def assert_recording_is_exact(url: str) -> None:
    """Check every sample of both channels."""
    with wave.open(url.removeprefix("file://")) as recording:
        assert (recording.getnchannels(), recording.getsampwidth(), recording.getframerate()) == (2, 2, 8000)
        frames = memoryview(recording.readframes(recording.getnframes())).cast("h").tolist()
    caller, agent = expected_channels()
    assert frames[0::2] == linear(caller)
    assert frames[1::2] == linear(agent)


def assert_folder_is_complete(folder: Path) -> None:
    """Check that the transcript is stored beside the recording and that the segments are deleted."""
    [day] = folder.iterdir()
    # A process killed within a write leaves the beginning of a file under a name with "#".
    found = sorted(p.name for p in day.iterdir() if "#" not in p.name)
    assert found == [f"{SID}.json", f"{SID}.txt", f"{SID}.wav"]
    assert "Gladly. At what  [after 1000 ms]  [interrupted]" in (day / f"{SID}.txt").read_text()
    assert json.loads((day / f"{SID}.json").read_text())["turns"][0]["latency_ms"] == 1000


async def assert_rows_are_complete(postgres_url: str) -> None:
    """Check the rows of the call, its transcript, its turn latencies and its events."""
    [call] = await rows(postgres_url, "SELECT * FROM calls")
    assert (call["call_sid"], call["direction"], call["duration_ms"]) == (SID, "inbound", END_MS)
    assert (call["end_reason"], call["from_number"]) == ("completed", "+15550001")
    cost = ("speculations", "speculations_discarded", "discarded_characters")
    assert tuple(call[name] for name in cost) == (1, 1, len("Too early."))
    lines = await rows(
        postgres_url, "SELECT n, speaker, text, start_ms, end_ms, interrupted FROM transcript ORDER BY n"
    )
    assert [tuple(line.values()) for line in lines] == [
        (1, "agent", "Hello, how can I help?", 600, 2600, False),
        (2, "caller", "a table for two", 3000, 4000, False),
        (3, "agent", "Gladly. At what", 5000, 7500, True),
    ]
    [latency] = await rows(postgres_url, "SELECT * FROM turn_latencies")
    assert (latency["turn"], latency["reply_id"], latency["latency_ms"]) == (1, "r2", 1000)
    times = ("turn_ended_ms", "first_clause_ms", "synthesis_started_ms")
    assert tuple(latency[name] for name in times) == (4300, 4500, 4800)
    more = ("llm_requested_ms", "first_token_ms", "tts_requested_ms", "first_played_ms", "overhead_ms")
    assert tuple(latency[name] for name in more) == (4310, 4450, 4505, 5040, 215)
    stored = await rows(postgres_url, "SELECT name, body FROM events WHERE stage <> 'recorder' ORDER BY n")
    assert len(stored) == len(events())
    assert json.loads(stored[0]["body"])["from_number"] == "+15550001"
