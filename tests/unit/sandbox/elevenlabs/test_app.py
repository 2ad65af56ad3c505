"""The stand-in for ElevenLabs by the vendor's own SDK and types, and when things go wrong."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from elevenlabs import AsyncElevenLabs, ElevenLabs, types
from elevenlabs.core.api_error import ApiError
from elevenlabs.errors import UnprocessableEntityError
from elevenlabs.realtime_tts import RealtimeTextToSpeechClient
from elevenlabs.types import StreamingAudioChunkWithTimestampsResponse
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from parley.health import serve
from sandbox import tone
from sandbox.elevenlabs.app import TextToSpeech
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from tests.strict import assert_fits

VOICE = "21m00Tcm4TlvDq8ikWAM"
LONG = "This is a sentence that is long enough for several pieces of sound."


@pytest.fixture
async def stand_in() -> AsyncIterator[tuple[TextToSpeech, str]]:
    """A quick one that speaks in tones."""
    made = TextToSpeech(ElevenLabsSandboxSettings(tts="tone", first_byte_ms=5, realtime_factor=200))
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield made, f"http://127.0.0.1:{port}"


def socket(url: str, path: str, *, key: str | None = "k", voice: str = VOICE) -> Any:
    headers = {} if key is None else {"xi-api-key": key}
    return connect(
        f"{url.replace('http', 'ws')}/v1/text-to-speech/{voice}/{path}", additional_headers=headers
    )


async def talk(connection: Any, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """Say all that; the frames until the vendor closes, or has nothing to say for a while."""
    found: list[dict[str, Any]] = []
    try:
        for message in messages:
            await connection.send(json.dumps(message))
        while True:
            async with asyncio.timeout(0.5):
                found.append(json.loads(await connection.recv()))
    except (TimeoutError, ConnectionClosed):
        return found


def heard(frames: list[dict[str, Any]]) -> str:
    return tone.decode(b"".join(base64.b64decode(f["audio"]) for f in frames if f.get("audio")))


def without_nulls(frame: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in frame.items() if value is not None}


async def test_frames_of_one_stream_fit_the_sdks_types(stand_in: tuple[TextToSpeech, str]) -> None:
    """Field by field; the last one is final."""
    async with socket(stand_in[1], "stream-input") as connection:
        *sound, final = await talk(connection, {"text": " "}, {"text": LONG}, {"text": ""})

    for frame in sound:
        assert_fits(types.AudioOutput, without_nulls(frame))
    assert_fits(types.FinalOutput, without_nulls(final))
    assert len(sound) > 3


async def test_frames_of_contexts_fit_the_sdks_types(stand_in: tuple[TextToSpeech, str]) -> None:
    """Each names its context."""
    messages: list[dict[str, Any]] = [
        {"text": " ", "context_id": "a"},
        {"text": LONG, "context_id": "a", "flush": True},
        {"context_id": "a", "close_context": True},
    ]
    async with socket(stand_in[1], "multi-stream-input") as connection:
        *sound, final = await talk(connection, *messages)

    for frame in sound:
        assert_fits(types.AudioOutputMulti, without_nulls(frame))
        assert frame["contextId"] == "a"
    assert_fits(types.FinalOutputMulti, without_nulls(final))


async def test_alignments_add_up_to_the_text_and_its_sound(stand_in: tuple[TextToSpeech, str]) -> None:
    """Each frame's times count from its own start."""
    async with socket(stand_in[1], "stream-input") as connection:
        frames = await talk(connection, {"text": " "}, {"text": f"{LONG} ", "flush": True})

    assert "".join(c for f in frames for c in f["alignment"]["chars"]) == f"{LONG} "
    at_ms = 0.0
    for frame in frames:
        for start_ms in frame["alignment"]["charStartTimesMs"]:
            assert 0 <= start_ms <= len(base64.b64decode(frame["audio"])) / 8
        at_ms += len(base64.b64decode(frame["audio"])) / 8
    assert at_ms == pytest.approx(len(LONG) * tone.CHARACTER_MS)


async def test_the_sdks_own_realtime_client_hears_every_word(stand_in: tuple[TextToSpeech, str]) -> None:
    """It sends word by word and never flushes."""

    def speak() -> bytes:
        with httpx.Client() as transport:
            client = ElevenLabs(api_key="k", base_url=stand_in[1], httpx_client=transport).text_to_speech
            assert isinstance(client, RealtimeTextToSpeechClient)
            # The SDK knows no socket without TLS.
            client._ws_base_url = stand_in[1].replace("http", "ws")
            words = iter(f"{word} " for word in LONG.split())
            pieces = client.convert_realtime(VOICE, text=words, model_id="m", output_format="ulaw_8000")
            return b"".join(pieces)

    # Its words come with two spaces between them, and a part may end with either.
    said = tone.decode(await asyncio.to_thread(speak))
    assert "".join(said.split()) == LONG.replace(" ", "")


