"""Replies over voices of several providers, each of which fails within a sentence."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from parley.agent_config import TtsConfig
from parley.runtime.health import serve
from sandbox import tone
from sandbox.cartesia.app import CartesiaEmulator
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from tests.integration.voice_call import VoiceCall, voice_call

CLAUSES = ("Doors open around eight. ", "Lunch pauses everything until two. ", "Saturdays finish early.")
CHAIN = TtsConfig(
    voice="tone",
    options={"transport": "websocket"},
    fallbacks=(
        {
            "provider": "cartesia",
            "model": "sonic-3.5",
            "voice": "5a5a5a5a-0000-4000-8000-000000000001",
            "options": {},
        },
    ),
)


def _letters(text: str) -> str:
    """Voices trim the spaces between clauses."""
    return "".join(filter(str.isalpha, text.lower()))


@asynccontextmanager
async def call(first: dict[str, Any], second: dict[str, Any]) -> AsyncIterator[VoiceCall]:
    """A call whose voices are two emulators with these faults."""
    fast: dict[str, Any] = {"tts": "tone", "first_byte_ms": 2, "realtime_factor": 2000}
    one = ElevenLabsEmulator(
        ElevenLabsSandboxSettings(**fast, tts_close_race=0, tts_null_alignment=0, **first)
    )
    other = CartesiaEmulator(CartesiaSandboxSettings(**fast, **second))
    async with (
        serve(one.app(), "127.0.0.1", 0, drain_timeout_s=1) as port,
        serve(other.app(), "127.0.0.1", 0, drain_timeout_s=1) as other_port,
    ):
        environment = {"PARLEY_CARTESIA_URL": f"http://127.0.0.1:{other_port}", "CARTESIA_API_KEY": "key"}
        url = f"http://127.0.0.1:{port}"
        async with voice_call(url, CHAIN, timeout_s=0.5, environment=environment) as made:
            yield made


@pytest.mark.parametrize("fault", ["close_mid", "hang_mid", "hang", "garbage"])
async def test_the_second_voice_completes_the_sentence(fault: str) -> None:
    """No word is lost or repeated, whether the first provider is lost, silent or unreadable."""
    async with call({"tts_fault": fault}, {}) as made:
        reply = await made.reply(*CLAUSES)
    assert reply.failure is None
    assert _letters(tone.decode(reply.audio)) == _letters("".join(CLAUSES))
    assert len(reply.clauses) == 3


@pytest.mark.parametrize(("first", "second"), [("close_mid", "close_mid"), ("hang_mid", "error_mid")])
async def test_each_voice_fails_once(first: str, second: str) -> None:
    """The reply is complete as soon as one of them works again."""
    faults = (
        {"tts_fault": first, "tts_fault_requests": 2},
        {
            "cartesia_fault": second,
            "cartesia_fault_requests": 1,
        },
    )
    async with call(*faults) as made:
        reply = await made.reply(*CLAUSES)
    assert reply.failure is None
    assert _letters(tone.decode(reply.audio)) == _letters("".join(CLAUSES))
