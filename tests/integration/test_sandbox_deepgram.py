"""The Deepgram emulator's messages fit the SDK's types, and the stt service's adapter works with it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from deepgram.core.api_error import ApiError
from deepgram.listen.v1.types.listen_v1metadata import ListenV1Metadata
from deepgram.listen.v1.types.listen_v1results import ListenV1Results
from deepgram.listen.v1.types.listen_v1speech_started import ListenV1SpeechStarted
from deepgram.listen.v1.types.listen_v1utterance_end import ListenV1UtteranceEnd
from deepgram.listen.v2.types.listen_v2connected import ListenV2Connected
from deepgram.listen.v2.types.listen_v2turn_info import ListenV2TurnInfo
from websockets.asyncio.client import connect

from parley.agent_config import SttConfig
from parley.audio.g711 import SILENCE
from parley.errors import ProviderRejected, ProviderUnavailable
from parley.providers.latency_limits import LatencyLimit, LimitRange
from parley.providers.stt import FinalTranscript, ProviderTurn, SttEvent
from parley.runtime.health import serve
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.recognition.oracle import Oracle
from services.stt.providers.deepgram.connection import open_connection
from services.stt.providers.deepgram.provider import new_client
from services.stt.settings import SttSettings
from tests.recordings import recorded_frames, registration_of
from tests.strict import assert_fits

CONNECTED = LatencyLimit(LimitRange(3.0, 3.0, 3.0))
TEXT = "tuesday afternoon would be good"
QUERY = "encoding=mulaw&sample_rate=8000&interim_results=true&vad_events=true&endpointing=100&tag=CA1"
TYPES: dict[str, Any] = {
    "Results": ListenV1Results,
    "SpeechStarted": ListenV1SpeechStarted,
    "UtteranceEnd": ListenV1UtteranceEnd,
    "Metadata": ListenV1Metadata,
    "Connected": ListenV2Connected,
    "TurnInfo": ListenV2TurnInfo,
}


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[DeepgramEmulator, str]]:
    """An emulator where the text is registered, and its URL."""
    oracle = Oracle()
    settings = DeepgramSandboxSettings(
        stt="oracle", stt_interim_ms=200, stt_late_utterance_end=0, stt_unknown_word_end=0
    )
    made = DeepgramEmulator(settings, oracle, oracle)
    async with serve(made.app(), "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient() as client:
            reply = await client.post(f"{url}/sandbox/utterances", json=registration_of(TEXT))
            assert reply.json() == {"registered": 1}
        yield made, url


def frames() -> list[bytes]:
    """Frames of 20 ms: 200 ms of silence, the text, 1.4 s of silence."""
    audio = SILENCE * 1600 + recorded_frames(TEXT) + SILENCE * 160 * 70
    return [audio[at : at + 160] for at in range(0, len(audio), 160)]


async def messages(url: str, path: str, last: str) -> list[dict[str, Any]]:
    """All messages on a socket without the SDK: up to one of type `last`, and after CloseStream."""
    address = f"{url.replace('http', 'ws')}{path}"
    found: list[dict[str, Any]] = []
    async with connect(address, additional_headers={"Authorization": "Token k"}) as socket:

        async def speak() -> None:
            for frame in frames():
                await socket.send(frame)
                await asyncio.sleep(0.02)

        async with asyncio.TaskGroup() as tasks:
            speaking = tasks.create_task(speak())
            async for raw in socket:
                found.append(json.loads(raw))
                if last in (found[-1]["type"], found[-1].get("event")):
                    break
            speaking.cancel()
        await socket.send('{"type": "CloseStream"}')
        found += [json.loads(raw) async for raw in socket]
    return found


async def test_every_message_of_nova_fits_the_sdks_type(emulator: tuple[DeepgramEmulator, str]) -> None:
    """A sentence yields interim results, one final result with word times, and UtteranceEnd."""
    query = f"/v1/listen?model=nova-3&{QUERY}&utterance_end_ms=1000"
    found = await messages(emulator[1], query, "UtteranceEnd")

    for message in found:
        assert_fits(TYPES[message["type"]], message)
    results = [m for m in found if m["type"] == "Results"]
    final = next(m for m in results if m["speech_final"])
    assert final["channel"]["alternatives"][0]["transcript"] == TEXT
    first = final["channel"]["alternatives"][0]["words"][0]
    assert 0.2 <= first["start"] <= 0.4
    assert any(not m["is_final"] for m in results)
    assert found[-1]["type"] == "Metadata"


async def test_every_message_of_flux_fits_the_sdks_type(emulator: tuple[DeepgramEmulator, str]) -> None:
    """StartOfTurn, Update, EagerEndOfTurn and EndOfTurn have Flux's documented order."""
    query = f"/v2/listen?model=flux-general-en&{QUERY}&eager_eot_threshold=0.5"
    found = await messages(emulator[1], query, "EndOfTurn")

    for message in found:
        assert_fits(TYPES[message["type"]], message)
    events = [m["event"] for m in found if m["type"] == "TurnInfo" and m["transcript"]]
    assert events[0] == "StartOfTurn"
    assert events[-2:] == ["EagerEndOfTurn", "EndOfTurn"]
    assert set(events[1:-2]) <= {"Update"}
    eager, end = found[-2], found[-1]
    assert eager["transcript"] == end["transcript"] == TEXT


