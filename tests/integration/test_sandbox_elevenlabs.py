"""The ElevenLabs emulator: HTTP streaming through ElevenLabs' SDK, and the rules of its sockets."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from elevenlabs import AsyncElevenLabs
from elevenlabs.core.api_error import ApiError
from elevenlabs.types import StreamingAudioChunkWithTimestampsResponse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from parley.runtime.health import serve
from sandbox import tone
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.output_format import FILE_FORMATS, OutputFormat
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from tests.decoded_audio import duration_s

SENTENCE = "This is a sentence for several pieces of audio."
_MAX_FRAMES_S = 0.08
"""Two frames of MP3 at the lowest rate, and rounding."""
VOICE = "21m00Tcm4TlvDq8ikWAM"


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[ElevenLabsEmulator, str]]:
    """An emulator with low latencies that synthesises tones, and its URL."""
    settings = ElevenLabsSandboxSettings(
        tts="tone", first_byte_ms=5, realtime_factor=200, tts_tier="pro", tts_close_race=0
    )
    made = ElevenLabsEmulator(settings)
    async with serve(made.app(), "127.0.0.1", 0) as port:
        yield made, f"http://127.0.0.1:{port}"


@asynccontextmanager
async def sdk(url: str, key: str = "k") -> AsyncIterator[AsyncElevenLabs]:
    async with httpx.AsyncClient() as transport:
        yield AsyncElevenLabs(api_key=key, base_url=url, httpx_client=transport)


def socket(url: str, path: str, key: str = "k", output_format: str = "ulaw_8000") -> Any:
    address = f"{url.replace('http', 'ws')}/v1/text-to-speech/{VOICE}/{path}"
    return connect(f"{address}?output_format={output_format}", additional_headers={"xi-api-key": key})


async def send(connection: ClientConnection, **message: Any) -> None:
    await connection.send(json.dumps(message))


async def frames(connection: ClientConnection, *, finals: int = 1) -> list[dict[str, Any]]:
    """All frames until the given number of final ones has been received."""
    found: list[dict[str, Any]] = []
    async for raw in connection:
        found.append(json.loads(raw))
        finals -= bool(found[-1].get("isFinal"))
        if not finals:
            break
    return found


def text_of(found: list[dict[str, Any]], context: str | None = None) -> str:
    audio = b"".join(
        base64.b64decode(f["audio"]) for f in found if f.get("audio") and f.get("contextId") == context
    )
    return tone.decode(audio)


async def test_the_sdk_streams_over_http(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """The audio is streamed both as raw mu-law and with character times."""
    async with sdk(emulator[1]) as client:
        stream = client.text_to_speech.stream(VOICE, text="Hello there.", output_format="ulaw_8000")
        audio = b"".join([piece async for piece in stream])
        timed: list[StreamingAudioChunkWithTimestampsResponse] = [
            piece
            async for piece in client.text_to_speech.stream_with_timestamps(
                VOICE, text="Hello there.", output_format="ulaw_8000"
            )
        ]

    assert tone.decode(audio) == "Hello there."
    characters = [c for piece in timed if piece.alignment for c in piece.alignment.characters]
    assert "".join(characters) == "Hello there."


@pytest.mark.parametrize(
    ("key", "code", "status"), [("bad", "", 401), ("k", "too_many_concurrent_requests", 429)]
)
async def test_rejected_http_requests_raise_the_sdks_error(
    emulator: tuple[ElevenLabsEmulator, str], key: str, code: str, status: int
) -> None:
    """The error has the HTTP status of the error code."""
    emulator[0].runtime_settings.update({"tts_refuse": code})
    async with sdk(emulator[1], key) as client:
        with pytest.raises(ApiError) as raised:
            async for _ in client.text_to_speech.stream(VOICE, text="x", output_format="ulaw_8000"):
                pass
    assert raised.value.status_code == status


async def test_stream_input_synthesises_one_stream(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """A flush starts synthesis at once, an empty text ends the stream."""
    async with socket(emulator[1], "stream-input") as connection:
        await send(connection, text=" ")
        await send(connection, text="One. ", flush=True)
        await send(connection, text="Two. ")
        await send(connection, text="")
        found = await frames(connection)

    assert text_of(found) == "One.Two."
    assert "".join("".join(f["alignment"]["chars"]) for f in found if f.get("alignment")) == "One. Two. "


async def test_contexts_of_a_socket_are_independent(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """Each context has its own audio and its own final frame."""
    async with socket(emulator[1], "multi-stream-input") as connection:
        for name in ("a", "b"):
            await send(connection, text=" ", context_id=name)
            await send(connection, text=f"This is {name}. ", context_id=name, flush=True)
            await send(connection, context_id=name, close_context=True)
        found = await frames(connection, finals=2)

    assert text_of(found, "a") == "This is a."
    assert text_of(found, "b") == "This is b."


async def test_a_sixth_context_closes_the_socket(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """The error is max_active_conversations, the close code 1008."""
    async with socket(emulator[1], "multi-stream-input") as connection:
        for number in range(6):
            await send(connection, text=" ", context_id=str(number))
        error = json.loads(await connection.recv())
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()

    assert error["error"] == "max_active_conversations"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_a_bad_key_is_rejected_at_the_upgrade(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """The upgrade is answered with HTTP 401."""
    with pytest.raises(InvalidStatus, match="401"):
        async with socket(emulator[1], "multi-stream-input", key="bad"):
            pass


async def test_a_message_that_is_not_json_is_an_error(
    emulator: tuple[ElevenLabsEmulator, str],
) -> None:
    """The error frame has ElevenLabs' error code."""
    async with socket(emulator[1], "stream-input") as connection:
        await connection.send("{")
        error = json.loads(await connection.recv())

    assert error["error"] == "invalid_input_message"


