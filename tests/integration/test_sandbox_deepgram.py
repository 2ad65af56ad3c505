"""The stand-in for Deepgram convinces Deepgram's own SDK."""

import asyncio
import base64
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

from parley.agent import Hearing
from parley.errors import VendorBroken, VendorRefused
from parley.health import serve
from parley.mulaw import SILENCE
from sandbox.caller.voice_bank import VoiceBank, load_bank
from sandbox.deepgram.app import Listen
from sandbox.deepgram.oracle import Oracle
from sandbox.deepgram.settings import DeepgramSandboxSettings
from services.stt.settings import SttSettings
from services.stt.vendors import Fixed, Heard, TurnHeard
from services.stt.vendors.deepgram import new_client, open_connection
from tests.strict import assert_fits

TEXT = "tuesday afternoon would be good"
QUERY = "encoding=mulaw&sample_rate=8000&interim_results=true&vad_events=true&endpointing=100&tag=CA1"
TYPES = {
    "Results": ListenV1Results,
    "SpeechStarted": ListenV1SpeechStarted,
    "UtteranceEnd": ListenV1UtteranceEnd,
    "Metadata": ListenV1Metadata,
    "Connected": ListenV2Connected,
    "TurnInfo": ListenV2TurnInfo,
}


def nobody(text: str) -> Any:
    raise AssertionError(text)


@pytest.fixture(scope="module")
def bank() -> VoiceBank:
    """The callers' voice."""
    return load_bank(nobody)


@pytest.fixture
async def stand_in(bank: VoiceBank) -> AsyncIterator[tuple[Listen, str]]:
    """One that knows what will be said."""
    oracle = Oracle()
    listen = Listen(DeepgramSandboxSettings(stt="oracle", stt_interim_ms=200), oracle, oracle)
    async with serve(listen.app(), "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}"
        utterance = bank.utterance(TEXT)
        words = [
            {"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms} for word in utterance.words
        ]
        known = {"text": TEXT, "mulaw": base64.b64encode(utterance.mulaw).decode(), "words": words}
        async with httpx.AsyncClient() as client:
            reply = await client.post(f"{url}/sandbox/utterances", json={"utterances": [known]})
            assert reply.json() == {"known": 1}
        yield listen, url


def sound(bank: VoiceBank) -> list[bytes]:
    """Silence, the text, silence: frames of 20 ms."""
    spoken = bank.utterance(TEXT).mulaw
    spoken += SILENCE * (-len(spoken) % 160)
    whole = SILENCE * 1600 + spoken + SILENCE * 160 * 70
    return [whole[at : at + 160] for at in range(0, len(whole), 160)]


async def messages(url: str, path: str, bank: VoiceBank, last: str) -> list[dict[str, Any]]:
    """All that comes over a raw socket, until the last."""
    address = f"{url.replace('http', 'ws')}{path}"
    found: list[dict[str, Any]] = []
    async with connect(address, additional_headers={"Authorization": "Token k"}) as socket:

        async def speak() -> None:
            for frame in sound(bank):
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


async def test_every_message_of_nova_fits_the_sdks_type(
    stand_in: tuple[Listen, str], bank: VoiceBank
) -> None:
    """Guesses, then one final result with the words at their times, then the end of the utterance."""
    query = f"/v1/listen?model=nova-3&{QUERY}&utterance_end_ms=1000"
    found = await messages(stand_in[1], query, bank, "UtteranceEnd")

    for message in found:
        assert_fits(TYPES[message["type"]], message)
    results = [m for m in found if m["type"] == "Results"]
    final = next(m for m in results if m["speech_final"])
    assert final["channel"]["alternatives"][0]["transcript"] == TEXT
    first = final["channel"]["alternatives"][0]["words"][0]
    assert 0.2 <= first["start"] <= 0.4
    assert any(not m["is_final"] for m in results)
    assert found[-1]["type"] == "Metadata"


async def test_every_message_of_flux_fits_the_sdks_type(
    stand_in: tuple[Listen, str], bank: VoiceBank
) -> None:
    """StartOfTurn, Update, EagerEndOfTurn, EndOfTurn, in the order that Flux promises."""
    query = f"/v2/listen?model=flux-general-en&{QUERY}&eager_eot_threshold=0.5"
    found = await messages(stand_in[1], query, bank, "EndOfTurn")

    for message in found:
        assert_fits(TYPES[message["type"]], message)
    events = [m["event"] for m in found if m["type"] == "TurnInfo"]
    assert events[0] == "StartOfTurn"
    assert events[-2:] == ["EagerEndOfTurn", "EndOfTurn"]
    assert set(events[1:-2]) <= {"Update"}
    eager, end = found[-2], found[-1]
    assert eager["transcript"] == end["transcript"] == TEXT


@asynccontextmanager
async def listening(url: str, model: str, key: str = "k") -> AsyncIterator[tuple[Any, list[Heard]]]:
    """Our own adapter over the vendor's SDK."""
    settings = SttSettings(deepgram_api_key=key, deepgram_url=url)  # type: ignore[arg-type]
    heard: list[Heard] = []

    async def keep(item: Heard) -> None:
        heard.append(item)

    async with open_connection(new_client(settings), Hearing(model=model), "CA1", 3) as connection:
        running = asyncio.create_task(connection.run(keep))
        yield connection, heard
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(("model", "last"), [("nova-3", Fixed), ("flux-general-en", TurnHeard)])
async def test_the_transcriber_hears_words_in_call_time(
    stand_in: tuple[Listen, str], bank: VoiceBank, model: str, last: type[Heard]
) -> None:
    """The first sound tells where the vendor's zero lies."""
    async with listening(stand_in[1], model) as (connection, heard):
        for number, frame in enumerate(sound(bank)):
            await connection.send(frame, 5000 + number * 20)
            await asyncio.sleep(0.02)
    final = [h for h in heard if isinstance(h, last) and h.text == TEXT][-1]

    assert isinstance(final, Fixed | TurnHeard)
    assert 5200 <= final.words[0].start_ms <= 5400
    assert final.until_ms >= final.words[-1].end_ms


async def test_a_refused_key_names_the_variable(stand_in: tuple[Listen, str]) -> None:
    """The vendor's word is told as well, though the SDK hides it."""
    with pytest.raises(VendorRefused, match=r"INVALID_AUTH.*DEEPGRAM_API_KEY"):
        async with listening(stand_in[1], "nova-3", key="bad"):
            pass


async def test_a_socket_that_breaks_says_why(stand_in: tuple[Listen, str], bank: VoiceBank) -> None:
    """With the vendor's code and reason."""
    stand_in[0].dials.update({"stt_fault": "close", "stt_fault_after_s": 0.1})
    settings = SttSettings(deepgram_api_key="k", deepgram_url=stand_in[1])  # type: ignore[arg-type]
    async with open_connection(new_client(settings), Hearing(), "CA1", 3) as connection:
        for frame in sound(bank)[:10]:
            await connection.send(frame, 0)

        async def ignore(_heard: Heard) -> None:
            pass

        with pytest.raises(VendorBroken, match="1011"):
            await connection.run(ignore)


async def test_the_sdk_is_refused_as_by_the_vendor(stand_in: tuple[Listen, str]) -> None:
    """HTTP 402 at the handshake."""
    stand_in[0].dials.update({"stt_refuse": 402})
    client = new_client(SttSettings(deepgram_api_key="k", deepgram_url=stand_in[1]))  # type: ignore[arg-type]

    with pytest.raises(ApiError) as refused:
        async with client.listen.v1.connect(model="nova-3", encoding="mulaw", sample_rate=8000):
            pass
    assert refused.value.status_code == 402
