"""The language model providers of the suite."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from parley.agent_config import LlmConfig
from parley.providers.conformance import LlmCase, Subject
from sandbox.language_models.app import language_models_app
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.providers.anthropic import PLUGIN as ANTHROPIC
from services.brain.providers.gemini import PLUGIN as GEMINI
from services.brain.providers.openai import PLUGIN as OPENAI
from tests.conformance.servers import context, faults, relayed


@asynccontextmanager
async def openai(config: LlmConfig) -> AsyncIterator[LlmCase]:
    """A model and API of OpenAI."""
    emulator = OpenAIEmulator(
        OpenAISandboxSettings(scenario="conformance", first_token_ms=1, tokens_per_s=5000)
    )
    async with relayed(emulator.app()) as relay:
        subject = Subject(
            plugin=OPENAI,
            config=config,
            context=context,
            relay=relay,
            path="/v1",
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
        yield LlmCase(subject, part_bytes=1500 if config.api == "chat" else 5000)


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
    "openai gpt-6-luna (Chat Completions)": lambda: openai(LlmConfig(api="chat", timeout_s=0.5)),
    "openai gpt-5.4-mini (Responses)": lambda: openai(
        LlmConfig(model="gpt-5.4-mini", api="responses", timeout_s=0.5)
    ),
    **{
        f"{provider} {model}": partial(native, LlmConfig(provider=provider, model=model, timeout_s=0.5))
        for provider, model in (
            ("anthropic", "claude-haiku-5-5"),
            ("gemini", "gemini-3.8-flash"),
        )
    },
}
"""By provider and model, as in docs/providers.md; each provider that is installed has at least one."""