async def test_text_is_spoken_by_the_schedule_without_a_flush(stand_in: tuple[TextToSpeech, str]) -> None:
    """The vendor's waits for 120 characters, the client may ask for fewer."""
    asked = {"text": " ", "generation_config": {"chunk_length_schedule": [50]}}
    words = {"text": "word " * 12}
    async with socket(stand_in[1], "stream-input") as slow, socket(stand_in[1], "stream-input") as quick:
        assert await talk(slow, {"text": " "}, words) == []
        assert heard(await talk(slow, words)) == ("word " * 24).strip()
        assert heard(await talk(quick, asked, words)) == ("word " * 12).strip()


async def test_a_key_may_come_with_the_first_message(stand_in: tuple[TextToSpeech, str]) -> None:
    """When the headers have none."""
    async with socket(stand_in[1], "stream-input", key=None) as connection:
        frames = await talk(
            connection, {"text": " ", "xi-api-key": "k"}, {"text": "Hi.", "flush": True}, {"text": ""}
        )
    assert heard(frames) == "Hi."

    for message in ({"text": " "}, {"text": " ", "xi-api-key": "bad"}):
        async with socket(stand_in[1], "stream-input", key=None) as connection:
            [error] = await talk(connection, message)
        assert (error["error"], error["code"]) == ("invalid_api_key", 1008)
        assert connection.close_code == 1008


@pytest.mark.parametrize(
    ("path", "voice", "word"),
    [
        ("stream-input", "x", "voice_not_found"),
        ("stream-input?output_format=mp3_44100_128", VOICE, "invalid_output_format"),
        ("stream-input?inactivity_timeout=abc", VOICE, "invalid_request"),
        ("stream-input?inactivity_timeout=0.1", VOICE, "input_timeout_exceeded"),
    ],
)
async def test_a_socket_is_refused_by_an_error_word(
    stand_in: tuple[TextToSpeech, str], path: str, voice: str, word: str
) -> None:
    """And closed as a breach of policy."""
    async with socket(stand_in[1], path, voice=voice) as connection:
        [error] = await talk(connection)

    assert error["error"] == word
    assert connection.close_code == 1008


async def test_a_frame_of_bytes_is_refused(stand_in: tuple[TextToSpeech, str]) -> None:
    """The sockets speak text."""
    async with socket(stand_in[1], "multi-stream-input") as connection:
        await connection.send(b"\0\1")
        [error] = await talk(connection)

    assert error["error"] == "invalid_input_message"


async def test_a_context_that_is_closed_twice_ends_once(stand_in: tuple[TextToSpeech, str]) -> None:
    """With all that was flushed before."""
    messages: list[dict[str, Any]] = [
        {"text": LONG, "context_id": "a", "flush": True},
        {"context_id": "a", "close_context": True},
        {"context_id": "a", "close_context": True},
    ]
    async with socket(stand_in[1], "multi-stream-input") as connection:
        frames = await talk(connection, *messages)

    assert [bool(frame["isFinal"]) for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert heard(frames) == LONG


async def test_closing_the_socket_speaks_all_contexts_first(stand_in: tuple[TextToSpeech, str]) -> None:
    """Then it closes in peace."""
    messages: list[dict[str, Any]] = [{"text": "Hi.", "context_id": name} for name in "ab"]
    async with socket(stand_in[1], "multi-stream-input") as connection:
        frames = await talk(connection, *messages, {"close_socket": True})

    for name in "ab":
        assert heard([f for f in frames if f["contextId"] == name]) == "Hi."
    assert connection.close_code == 1000


@pytest.mark.parametrize("fault", ["hang", "hang_mid", "close_mid", "garbage"])
async def test_a_socket_can_fail(stand_in: tuple[TextToSpeech, str], fault: str) -> None:
    """Before the first byte, in mid-word, or by what is no sound; the next clause is well."""
    stand_in[0].dials.update({"tts_fault": fault, "tts_fault_requests": 1})
    async with socket(stand_in[1], "stream-input") as connection:
        frames = await talk(connection, {"text": LONG, "flush": True})
    async with socket(stand_in[1], "stream-input") as again:
        well = await talk(again, {"text": LONG, "flush": True})

    assert heard(well) == LONG
    if fault == "garbage":
        assert frames[1]["audio"] == "!!! no base64 !!!"
    else:
        assert len(frames) == (0 if fault == "hang" else 1)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("http_hang", httpx.ReadTimeout),
        ("http_hang_mid", httpx.ReadTimeout),
        ("http_close_mid", httpx.RemoteProtocolError),
    ],
)
async def test_http_streaming_can_fail_too(
    stand_in: tuple[TextToSpeech, str], fault: str, error: type[Exception]
) -> None:
    """By faults of its own: it is the way out when the sockets fail. The log tells that it was cut."""
    stand_in[0].dials.update({"tts_fault": fault, "tts_fault_requests": 1})
    async with httpx.AsyncClient(timeout=0.4) as transport:
        client = AsyncElevenLabs(api_key="k", base_url=stand_in[1], httpx_client=transport, timeout=0.4)

        async def sound() -> str:
            stream = client.text_to_speech.stream(VOICE, text=LONG, output_format="ulaw_8000")
            return tone.decode(b"".join([piece async for piece in stream]))

        with pytest.raises(error):
            await sound()
        assert await sound() == LONG
    kinds = [e["kind"] for e in stand_in[0].journal.since(0)]
    assert (kinds.count("cancelled"), kinds.count("done")) == (1, 1)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("quota_exceeded", 401),
        ("voice_not_found", 404),
        ("system_busy", 429),
        ("something_went_wrong", 500),
        ("invalid_uid", 400),
    ],
)
async def test_http_refusals_carry_their_words(
    stand_in: tuple[TextToSpeech, str], word: str, status: int
) -> None:
    """With the status that goes with each."""
    stand_in[0].dials.update({"tts_refuse": word})
    async with httpx.AsyncClient() as transport:
        client = AsyncElevenLabs(api_key="k", base_url=stand_in[1], httpx_client=transport)
        with pytest.raises(ApiError) as refused:
            async for _ in client.text_to_speech.stream(VOICE, text="x", output_format="ulaw_8000"):
                pass

    assert refused.value.status_code == status
    assert refused.value.body["detail"]["status"] == word


