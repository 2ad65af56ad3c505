"""The ElevenLabs emulator: messages in the types of ElevenLabs' SDK, errors, faults and pacing."""

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
from websockets.exceptions import ConnectionClosed, InvalidStatus

from parley.runtime.health import serve
from sandbox import tone
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from tests.strict import assert_fits

VOICE = "21m00Tcm4TlvDq8ikWAM"
LONG = "This is a sentence that is long enough for several pieces of audio."


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[ElevenLabsEmulator, str]]:
    """An emulator with low latencies that synthesises tones, and its URL."""
    settings = ElevenLabsSandboxSettings(
        tts="tone", first_byte_ms=5, realtime_factor=200, tts_close_race=0, tts_null_alignment=0
    )
    made = ElevenLabsEmulator(settings)
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield made, f"http://127.0.0.1:{port}"


def socket(url: str, path: str, *, key: str | None = "k", voice: str = VOICE) -> Any:
    """A socket for mu-law, unless the path has another format."""
    headers = {} if key is None else {"xi-api-key": key}
    if "output_format" not in path:
        path += f"{'&' if '?' in path else '?'}output_format=ulaw_8000"
    return connect(
        f"{url.replace('http', 'ws')}/v1/text-to-speech/{voice}/{path}", additional_headers=headers
    )


