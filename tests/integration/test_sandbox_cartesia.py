"""The Cartesia emulator: handshakes, contexts and their rules, as a client sees them."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from parley.runtime.health import serve
from sandbox import tone
from sandbox.cartesia.app import CartesiaEmulator
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.cartesia.voices import OWN_VOICE

HEADERS = {"Authorization": "Bearer k", "Cartesia-Version": "2026-03-01"}
MESSAGE = {
    "context_id": "c1",
    "model_id": "sonic-3.5",
    "transcript": "Hello there. ",
    "voice": {"mode": "id", "id": OWN_VOICE},
    "output_format": {"container": "raw", "encoding": "pcm_mulaw", "sample_rate": 8000},
    "add_timestamps": True,
    "max_buffer_delay_ms": 0,
}


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[CartesiaEmulator, str]]:
    """An emulator with low latencies that speaks in tones, and its address."""
    settings = CartesiaSandboxSettings(
        tts="tone", first_byte_ms=1, realtime_factor=2000, cartesia_context_expiry_ms=30
    )
    made = CartesiaEmulator(settings)
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield made, f"127.0.0.1:{port}"


async def send(socket: ClientConnection, **changes: Any) -> None:
    await socket.send(json.dumps({**MESSAGE, **changes}))


async def events(socket: ClientConnection) -> list[dict[str, Any]]:
    """The events until one that ends a context."""
    found = []
    async for raw in socket:
        found.append(json.loads(raw))
        if found[-1]["done"]:
            break
    return found


def text_of(found: list[dict[str, Any]]) -> str:
    return tone.decode(b"".join(base64.b64decode(e["data"]) for e in found if e["type"] == "chunk"))


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in found if event["type"] not in ("chunk", "timestamps")]


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({"Authorization": "Bearer k"}, 400, "Cartesia-Version must be one of"),
        ({"Authorization": "Bearer k", "Cartesia-Version": "2031-01-01"}, 400, "Cartesia-Version must be"),
        ({"Cartesia-Version": "2026-03-01"}, 401, "API key is missing"),
        (
            {"Authorization": "Bearer bad", "Cartesia-Version": "2026-03-01"},
            401,
            "API key is missing or invalid",
        ),
    ],
)
async def test_a_handshake_is_refused(
    emulator: tuple[CartesiaEmulator, str], headers: dict[str, str], status: int, reason: str
) -> None:
    """Over HTTP too."""
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://{emulator[1]}/tts/websocket", additional_headers=headers):
            pass
    assert refused.value.response.status_code == status
    assert reason in bytes(refused.value.response.body).decode()
    async with httpx.AsyncClient() as client:
        response = await client.get(f"http://{emulator[1]}/voices", headers=headers)
    assert response.status_code == status


async def test_a_context_with_flushes(emulator: tuple[CartesiaEmulator, str]) -> None:
    """Audio has the number of its flush, and a version in the query is enough."""
    address = f"ws://{emulator[1]}/tts/websocket?cartesia_version=2026-03-01"
    async with connect(address, additional_headers={"X-API-Key": "k"}) as socket:
        await send(socket, **{"continue": True})
        await send(socket, transcript="", flush=True, **{"continue": True})
        await send(socket, transcript="And more.")
        found = await events(socket)

    assert kinds(found) == ["flush_done", "done"]
    numbers = [event["flush_id"] for event in found if event["type"] == "chunk"]
    assert numbers == sorted(numbers)
    assert set(numbers) == {1, 2}
    assert text_of(found).split() == ["Hello", "there.And", "more."]
    words = [w for e in found if e["type"] == "timestamps" for w in e["word_timestamps"]["words"]]
    assert words == ["Hello", "there.", "And", "more."]


async def test_text_waits_for_more_unless_the_delay_is_zero(emulator: tuple[CartesiaEmulator, str]) -> None:
    """The texts of a context are joined unchanged."""
    async with connect(f"ws://{emulator[1]}/tts/websocket", additional_headers=HEADERS) as socket:
        await send(socket, transcript="Hel", max_buffer_delay_ms=5000, **{"continue": True})
        await send(socket, transcript="lo.", max_buffer_delay_ms=5000)
        found = await events(socket)

    assert text_of(found) == "Hello."
    assert len([e for e in emulator[0].journal.since(0) if e["kind"] == "first_byte"]) == 1


async def test_a_context_expires_after_its_last_audio(emulator: tuple[CartesiaEmulator, str]) -> None:
    """Further text is refused, the socket stays open."""
    async with connect(f"ws://{emulator[1]}/tts/websocket", additional_headers=HEADERS) as socket:
        await send(socket, **{"continue": True})
        assert kinds(await events(socket)) == ["done"]
        await send(socket)
        (refused,) = await events(socket)
        await send(socket, context_id="c2")
        assert kinds(await events(socket)) == ["done"]

    assert refused["error_code"] == "context_expired"
    assert refused["context_id"] == "c1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"transcript": ""}, "transcript must not be empty"),
        ({"transcript": "  "}, "transcript must not be empty"),
        ({"voice": {"mode": "id", "id": "5a5a5a5a-0000-4000-8000-00000000000f"}}, "was not found"),
        ({"model_id": "sonic-2"}, "sunsetted"),
    ],
)
async def test_a_message_is_refused_in_an_event(
    emulator: tuple[CartesiaEmulator, str], changes: dict[str, Any], reason: str
) -> None:
    """It names the context."""
    async with connect(f"ws://{emulator[1]}/tts/websocket", additional_headers=HEADERS) as socket:
        await send(socket, **changes)
        (refused,) = await events(socket)

    assert reason in refused["message"]
    assert refused["context_id"] == "c1"


async def test_other_fields_in_a_context_are_refused(emulator: tuple[CartesiaEmulator, str]) -> None:
    """Only the transcript may differ."""
    async with connect(f"ws://{emulator[1]}/tts/websocket", additional_headers=HEADERS) as socket:
        await send(socket, **{"continue": True})
        await send(socket, language="de", **{"continue": True})
        found = await events(socket)

    assert "the same fields" in found[-1]["message"]


async def test_voices_are_listed_in_pages(emulator: tuple[CartesiaEmulator, str]) -> None:
    """A page begins after a voice; one that does not exist is not found."""
    base = f"http://{emulator[1]}/voices"
    async with httpx.AsyncClient(headers=HEADERS) as client:
        first = (await client.get(base, params={"limit": 2})).json()
        last = first["data"][-1]["id"]
        rest = (await client.get(base, params={"limit": 100, "starting_after": last})).json()
        missing = await client.get(f"{base}/5a5a5a5a-0000-4000-8000-00000000000f")
        wrong = await client.get(base, params={"limit": 1000})

    assert first["has_more"]
    assert not rest["has_more"]
    assert last not in [voice["id"] for voice in rest["data"]]
    assert (missing.status_code, wrong.status_code) == (404, 400)