@pytest.mark.parametrize("text", [None, 5])
async def test_a_request_without_text_is_unprocessable(stand_in: tuple[TextToSpeech, str], text: Any) -> None:
    """As the SDK's own error."""
    async with httpx.AsyncClient() as transport:
        client = AsyncElevenLabs(api_key="k", base_url=stand_in[1], httpx_client=transport)
        with pytest.raises(UnprocessableEntityError):
            async for _ in client.text_to_speech.stream(VOICE, text=text, output_format="ulaw_8000"):
                pass


async def test_sound_with_times_fits_the_sdks_type(stand_in: tuple[TextToSpeech, str]) -> None:
    """Line by line, times in seconds from the beginning."""
    address = f"{stand_in[1]}/v1/text-to-speech/{VOICE}/stream/with-timestamps?output_format=ulaw_8000"
    async with httpx.AsyncClient(headers={"xi-api-key": "k"}) as raw:
        reply = await raw.post(address, json={"text": LONG})
    lines = [json.loads(line) for line in reply.text.splitlines()]

    for line in lines:
        assert_fits(StreamingAudioChunkWithTimestampsResponse, line)
    starts = [s for line in lines for s in line["alignment"]["character_start_times_seconds"]]
    assert starts == sorted(starts)
    assert len(starts) == len(LONG)


async def test_sound_is_made_at_the_pace_that_was_set(stand_in: tuple[TextToSpeech, str]) -> None:
    """The first byte not before its time, the rest faster than it is heard."""
    stand_in[0].dials.update({"first_byte_ms": 200, "realtime_factor": 10})
    began = time.monotonic()
    arrivals = []
    async with socket(stand_in[1], "stream-input") as connection:
        await connection.send(json.dumps({"text": LONG, "flush": True}))
        for _ in range(10):
            await connection.recv()
            arrivals.append(time.monotonic() - began)

    for number, at_s in enumerate(arrivals):
        due_s = 0.2 + number * 0.185 / 10
        assert due_s - 0.01 <= at_s < due_s + 1.5


async def test_many_voices_at_once_do_not_hold_up_the_loop() -> None:
    """Speaking happens beside it."""
    made = TextToSpeech(ElevenLabsSandboxSettings(first_byte_ms=5, realtime_factor=200))
    longest_s = 0.0

    async def watch() -> None:
        nonlocal longest_s
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.001)
            longest_s = max(longest_s, time.monotonic() - began)

    texts = [
        f"{LONG} {LONG} This is number {number} of those that no one has heard yet." for number in range(40)
    ]
    watching = asyncio.create_task(watch())
    began = time.monotonic()
    await asyncio.gather(*(made._studio.voice.speak(text, VOICE, made.dials.current) for text in texts))
    took_s = time.monotonic() - began
    watching.cancel()

    assert longest_s < took_s / 2
