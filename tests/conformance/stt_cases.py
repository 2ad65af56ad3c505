"""The speech-to-text providers of the suite."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace

from parley.agent_config import SttConfig
from parley.providers.conformance import Speech, SttCase, Subject
from sandbox.assemblyai.app import AssemblyAiEmulator
from sandbox.assemblyai.settings import AssemblyAiSandboxSettings
from sandbox.caller.utterance import oracle_registration
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.stt.providers.assemblyai import PLUGIN as ASSEMBLYAI
from services.stt.providers.deepgram import PLUGIN as DEEPGRAM
from services.stt.providers.elevenlabs import PLUGIN as SCRIBE
from services.stt.providers.openai import PLUGIN as OPENAI
from services.stt.providers.whisper import PLUGIN as WHISPER
from tests.conformance.servers import context, faults, relayed
from tests.recordings import oracle_with, recordings

TEXT = "tuesday afternoon would be good"
SPEECH = Speech(recordings().utterance(TEXT).mulaw, TEXT)


@asynccontextmanager
async def deepgram(model: str) -> AsyncIterator[SttCase]:
    """A model of Deepgram."""
    oracle = oracle_with(TEXT)
    settings = DeepgramSandboxSettings(stt="oracle", stt_late_utterance_end=0, stt_unknown_word_end=0)
    emulator = DeepgramEmulator(settings, oracle, oracle)
    async with relayed(emulator.app()) as relay:
        subject = Subject(
            plugin=DEEPGRAM,
            config=SttConfig(model=model),
            context=context,
            relay=relay,
            environment={"PARLEY_STT_CONNECT_TIMEOUT_S": "1"},
            server_fault=faults(
                emulator.runtime_settings,
                {
                    "rate_limited": {"stt_refuse": 429},
                    "overloaded": {"stt_refuse": 503},
                    "garbage": {"stt_fault": "garbage", "stt_fault_after_s": 0.1},
                },
            ),
        )
        yield SttCase(subject, SPEECH)


@asynccontextmanager
async def scribe() -> AsyncIterator[SttCase]:
    """ElevenLabs' Scribe."""
    oracle = oracle_with(TEXT)
    settings = ElevenLabsSandboxSettings(stt="oracle", stt_final_ms=60)
    emulator = ElevenLabsEmulator(settings, oracle, oracle)
    async with relayed(emulator.app()) as relay:
        subject = Subject(
            plugin=SCRIBE,
            config=SttConfig(provider="elevenlabs", model="scribe_v2_realtime"),
            context=context,
            relay=relay,
            environment={"PARLEY_STT_CONNECT_TIMEOUT_S": "1"},
            server_fault=faults(
                emulator.runtime_settings,
                {"garbage": {"stt_fault": "garbage", "stt_fault_after_s": 0.1}},
            ),
        )
        yield SttCase(subject, SPEECH)


@asynccontextmanager
async def openai() -> AsyncIterator[SttCase]:
    """OpenAI's transcription sessions."""
    emulator = OpenAIEmulator(OpenAISandboxSettings(stt="oracle", realtime_transcript_ms=20))
    emulator.recogniser.oracle.register(oracle_registration([recordings().utterance(TEXT)])["utterances"])
    async with relayed(emulator.app()) as relay:
        subject = Subject(
            plugin=OPENAI,
            config=SttConfig(provider="openai", model="gpt-live-transcribe", options={"delay": "minimal"}),
            context=context,
            relay=relay,
            path="/v1",
            environment={"PARLEY_STT_CONNECT_TIMEOUT_S": "0.5"},
            server_fault=faults(
                emulator.runtime_settings,
                {
                    "rate_limited": {"realtime_error": "rate_limit_exceeded"},
                    "overloaded": {"realtime_refuse": 503},
                },
            ),
        )
        yield SttCase(subject, SPEECH)


@asynccontextmanager
async def assemblyai() -> AsyncIterator[SttCase]:
    """AssemblyAI's streams; the emulator takes audio faster than speech."""
    oracle = oracle_with(TEXT)
    settings = AssemblyAiSandboxSettings(
        stt="oracle", stt_final_ms=60, assemblyai_format_ms=10, assemblyai_burst_s=1000
    )
    emulator = AssemblyAiEmulator(settings, oracle, oracle)
    async with relayed(emulator.app()) as relay:
        subject = Subject(
            plugin=ASSEMBLYAI,
            config=SttConfig(provider="assemblyai", model="universal-streaming-english"),
            context=context,
            relay=relay,
            environment={"PARLEY_STT_CONNECT_TIMEOUT_S": "1"},
            server_fault=faults(
                emulator.runtime_settings,
                {"garbage": {"stt_fault": "garbage", "stt_fault_after_s": 0.1}},
            ),
        )
        yield SttCase(subject, SPEECH)


@asynccontextmanager
async def whisper() -> AsyncIterator[SttCase]:
    """Whisper on this machine, without a server; its model is loaded once for all checks."""
    async with WHISPER.open(context()) as provider:
        plugin = replace(WHISPER, open=lambda _context: nullcontext(provider))
        yield SttCase(Subject(plugin, SttConfig(provider="whisper", model="tiny.en"), context), SPEECH)


STT_CASES: Mapping[str, Callable[[], AbstractAsyncContextManager[SttCase]]] = {
    "deepgram nova-3": lambda: deepgram("nova-3"),
    "deepgram flux-general-en": lambda: deepgram("flux-general-en"),
    "elevenlabs scribe_v2_realtime": scribe,
    "openai gpt-live-transcribe": openai,
    "assemblyai universal-streaming-english": assemblyai,
    "whisper tiny.en": whisper,
}
"""By provider and model, as in docs/providers.md; each provider that is installed has at least one."""
