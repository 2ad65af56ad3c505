"""The sockets, with the vendor's own client where it can do it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.types.listen_v1results import ListenV1Results
from deepgram.listen.v2.types.listen_v2turn_info import ListenV2TurnInfo
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from parley.health import serve
from parley.mulaw import FRAME_BYTES, silence
from sandbox.deepgram import app
from sandbox.deepgram.app import Listen
from sandbox.deepgram.oracle import Oracle
from sandbox.deepgram.recogniser import RecogniserFailed, Word
from sandbox.deepgram.settings import DeepgramSandboxSettings
from tests.unit.sandbox.deepgram.line import TEXT, knowing, registration, spoken

QUERY = "model=nova-3&encoding=mulaw&sample_rate=8000&tag=CA1"
SETTINGS = DeepgramSandboxSettings(stt="oracle", stt_final_ms=60, stt_interim_ms=200)


class Broken:
    """A recogniser that has had its day."""

    busy = False

    async def recognise(self, _mulaw: bytes) -> tuple[Word, ...]:
        """Fail."""
        raise RecogniserFailed("dead")


@pytest.fixture
async def served() -> AsyncIterator[tuple[Listen, str]]:
    """A stand-in that knows one sentence, and its address without the scheme."""
    oracle = knowing(TEXT)
    listen = Listen(SETTINGS, oracle, oracle)
    async with serve(listen.app(), "127.0.0.1", 0) as port:
        yield listen, f"127.0.0.1:{port}"


def client(address: str, key: str = "k") -> AsyncDeepgramClient:
    """The vendor's own."""
    environment = DeepgramClientEnvironment(
        base=f"http://{address}",
        production=f"ws://{address}",
        agent=f"ws://{address}",
        agent_rest=f"http://{address}",
    )
    return AsyncDeepgramClient(api_key=key, environment=environment)


def listening(address: str, query: str = QUERY, **more: Any) -> connect:
    """A plain socket."""
    headers = {} if "subprotocols" in more else {"Authorization": "Token k"}
    return connect(f"ws://{address}/v1/listen?{query}", additional_headers=headers, **more)


async def speak(connection: Any) -> None:
    """A sentence, then silence for as long as it is listened to."""
    sound = spoken()
    for at in range(0, len(sound), FRAME_BYTES):
        await connection.send_media(sound[at : at + FRAME_BYTES])
    while True:
        await connection.send_media(silence(20))
        await asyncio.sleep(0.01)


async def first(connection: Any, wanted: type, attribute: str, value: object) -> Any:
    """The first message of that kind while the sentence is spoken; all before it are of known kinds."""
    speaking = asyncio.create_task(speak(connection))
    try:
        async with asyncio.timeout(5):
            async for message in connection:
                assert message is not None
                if isinstance(message, wanted) and getattr(message, attribute) == value:
                    return message
    finally:
        speaking.cancel()
    return None


async def closing(socket: ClientConnection) -> tuple[int, str]:
    """Code and reason with which the other side closes."""
    async with asyncio.timeout(5):
        await socket.wait_closed()
    return socket.close_code or 0, socket.close_reason or ""


async def test_the_sdk_hears_with_nova(served: tuple[Listen, str]) -> None:
    """By its own client, and the journal has the call's final with the voice's end."""
    listen, address = served
    async with client(address).listen.v1.connect(
        model="nova-3", encoding="mulaw", sample_rate=8000, interim_results=True, endpointing=100, tag="CA1"
    ) as connection:
        result = await first(connection, ListenV1Results, "speech_final", value=True)
        await connection.send_close_stream()

    assert result.channel.alternatives[0].transcript == TEXT
    [entry] = [e for e in listen.journal.since(0) if e["kind"] == "stt_final"]
    assert (entry["call_sid"], entry["text"]) == ("CA1", TEXT)
    assert entry["at_us"] - entry["speech_end_at_us"] >= 60_000


async def test_the_sdk_hears_with_flux(served: tuple[Listen, str]) -> None:
    """By its own client."""
    async with client(served[1]).listen.v2.connect(
        model="flux-general-en", encoding="mulaw", sample_rate=8000, eager_eot_threshold=0.5
    ) as connection:
        end = await first(connection, ListenV2TurnInfo, "event", value="EndOfTurn")
        await connection.send_close_stream()

    assert end.transcript == TEXT


