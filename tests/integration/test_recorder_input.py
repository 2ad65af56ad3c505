"""The recorder process with invalid messages and invalid settings."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from parley.bus import connect, subjects
from tests.integration.recorder_call import END_MS, ScriptedCall
from tests.integration.recorder_process import SID, assert_recording_is_exact, claimed, recorded, recorder


async def test_messages_that_cannot_be_parsed_are_ignored(
    nats_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """They arrive before and after the claim, on the subjects of both directions and of events."""
    published = (subjects.caller_audio(SID), subjects.agent_audio(SID), f"call.{SID}.invalid")
    async with connect(nats_url, "test", timeout_s=30) as bus, recorder(nats_url, postgres_url, tmp_path):
        call = ScriptedCall(bus, SID)
        await call.publish(0, 1)
        await call.request_recorder()
        for subject in published:
            await bus.publish(subject, b"\xff\xff\xff")
        await claimed(bus)
        for subject in published:
            await bus.publish(subject, b"\xff\xff\xff")
        await call.publish(1, END_MS + 1)
        result = await recorded(bus)

    assert_recording_is_exact(result.recording_url)


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("PARLEY_POSTGRES_URL", "mysql://secret@host/db", "starts with postgresql://"),
        ("PARLEY_RECORDINGS_URL", "ftp://host/folder", "give a folder as file://./recordings"),
    ],
)
async def test_an_invalid_setting_ends_the_process_with_a_clear_line(
    nats_url: str, setting: str, value: str, expected: str
) -> None:
    """The line names the variable and a valid value, but contains no secret."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.recorder"),
        env={**os.environ, "PARLEY_NATS_URL": nats_url, "PARLEY_RECORDER_PORT": "0", setting: value},
        stderr=asyncio.subprocess.PIPE,
    )
    _, stderr = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode in {1, 2}
    text = stderr.decode()
    assert setting in text
    assert expected in text
    assert "secret" not in text
