"""Replies over voices of several providers, each of which fails within a sentence.

The emulated voices speak in tones, from which the text is decoded: every word is spoken once.
"""

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from unittest.mock import patch

import pytest
from starlette.applications import Starlette

from parley.agent_config import TtsConfig
from parley.runtime.health import serve
from sandbox import tone
from sandbox.cartesia.app import CartesiaEmulator
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.polly.app import PollyEmulator
from sandbox.polly.settings import PollySandboxSettings
from sandbox.recognition.oracle import Oracle
from tests.integration.voice_call import VoiceCall, voice_call

CLAUSES = ("Doors open around eight. ", "Lunch pauses everything until two. ", "Saturdays finish early.")
SECTIONS: Mapping[str, Mapping[str, Any]] = {
    "websocket": {"provider": "elevenlabs", "voice": "tone", "options": {"transport": "websocket"}},
    "http": {"provider": "elevenlabs", "voice": "tone", "options": {"transport": "http"}},
    "cartesia": {
        "provider": "cartesia",
        "model": "sonic-3.5",
        "voice": "5a5a5a5a-0000-4000-8000-000000000001",
        "options": {},
    },
    "aura": {"provider": "deepgram", "model": "aura-2", "voice": "thalia", "options": {}},
    "polly": {"provider": "polly", "model": "neural", "voice": "Joanna", "options": {}},
}
FAULTS = {
    "websocket": "tts_fault",
    "http": "tts_fault",
    "cartesia": "cartesia_fault",
    "aura": "speak_fault",
    "polly": "polly_fault",
}
"""The setting of each voice's emulator for faults."""
_FAST: Mapping[str, Any] = {"tts": "tone", "first_byte_ms": 2, "realtime_factor": 2000}


def _app(name: str, settings: Mapping[str, Any]) -> Starlette:
    """The emulator of a voice."""
    given = {**_FAST, **settings}
    match name:
        case "websocket" | "http":
            given |= {"tts_close_race": 0, "tts_null_alignment": 0}
            return ElevenLabsEmulator(ElevenLabsSandboxSettings(**given)).app()
        case "cartesia":
            return CartesiaEmulator(CartesiaSandboxSettings(**given)).app()
        case "aura":
            oracle = Oracle()
            deepgram = DeepgramSandboxSettings(stt="oracle", speak_characters_per_min=0, **given)
            return DeepgramEmulator(deepgram, oracle, oracle).app()
        case _:
            return PollyEmulator(PollySandboxSettings(**given)).app()


_ADDRESSES = {
    "websocket": "PARLEY_ELEVENLABS_URL",
    "http": "PARLEY_ELEVENLABS_URL",
    "cartesia": "PARLEY_CARTESIA_URL",
    "aura": "PARLEY_DEEPGRAM_URL",
    "polly": "PARLEY_POLLY_URL",
}
_KEYS = {
    "CARTESIA_API_KEY": "key",
    "DEEPGRAM_API_KEY": "key",
    "PARLEY_POLLY_ACCESS_KEY_ID": "AKIASANDBOX",
    "PARLEY_POLLY_SECRET_ACCESS_KEY": "sandbox",
    "PARLEY_POLLY_REGION": "eu-central-1",
}


@asynccontextmanager
async def call(voices: Mapping[str, Mapping[str, Any]]) -> AsyncIterator[VoiceCall]:
    """A call whose voices are emulators with these settings, in order of preference."""
    first, *others = (dict(SECTIONS[name]) for name in voices)
    config = TtsConfig.model_validate({**first, "language": "en", "fallbacks": tuple(others)})
    async with AsyncExitStack() as running:
        environment = dict(_KEYS)
        for name, settings in voices.items():
            serving = serve(_app(name, settings), "127.0.0.1", 0, drain_timeout_s=1)
            port = await running.enter_async_context(serving)
            environment[_ADDRESSES[name]] = f"http://127.0.0.1:{port}"
        url = environment.get("PARLEY_ELEVENLABS_URL", "http://127.0.0.1:1")
        # No credentials of this machine.
        with patch.dict(os.environ, {"AWS_EC2_METADATA_DISABLED": "true"}):
            async with voice_call(url, config, timeout_s=1.5, environment=environment) as made:
                yield made


def _once(text: str) -> re.Pattern[str]:
    """Matches the letters of a text, of which a word may begin again where the audio stopped within it."""
    words = ["".join(filter(str.isalpha, word)) for word in text.lower().split()]
    parts = ((word, "|".join(word[:length] for length in range(len(word) - 1, 0, -1))) for word in words)
    return re.compile("".join(f"(?:{begun}){{0,2}}{word}" for word, begun in parts))


async def _is_complete(made: VoiceCall) -> None:
    reply = await made.reply(*CLAUSES)
    assert reply.failure is None
    # Voices trim the spaces between clauses.
    spoken, text = "".join(filter(str.isalpha, tone.decode(reply.audio).lower())), "".join(CLAUSES)
    assert _once(text).fullmatch(spoken), spoken
    assert len(spoken) < len(text) + 2 * len("everything")
    assert [clause.clause for clause in reply.clauses] == [0, 1, 2]


@pytest.mark.parametrize(
    "voices",
    [
        ("websocket", "cartesia", "aura"),
        ("cartesia", "http", "polly"),
        ("polly", "aura", "websocket"),
        ("http", "polly", "cartesia"),
        ("aura", "websocket", "http"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("fault", ["hang", "hang_mid", "close_mid", "silence"])
async def test_the_last_voice_completes_the_sentence(voices: tuple[str, str, str], fault: str) -> None:
    """No word is lost or repeated, although two voices are silent, stop within a word, or are lost."""
    async with call(_faulty(voices, fault)) as made:
        await _is_complete(made)


@pytest.mark.parametrize("fault", ["garbage", "no_timings"])
async def test_voices_with_unusable_messages_are_replaced(fault: str) -> None:
    """Audio that cannot be read ends an attempt, and times that stop do not."""
    async with call(_faulty(("websocket", "cartesia", "polly"), fault)) as made:
        await _is_complete(made)


def _faulty(voices: tuple[str, str, str], fault: str) -> dict[str, Mapping[str, Any]]:
    """The settings of three voices, of which the last one works."""
    names = {name: f"http_{fault}" if name == "http" else fault for name in voices}
    return {name: {FAULTS[name]: names[name]} if name != voices[-1] else {} for name in voices}
