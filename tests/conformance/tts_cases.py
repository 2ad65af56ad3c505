"""The text-to-speech providers of the suite."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace

from parley.agent_config import TtsConfig
from parley.providers.conformance import Subject, TtsCase
from sandbox.cartesia.app import CartesiaEmulator
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.polly.app import PollyEmulator
from sandbox.polly.settings import PollySandboxSettings
from sandbox.recognition.oracle import Oracle
from services.tts.providers.cartesia import PLUGIN as CARTESIA
from services.tts.providers.deepgram import PLUGIN as DEEPGRAM
from services.tts.providers.elevenlabs import PLUGIN as ELEVENLABS
from services.tts.providers.hibari import PLUGIN as HIBARI
from services.tts.providers.polly import PLUGIN as POLLY
from tests.conformance.servers import context, faults, relayed


@asynccontextmanager
async def elevenlabs(transport: str) -> AsyncIterator[TtsCase]:
    """A transport of ElevenLabs."""
    emulator = ElevenLabsEmulator(
        ElevenLabsSandboxSettings(
            first_byte_ms=0, realtime_factor=1000, tts_close_race=0, tts_null_alignment=0
        )
    )
    async with relayed(emulator.app()) as relay:
        subject = Subject(
            plugin=ELEVENLABS,
            config=TtsConfig(options={"transport": transport}),
            context=context,
            relay=relay,
            environment={"PARLEY_TTS_CONNECT_TIMEOUT_S": "1"},
            server_fault=faults(
                emulator.runtime_settings,
                {
                    "rate_limited": {"tts_refuse": "too_many_concurrent_requests"},
                    "overloaded": {"tts_refuse": "system_busy"},
                    "garbage": {"tts_fault": "garbage"},
                },
            ),
        )
        yield TtsCase(subject, wrong_voice="no-such-voice", has_timings=transport == "websocket")


@asynccontextmanager
async def cartesia() -> AsyncIterator[TtsCase]:
    """Cartesia's WebSocket."""
    emulator = CartesiaEmulator(CartesiaSandboxSettings(first_byte_ms=0, realtime_factor=1000))
    async with relayed(emulator.app()) as relay:
        subject = Subject(
            plugin=CARTESIA,
            config=TtsConfig(
                provider="cartesia", model="sonic-3.5", voice="5a5a5a5a-0000-4000-8000-000000000001"
            ),
            context=context,
            relay=relay,
            environment={"PARLEY_TTS_CONNECT_TIMEOUT_S": "1"},
            server_fault=faults(
                emulator.runtime_settings,
                {
                    "rate_limited": {"cartesia_refuse": "concurrency_limited"},
                    "garbage": {"cartesia_fault": "garbage"},
                },
            ),
        )
        yield TtsCase(subject, wrong_voice="5a5a5a5a-0000-4000-8000-00000000dead")


@asynccontextmanager
async def deepgram() -> AsyncIterator[TtsCase]:
    """Aura-2 over Deepgram's WebSocket."""
    oracle = Oracle()
    settings = DeepgramSandboxSettings(first_byte_ms=0, realtime_factor=1000)
    emulator = DeepgramEmulator(settings, oracle, oracle)
    async with relayed(emulator.app()) as relay:
        subject = Subject(
            plugin=DEEPGRAM,
            config=TtsConfig(provider="deepgram", model="aura-2"),
            context=context,
            relay=relay,
            environment={"PARLEY_TTS_CONNECT_TIMEOUT_S": "1"},
            server_fault=faults(
                emulator.runtime_settings,
                {
                    "rate_limited": {"speak_refuse": 429},
                    "overloaded": {"speak_refuse": 503},
                    "garbage": {"speak_fault": "garbage"},
                },
            ),
        )
        yield TtsCase(subject, wrong_voice="nobody")


@asynccontextmanager
async def polly() -> AsyncIterator[TtsCase]:
    """Amazon Polly's neural voices."""
    settings = {"first_byte_ms": 0, "realtime_factor": 1000, "polly_secret": "key"}
    emulator = PollyEmulator(PollySandboxSettings.model_validate(settings))
    async with relayed(emulator.app()) as relay:
        subject = Subject(
            plugin=POLLY,
            config=TtsConfig(provider="polly", model="neural"),
            context=context,
            relay=relay,
            environment={
                "PARLEY_TTS_CONNECT_TIMEOUT_S": "1",
                "PARLEY_POLLY_ACCESS_KEY_ID": "key",
                "PARLEY_POLLY_REGION": "eu-central-1",
            },
            server_fault=faults(
                emulator.runtime_settings,
                {
                    "rate_limited": {"polly_refuse": "ThrottlingException"},
                    "overloaded": {"polly_refuse": "ServiceUnavailableException"},
                },
            ),
        )
        yield TtsCase(subject, wrong_voice="Nobody")


@asynccontextmanager
async def hibari() -> AsyncIterator[TtsCase]:
    """Hibari on this machine, without a server; its voice is loaded once for all checks."""
    async with HIBARI.open(context()) as provider:
        plugin = replace(HIBARI, open=lambda _context: nullcontext(provider))
        yield TtsCase(Subject(plugin, TtsConfig(provider="hibari", model="hibari"), context))


TTS_CASES: Mapping[str, Callable[[], AbstractAsyncContextManager[TtsCase]]] = {
    "elevenlabs (WebSocket)": lambda: elevenlabs("websocket"),
    "elevenlabs (HTTP)": lambda: elevenlabs("http"),
    "cartesia sonic-3.5": cartesia,
    "deepgram aura-2": deepgram,
    "polly neural": polly,
    "hibari": hibari,
}
"""By provider and model, as in docs/providers.md; each provider that is installed has at least one."""