@pytest.mark.parametrize("output_format", FILE_FORMATS.values(), ids=str)
async def test_the_sdk_gets_every_format(
    emulator: tuple[ElevenLabsEmulator, str], output_format: OutputFormat
) -> None:
    """A stream and a whole file have the same length; WAV is a format of files only."""
    async with sdk(emulator[1]) as client:
        speech = client.text_to_speech
        whole = speech.convert(VOICE, text=SENTENCE, output_format=output_format.name)
        audio = b"".join([piece async for piece in whole])
        if output_format.codec != "wav":
            stream = speech.stream(VOICE, text=SENTENCE, output_format=output_format.name)
            assert len(b"".join([piece async for piece in stream])) == len(audio)

    expected_s = len(SENTENCE) * tone.CHARACTER_MS / 1000
    assert duration_s(audio, output_format) == pytest.approx(expected_s, abs=_MAX_FRAMES_S)


@pytest.mark.parametrize("name", ["pcm_8000", "pcm_24000", "mp3_22050_32", "mp3_44100_128", "alaw_8000"])
async def test_a_socket_sends_every_format(emulator: tuple[ElevenLabsEmulator, str], name: str) -> None:
    """The pieces of two contexts can be joined, each by itself."""
    output_format = FILE_FORMATS[name]
    async with socket(emulator[1], "multi-stream-input", output_format=name) as connection:
        for context in "ab":
            await send(connection, text=f"{SENTENCE} ", context_id=context, flush=True)
            await send(connection, context_id=context, close_context=True)
        found = await frames(connection, finals=2)

    for context in "ab":
        audio = b"".join(
            base64.b64decode(f["audio"]) for f in found if f.get("audio") and f["contextId"] == context
        )
        expected_s = len(SENTENCE) * tone.CHARACTER_MS / 1000
        assert duration_s(audio, output_format) == pytest.approx(expected_s, abs=_MAX_FRAMES_S)


async def test_a_file_with_timestamps_has_all_characters(
    emulator: tuple[ElevenLabsEmulator, str],
) -> None:
    """Their times count from the start of the file."""
    async with sdk(emulator[1]) as client:
        found = await client.text_to_speech.convert_with_timestamps(VOICE, text=SENTENCE)

    assert found.alignment is not None
    assert "".join(found.alignment.characters) == SENTENCE
    starts = found.alignment.character_start_times_seconds
    assert starts == sorted(starts)
    assert starts[-1] == pytest.approx((len(SENTENCE) - 1) * tone.CHARACTER_MS / 1000, abs=0.05)