@asynccontextmanager
async def connect_adapter(url: str, model: str, key: str = "k") -> AsyncIterator[tuple[Any, list[SttEvent]]]:
    """A connection of the stt service's Deepgram adapter, and the list of its events."""
    settings = SttSettings(deepgram_api_key=key, deepgram_url=url)  # type: ignore[arg-type]
    events: list[SttEvent] = []

    async def keep(event: SttEvent) -> None:
        events.append(event)

    async with open_connection(new_client(settings), SttConfig(model=model), "CA1", CONNECTED) as connection:
        running = asyncio.create_task(connection.run(keep))
        yield connection, events
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(("model", "last"), [("nova-3", FinalTranscript), ("flux-general-en", ProviderTurn)])
async def test_the_adapter_maps_word_times_to_call_time(
    emulator: tuple[DeepgramEmulator, str], model: str, last: type[SttEvent]
) -> None:
    """The first frame's time is the start of the provider's stream."""
    async with connect_adapter(emulator[1], model) as (connection, events):
        for index, frame in enumerate(frames()):
            await connection.send(frame, 5000 + index * 20)
            await asyncio.sleep(0.02)
    texts = (TEXT, "Tuesday afternoon would be good.")
    final = [e for e in events if isinstance(e, last) and getattr(e, "text", "") in texts][-1]

    assert isinstance(final, FinalTranscript | ProviderTurn)
    assert 5200 <= final.words[0].start_ms <= 5400
    assert final.end_ms >= final.words[-1].end_ms


async def test_a_rejected_key_names_the_variable(emulator: tuple[DeepgramEmulator, str]) -> None:
    """The error also has Deepgram's code, which the SDK hides."""
    with pytest.raises(ProviderRejected, match=r"INVALID_AUTH.*DEEPGRAM_API_KEY"):
        async with connect_adapter(emulator[1], "nova-3", key="bad"):
            pass


async def test_a_broken_socket_has_the_close_code(emulator: tuple[DeepgramEmulator, str]) -> None:
    """The error has Deepgram's code and reason."""
    emulator[0].runtime_settings.update({"stt_fault": "close", "stt_fault_after_s": 0.1})
    settings = SttSettings(deepgram_api_key="k", deepgram_url=emulator[1])  # type: ignore[arg-type]
    async with open_connection(new_client(settings), SttConfig(), "CA1", CONNECTED) as connection:
        for frame in frames()[:10]:
            await connection.send(frame, 0)

        async def ignore(_event: SttEvent) -> None:
            pass

        with pytest.raises(ProviderUnavailable, match="1011"):
            await connection.run(ignore)


async def test_a_rejected_handshake_raises_the_sdks_error(emulator: tuple[DeepgramEmulator, str]) -> None:
    """The error has HTTP status 402."""
    emulator[0].runtime_settings.update({"stt_refuse": 402})
    client = new_client(SttSettings(deepgram_api_key="k", deepgram_url=emulator[1]))  # type: ignore[arg-type]

    with pytest.raises(ApiError) as raised:
        async with client.listen.v1.connect(model="nova-3", encoding="mulaw", sample_rate=8000):
            pass
    assert raised.value.status_code == 402
