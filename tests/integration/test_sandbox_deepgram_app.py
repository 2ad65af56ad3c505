"""The Deepgram emulator's sockets and sandbox routes, with Deepgram's SDK where it can be used."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.types.listen_v1results import ListenV1Results
from deepgram.listen.v2.types.listen_v2turn_info import ListenV2TurnInfo
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from parley.audio.g711 import FRAME_BYTES, make_silence
from parley.runtime.health import serve
from sandbox.deepgram import app
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.pcm import from_mulaw, resample, to_mulaw
from sandbox.recognition.oracle import Oracle
from sandbox.recognition.recogniser import RecognitionError, Word
from tests.recordings import oracle_with, recorded_frames, registration_of

TEXT = "tuesday afternoon would be good"
QUERY = "model=nova-3&encoding=mulaw&sample_rate=8000&tag=CA1"
SETTINGS = DeepgramSandboxSettings(stt="oracle", stt_final_ms=60, stt_interim_ms=200)


class FailingRecogniser:
    """A recogniser whose processes are dead."""

    busy = False

    async def recognise(self, _mulaw: bytes) -> tuple[Word, ...]:
        """Raise RecognitionError."""
        raise RecognitionError("dead")


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[DeepgramEmulator, str]]:
    """An emulator with one registered sentence, and its address without a scheme."""
    oracle = oracle_with(TEXT)
    emulator = DeepgramEmulator(SETTINGS, oracle, oracle)
    async with serve(emulator.app(), "127.0.0.1", 0) as port:
        yield emulator, f"127.0.0.1:{port}"


def client(address: str, key: str = "k") -> AsyncDeepgramClient:
    """The SDK's client, connected to the emulator."""
    environment = DeepgramClientEnvironment(
        base=f"http://{address}",
        production=f"ws://{address}",
        agent=f"ws://{address}",
        agent_rest=f"http://{address}",
    )
    return AsyncDeepgramClient(api_key=key, environment=environment)


def open_socket(address: str, query: str = QUERY, **more: Any) -> connect:
    """A WebSocket to /v1/listen, without the SDK."""
    headers = {} if "subprotocols" in more else {"Authorization": "Token k"}
    return connect(f"ws://{address}/v1/listen?{query}", additional_headers=headers, **more)


async def speak(connection: Any) -> None:
    """Send a sentence, then silence until cancelled."""
    audio = recorded_frames(TEXT)
    for at in range(0, len(audio), FRAME_BYTES):
        await connection.send_media(audio[at : at + FRAME_BYTES])
    while True:
        await connection.send_media(make_silence(20))
        await asyncio.sleep(0.01)


async def first(connection: Any, wanted: type, attribute: str, value: object) -> Any:
    """Send the sentence and return the first matching message; the SDK must parse all before it."""
    speaking = asyncio.create_task(speak(connection))
    try:
        async with asyncio.timeout(30):
            async for message in connection:
                assert message is not None
                if isinstance(message, wanted) and getattr(message, attribute) == value:
                    return message
    finally:
        speaking.cancel()
    return None


async def closing(socket: ClientConnection) -> tuple[int, str]:
    """Wait for the other side to close; returns its code and reason."""
    async with asyncio.timeout(30):
        await socket.wait_closed()
    return socket.close_code or 0, socket.close_reason or ""


async def test_the_sdk_transcribes_with_nova(emulator: tuple[DeepgramEmulator, str]) -> None:
    """The journal has an entry for the final result, with the call and the end of speech."""
    made, address = emulator
    async with client(address).listen.v1.connect(
        model="nova-3", encoding="mulaw", sample_rate=8000, interim_results=True, endpointing=100, tag="CA1"
    ) as connection:
        result = await first(connection, ListenV1Results, "speech_final", value=True)
        await connection.send_close_stream()

    assert result.channel.alternatives[0].transcript == TEXT
    [entry] = [e for e in made.journal.since(0) if e["kind"] == "stt_final"]
    assert (entry["call_sid"], entry["text"]) == ("CA1", TEXT)
    assert entry["at_us"] - entry["speech_end_at_us"] >= 60_000


