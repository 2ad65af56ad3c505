"""The language model providers of the suite."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from parley.agent_config import LlmConfig
from parley.providers.conformance import LlmCase, Subject
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
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


LLM_CASES: Mapping[str, Callable[[], AbstractAsyncContextManager[LlmCase]]] = {
    "openai gpt-6-luna (Chat Completions)": lambda: openai(LlmConfig(api="chat", timeout_s=0.5)),
    "openai gpt-5.4-mini (Responses)": lambda: openai(
        LlmConfig(model="gpt-5.4-mini", api="responses", timeout_s=0.5)
    ),
}
"""By provider and model, as in docs/providers.md; each provider that is installed has at least one."""