async def exchange(connection: Any, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """Send messages; returns all frames until the socket closes or 0.5 s pass without one."""
    found: list[dict[str, Any]] = []
    try:
        for message in messages:
            await connection.send(json.dumps(message))
        while True:
            async with asyncio.timeout(0.5):
                found.append(json.loads(await connection.recv()))
    except (TimeoutError, ConnectionClosed):
        return found


def text_of(frames: list[dict[str, Any]]) -> str:
    return tone.decode(b"".join(base64.b64decode(f["audio"]) for f in frames if f.get("audio")))


def without_nulls(frame: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in frame.items() if value is not None}


async def test_frames_of_one_stream_fit_the_sdks_types(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """The last frame is final."""
    async with socket(emulator[1], "stream-input") as connection:
        *audio, final = await exchange(connection, {"text": " "}, {"text": LONG}, {"text": ""})

    for frame in audio:
        assert_fits(types.AudioOutput, without_nulls(frame))
    assert_fits(types.FinalOutput, without_nulls(final))
    assert len(audio) > 3


async def test_frames_of_contexts_fit_the_sdks_types(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """Each frame names its context."""
    messages: list[dict[str, Any]] = [
        {"text": " ", "context_id": "a"},
        {"text": LONG, "context_id": "a", "flush": True},
        {"context_id": "a", "close_context": True},
    ]
    async with socket(emulator[1], "multi-stream-input") as connection:
        *audio, final = await exchange(connection, *messages)

    for frame in audio:
        assert_fits(types.AudioOutputMulti, without_nulls(frame))
        assert frame["contextId"] == "a"
    assert_fits(types.FinalOutputMulti, without_nulls(final))


async def test_alignments_cover_the_text_and_the_audio(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """Times count from the start of each frame."""
    async with socket(emulator[1], "stream-input") as connection:
        frames = await exchange(connection, {"text": " "}, {"text": f"{LONG} ", "flush": True})

    assert "".join(c for f in frames for c in f["alignment"]["chars"]) == f"{LONG} "
    at_ms = 0.0
    for frame in frames:
        for start_ms in frame["alignment"]["charStartTimesMs"]:
            assert 0 <= start_ms <= len(base64.b64decode(frame["audio"])) / 8
        at_ms += len(base64.b64decode(frame["audio"])) / 8
    assert at_ms == pytest.approx(len(LONG) * tone.CHARACTER_MS)


async def test_the_sdks_realtime_client_gets_every_word(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """The client sends single words and never flushes."""

    def speak() -> bytes:
        with httpx.Client() as transport:
            client = ElevenLabs(api_key="k", base_url=emulator[1], httpx_client=transport).text_to_speech
            assert isinstance(client, RealtimeTextToSpeechClient)
            # The SDK has no option for a socket without TLS.
            client._ws_base_url = emulator[1].replace("http", "ws")
            words = iter(f"{word} " for word in LONG.split())
            pieces = client.convert_realtime(
                VOICE, text=words, model_id="eleven_flash_v2_5", output_format="ulaw_8000"
            )
            return b"".join(pieces)

    # The SDK puts two spaces between words, and a piece may end with either.
    text = tone.decode(await asyncio.to_thread(speak))
    assert "".join(text.split()) == LONG.replace(" ", "")


async def test_text_is_synthesised_by_the_schedule_without_a_flush(
    emulator: tuple[ElevenLabsEmulator, str],
) -> None:
    """The default schedule waits for 120 characters; a client may set fewer."""
    schedule = {"text": " ", "generation_config": {"chunk_length_schedule": [50]}}
    words = {"text": "word " * 12}
    async with socket(emulator[1], "stream-input") as slow, socket(emulator[1], "stream-input") as quick:
        assert await exchange(slow, {"text": " "}, words) == []
        assert text_of(await exchange(slow, words)) == ("word " * 24).strip()
        assert text_of(await exchange(quick, schedule, words)) == ("word " * 12).strip()


async def test_the_key_may_be_in_the_first_message(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """The first message is used if the headers contain no key."""
    async with socket(emulator[1], "stream-input", key=None) as connection:
        frames = await exchange(
            connection, {"text": " ", "xi-api-key": "k"}, {"text": "Hi.", "flush": True}, {"text": ""}
        )
    assert text_of(frames) == "Hi."

    for message in ({"text": " "}, {"text": " ", "xi-api-key": "bad"}):
        async with socket(emulator[1], "stream-input", key=None) as connection:
            [error] = await exchange(connection, message)
        assert (error["error"], error["code"]) == ("invalid_api_key", 1008)
        assert connection.close_code == 1008


@pytest.mark.parametrize(
    ("path", "voice", "code"),
    [
        ("stream-input", "x" * 20, "voice_not_found"),
        ("stream-input", "x", "invalid_uid"),
        ("stream-input?model_id=eleven_v9", VOICE, "model_not_found"),
        ("stream-input?model_id=eleven_flash_v2_5&language_code=fa", VOICE, "unsupported_language"),
        ("stream-input?output_format=mp3_1_1", VOICE, "invalid_output_format"),
        ("stream-input?inactivity_timeout=abc", VOICE, "invalid_request"),
        ("stream-input?inactivity_timeout=0.1", VOICE, "input_timeout_exceeded"),
    ],
)
async def test_a_socket_is_closed_with_an_error_code(
    emulator: tuple[ElevenLabsEmulator, str], path: str, voice: str, code: str
) -> None:
    """The close code is 1008 (policy violation)."""
    async with socket(emulator[1], path, voice=voice) as connection:
        [error] = await exchange(connection)

    assert error["error"] == code
    assert connection.close_code == 1008


async def test_a_binary_frame_is_rejected(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """The sockets accept text frames only."""
    async with socket(emulator[1], "multi-stream-input") as connection:
        await connection.send(b"\0\1")
        [error] = await exchange(connection)

    assert error["error"] == "invalid_input_message"


async def test_a_context_closed_twice_ends_once(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """The final frame follows the audio of all flushed text."""
    messages: list[dict[str, Any]] = [
        {"text": LONG, "context_id": "a", "flush": True},
        {"context_id": "a", "close_context": True},
        {"context_id": "a", "close_context": True},
    ]
    async with socket(emulator[1], "multi-stream-input") as connection:
        frames = await exchange(connection, *messages)

    assert [bool(frame["isFinal"]) for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert text_of(frames) == LONG


@pytest.mark.parametrize(
    ("loss", "text", "final"),
    [("everything", "", False), ("audio", "", True), ("last_clause", "First clause.", True)],
)
async def test_a_close_right_after_the_text_loses_some_of_it(
    emulator: tuple[ElevenLabsEmulator, str], loss: str, text: str, final: bool
) -> None:
    """No error is sent, and the next context works."""
    emulator[0].runtime_settings.update({"tts_close_race": 1, "tts_close_race_loss": loss})
    messages: list[dict[str, Any]] = [
        {"text": "First clause. ", "context_id": "a", "flush": True},
        {"text": "Second clause. ", "context_id": "a", "flush": True},
        {"context_id": "a", "close_context": True},
    ]
    async with socket(emulator[1], "multi-stream-input") as connection:
        frames = await exchange(connection, *messages)
        whole = await exchange(connection, {"text": "Hi. ", "context_id": "b", "flush": True})

    assert text_of(frames) == text
    assert any(frame["isFinal"] for frame in frames) == final
    assert text_of(whole) == "Hi."


async def test_a_close_after_the_first_audio_loses_nothing(
    emulator: tuple[ElevenLabsEmulator, str],
) -> None:
    """The rest of the clause still follows."""
    emulator[0].runtime_settings.update({"tts_close_race": 1})
    async with socket(emulator[1], "multi-stream-input") as connection:
        await connection.send(json.dumps({"text": f"{LONG} ", "context_id": "a", "flush": True}))
        first = json.loads(await connection.recv())
        rest = await exchange(connection, {"context_id": "a", "close_context": True})

    assert text_of([first, *rest]) == LONG
    assert rest[-1]["isFinal"]


async def test_close_socket_synthesises_all_contexts_first(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """The socket then closes with code 1000."""
    messages: list[dict[str, Any]] = [{"text": "Hi.", "context_id": name} for name in "ab"]
    async with socket(emulator[1], "multi-stream-input") as connection:
        frames = await exchange(connection, *messages, {"close_socket": True})

    for name in "ab":
        assert text_of([f for f in frames if f["contextId"] == name]) == "Hi."
    assert connection.close_code == 1000


@pytest.mark.parametrize("fault", ["hang", "hang_mid", "close_mid", "garbage"])
async def test_a_fault_of_a_socket_is_injected(emulator: tuple[ElevenLabsEmulator, str], fault: str) -> None:
    """A fault occurs before the first byte, within the audio or as invalid audio; the next clause works."""
    emulator[0].runtime_settings.update({"tts_fault": fault, "tts_fault_requests": 1})
    async with socket(emulator[1], "stream-input") as connection:
        frames = await exchange(connection, {"text": LONG, "flush": True})
    async with socket(emulator[1], "stream-input") as second:
        working = await exchange(second, {"text": LONG, "flush": True})

    assert text_of(working) == LONG
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
async def test_a_fault_of_http_streaming_is_injected(
    emulator: tuple[ElevenLabsEmulator, str], fault: str, error: type[Exception]
) -> None:
    """HTTP has faults of its own, because it is the fallback for sockets; cancellation is logged."""
    emulator[0].runtime_settings.update({"tts_fault": fault, "tts_fault_requests": 1})
    async with httpx.AsyncClient(timeout=0.4) as transport:
        client = AsyncElevenLabs(api_key="k", base_url=emulator[1], httpx_client=transport, timeout=0.4)

        async def synthesise() -> str:
            stream = client.text_to_speech.stream(VOICE, text=LONG, output_format="ulaw_8000")
            return tone.decode(b"".join([piece async for piece in stream]))

        with pytest.raises(error):
            await synthesise()
        assert await synthesise() == LONG
    kinds = [e["kind"] for e in emulator[0].journal.since(0)]
    assert (kinds.count("cancelled"), kinds.count("done")) == (1, 1)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("quota_exceeded", 401),
        ("voice_not_found", 404),
        ("system_busy", 429),
        ("something_went_wrong", 500),
        ("invalid_uid", 400),
    ],
)
async def test_rejections_over_http_have_a_code_and_a_status(
    emulator: tuple[ElevenLabsEmulator, str], code: str, status: int
) -> None:
    """The HTTP status follows from the error code."""
    emulator[0].runtime_settings.update({"tts_refuse": code})
    async with httpx.AsyncClient() as transport:
        client = AsyncElevenLabs(api_key="k", base_url=emulator[1], httpx_client=transport)
        with pytest.raises(ApiError) as raised:
            async for _ in client.text_to_speech.stream(VOICE, text="x", output_format="ulaw_8000"):
                pass

    assert raised.value.status_code == status
    assert raised.value.body["detail"]["code"] == code


@pytest.mark.parametrize("text", [None, 5])
async def test_a_request_without_text_is_unprocessable(
    emulator: tuple[ElevenLabsEmulator, str], text: Any
) -> None:
    """The SDK raises its own exception for it."""
    async with httpx.AsyncClient() as transport:
        client = AsyncElevenLabs(api_key="k", base_url=emulator[1], httpx_client=transport)
        with pytest.raises(UnprocessableEntityError):
            async for _ in client.text_to_speech.stream(VOICE, text=text, output_format="ulaw_8000"):
                pass


async def test_audio_with_timestamps_fits_the_sdks_type(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """Every line fits the type; times are seconds from the start of the audio."""
    address = f"{emulator[1]}/v1/text-to-speech/{VOICE}/stream/with-timestamps?output_format=ulaw_8000"
    async with httpx.AsyncClient(headers={"xi-api-key": "k"}) as raw:
        reply = await raw.post(address, json={"text": LONG})
    lines = [json.loads(line) for line in reply.text.splitlines()]

    for line in lines:
        assert_fits(StreamingAudioChunkWithTimestampsResponse, line)
    starts = [s for line in lines for s in line["alignment"]["character_start_times_seconds"]]
    assert starts == sorted(starts)
    assert len(starts) == len(LONG)


async def test_audio_is_sent_at_the_configured_pace(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """No chunk is early, and none is more than 1.5 s late."""
    emulator[0].runtime_settings.update({"first_byte_ms": 200, "realtime_factor": 10})
    began = time.monotonic()
    arrivals = []
    async with socket(emulator[1], "stream-input") as connection:
        await connection.send(json.dumps({"text": LONG, "flush": True}))
        for _ in range(10):
            await connection.recv()
            arrivals.append(time.monotonic() - began)

    for number, at_s in enumerate(arrivals):
        due_s = 0.2 + number * 0.185 / 10
        assert due_s - 0.01 <= at_s < due_s + 1.5


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": "x", "model_id": "eleven_v3", "previous_text": "y"}, 400, "unsupported_model"),
        (
            {"text": "x", "model_id": "eleven_multilingual_v2", "language_code": "de"},
            400,
            "unsupported_language",
        ),
        ({"text": "x", "model_id": "nonsense"}, 400, "model_not_found"),
        ({"text": "x", "voice_settings": {"speed": 2}}, 400, "invalid_voice_settings"),
        ({"text": " "}, 400, "input_text_empty"),
        ({"text": "x" * 10_001}, 400, "max_character_limit_exceeded"),
        ({"text": "x" * 101}, 401, "quota_exceeded"),
    ],
)
async def test_a_request_is_rejected_as_by_elevenlabs(
    emulator: tuple[ElevenLabsEmulator, str], body: dict[str, Any], status: int, code: str
) -> None:
    """The parameters depend on the model."""
    emulator[0].runtime_settings.update({"tts_character_limit": 100})
    async with httpx.AsyncClient(headers={"xi-api-key": "k"}) as raw:
        reply = await raw.post(f"{emulator[1]}/v1/text-to-speech/{VOICE}", json=body)

    assert (reply.status_code, reply.json()["detail"]["code"]) == (status, code)


async def test_the_plan_limits_voices_and_requests(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """A free account has no library voices, and a second request at once is too many."""
    address = f"{emulator[1]}/v1/text-to-speech/{VOICE}/stream?output_format=ulaw_8000"
    emulator[0].runtime_settings.update({"tts_max_concurrency": 1, "realtime_factor": 5})
    async with httpx.AsyncClient(headers={"xi-api-key": "k"}) as raw:
        async with raw.stream("POST", address, json={"text": LONG}) as first:
            assert first.status_code == 200
            second = await raw.post(address, json={"text": LONG})
        emulator[0].runtime_settings.update({"tts_tier": "free", "tts_max_concurrency": 0})
        third = await raw.post(address, json={"text": LONG})

    assert (second.status_code, second.json()["detail"]["code"]) == (429, "too_many_concurrent_requests")
    assert (third.status_code, third.json()["detail"]["code"]) == (402, "paid_plan_required")


async def test_v3_has_no_sockets(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """The upgrade is answered with HTTP 403."""
    with pytest.raises(InvalidStatus, match="403"):
        async with socket(emulator[1], "multi-stream-input?model_id=eleven_v3"):
            pass


async def test_voice_settings_must_not_change(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """They belong to the first message of a context; the same ones may be repeated."""
    slow, fast = (
        {"text": " ", "context_id": "a", "voice_settings": {"speed": speed}} for speed in (0.9, 1.1)
    )
    async with socket(emulator[1], "multi-stream-input") as connection:
        assert await exchange(connection, slow, slow) == []
        [error] = await exchange(connection, fast)

    assert error["code"] == 1008
    assert "not change" in error["message"]


async def test_an_invalid_key_may_be_rejected_in_a_frame(emulator: tuple[ElevenLabsEmulator, str]) -> None:
    """A setting moves the rejection behind the upgrade."""
    emulator[0].runtime_settings.update({"tts_auth_in_frame": True})
    async with socket(emulator[1], "multi-stream-input", key="bad") as connection:
        [error] = await exchange(connection, {"text": " ", "context_id": "a"})

    assert (error["error"], error["code"]) == ("invalid_api_key", 1008)


async def test_frames_may_have_other_names_and_null_alignments(
    emulator: tuple[ElevenLabsEmulator, str],
) -> None:
    """No character is missing."""
    emulator[0].runtime_settings.update(
        {"tts_snake_case": True, "tts_null_alignment": 0.5, "tts_cold_ms": 50}
    )
    async with socket(emulator[1], "multi-stream-input") as connection:
        frames = await exchange(connection, {"text": f"{LONG} ", "context_id": "a", "flush": True})

    assert {frame["context_id"] for frame in frames} == {"a"}
    alignments = [frame["alignment"] for frame in frames]
    assert None in alignments
    assert "".join(c for found in alignments if found for c in found["chars"]) == f"{LONG} "
