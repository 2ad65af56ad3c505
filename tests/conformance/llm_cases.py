"""The language model providers of the suite."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from parley.agent_config import LlmConfig
from parley.providers.conformance import LlmCase, Subject
from parley.providers.llm import LlmClient
from parley.providers.registry import ProviderPlugin
from sandbox.language_models.app import language_models_app
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.providers.anthropic import PLUGIN as ANTHROPIC
from services.brain.providers.gemini import PLUGIN as GEMINI
from services.brain.providers.openai import PLUGIN as OPENAI
from tests.conformance.servers import context, faults, relayed


@asynccontextmanager
async def language_model(
    plugin: ProviderPlugin[LlmClient], path: str, config: LlmConfig, part_bytes: int = 1500
) -> AsyncIterator[LlmCase]:
    """A model, whose API the emulator has at a path."""
    emulator = OpenAIEmulator(
        OpenAISandboxSettings(scenario="conformance", first_token_ms=1, tokens_per_s=5000)
    )
    async with relayed(language_models_app(emulator)) as relay:
        subject = Subject(
            plugin=plugin,
            config=config,
            context=context,
            relay=relay,
            path=path,
            environment={"PARLEY_LLM_TOKEN_TIMEOUT_S": "0.3", "PARLEY_LLM_TOOL_CALL_TIMEOUT_S": "0.4"},
            server_fault=faults(
                emulator.runtime_settings,
                {
                    "rate_limited": {"llm_refuse": 429},
                    "overloaded": {"llm_refuse": 503},
                    "garbage": {"llm_fault": "garbage"},
                    "content_filter": {"llm_fault": "content_filter"},
                },
            ),
        )
        yield LlmCase(subject, part_bytes=part_bytes)


@asynccontextmanager
async def native(config: LlmConfig) -> AsyncIterator[LlmCase]:
    """A model of Anthropic or Google, through its own API."""
    emulator = OpenAIEmulator(
        OpenAISandboxSettings(scenario="conformance", first_token_ms=1, tokens_per_s=5000)
    )
    async with relayed(language_models_app(emulator)) as relay:
        subject = Subject(
            plugin=ANTHROPIC if config.provider == "anthropic" else GEMINI,
            config=config,
            context=context,
            relay=relay,
            path=f"/{config.provider}",
            environment={"PARLEY_LLM_TOKEN_TIMEOUT_S": "0.3", "PARLEY_LLM_TOOL_CALL_TIMEOUT_S": "0.4"},
            server_fault=faults(
                emulator.runtime_settings,
                {
                    "rate_limited": {"llm_refuse": 429},
                    "overloaded": {"llm_fault": "overloaded"},
                    "garbage": {"llm_fault": "garbage"},
                    "content_filter": {"llm_fault": "content_filter"},
                },
            ),
        )
        yield LlmCase(subject, part_bytes=1500)


LLM_CASES: Mapping[str, Callable[[], AbstractAsyncContextManager[LlmCase]]] = {
    "openai gpt-6-luna (Chat Completions)": lambda: language_model(
        OPENAI, "/v1", LlmConfig(api="chat", timeout_s=0.5)
    ),
    "openai gpt-5.4-mini (Responses)": lambda: language_model(
        OPENAI, "/v1", LlmConfig(model="gpt-5.4-mini", api="responses", timeout_s=0.5), 5000
    ),
    "anthropic claude-haiku-5-5": lambda: language_model(
        ANTHROPIC, "/anthropic", LlmConfig(provider="anthropic", model="claude-haiku-5-5", timeout_s=0.5)
    ),
    "gemini gemini-3.5-flash-lite": lambda: language_model(
        GEMINI, "/gemini", LlmConfig(provider="gemini", model="gemini-3.5-flash-lite", timeout_s=0.5)
    ),
}
"""By provider and model, as in docs/providers.md; each provider that is installed has at least one."""
