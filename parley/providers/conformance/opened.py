"""The basic checks of a provider that is open already; `run_checks` with a subject runs all of them."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, cast

from parley.agent_config import LlmConfig, ProviderSection, SttConfig, TtsConfig
from parley.errors import ConfigError
from parley.providers.conformance.answers import LlmCase
from parley.providers.conformance.check import Check, ConformanceError, S, run_checks
from parley.providers.conformance.llm import LLM_CHECKS
from parley.providers.conformance.stt import STT_CHECKS
from parley.providers.conformance.subject import Subject
from parley.providers.conformance.synthesis import TtsCase
from parley.providers.conformance.transcription import Speech, SttCase
from parley.providers.conformance.tts import TTS_CHECKS
from parley.providers.llm import LlmClient
from parley.providers.registry import Kind, ProviderContext, ProviderPlugin, load_plugin
from parley.providers.stt import SttProvider
from parley.providers.tts import TtsProvider

_BASIC = frozenset(
    {"text", "transcript", "end of turn", "audio", "two replies", "exit before audio", "empty reply"}
)


async def check_stt(provider: SttProvider, config: SttConfig, mulaw: bytes) -> None:
    """Transcribe a recording of speech, mu-law at 8 kHz.

    Raises:
        ConformanceError: a check failed; the message names it and the reason.
    """
    subject = Subject(_opened("stt", config, provider), config, _no_context)
    await _run(STT_CHECKS, SttCase(subject, Speech(mulaw, "")))


async def check_llm(client: LlmClient, config: LlmConfig) -> None:
    """Stream an answer to its end.

    Raises:
        ConformanceError: a check failed; the message names it and the reason.
    """
    await _run(LLM_CHECKS, LlmCase(Subject(_opened("llm", config, client), config, _no_context)))


async def check_tts(provider: TtsProvider, config: TtsConfig) -> None:
    """Synthesize replies one after the other and two at once, and leave some early.

    Raises:
        ConformanceError: a check failed; the message names it and the reason.
    """
    await _run(TTS_CHECKS, TtsCase(Subject(_opened("tts", config, provider), config, _no_context)))


async def _run(checks: Iterable[Check[S]], case: S) -> None:
    for result in await run_checks([check for check in checks if check.name in _BASIC], case):
        if result.outcome == "failed":
            raise ConformanceError(f"{result.check}: {result.reason}")


def _opened(kind: Kind, config: ProviderSection, provider: Any) -> ProviderPlugin[Any]:
    """The installed plugin, which returns the open provider."""
    try:
        plugin = load_plugin(kind, config.provider)
    except ConfigError:
        plugin = ProviderPlugin(lambda _context: nullcontext(provider))
    return replace(plugin, open=lambda _context: nullcontext(provider))


def _no_context() -> ProviderContext:
    """A placeholder: an open provider ignores it."""
    return cast("ProviderContext", None)