async def test_the_sdk_transcribes_with_flux(emulator: tuple[DeepgramEmulator, str]) -> None:
    """EndOfTurn has the whole sentence."""
    async with client(emulator[1]).listen.v2.connect(
        model="flux-general-en", encoding="mulaw", sample_rate=8000, eager_eot_threshold=0.5
    ) as connection:
        end = await first(connection, ListenV2TurnInfo, "event", value="EndOfTurn")
        await connection.send_close_stream()

    assert end.transcript == TEXT


@pytest.mark.parametrize(("key", "fault", "status"), [("bad", 0, 401), ("k", 429, 429)])
async def test_a_rejected_handshake_is_an_api_error_of_the_sdk(
    emulator: tuple[DeepgramEmulator, str], key: str, fault: int, status: int
) -> None:
    """Both a bad key and a configured status reject the handshake."""
    emulator[0].runtime_settings.update({"stt_refuse": fault})
    with pytest.raises(ApiError) as raised:
        async with client(emulator[1], key).listen.v1.connect(
            model="nova-3", encoding="mulaw", sample_rate=8000
        ):
            pass

    assert raised.value.status_code == status


async def test_the_key_may_be_a_subprotocol(emulator: tuple[DeepgramEmulator, str]) -> None:
    """Browsers can send it only there; a bad key is rejected."""
    async with open_socket(emulator[1], subprotocols=["token", "k"]) as socket:
        assert socket.subprotocol == "token"
    with pytest.raises(InvalidStatus) as raised:
        async with open_socket(emulator[1], subprotocols=["token", "bad"]):
            pass

    assert raised.value.response.status_code == 401
    assert raised.value.response.headers["dg-error"].startswith("INVALID_AUTH")
    assert json.loads(raised.value.response.body)["err_code"] == "INVALID_AUTH"


async def test_an_invalid_query_is_rejected_with_its_reason(emulator: tuple[DeepgramEmulator, str]) -> None:
    """The handshake is answered with HTTP 400."""
    with pytest.raises(InvalidStatus) as raised:
        async with open_socket(emulator[1], f"{QUERY}&utterance_end_ms=abc"):
            pass

    assert raised.value.response.status_code == 400
    assert "utterance_end_ms" in json.loads(raised.value.response.body)["err_msg"]