@pytest.mark.parametrize(("key", "fault", "status"), [("bad", 0, 401), ("k", 429, 429)])
async def test_the_sdk_is_refused(served: tuple[Listen, str], key: str, fault: int, status: int) -> None:
    """A bad key, or whatever is set."""
    served[0].dials.update({"stt_refuse": fault})
    with pytest.raises(ApiError) as refused:
        async with client(served[1], key).listen.v1.connect(
            model="nova-3", encoding="mulaw", sample_rate=8000
        ):
            pass

    assert refused.value.status_code == status


async def test_a_key_may_come_as_a_subprotocol(served: tuple[Listen, str]) -> None:
    """As browsers send it; a bad one is refused."""
    async with listening(served[1], subprotocols=["token", "k"]) as socket:
        assert socket.subprotocol == "token"
    with pytest.raises(InvalidStatus) as refused:
        async with listening(served[1], subprotocols=["token", "bad"]):
            pass

    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["dg-error"] == "INVALID_AUTH"
    assert json.loads(refused.value.response.body)["err_code"] == "INVALID_AUTH"


async def test_a_bad_query_is_refused_with_its_reason(served: tuple[Listen, str]) -> None:
    """HTTP 400, not a broken socket."""
    with pytest.raises(InvalidStatus) as refused:
        async with listening(served[1], f"{QUERY}&utterance_end_ms=abc"):
            pass

    assert refused.value.response.status_code == 400
    assert "utterance_end_ms" in json.loads(refused.value.response.body)["err_msg"]


async def test_a_silent_client_is_dropped_unless_it_keeps_alive(
    served: tuple[Listen, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """NET-0001, after ten seconds in earnest."""
    monkeypatch.setattr(app, "_IDLE_S", 0.3)
    async with listening(served[1]) as socket:
        for _ in range(5):
            await socket.send('{"type": "KeepAlive"}')
            await asyncio.sleep(0.1)
        code, reason = await closing(socket)

    assert code == 1011
    assert "net0001" in reason


async def test_an_empty_frame_ends_the_stream(served: tuple[Listen, str]) -> None:
    """DATA-0000."""
    async with listening(served[1]) as socket:
        await socket.send(b"")
        code, reason = await closing(socket)

    assert code == 1008
    assert "data0000" in reason


async def test_a_recogniser_that_fails_is_no_clean_end() -> None:
    """NET-0000, and the journal says why."""
    listen = Listen(SETTINGS, Oracle(), Broken())
    async with serve(listen.app(), "127.0.0.1", 0) as port, listening(f"127.0.0.1:{port}") as socket:
        await socket.send(spoken() + silence(100))
        code, reason = await closing(socket)

    assert code == 1011
    assert "net0000" in reason
    assert "dead" in {entry.get("reason") for entry in listen.journal.since(0)}


async def test_garbage_is_sent_once_told_to(served: tuple[Listen, str]) -> None:
    """After so much sound, to so many sockets."""
    served[0].dials.update({"stt_fault": "garbage", "stt_fault_after_s": 0.1, "stt_fault_sockets": 1})
    async with listening(served[1]) as socket:
        await socket.send(silence(200))
        with pytest.raises(ValueError, match="Expecting"):
            json.loads(await socket.recv())
    async with listening(served[1]) as well:
        await well.send(silence(200))
        await well.send('{"type": "CloseStream"}')
        assert json.loads(await well.recv())["type"] == "Metadata"


async def test_what_is_told_over_http(served: tuple[Listen, str]) -> None:
    """Utterances once, whatever how often; settings by name; the log from a number on."""
    async with httpx.AsyncClient(base_url=f"http://{served[1]}") as http:
        known = [
            (await http.post("/sandbox/utterances", json={"utterances": [registration("stop")]})).json()
            for _ in range(2)
        ]
        bad = await http.post("/sandbox/utterances", json={"utterances": [{"text": "x"}]})
        changed = await http.patch("/sandbox/settings", json={"stt_final_ms": 99})
        unknown = await http.patch("/sandbox/settings", json={"nonsense": 1})
        health = await http.get("/sandbox/health")
        async with listening(served[1]):
            pass
        log = (await http.get("/sandbox/log?since=0")).json()["entries"]

    assert known == [{"known": 2}] * 2
    assert (bad.status_code, unknown.status_code) == (400, 400)
    assert changed.json()["stt_final_ms"] == 99
    assert health.json() == {"ok": True}
    assert log[0]["kind"] == "opened"
    assert log[0]["call_sid"] == "CA1"
