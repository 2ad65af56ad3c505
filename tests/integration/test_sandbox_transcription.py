"""Transcription sessions of the Realtime emulator."""

from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from parley.audio.g711 import make_silence
from tests.integration.realtime_client import (
    GOODBYE,
    HELLO,
    PCMU,
    RealtimeClient,
    connect,
    open_emulator,
    utterance,
)

_PREFIX = "conversation.item.input_audio_transcription"
INPUT = {"format": PCMU, "turn_detection": None}


async def configure(client: RealtimeClient, **transcription: Any) -> dict[str, Any]:
    """Update a transcription session; returns its answer: `session.updated` or `error`."""
    transcription = {"model": "gpt-live-transcribe", "languages": ["en"], "delay": "minimal", **transcription}
    session = {"type": "transcription", "audio": {"input": {**INPUT, "transcription": transcription}}}
    await client.send("session.update", session=session)
    return await client.until("session.updated", "error")


async def test_deltas_come_before_the_commit() -> None:
    """All of an item have the id that `committed` names, and their texts are the transcript."""
    async with open_emulator() as (_, url), connect(url, "", intent="transcription") as client:
        updated = await configure(client)
        await client.append(utterance(HELLO).mulaw)
        await client.until(f"{_PREFIX}.delta")
        await client.append(make_silence(200))
        await client.send("input_audio_buffer.commit")
        completed = await client.until(f"{_PREFIX}.completed")

    assert updated["session"]["type"] == "transcription"
    assert updated["session"]["audio"]["input"]["turn_detection"] is None
    committed = client.of("input_audio_buffer.committed")[0]
    deltas = client.of(f"{_PREFIX}.delta")
    assert {delta["item_id"] for delta in deltas} == {committed["item_id"]} == {completed["item_id"]}
    assert client.kinds.index(f"{_PREFIX}.delta") < client.kinds.index("input_audio_buffer.committed")
    assert completed["transcript"] == "Hello I would like to book an appointment with the doctor."
    assert "".join(delta["delta"] for delta in deltas) == completed["transcript"]
    assert completed["usage"] == {"type": "duration", "seconds": 4}
    assert "input_audio_buffer.speech_started" not in client.kinds


async def test_silence_has_an_empty_transcript() -> None:
    """And a session cannot answer."""
    async with open_emulator() as (_, url), connect(url, "", intent="transcription") as client:
        await configure(client)
        await client.append(make_silence(1000))
        await client.send("input_audio_buffer.commit")
        completed = await client.until(f"{_PREFIX}.completed")
        await client.send("response.create")

        assert completed["transcript"] == ""
        assert (await client.error())["message"].startswith("Cannot create a response")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"language": "en"}, "session.audio.input.transcription.languages"),
        ({"delay": "bogus"}, "session.audio.input.transcription.delay"),
        ({"model": "gpt-realtime-2.1"}, "session.audio.input.transcription.model"),
    ],
)
async def test_a_configuration_that_is_refused(more: dict[str, Any], param: str) -> None:
    """The error comes in place of `session.updated`."""
    async with open_emulator() as (_, url), connect(url, "", intent="transcription") as client:
        assert (await configure(client, **more))["error"]["param"] == param


async def test_transcripts_may_come_in_another_order() -> None:
    """An item with the fault is late."""
    settings = {"realtime_fault": "slow_transcript", "llm_fault_requests": 1, "llm_silence_s": 0.3}
    async with open_emulator(**settings) as (_, url), connect(url, "", intent="transcription") as client:
        await configure(client)
        for text in (HELLO, GOODBYE):
            await client.append(utterance(text).mulaw)
            await client.send("input_audio_buffer.commit")
        for _ in range(2):
            await client.until(f"{_PREFIX}.completed")

    first, second = client.of(f"{_PREFIX}.completed")
    assert (first["transcript"][:2], second["transcript"][:5]) == ("No", "Hello")


async def test_faults_of_a_transcription() -> None:
    """It fails, it ends too early, or the connection is lost."""
    async with open_emulator() as (emulator, url), connect(url, "", intent="transcription") as client:
        await configure(client)
        found: list[str] = []
        for fault in ("transcription_failed", "deltas_stop", "cut_transcription"):
            emulator.runtime_settings.update({"realtime_fault": fault})
            await client.append(utterance(HELLO).mulaw)
            await client.send("input_audio_buffer.commit")
            if fault == "cut_transcription":
                with pytest.raises(ConnectionClosed):
                    await client.until("never")
                break
            ended = await client.until(f"{_PREFIX}.failed", f"{_PREFIX}.completed")
            found.append(ended.get("transcript", ended["type"]))

    assert found[0] == f"{_PREFIX}.failed"
    assert found[1].startswith("Hello")
    assert not found[1].endswith("doctor.")