async def test_a_silent_client_is_disconnected_unless_it_sends_keep_alive(
    emulator: tuple[DeepgramEmulator, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket closes with NET-0001; the timeout of ten seconds is shortened."""
    monkeypatch.setattr(app, "_IDLE_TIMEOUT_S", 0.3)
    async with open_socket(emulator[1]) as socket:
        for _ in range(5):
            await socket.send('{"type": "KeepAlive"}')
            await asyncio.sleep(0.1)
        code, reason = await closing(socket)

    assert code == 1011
    assert "net0001" in reason


async def test_an_empty_frame_closes_the_socket(emulator: tuple[DeepgramEmulator, str]) -> None:
    """The close reason is DATA-0000."""
    async with open_socket(emulator[1]) as socket:
        await socket.send(b"")
        code, reason = await closing(socket)

    assert code == 1008
    assert "data0000" in reason


async def test_a_failed_recogniser_closes_the_socket() -> None:
    """The close reason is NET-0000, and the journal has the cause."""
    emulator = DeepgramEmulator(SETTINGS, Oracle(), FailingRecogniser())
    async with serve(emulator.app(), "127.0.0.1", 0) as port, open_socket(f"127.0.0.1:{port}") as socket:
        await socket.send(recorded_frames(TEXT) + make_silence(100))
        code, reason = await closing(socket)

    assert code == 1011
    assert "net0000" in reason
    assert "dead" in {entry.get("reason") for entry in emulator.journal.since(0)}


async def test_the_garbage_fault_is_injected(emulator: tuple[DeepgramEmulator, str]) -> None:
    """It occurs after the configured amount of audio and only on the configured number of sockets."""
    emulator[0].runtime_settings.update(
        {"stt_fault": "garbage", "stt_fault_after_s": 0.1, "stt_fault_sockets": 1}
    )
    async with open_socket(emulator[1]) as socket:
        await socket.send(make_silence(200))
        with pytest.raises(ValueError, match="Expecting"):
            json.loads(await socket.recv())
    async with open_socket(emulator[1]) as second:
        await second.send(make_silence(200))
        await second.send('{"type": "CloseStream"}')
        assert json.loads(await second.recv())["type"] == "Metadata"


async def test_the_sandbox_routes_register_configure_and_log(emulator: tuple[DeepgramEmulator, str]) -> None:
    """Repeated utterances count once, settings change by name, and the log starts after a number."""
    async with httpx.AsyncClient(base_url=f"http://{emulator[1]}") as http:
        registered = [
            (await http.post("/sandbox/utterances", json=registration_of("stop"))).json() for _ in range(2)
        ]
        bad = await http.post("/sandbox/utterances", json={"utterances": [{"text": "x"}]})
        changed = await http.patch("/sandbox/settings", json={"stt_final_ms": 99})
        unknown = await http.patch("/sandbox/settings", json={"nonsense": 1})
        health = await http.get("/sandbox/health")
        async with open_socket(emulator[1]):
            pass
        log = (await http.get("/sandbox/log?since=0")).json()["entries"]

    assert registered == [{"registered": 2}] * 2
    assert (bad.status_code, unknown.status_code) == (400, 400)
    assert changed.json()["stt_final_ms"] == 99
    assert health.json() == {"ok": True}
    assert log[0]["kind"] == "opened"
    assert log[0]["call_sid"] == "CA1"


@pytest.mark.parametrize(
    ("encoding", "rate_hz"), [("linear16", 8000), ("mulaw", 8000), ("linear32", 8000), ("linear16", 16_000)]
)
async def test_audio_of_other_encodings_is_transcribed(
    emulator: tuple[DeepgramEmulator, str], encoding: str, rate_hz: int
) -> None:
    """At 8 kHz the oracle finds the words; at other rates the final result has the duration."""
    samples = resample(from_mulaw(recorded_frames(TEXT) + make_silence(400)), 8000, rate_hz)
    audio = {
        "linear16": samples.tobytes(),
        "linear32": (samples / 32_768).astype("<f4").tobytes(),
        "mulaw": to_mulaw(samples),
    }[encoding]
    query = f"model=nova-3&encoding={encoding}&sample_rate={rate_hz}"
    async with open_socket(emulator[1], query) as socket:
        await socket.send(audio)
        await socket.send('{"type": "CloseStream"}')
        found = [json.loads(raw) async for raw in socket]

    finals = [m for m in found if m["type"] == "Results" and m["is_final"]]
    if rate_hz == 8000:
        assert finals[-1]["channel"]["alternatives"][0]["transcript"] == TEXT
    assert found[-1]["duration"] == pytest.approx(samples.size / rate_hz, abs=0.05)


async def test_channels_have_results_of_their_own(emulator: tuple[DeepgramEmulator, str]) -> None:
    """Only the second channel speaks."""
    samples = from_mulaw(recorded_frames(TEXT) + make_silence(400))
    stereo = np.stack((np.zeros_like(samples), samples), axis=1).tobytes()
    query = "model=nova-3&encoding=linear16&sample_rate=8000&channels=2&multichannel=true"
    async with open_socket(emulator[1], query) as socket:
        await socket.send(stereo)
        await socket.send('{"type": "CloseStream"}')
        found = [json.loads(raw) async for raw in socket]

    [final] = [m for m in found if m["type"] == "Results" and m["channel"]["alternatives"][0]["transcript"]]
    assert final["channel_index"] == [1, 2]
    assert found[-1]["channels"] == 2


async def test_undecodable_audio_closes_the_socket(emulator: tuple[DeepgramEmulator, str]) -> None:
    """The close reason is DATA-0000."""
    async with open_socket(emulator[1], "model=nova-3") as socket:
        await socket.send(b"This is no audio. " * 4000)
        code, reason = await closing(socket)

    assert code == 1008
    assert "data0000" in reason
