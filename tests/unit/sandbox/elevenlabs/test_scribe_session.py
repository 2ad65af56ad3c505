"""A live transcription without a socket: partial and committed transcripts, and what is refused."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from parley.audio.g711 import make_silence
from sandbox.elevenlabs.scribe_query import read_scribe_query
from sandbox.elevenlabs.scribe_session import ScribeFailure, ScribeSession
from sandbox.emulator import Journal
from sandbox.recognition.settings import RecognitionSettings
from sandbox.recognition.stream import StreamContext
from tests.recordings import oracle_with, recorded_frames

TEXT = "tuesday afternoon would be good"
SPOKEN = recorded_frames(TEXT)
SETTINGS = RecognitionSettings(stt_final_ms=40, stt_interim_ms=200)


def chunk(audio: bytes = b"", *, commit: object = False, **more: Any) -> str:
    """A message with audio."""
    encoded = base64.b64encode(audio).decode()
    message = {"message_type": "input_audio_chunk", "audio_base_64": encoded, "commit": commit}
    return json.dumps({**message, "sample_rate": 8000, **more})


@asynccontextmanager
async def open_session(**query: str) -> AsyncIterator[tuple[ScribeSession, list[dict[str, Any]]]]:
    """A session and the messages that it has sent."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    values = {"model_id": "scribe_v2_realtime", "audio_format": "ulaw_8000", **query}
    async with asyncio.TaskGroup() as tasks:
        context = StreamContext(oracle_with(TEXT), lambda: SETTINGS, Journal(), "", tasks)
        yield ScribeSession(read_scribe_query(tuple(values.items())), context, send), sent


async def test_a_commit_returns_all_words_since_the_last_one() -> None:
    """Pauses alone commit nothing."""
    async with open_session(include_timestamps="true") as (session, sent):
        await session.on_message(chunk(SPOKEN + make_silence(400)))
        await asyncio.sleep(0.1)
        assert {message["message_type"] for message in sent} == {"partial_transcript"}
        await session.on_message(chunk(commit=True))

    plain, timed = sent[-2:]
    assert plain == {"message_type": "committed_transcript", "text": f"{TEXT.capitalize()}."}
    assert [word["text"] for word in timed["words"] if word["type"] == "word"] == plain["text"].split()


async def test_a_short_commit_is_ignored() -> None:
    """Less than 0.3 s of audio has arrived since the last commit."""
    async with open_session() as (session, sent):
        await session.on_message(chunk(make_silence(200), commit=True))

    assert [message["message_type"] for message in sent] == ["commit_throttled"]


async def test_voice_activity_detection_commits() -> None:
    """The requested silence ends the segment."""
    async with open_session(commit_strategy="vad", vad_silence_threshold_secs="0.3") as (session, sent):
        await session.on_message(chunk(SPOKEN + make_silence(400)))
        await asyncio.sleep(0.5)

    assert sent[-1]["message_type"] == "committed_transcript"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("{", "input_error"),
        ('{"message_type": "commit"}', "input_error"),
        (chunk(sample_rate=16_000), "input_error"),
        (chunk(audio_base_64="?"), "input_error"),
        (chunk(commit="yes"), "input_error"),
        (chunk(make_silence(6000)), "chunk_size_exceeded"),
    ],
    ids=str,
)
async def test_invalid_messages_end_the_session(raw: str, kind: str) -> None:
    """The failure has ElevenLabs' name."""
    async with open_session() as (session, _):
        with pytest.raises(ScribeFailure) as failure:
            await session.on_message(raw)

    assert failure.value.message_type == kind


async def test_context_comes_with_the_first_audio_only() -> None:
    """`previous_text` is refused later."""
    async with open_session() as (session, _):
        await session.on_message(chunk(make_silence(20), previous_text="Hello."))
        with pytest.raises(ScribeFailure, match="previous_text"):
            await session.on_message(chunk(make_silence(20), previous_text="Hello."))
