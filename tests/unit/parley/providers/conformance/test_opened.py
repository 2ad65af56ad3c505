"""The basic checks of a provider that is open already."""

import pytest

from parley.agent_config import LlmConfig, SttConfig, TtsConfig
from parley.providers.conformance import ConformanceError, check_llm, check_stt, check_tts
from parley.providers.llm import Done, TextDelta
from parley.providers.stt import FinalTranscript
from parley.providers.tts import AudioChunk
from tests.unit.parley.providers.conformance.doubles import Llm, Stt, Tts


async def test_a_good_provider_passes() -> None:
    """Each kind passes; the provider need not be installed."""
    await check_tts(Tts(AudioChunk(b"x" * 20_000)), TtsConfig(provider="mine"))
    await check_llm(Llm(TextDelta("Hello."), Done("stop")), LlmConfig(provider="mine"))
    await check_stt(Stt(FinalTranscript("hello", (), 500)), SttConfig(provider="mine"), b"x" * 800)


async def test_a_wrong_one_fails_with_the_check_and_the_reason() -> None:
    """The exception has both."""
    with pytest.raises(ConformanceError, match="audio: no audio"):
        await check_tts(Tts(AudioChunk(b"")), TtsConfig(provider="mine"))
    with pytest.raises(ConformanceError, match="text: no text"):
        await check_llm(Llm(Done("stop")), LlmConfig(provider="mine"))
    with pytest.raises(ConformanceError, match="transcript: "):
        await check_stt(Stt(), SttConfig(provider="mine"), b"x" * 800)
